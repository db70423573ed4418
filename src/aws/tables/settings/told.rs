//! What an answer by model holds.

use serde_json::Value;

/// A text of an answer; empty where there is none.
pub(super) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// A list of an answer; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value[member].as_array().into_iter().flatten()
}
