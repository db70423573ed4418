//! Text in which `${…}` is replaced.

use std::fmt;

use serde_json::Value;

use super::scan::closing_brace;
use super::{EvalError, Expr, ExprFault, FaultKind, Reference, Scope};
use crate::source::Span;

/// A reference and the literal that it stands in: [`Sources::within`](crate::source::Sources::within) makes a place of the
/// two.
#[derive(Clone, Copy, Debug)]
pub struct RefAt<'a> {
    /// The reference; its offsets count from the start of the literal's value.
    pub reference: &'a Reference,
    /// The literal, quotes included.
    pub literal: Span,
}

/// A part of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    Expr(Expr),
}

/// A string with `${…}` in it. `$${` is a literal `${`. A string that is one `${…}` keeps the type of its value.
#[derive(Clone)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
    references: Vec<Reference>,
    span: Span,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// An expression that does not end, and every fault of every expression in it.
    pub fn parse(text: &str) -> Result<Self, Vec<ExprFault>> {
        let mut parts = Vec::new();
        let mut references = Vec::new();
        let mut faults = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("${") {
            let open = at + found;
            if open > at && text[..open].ends_with('$') {
                plain.push_str(&text[at..open - 1]);
                plain.push_str("${");
                at = open + 2;
                continue;
            }
            plain.push_str(&text[at..open]);
            let start = open + 2;
            let Some(end) = closing_brace(text, start) else {
                faults.push(
                    ExprFault::new(FaultKind::Syntax, "this `${` is not closed", open, start)
                        .help("close it with `}`, or write `$${` for the characters themselves"),
                );
                at = text.len();
                break;
            };
            match Expr::parse(&text[start..end]) {
                Ok(expr) => {
                    references.extend(expr.references().iter().cloned().map(|mut reference| {
                        reference.start += start;
                        reference.end += start;
                        reference
                    }));
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Expr(expr));
                }
                Err(list) => faults.extend(list.into_iter().map(|fault| fault.moved(start))),
            }
            at = end + 1;
        }
        plain.push_str(&text[at..]);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { text: text.to_owned(), parts, references, span: Span::default() })
    }

    /// The template with the place of its literal.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// The place of the literal, quotes included. The default span when the template came from no file.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The template as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that it uses. Their offsets count from the start of the template.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The names that it uses, with the literal that they stand in.
    pub fn refs(&self) -> impl Iterator<Item = RefAt<'_>> {
        self.references.iter().map(|reference| RefAt { reference, literal: self.span })
    }

    /// Whether nothing in it is replaced.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The text itself, when nothing in it is replaced (`$${` has become `${`).
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether the whole string is one `${…}`: then its value may be of any type.
    pub fn is_whole(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Expr(_)])
    }

    /// The value: of the type of the expression when the whole string is one `${…}`, else text.
    pub fn eval(&self, scope: &Scope) -> Result<Value, EvalError> {
        match self.parts.as_slice() {
            [Part::Expr(expr)] => expr.eval(scope),
            _ => self.eval_text(scope).map(Value::String),
        }
    }

    /// The value as text: numbers and booleans plainly, lists and maps as JSON. `null` has no text.
    pub fn eval_text(&self, scope: &Scope) -> Result<String, EvalError> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Expr(expr) => out.push_str(&text_of(&expr.eval(scope)?, expr)?),
            }
        }
        Ok(out)
    }

    /// The text with what is known now; the rest as `(known after STEP)`, or as the reason why it has no value.
    pub fn preview(&self, scope: &Scope) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Expr(expr) => match expr.eval(scope).and_then(|value| text_of(&value, expr)) {
                    Ok(text) => out.push_str(&text),
                    Err(EvalError::NotYetKnown { after, .. }) => out.push_str(&["(known after ", &after, ")"].concat()),
                    Err(error) => out.push_str(&["(", &error.to_string(), ")"].concat()),
                },
            }
        }
        out
    }
}

fn text_of(value: &Value, expr: &Expr) -> Result<String, EvalError> {
    match value {
        Value::Null => Err(EvalError::Type { message: format!("`{expr}` is null, which has no text") }),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Ok(value.to_string()),
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Template;
    use crate::value::{EvalError, FaultKind, Scope};

    fn scope() -> Scope {
        let mut scope = Scope::new();
        scope.set(&["input", "n"], json!(10));
        scope.set(&["input", "s"], json!("x"));
        scope.set(&["input", "l"], json!([1, "a"]));
        scope.set(&["input", "none"], json!(null));
        scope
    }

    fn text(template: &str) -> String {
        Template::parse(template).unwrap().eval_text(&scope()).unwrap()
    }

    #[test]
    fn text_is_filled_in() {
        assert_eq!(text("a-${input.n}-${input.s}b"), "a-10-xb");
        assert_eq!(text("${input.l}"), "[1,\"a\"]");
        assert_eq!(text("$${input.n} $$ $x ${'}'}"), "${input.n} $$ $x }");
        assert_eq!(text("${ {'k': '}'}.k }"), "}");
        assert_eq!(text(""), "");
    }

    #[test]
    fn one_expression_keeps_its_type() {
        assert_eq!(Template::parse("${input.n}").unwrap().eval(&scope()), Ok(json!(10)));
        assert_eq!(Template::parse(" ${input.n}").unwrap().eval(&scope()), Ok(json!(" 10")));
        assert!(Template::parse("plain $${x}").unwrap().is_literal());
        assert_eq!(Template::parse("plain $${x}").unwrap().literal(), Some("plain ${x}"));
    }

    #[test]
    fn faults_have_places_in_the_whole_text() {
        let faults = Template::parse("é ${input.n +} and ${len(1)} and ${x").unwrap_err();
        assert_eq!(faults.len(), 3);
        assert_eq!(faults[1].kind, FaultKind::Function);
        assert_eq!(&"é ${input.n +} and ${len(1)} and ${x"[faults[1].start..faults[1].end], "len");
        assert_eq!(&"é ${input.n +} and ${len(1)} and ${x"[faults[2].start..faults[2].end], "${");
    }

    #[test]
    fn references_have_places_in_the_whole_text() {
        let template = Template::parse("a ${input.n} ${step.b.c}").unwrap();
        let places: Vec<_> = template.references().iter().map(|r| &template.text()[r.start..r.end]).collect();
        assert_eq!(places, ["input.n", "step.b.c"]);
    }

    #[test]
    fn null_has_no_text_and_the_unknown_is_previewed() {
        assert!(matches!(Template::parse("a${input.none}").unwrap().eval_text(&scope()), Err(EvalError::Type { .. })));
        let mut scope = scope();
        scope.mark_unknown(&["step", "b"], "b");
        assert_eq!(Template::parse("x-${step.b.arn}-${input.n}").unwrap().preview(&scope), "x-(known after b)-10");
    }
}
