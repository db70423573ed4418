//! A value of the table: text in it is a path.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::aws::api::jmespath::Expression;
use crate::aws::api::model::ShapeRef;

/// A tree whose texts are `JMESPath`. `$(NAME)` in one is a parameter of the call, as text.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct Tree(Value);

impl Tree {
    /// The tree with its paths followed in `value`; what leads nowhere is left out, and nothing is left of what has no
    /// leaves.
    pub(super) fn of(&self, value: &Value, with: &Value) -> Value {
        grown(&self.0, value, with)
    }

    /// Every path in it, with nothing in the place of parameters.
    #[cfg(test)]
    pub(super) fn paths(&self) -> Vec<String> {
        fn walk(tree: &Value, paths: &mut Vec<String>) {
            match tree {
                Value::String(path) => paths.push(filled(path, &Value::Null)),
                Value::Array(items) => items.iter().for_each(|item| walk(item, paths)),
                Value::Object(members) => members.values().for_each(|member| walk(member, paths)),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        let mut paths = Vec::new();
        walk(&self.0, &mut paths);
        paths
    }
}

fn grown(tree: &Value, value: &Value, with: &Value) -> Value {
    match tree {
        Value::String(path) => follow(path, value, with),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| grown(item, value, with)).collect();
            items.into_iter().filter(|item| !item.is_null()).collect()
        }
        Value::Object(members) => {
            let mut grown_ones = Map::new();
            for (name, tree) in members {
                let member = grown(tree, value, with);
                if !member.is_null() {
                    grown_ones.insert(name.clone(), member);
                }
            }
            if grown_ones.is_empty() && !members.is_empty() { Value::Null } else { Value::Object(grown_ones) }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => tree.clone(),
    }
}

/// What stands at the end of a path.
pub(super) fn follow(path: &str, value: &Value, with: &Value) -> Value {
    let expression = Expression::read(&filled(path, with)).expect("a test reads every path of the table");
    expression.search(value).into_owned()
}

/// A path with the parameters of the call in it, as JSON: what is in quotes, or between backticks, is JSON in `JMESPath`.
pub(super) fn filled(path: &str, with: &Value) -> String {
    let mut parts = path.split("$(");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(')').unwrap_or((part, ""));
        let given = with.get(name).and_then(Value::as_str).unwrap_or_default();
        text.push_str(&Value::from(given).to_string().replace('`', "\\u0060"));
        text.push_str(rest);
    }
    text
}

/// The part of a value that a shape has: an answer tells more than a call takes.
pub(super) fn pruned(value: Value, shape: ShapeRef<'_>) -> Value {
    match value {
        Value::Object(members) => {
            let of = |name: &str| {
                let member = || Some(shape.follow(&shape.member(name)?.reference));
                shape.entry().map(|(_, of)| of).or_else(member)
            };
            let kept = members.into_iter().filter_map(|(name, member)| {
                let of = of(&name)?;
                Some((name, pruned(member, of)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => match shape.item() {
            Some(of) => items.into_iter().map(|item| pruned(item, of)).collect(),
            None => Value::Array(items),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Tree;

    #[test]
    fn a_tree_is_grown_of_an_answer() {
        let answer = json!({ "A": { "B": [1, 2] }, "Attributes": { "a `\"b\"": "x" } });
        let tree = Tree(json!({ "One": "A.B[0]", "None": "A.C", "List": ["A.B[1]", "A.D"], "Deep": { "No": "Z" } }));
        assert_eq!(tree.of(&answer, &json!({})), json!({ "One": 1, "List": [2] }));
        let named = Tree(json!("Attributes.$(Name)"));
        assert_eq!(named.of(&answer, &json!({ "Name": "a `\"b\"" })), json!("x"));
        assert_eq!(named.of(&answer, &json!({})), json!(null));
        let chosen = Tree(json!("[`$(Name)`]"));
        assert_eq!(chosen.of(&answer, &json!({ "Name": "a `\"b\"" })), json!(["a `\"b\""]), "nothing gets out of it");
    }
}
