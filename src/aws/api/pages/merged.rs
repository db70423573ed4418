//! Several pages as one answer.

use serde_json::{Map, Number, Value};

use super::paginator::Paginator;

/// What was merged so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged {
    results: Map<String, Value>,
    others: Map<String, Value>,
}

impl Merged {
    /// Takes over one page.
    pub(super) fn add(&mut self, paginator: &Paginator, mut page: Value, is_first: bool) {
        // The results first: they may stand inside of what the first page says for all (`imageScanFindings.findings`).
        for key in &paginator.results {
            if let Some(found) = key.take(&mut page)
                && let Some(place) = key.place(&mut self.results)
            {
                join(place, found);
            }
        }
        for key in paginator.others.iter().filter(|_| is_first) {
            // What the first page does not say is null in the answer, as with the AWS CLI.
            let found = key.take(&mut page).unwrap_or_default();
            if let Some(place) = key.place(&mut self.others) {
                *place = found;
            }
        }
    }

    /// The answer.
    pub(super) fn finish(mut self) -> Value {
        overlay(&mut self.results, self.others);
        Value::Object(self.results)
    }
}

/// Lists and texts are put one after the other, numbers are added (a count of each page); the first of all else stays.
fn join(place: &mut Value, found: Value) {
    match (place, found) {
        (place @ Value::Null, found) => *place = found,
        (Value::Array(items), Value::Array(more)) => items.extend(more),
        (Value::String(text), Value::String(more)) => text.push_str(&more),
        (Value::Number(number), Value::Number(more)) => {
            if let Some(sum) = sum(number, &more) {
                *number = sum;
            }
        }
        (
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
        ) => {}
    }
}

/// The sum, exact for integers. Nothing when it is no number of JSON.
fn sum(left: &Number, right: &Number) -> Option<Number> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Number::from_i128(left.checked_add(right)?),
        _ => Number::from_f64(left.as_f64()? + right.as_f64()?),
    }
}

/// Puts one object's members over another's, member by member where both hold objects. Null covers nothing up. The depth
/// is that of the paginator's keys.
fn overlay(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Object(under)), Value::Object(over)) => overlay(under, over),
            (Some(under), Value::Null) if !under.is_null() => {}
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}
