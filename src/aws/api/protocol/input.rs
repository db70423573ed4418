//! What can be wrong with an input, and the one way to look at its values.

use std::fmt;

use serde_json::{Map, Value};

use crate::aws::api::Path;
use crate::aws::api::model::{Member, ShapeRef};

/// An input that cannot be written. Nothing was sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct InputFault {
    /// Where in the input.
    pub path: Path,
    /// What.
    pub kind: InputFaultKind,
}

/// What can be wrong with an input.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InputFaultKind {
    /// A member that the model does not know.
    #[error("no such parameter")]
    Unknown,
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What belongs here.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// Text that is not base64.
    #[error("expected base64")]
    NotBase64,
    /// Text that is no moment.
    #[error("expected a time as ISO 8601 or in seconds since 1970")]
    NotTime,
    /// A part of the path or of the host that is not there, or empty.
    #[error("is a part of the address and must not be empty")]
    NoLabel,
    /// A part of the host name with characters that a host name cannot have.
    #[error("is a part of the host name: letters, digits, `-` and `.` only")]
    HostLabel,
    /// Text with a line break or another character that a header cannot have.
    #[error("is sent as a header, which cannot hold this character")]
    Header,
    /// More levels than the reader of any service takes.
    #[error("nested too deeply")]
    TooDeep,
    /// A sequence of events is sent while the answer is read: this client sends one body.
    #[error("is a stream of events, which this version cannot send")]
    EventStream,
}

impl fmt::Display for InputFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.0.is_empty() { write!(f, "{}", self.kind) } else { write!(f, "`{}`: {}", self.path, self.kind) }
    }
}

impl From<InputFaultKind> for InputFault {
    fn from(kind: InputFaultKind) -> Self {
        InputFault { path: Path::default(), kind }
    }
}

/// Places a fault below a name or an index, on its way up.
pub(super) trait Within<T> {
    fn below(self, name: &str) -> Result<T, InputFault>;
    fn below_item(self, index: usize) -> Result<T, InputFault>;
}

impl<T> Within<T> for Result<T, InputFault> {
    fn below(self, name: &str) -> Result<T, InputFault> {
        self.map_err(|fault| InputFault { path: fault.path.below(name), ..fault })
    }

    fn below_item(self, index: usize) -> Result<T, InputFault> {
        self.map_err(|fault| InputFault { path: fault.path.below_item(index), ..fault })
    }
}

/// The name of a JSON value's type.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

pub(super) fn wrong(expected: &'static str, value: &Value) -> InputFault {
    InputFaultKind::WrongType { expected, found: kind_of(value) }.into()
}

pub(super) fn map(value: &Value) -> Result<&Map<String, Value>, InputFault> {
    value.as_object().ok_or_else(|| wrong("a map", value))
}

pub(super) fn list(value: &Value) -> Result<&[Value], InputFault> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong("a list", value))
}

pub(super) fn text(value: &Value) -> Result<&str, InputFault> {
    value.as_str().ok_or_else(|| wrong("text", value))
}

/// The members that are given, in the order of the input. A null is a member that is not given.
pub(super) fn given<'a>(
    shape: ShapeRef<'a>,
    value: &'a Value,
) -> Result<Vec<(&'a Member, ShapeRef<'a>, &'a Value)>, InputFault> {
    let mut members = Vec::new();
    for (name, value) in map(value)? {
        let member = shape.member(name).ok_or_else(|| InputFaultKind::Unknown.into()).below(name)?;
        if !value.is_null() {
            members.push((member, shape.follow(&member.reference), value));
        }
    }
    Ok(members)
}

/// Whether a value has no more than `levels` levels.
pub(super) fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
        Value::Object(entries) => levels > 0 && entries.values().all(|item| is_shallow(item, levels - 1)),
    }
}
