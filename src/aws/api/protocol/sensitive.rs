//! What the models mark as sensitive.

use serde_json::Value;

use crate::aws::api::model::{Flag, ShapeRef};
use crate::aws::api::{Path, PathPart};

/// A value that must be cut from all that is shown or written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sensitive {
    /// Where it stands.
    pub path: Path,
    /// Its text.
    pub text: Secret,
}

/// Text that does not show itself.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// The values of an input or an output that are sensitive, or stand in something that is. Keys of maps are names, not
/// values: the names of a function's environment variables stay to be seen.
pub fn sensitive(shape: ShapeRef<'_>, value: &Value) -> Vec<Sensitive> {
    let mut walk = Walk { found: Vec::new(), path: Vec::new() };
    walk.value(shape, value, false);
    walk.found
}

struct Walk {
    found: Vec<Sensitive>,
    path: Vec<PathPart>,
}

impl Walk {
    fn value(&mut self, shape: ShapeRef<'_>, value: &Value, within: bool) {
        let within = within || shape.has(Flag::Sensitive);
        if shape.is_document() {
            if within {
                self.all(value);
            }
            return;
        }
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    let of = match shape.entry() {
                        Some((_, of)) => Some(of),
                        None => shape.member(name).map(|member| shape.follow(&member.reference)),
                    };
                    self.at(PathPart::Name(name.clone()), |walk| match of {
                        Some(of) => walk.value(of, value, within),
                        // Text that is shown as the JSON that it holds.
                        None if within => walk.all(value),
                        None => {}
                    });
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.at(PathPart::Index(index), |walk| match shape.item() {
                        Some(item) => walk.value(item, value, within),
                        None if within => walk.all(value),
                        None => {}
                    });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) if within => self.all(value),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Everything in a value that the model says no more about.
    fn all(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => self.take(value.to_string()),
            Value::String(text) => {
                if !text.is_empty() {
                    self.take(text.clone());
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.at(PathPart::Index(index), |walk| walk.all(value));
                }
            }
            Value::Object(entries) => {
                for (name, value) in entries {
                    self.at(PathPart::Name(name.clone()), |walk| walk.all(value));
                }
            }
        }
    }

    fn take(&mut self, text: String) {
        self.found.push(Sensitive { path: Path(self.path.clone()), text: Secret(text) });
    }

    fn at(&mut self, part: PathPart, walk: impl FnOnce(&mut Self)) {
        self.path.push(part);
        walk(self);
        self.path.pop();
    }
}
