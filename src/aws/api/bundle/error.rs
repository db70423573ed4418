//! What can go wrong between a name and a model.

use thiserror::Error;

/// Why the bundle does not give what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BundleError {
    /// No service has this name.
    #[error("no AWS service is called `{name}`")]
    UnknownService {
        /// The name, as it was given.
        name: String,
    },
    /// Several services share this name: an endpoint prefix or a signing name, mostly.
    #[error("`{name}` is the name of several AWS services: {}", .candidates.join(", "))]
    AmbiguousService {
        /// The name, as it was given.
        name: String,
        /// The names that tell these services apart, sorted.
        candidates: Vec<&'static str>,
    },
    /// The bundle in this binary does not hold what its index promises. No test lets such a binary pass.
    #[error("the bundled {part} of `{service}` cannot be read: {reason}")]
    Damaged {
        /// The service's name, or `aws` for what belongs to all.
        service: &'static str,
        /// Which part it is: `model`, `endpoint rules`, `paginators`, `waiters`, `partitions`.
        part: &'static str,
        /// What the reader said.
        reason: String,
    },
}
