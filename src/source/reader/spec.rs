//! What keys a table takes.

/// The type of a key's value, as reader, reference and schema see it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyType {
    /// Any text.
    Text,
    /// Text in which `${…}` is replaced.
    Template,
    /// A CEL expression.
    Expression,
    /// A step id.
    Id,
    /// A path in the project.
    Path,
    /// A length of time, such as `"15m"`.
    Duration,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A date, such as `2026-11-01`.
    Date,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these.
    List(&'static KeyType),
    /// A table with names of the author's own and values of this type.
    Map(&'static KeyType),
    /// A table with these keys.
    Table(&'static [KeySpec]),
    /// Anything that TOML can say.
    Any,
}

impl KeyType {
    /// The type in words, with an article: what a message expects.
    pub fn expectation(self) -> String {
        match self {
            Self::Text | Self::Id => "a string".to_owned(),
            Self::Template => "a string (`${…}` is replaced)".to_owned(),
            Self::Expression => "a string with a CEL expression".to_owned(),
            Self::Path => "a string with a path".to_owned(),
            Self::Duration => "a string with a duration, such as \"15m\"".to_owned(),
            Self::Integer => "an integer".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Date => "a date, such as 2026-11-01".to_owned(),
            Self::Choice(words) => {
                format!("one of {}", words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", "))
            }
            Self::List(of) => format!("a list, each item {}", of.expectation()),
            Self::Map(of) => format!("a table, each value {}", of.expectation()),
            Self::Table(_) => "a table".to_owned(),
            Self::Any => "a value".to_owned(),
        }
    }
}

/// One key of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeySpec {
    /// The key.
    pub name: &'static str,
    /// What it takes.
    pub ty: KeyType,
    /// Whether it must be there.
    pub required: bool,
    /// What holds when it is not, in words or as TOML. Empty: nothing.
    pub default: &'static str,
    /// What it means, one sentence for the reference.
    pub doc: &'static str,
}

impl KeySpec {
    /// A key that must be there.
    pub const fn required(name: &'static str, ty: KeyType, doc: &'static str) -> Self {
        Self { name, ty, required: true, default: "", doc }
    }

    /// A key that may be there.
    pub const fn optional(name: &'static str, ty: KeyType, default: &'static str, doc: &'static str) -> Self {
        Self { name, ty, required: false, default, doc }
    }
}
