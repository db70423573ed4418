//! What goes wrong with pages.

use thiserror::Error;

use crate::aws::api::jmespath::JmespathFault;

/// Paginators that cannot be read.
#[derive(Debug, Error)]
#[error("the paginators cannot be read: {0}")]
pub struct PaginatorsFault(#[from] serde_json::Error);

/// What is wrong with one paginator.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PaginatorFault {
    /// An expression cannot be read.
    #[error("`{source_text}`: {fault}")]
    Expression {
        /// The expression.
        source_text: String,
        /// What is wrong with it.
        fault: JmespathFault,
    },
    /// A key that results are put under is more than names with dots.
    #[error("`{0}` is no place to put results")]
    Key(String),
    /// Not as many tokens go out as come in, or none at all.
    #[error("the tokens of input and output do not pair")]
    Tokens,
}

/// Why not all pages can be had. What was read so far is not the whole answer.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PagesFault {
    /// The service gave the same token twice in a row: it would go on for ever.
    #[error("page {page} names the same next page as the one before")]
    Repeated {
        /// The page, from 1.
        page: usize,
    },
    /// There are more pages than were allowed.
    #[error("there are more than {max} pages")]
    TooMany {
        /// How many were allowed.
        max: usize,
    },
    /// The service says that there is more, and not where.
    #[error("page {page} says that there are more, and does not say where")]
    NoToken {
        /// The page, from 1.
        page: usize,
    },
}
