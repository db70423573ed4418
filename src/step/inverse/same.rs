//! Whether two settings are the same to the service: what is not set, and the order of what has none, makes no difference.

use serde_json::{Map, Number, Value, json};

use crate::step::inverse::found::Setting;
use crate::step::inverse::way::Way;

/// Whether a setting is what was there before; where a service knows no way to have none again, what then stays.
pub fn is_same(way: &Way, before: &Setting, now: &Setting) -> bool {
    let left = way.leaves.as_ref().filter(|_| before.is_null());
    plain(way, before) == plain(way, now) || left.is_some_and(|left| canonical(&json!(left)) == plain(way, now))
}

/// Where a setting is not what was there before: the path, what was, what is.
pub fn differences(way: &Way, before: &Setting, now: &Setting) -> Vec<(String, Value, Value)> {
    let mut all = Vec::new();
    differ("", &plain(way, before), &plain(way, now), &mut all);
    all
}

/// Whether a setting is what a call made of it: all that it gave is there. Services fill in what it did not give, and say the
/// names of things in full.
pub fn is_as_set(set: &Setting, now: &Setting) -> bool {
    let (now, set) = (canonical(now), canonical(set));
    if set.is_null() { now.is_null() } else { holds(&now, &set) }
}

/// A setting with its unset fields as they are when they were unset by a call.
fn plain(way: &Way, setting: &Setting) -> Value {
    let Value::Object(fields) = setting else { return canonical(setting) };
    let mut filled = Map::new();
    for (name, value) in fields {
        let value = if value.is_null() { way.unset.get(name).unwrap_or(value) } else { value };
        filled.insert(name.clone(), value.clone());
    }
    canonical(&Value::Object(filled))
}

/// Values that mean the same in one form.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(false) => Value::Null,
        Value::Number(number) => number.as_f64().and_then(Number::from_f64).map_or(value.clone(), Value::Number),
        Value::String(text) if text.is_empty() => Value::Null,
        // A policy, whose text a service may write in another way. One with empty members is one all the same: `{}` alone is
        // how some services are told that there is none.
        Value::String(text) if text.starts_with(['{', '[']) => match serde_json::from_str::<Value>(text) {
            Ok(inner) if inner == json!({}) || inner == json!([]) => Value::Null,
            Ok(inner) => Some(canonical(&inner)).filter(|inner| !inner.is_null()).unwrap_or_else(|| value.clone()),
            Err(_) => value.clone(),
        },
        Value::String(_) | Value::Bool(true) => value.clone(),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).filter(|item| !item.is_null()).collect();
            if items.iter().all(has_no_place) {
                items.sort_by_key(Value::to_string);
            }
            if items.is_empty() { Value::Null } else { Value::Array(items) }
        }
        Value::Object(members) => {
            let members: Map<String, Value> = members
                .iter()
                .map(|(name, member)| (name.clone(), canonical(member)))
                .filter(|(_, member)| !member.is_null())
                .collect();
            if members.is_empty() { Value::Null } else { Value::Object(members) }
        }
    }
}

/// Whether an item of a list is the same at any place of it: a text, a tag, a dimension.
fn has_no_place(item: &Value) -> bool {
    match item {
        Value::String(_) => true,
        Value::Object(members) => members.contains_key("Value") && members.len() == 2,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    }
}

fn differ(path: &str, before: &Value, now: &Value, all: &mut Vec<(String, Value, Value)>) {
    if before == now {
        return;
    }
    if let (Value::Object(was), Value::Object(is)) = (before, now) {
        let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            differ(&path, was.get(name).unwrap_or(&Value::Null), is.get(name).unwrap_or(&Value::Null), all);
        }
        return;
    }
    all.push((path.to_owned(), before.clone(), now.clone()));
}

/// Whether `now` has all that `set` has.
fn holds(now: &Value, set: &Value) -> bool {
    match (now, set) {
        (_, Value::Null) => true,
        (Value::Object(now), Value::Object(set)) => {
            set.iter().all(|(name, value)| now.get(name).is_some_and(|now| holds(now, value)))
        }
        (Value::Array(now), Value::Array(set)) => {
            now.len() == set.len() && set.iter().all(|value| now.iter().any(|now| holds(now, value)))
        }
        (Value::String(now), Value::String(set)) => now == set || names(now, set) || names(set, now),
        (now, set) => now == set,
    }
}

/// Whether an ARN names what is known by a shorter name, too. What an alias stands for, it does not say.
fn names(arn: &str, short: &str) -> bool {
    let of_key = short.contains("alias/") && arn.contains(":key/");
    arn.starts_with("arn:") && (of_key || arn.ends_with(&format!("/{short}")) || arn.ends_with(&format!(":{short}")))
}
