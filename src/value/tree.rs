//! A JSON tree whose strings are templates.

use serde_json::{Map, Value};

use super::{EvalError, RefAt, Scope, Template};

/// A value as a runbook gives it: text in it may hold `${…}`.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueTemplate {
    /// A number, a boolean, a date as text.
    Fixed(Value),
    /// Text.
    Text(Template),
    /// A list.
    List(Vec<ValueTemplate>),
    /// A table, in the order of the file.
    Map(Vec<(String, ValueTemplate)>),
}

impl ValueTemplate {
    /// The value.
    pub fn eval(&self, scope: &Scope) -> Result<Value, EvalError> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => template.eval(scope)?,
            Self::List(items) => Value::Array(items.iter().map(|item| item.eval(scope)).collect::<Result<_, _>>()?),
            Self::Map(entries) => {
                let mut map = Map::new();
                for (name, value) in entries {
                    map.insert(name.clone(), value.eval(scope)?);
                }
                Value::Object(map)
            }
        })
    }

    /// The value with what is known now, see [`Template::preview`].
    pub fn preview(&self, scope: &Scope) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => template.eval(scope).unwrap_or_else(|_| Value::String(template.preview(scope))),
            Self::List(items) => items.iter().map(|item| item.preview(scope)).collect(),
            Self::Map(entries) => {
                Value::Object(entries.iter().map(|(name, value)| (name.clone(), value.preview(scope))).collect())
            }
        }
    }

    /// Whether some text in it is written out, and comes from nowhere else.
    pub fn has_literal(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Text(template) => template.is_literal(),
            Self::List(items) => items.iter().any(Self::has_literal),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.has_literal()),
        }
    }

    /// The names that it uses, with the literals that they stand in.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Text(template) => template.refs().collect(),
            Self::List(items) => items.iter().flat_map(Self::refs).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.refs()).collect(),
        }
    }

    /// The names that it uses.
    pub fn references(&self) -> Vec<&super::Reference> {
        self.refs().into_iter().map(|at| at.reference).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ValueTemplate;
    use crate::value::{Scope, Template};

    #[test]
    fn a_tree_is_evaluated_and_previewed() {
        let text = |text: &str| ValueTemplate::Text(Template::parse(text).unwrap());
        let tree = ValueTemplate::Map(vec![
            ("n".into(), text("${input.n}")),
            ("l".into(), ValueTemplate::List(vec![ValueTemplate::Fixed(json!(true)), text("a${step.s.x}")])),
        ]);
        let mut scope = Scope::new();
        scope.set(&["input", "n"], json!(3));
        scope.mark_unknown(&["step", "s"], "s");
        assert!(tree.eval(&scope).is_err());
        assert_eq!(tree.preview(&scope), json!({ "n": 3, "l": [true, "a(known after s)"] }));
        scope.set(&["step", "s"], json!({ "x": "b" }));
        assert_eq!(tree.eval(&scope).unwrap(), json!({ "n": 3, "l": [true, "ab"] }));
        assert_eq!(tree.references().len(), 2);
    }
}
