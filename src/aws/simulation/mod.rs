//! What IAM allows, by its own simulation: `SimulatePrincipalPolicy` evaluates the policies of a caller and its
//! permissions boundary, and calls none of the actions.
//!
//! Its answers "can differ from your live AWS environment": policies of resources and of the session are not asked
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>).

mod ask;
mod principal;
mod verdict;

pub use ask::{Question, ask};
pub use principal::principal;
pub use verdict::{Verdict, is_refusal, verdict};
