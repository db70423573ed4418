//! An input as far as it is known.

use serde_json::{Number, Value};

/// A value of which parts may become known only when it is used.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<'a> {
    /// Not known, not even its type.
    Unknown,
    /// Text of which a part is not known.
    SomeText,
    /// Nothing: the same as not to be there.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// Text.
    Text(&'a str),
    /// A list.
    List(Vec<Given<'a>>),
    /// A map, with known keys.
    Map(Vec<(&'a str, Given<'a>)>),
}

impl Given<'_> {
    /// The name of its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Unknown => "something",
            Self::SomeText | Self::Text(_) => "text",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl<'a> From<&'a Value> for Given<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(entries) => {
                Self::Map(entries.iter().map(|(name, value)| (name.as_str(), Self::from(value))).collect())
            }
        }
    }
}
