//! What can be wrong with an expression: when it is read, and when it is evaluated.

/// The sort of a fault: it decides the code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// It does not parse.
    Syntax,
    /// It calls a function that is not there.
    Function,
    /// It calls a function with too few or too many arguments.
    Arguments,
    /// Its types cannot fit, whatever the values are.
    Type,
    /// It is larger than is allowed.
    Limit,
}

/// A fault of an expression or template, with its place in bytes from the start of the text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExprFault {
    /// Which sort.
    pub kind: FaultKind,
    /// The fault, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl ExprFault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>, start: usize, end: usize) -> Self {
        Self { kind, message: message.into(), help: None, start, end: end.max(start) }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The same fault of a part that begins `by` bytes into a longer text.
    pub(super) fn moved(mut self, by: usize) -> Self {
        self.start += by;
        self.end += by;
        self
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// A path leads to nothing.
    #[error("there is no `{path}`")]
    NoSuchPath {
        /// The path as written.
        path: String,
    },
    /// A path leads to what a step that has not run will give.
    #[error("`{path}` is known after step `{after}`")]
    NotYetKnown {
        /// The path as written.
        path: String,
        /// The step.
        after: String,
    },
    /// The values have types that do not fit.
    #[error("{message}")]
    Type {
        /// What does not fit.
        message: String,
    },
    /// It would take too long.
    #[error("the expression goes through too many items; {} is the limit", super::expr::ITERATION_LIMIT)]
    Limit,
    /// Anything else: a regular expression that does not match, text that is no JSON.
    #[error("{message}")]
    Other {
        /// What is wrong.
        message: String,
    },
}
