//! The names that an expression sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// The values in scope: a map of maps. A child with one more name is cheap.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    roots: BTreeMap<String, Arc<Value>>,
    unknown: Arc<BTreeMap<Vec<String>, String>>,
    now: Option<DateTime<Utc>>,
}

impl Scope {
    /// A scope with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value at a path; what is missing on the way becomes a map. An empty path sets nothing.
    pub fn set(&mut self, path: &[&str], value: Value) {
        let Some((root, rest)) = path.split_first() else { return };
        self.forget(path);
        let root = self.roots.entry((*root).to_owned()).or_insert_with(|| Arc::new(Value::Object(Map::new())));
        let mut place = Arc::make_mut(root);
        for name in rest {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(map) = place else { unreachable!("it was just made an object") };
            place = map.entry((*name).to_owned()).or_insert(Value::Null);
        }
        *place = value;
    }

    /// This scope with one more name at its root.
    #[must_use]
    pub fn with(&self, name: &str, value: Value) -> Self {
        let mut child = self.clone();
        child.forget(&[name]);
        child.roots.insert(name.to_owned(), Arc::new(value));
        child
    }

    /// Says that a path exists but is known only when the step `after` has run. A reference to it, to anything below it or
    /// to what holds it has no value yet.
    pub fn mark_unknown(&mut self, path: &[&str], after: &str) {
        let path = path.iter().map(|name| (*name).to_owned()).collect();
        Arc::make_mut(&mut self.unknown).insert(path, after.to_owned());
    }

    /// The moment that `age()` counts to.
    pub fn set_now(&mut self, now: DateTime<Utc>) {
        self.now = Some(now);
    }

    /// The moment that `age()` counts to, if one was set.
    pub fn now(&self) -> Option<DateTime<Utc>> {
        self.now
    }

    /// The value at a path. Items of a list are named by their number from 0.
    pub fn get<T: AsRef<str>>(&self, path: &[T]) -> Option<&Value> {
        let (root, rest) = path.split_first()?;
        let mut value = self.roots.get(root.as_ref())?.as_ref();
        for name in rest {
            value = match value {
                Value::Object(map) => map.get(name.as_ref())?,
                Value::Array(items) => items.get(name.as_ref().parse::<usize>().ok()?)?,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
            };
        }
        Some(value)
    }

    /// The step after which a path is known, if it is not known yet.
    pub(super) fn unknown_after<T: AsRef<str>>(&self, path: &[T]) -> Option<&str> {
        let overlaps = |mark: &[String]| mark.iter().zip(path).all(|(a, b)| a == b.as_ref());
        self.unknown.iter().find(|(mark, _)| overlaps(mark)).map(|(_, after)| after.as_str())
    }

    fn forget(&mut self, path: &[&str]) {
        let below = |mark: &Vec<String>| mark.len() >= path.len() && mark.iter().zip(path).all(|(a, b)| a == b);
        if self.unknown.keys().any(below) {
            Arc::make_mut(&mut self.unknown).retain(|mark, _| !below(mark));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Scope;

    #[test]
    fn paths_make_their_maps_and_lists_have_numbers() {
        let mut scope = Scope::new();
        scope.set(&["step", "build", "exit"], json!(0));
        scope.set(&["step", "build", "lines"], json!(["a", "b"]));
        assert_eq!(scope.get(&["step", "build", "exit"]), Some(&json!(0)));
        assert_eq!(scope.get(&["step", "build", "lines", "1"]), Some(&json!("b")));
        assert_eq!(scope.get(&["step", "other"]), None);
    }

    #[test]
    fn a_child_does_not_change_its_parent() {
        let mut scope = Scope::new();
        scope.set(&["input", "x"], json!(1));
        let child = scope.with("item", json!("a"));
        assert_eq!(child.get(&["item"]), Some(&json!("a")));
        assert_eq!(scope.get(&["item"]), None);
    }

    #[test]
    fn unknown_covers_what_is_below_and_what_holds_it() {
        let mut scope = Scope::new();
        scope.mark_unknown(&["step", "a", "x"], "a");
        assert_eq!(scope.unknown_after(&["step", "a", "x", "y"]), Some("a"));
        assert_eq!(scope.unknown_after(&["step", "a"]), Some("a"));
        assert_eq!(scope.unknown_after(&["step", "a", "z"]), None);
        scope.set(&["step", "a", "x"], json!(1));
        assert_eq!(scope.unknown_after(&["step", "a", "x"]), None, "known once it is set");
    }
}
