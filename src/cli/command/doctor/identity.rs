//! Who calls: the account of the profile, or another.

use crate::aws::{AwsReads, Caller, GuardRefusal};
use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::patience::{TOO_LONG, patiently};

/// What STS said.
#[derive(Debug)]
pub(super) enum Identity {
    /// The guard lets him through.
    Is(Caller),
    /// It does not.
    Refused(GuardRefusal),
    /// STS was not asked, or did not say; why.
    NotKnown(String),
}

impl Identity {
    pub(super) async fn ask(reads: &AwsReads) -> Self {
        let settings = reads.settings();
        match patiently(Box::pin(reads.verify_identity(&settings.account, &settings.region))).await {
            Some(Ok(reply)) => Self::Is(reply.value),
            Some(Err(refusal)) => Self::Refused(refusal),
            None => Self::NotKnown(TOO_LONG.to_owned()),
        }
    }

    pub(super) fn refusal(&self) -> Option<&GuardRefusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Is(_) | Self::NotKnown(_) => None,
        }
    }

    pub(super) fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Is(caller) => Some(caller),
            Self::Refused(_) | Self::NotKnown(_) => None,
        }
    }

    pub(super) fn finding(&self, emulated: bool) -> Finding {
        match self {
            Self::Is(caller) if is_root(caller) && !emulated => Finding::warn(
                "identity",
                format!("{}: the root user of the account", caller.arn),
                "deploy as a role or a user: nothing bounds what root does, and little tells who it was",
            ),
            Self::Is(caller) => Finding::ok("identity", format!("{} of account {}", caller.arn, caller.account)),
            Self::Refused(refusal) => match refusal {
                GuardRefusal::WrongAccount { .. } | GuardRefusal::WrongRegion { .. } => {
                    Finding::failed("identity", refusal.to_string(), refusal.remedy())
                }
                GuardRefusal::NoCredentials { .. } | GuardRefusal::Expired { .. } => {
                    Finding::unknown("identity", "STS does not take the credentials: see the line `credentials`")
                }
                GuardRefusal::RegionInvalid(_)
                | GuardRefusal::NotReachable(_)
                | GuardRefusal::Endpoint(_)
                | GuardRefusal::Undecided(_) => {
                    Finding::unknown("identity", refusal.to_string()).remedy(refusal.remedy())
                }
            },
            Self::NotKnown(why) => Finding::unknown("identity", why),
        }
    }
}

pub(super) fn is_root(caller: &Caller) -> bool {
    caller.arn.ends_with(":root")
}
