//! From the answer of a read to the setting that it tells.

use serde_json::{Map, Value};

use crate::aws::api::PathPart;
use crate::aws::api::client::Operation;
use crate::aws::api::protocol::sensitive;
use crate::step::inverse::tree::{follow, pruned};
use crate::step::inverse::way::{Call, Entries, Way};
use crate::world::secret::CUT;

/// A setting: its fields by name, null where one is not set. Null: there is none at all.
pub type Setting = Value;

impl Way {
    /// The setting that an answer tells, as far as a call with these parameters concerns it.
    pub(super) fn setting_of(&self, answer: &Value, with: &Value) -> Setting {
        let base = match &self.setting {
            Some(path) => follow(path, answer, with),
            None => answer.clone(),
        };
        let put = self.operation(&self.put_calls()[0].name);
        let input = put.service().input(put.model());
        let mut fields = Map::new();
        for name in self.field_names() {
            if !self.is_given(&name, |name| with.get(name).is_some_and(|value| !value.is_null())) {
                continue;
            }
            let value = match self.fields.get(&name) {
                Some(tree) => tree.of(&base, with),
                None => base.get(&name).cloned().unwrap_or_default(),
            };
            let member = input.and_then(|shape| Some(shape.follow(&shape.member(&name)?.reference)));
            let value = member.map_or(value.clone(), |member| pruned(value, member));
            fields.insert(name, value);
        }
        if let Some(entries) = &self.entries {
            let found = fields.get(&entries.of).cloned().unwrap_or_default();
            fields.insert(entries.of.clone(), entries.named(found, with));
        }
        let nothing = fields.values().all(Value::is_null);
        if nothing && !self.is_always() { Value::Null } else { Value::Object(fields) }
    }

    /// The setting as a call with these parameters makes it, as far as they tell.
    pub(super) fn set_by(&self, operation: Operation, with: &Value) -> Option<Setting> {
        if self.takes_away(operation) {
            return Some(Value::Null);
        }
        let mut fields = Map::new();
        for name in self.field_names() {
            let value = match self.sets.get(&name) {
                Some(tree) => tree.of(with, with),
                None => with.get(&name).cloned().unwrap_or_default(),
            };
            if !value.is_null() {
                fields.insert(name, value);
            }
        }
        (!fields.is_empty()).then_some(Value::Object(fields))
    }

    /// The input of a call: the keys that it knows, the fields, and what the row adds.
    pub(super) fn input_of(&self, call: &Call, fields: &Map<String, Value>, scope: &Value) -> Map<String, Value> {
        let operation = self.operation(&call.name);
        let shape = operation.service().input(operation.model());
        let with = scope.get("with").cloned().unwrap_or_default();
        let mut input = Map::new();
        for key in &self.keys {
            let known = shape.is_some_and(|shape| shape.member(key).is_some());
            if let Some(value) = with.get(key).filter(|value| known && !value.is_null()) {
                input.insert(key.clone(), value.clone());
            }
        }
        if !call.bare {
            input.extend(
                fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, it)| (name.clone(), it.clone())),
            );
        }
        for (name, tree) in &call.with {
            let value = tree.of(scope, &with);
            if !value.is_null() {
                input.insert(name.clone(), value);
            }
        }
        input
    }
}

impl Entries {
    /// The names that a call gives.
    pub(super) fn names(&self, with: &Value) -> Vec<String> {
        let names = self.names.of(&serde_json::json!({ "with": with }), with);
        names.as_array().into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
    }

    /// The entries of a field that a call names.
    fn named(&self, found: Value, with: &Value) -> Value {
        let names = self.names(with);
        match (&self.key, found) {
            (Some(key), Value::Array(items)) => {
                let is_named = |item: &Value| {
                    item.get(key).and_then(Value::as_str).is_some_and(|it| names.iter().any(|name| name == it))
                };
                items.into_iter().filter(is_named).collect()
            }
            (Some(_), _) => Value::Array(Vec::new()),
            (None, Value::Object(members)) => {
                Value::Object(members.into_iter().filter(|(name, _)| names.contains(name)).collect())
            }
            (None, _) => Value::Object(Map::new()),
        }
    }

    /// The names that a call gives and that a setting does not have.
    pub(super) fn missing(&self, before: &Setting, with: &Value) -> Vec<String> {
        let there: Vec<&str> = match before.get(&self.of) {
            Some(Value::Array(items)) => {
                let key = self.key.as_deref().unwrap_or_default();
                items.iter().filter_map(|item| item.get(key)?.as_str()).collect()
            }
            Some(Value::Object(members)) => members.keys().map(String::as_str).collect(),
            Some(_) | None => Vec::new(),
        };
        self.names(with).into_iter().filter(|name| !there.contains(&name.as_str())).collect()
    }
}

/// A setting with what the service calls secret taken out, and whether there was any.
pub fn hidden_in(way: &Way, setting: &Setting) -> (Setting, bool) {
    let put = way.operation(&way.put_calls()[0].name);
    without_secrets(way, put, setting)
}

/// The same for the input of an operation of this row.
pub fn without_secrets(way: &Way, operation: Operation, input: &Value) -> (Value, bool) {
    let mut shown = input.clone();
    let mut any = false;
    let Some(shape) = operation.service().input(operation.model()) else { return (shown, any) };
    for it in sensitive(shape, input) {
        let name = it.path.0.iter().rev().find_map(|part| match part {
            PathPart::Name(name) => Some(name),
            PathPart::Index(_) => None,
        });
        if name.is_some_and(|name| way.open.contains(name)) {
            continue;
        }
        let mut place = Some(&mut shown);
        for part in &it.path.0 {
            place = place.and_then(|value| match part {
                PathPart::Name(name) => value.get_mut(name),
                PathPart::Index(index) => value.get_mut(index),
            });
        }
        if let Some(place) = place {
            *place = Value::from(CUT);
            any = true;
        }
    }
    (shown, any)
}

/// The names by which expressions may know the setting of a call with these parameters.
pub fn known_by<'a>(way: &Way, given: impl Iterator<Item = &'a str>) -> Vec<String> {
    let given: Vec<&str> = given.collect();
    let mut names = way.field_names();
    names.retain(|name| way.is_given(name, |name| given.contains(&name)));
    names
}
