//! How much may differ: a number, or a template that gives one.

use serde_json::Value;

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::COMPARE_TOLERANCE;
use crate::value::{RefAt, Scope, ValueTemplate, value_tree};

/// How many may differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerance(Option<ValueTemplate>);

impl Tolerance {
    /// Reads the key `tolerance`. What is said without a template is looked at now.
    pub fn read(table: &Table<'_>) -> Self {
        let tree = value_tree(table, "tolerance");
        if let Some(tree) = &tree
            && tree.refs().is_empty()
            && let Err(why) =
                tree.eval(&Scope::default()).map_err(|error| error.to_string()).and_then(|value| count(&value))
        {
            let span = table.key_span("tolerance").unwrap_or(table.span());
            let fault = Diagnostic::error(COMPARE_TOLERANCE, why).at(span, "");
            table.reader().push(fault.help("a whole number, or an input that holds one: `\"${input.tolerance}\"`"));
        }
        Self(tree)
    }

    /// The number.
    ///
    /// # Errors
    /// A value that could not be had, or that is no number of things, in words.
    pub fn eval(&self, scope: &Scope) -> Result<u64, String> {
        let Some(tree) = &self.0 else { return Ok(0) };
        count(&tree.eval(scope).map_err(|error| error.to_string())?)
    }

    /// Every name that it uses.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        self.0.as_ref().map(ValueTemplate::refs).unwrap_or_default()
    }
}

fn count(value: &Value) -> Result<u64, String> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and not below zero")]
        Value::Number(number) => number.as_u64().or_else(|| {
            let real = number.as_f64()?;
            (real.fract() == 0.0 && (0.0..9e15).contains(&real)).then_some(real as u64)
        }),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.ok_or_else(|| format!("`tolerance` is {value}, which is no number of things"))
}
