//! Where a call goes: an interpreter of the services' endpoint rules (`endpoint-rule-set-1.json`).
//!
//! A rule set is a decision tree over the region, the partition, FIPS, dual stack, a custom endpoint and (for S3 and a
//! few others) the operation's own input. Its answer is a URL, the way to sign, and headers; or a refusal in words. The
//! language is described in Smithy's "Rules engine specification"; botocore's own test cases are the proof.
//!
//! Rules are read once into a typed form, so that a wrong one is found when it is read. Resolving is pure.

mod answer;
mod call;
mod datum;
mod fault;
mod functions;
mod params;
mod partition;
mod property;
mod resolve;
mod rules;
mod template;

pub use answer::{AuthScheme, Endpoint};
pub use fault::{EndpointFault, RuleFault, RuleSetFault};
pub use params::{BUILT_INS, Param, ParamKind, Parameter, Params};
pub use partition::{Partition, Partitions, RegionStanding};
pub use rules::RuleSet;
