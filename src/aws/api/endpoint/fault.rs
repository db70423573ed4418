//! What goes wrong with endpoint rules: when they are read, and when they are asked.

use thiserror::Error;

use super::params::ParamKind;

/// Rules or partitions that cannot be read.
#[derive(Debug, Error)]
pub enum RuleSetFault {
    /// Not JSON, not the shape of a rule set, or a rule that breaks the language (a [`RuleFault`] in words).
    #[error("the endpoint rules cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The partitions' file lists none.
    #[error("the partitions' file lists no partition")]
    NoPartition,
    /// A partition's pattern of regions is no regular expression.
    #[error("the pattern of regions of partition `{partition}` cannot be read: {source}")]
    Pattern {
        /// The partition's id, for example `aws-cn`.
        partition: String,
        /// What the reader of patterns says.
        source: regex::Error,
    },
}

/// A rule that breaks the language of rules.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum RuleFault {
    /// A function that this interpreter does not know.
    #[error("unknown function `{0}`")]
    Function(String),
    /// A function with too few or too many arguments, or with one of the wrong type.
    #[error("wrong arguments for `{0}`")]
    Arguments(String),
    /// An argument that is neither a literal, a reference nor a call.
    #[error("`{0}` is no argument")]
    Argument(String),
    /// A template with an open brace.
    #[error("`{0}` is no template")]
    Template(String),
    /// A path that names nothing.
    #[error("`{0}` is no path of attributes")]
    Path(String),
    /// A rule of a type that does not exist, or without the part that its type needs.
    #[error("a rule of type `{0}` is not complete")]
    Rule(String),
}

/// Why there is no endpoint.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum EndpointFault {
    /// The rules refuse, in AWS's words.
    #[error("{0}")]
    Refused(String),
    /// A required parameter is not set.
    #[error("the endpoint rules need `{0}`, which is not set")]
    Missing(String),
    /// A parameter has the wrong type.
    #[error("the endpoint rules take `{name}` as {wanted}")]
    Kind {
        /// The parameter.
        name: String,
        /// What it must be.
        wanted: ParamKind,
    },
    /// No rule fits.
    #[error("no endpoint rule fits")]
    NoRule,
    /// A rule uses a value that is not set, or that has another type: a fault of the rules.
    #[error("an endpoint rule uses {0} wrongly")]
    Types(String),
}
