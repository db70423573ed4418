//! An environment: which account and region, how strict, which inputs are set.
//!
//! A profile is a file beside the runbooks (`profiles/prod.toml`). It never holds a secret, and an emulator is only ever on
//! loopback: both are settled here, when the file is read.

mod codes;
mod endpoints;
mod model;
mod read;
mod verification;

pub use codes::{EMULATOR_ENDPOINT, PRODUCTION_UNCONFIRMED, TARGET_UNKNOWN};
pub use endpoints::Endpoints;
pub use model::{ConfirmPolicy, Policy, Profile, ProfileAws, ProfileEvidence, Tier};
pub use verification::{TargetSpec, Waiver};

pub(crate) use codes::DOCS;
