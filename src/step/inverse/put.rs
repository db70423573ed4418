//! The calls that put a setting back.

use serde_json::{Map, Value, json};

use crate::aws::api::client::Operation;
use crate::aws::api::jmespath::is_truthy;
use crate::step::inverse::found::Setting;
use crate::step::inverse::way::Way;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// The operation.
    pub operation: Operation,
    /// Its parameters.
    pub input: Value,
}

/// The calls, in order. `with`: the parameters of the call that changed it; `there`: whether something is there now.
pub fn puts(way: &Way, before: &Setting, there: bool, with: &Value) -> Vec<Put> {
    let missing = way.entries.as_ref().map(|entries| entries.missing(before, with)).unwrap_or_default();
    let scope = json!({ "with": with, "before": before, "missing": missing });
    let calls = match before {
        Value::Null => way.remove.clone(),
        _ if !there && !way.create.is_empty() => way.create.clone(),
        _ => way.put_calls(),
    };
    let fields = fields(way, before, &missing);
    let made = calls.iter().filter(|call| call.when.as_ref().is_none_or(|when| is_truthy(&when.of(&scope, with))));
    let put = made.map(|call| Put {
        operation: way.operation(&call.name),
        input: Value::Object(way.input_of(call, &fields, &scope)),
    });
    put.collect()
}

/// The setting as a call with these parameters makes it, as far as they tell.
pub fn as_set(way: &Way, operation: Operation, with: &Value) -> Option<Setting> {
    way.set_by(operation, with)
}

/// The fields as a call takes them: what was not set is given as what unsets it.
fn fields(way: &Way, before: &Setting, missing: &[String]) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in before.as_object().into_iter().flatten() {
        let value = if value.is_null() { way.unset.get(name).unwrap_or(value) } else { value };
        fields.insert(name.clone(), value.clone());
    }
    if let Some(entries) = &way.entries
        && let (Some(unset), Some(Value::Object(members))) = (&entries.unset, fields.get_mut(&entries.of))
    {
        members.extend(missing.iter().map(|name| (name.clone(), unset.clone())));
    }
    fields
}
