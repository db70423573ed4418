//! What is wrong with an input.

use std::fmt;

use crate::aws::api::Path;

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Where: the value that is wrong, or the structure in which something is missing.
    pub path: Path,
    /// What.
    pub kind: FaultKind,
}

/// The kinds of things that are wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// A parameter that the model does not have. The path ends with its name.
    Unknown {
        /// The parameters that there are.
        known: Vec<String>,
    },
    /// A value of another type.
    WrongType {
        /// What belongs here.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A parameter that must be there.
    Missing {
        /// Its name.
        name: String,
    },
    /// Text that is none of the words that the model knows. Services learn new words before their models do.
    NotInEnum {
        /// The words.
        choices: Vec<String>,
    },
    /// Fewer characters, bytes, items or less than the model allows.
    TooSmall {
        /// The least.
        least: f64,
    },
    /// More than the model allows. Services raise their limits before their models do.
    TooLarge {
        /// The most.
        most: f64,
    },
    /// A part of the path or of the host, and empty.
    EmptyLabel,
    /// Text that is no base64.
    NotBase64,
    /// Text that is no moment.
    NotTime,
    /// A union with more than one member, or with none.
    UnionCount {
        /// How many there are.
        found: usize,
    },
    /// A sequence of events, which this client cannot send.
    EventStream,
    /// More levels than can be sent.
    TooDeep,
}

impl Fault {
    /// Whether the service may accept it all the same: a model is older than its service.
    pub fn is_warning(&self) -> bool {
        matches!(self.kind, FaultKind::NotInEnum { .. } | FaultKind::TooLarge { .. })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { .. } => f.write_str("no such parameter"),
            Self::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Missing { name } => write!(f, "`{name}` is missing"),
            Self::NotInEnum { .. } => f.write_str("none of the words that the service's model knows"),
            Self::TooSmall { least } => write!(f, "less than {least}, which is the least that the model allows"),
            Self::TooLarge { most } => write!(f, "more than {most}, which is the most that the model allows"),
            Self::EmptyLabel => f.write_str("a part of the address, and empty"),
            Self::NotBase64 => f.write_str("expected base64"),
            Self::NotTime => f.write_str("expected a time as ISO 8601, or in seconds since 1970"),
            Self::UnionCount { found } => write!(f, "takes exactly one of its parameters, and has {found}"),
            Self::EventStream => f.write_str("a stream of events, which this version cannot send"),
            Self::TooDeep => f.write_str("nested too deeply"),
        }
    }
}
