//! What is wrong with waiters.

use thiserror::Error;

use crate::aws::api::jmespath::JmespathFault;

/// Waiters that cannot be read.
#[derive(Debug, Error)]
#[error("the waiters cannot be read: {0}")]
pub struct WaitersFault(#[from] serde_json::Error);

/// What is wrong with one acceptor of a waiter.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum WaiterFault {
    /// An expression cannot be read.
    #[error("`{source_text}`: {fault}")]
    Expression {
        /// The expression.
        source_text: String,
        /// What is wrong with it.
        fault: JmespathFault,
    },
    /// A matcher that does not exist, or one with the wrong argument or expectation.
    #[error("the matcher `{0}` does not exist, or takes something else")]
    Matcher(String),
}
