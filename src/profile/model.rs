//! What a profile says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::profile::{TargetSpec, Waiver};
use crate::source::{Located, SourceId};

/// How much is at stake.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Tier {
    /// Real customers: each phase that writes begins with the profile's name typed, and each write is confirmed.
    Production,
    /// A copy of production for the last tests.
    Staging,
    /// Where developers work.
    Development,
    /// A local emulator, or an account to break.
    Sandbox,
}

impl Tier {
    /// Every tier, the strictest first.
    pub const ALL: [Self; 4] = [Self::Production, Self::Staging, Self::Development, Self::Sandbox];

    /// The word in a profile.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Sandbox => "sandbox",
        }
    }
}

/// What is confirmed by a person, as far as the profile asks for it. The strictest of policy, tier and step holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConfirmPolicy {
    /// Each write.
    Write,
    /// The writes of a phase, once.
    #[default]
    Phase,
    /// Nothing.
    Never,
}

/// `[policy]`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// What is confirmed. The default is `write` in production, `phase` elsewhere.
    pub confirm: ConfirmPolicy,
    /// How many people other than the operator approve a plan.
    pub approvals: u32,
    /// The greatest age of the last drill that covers the profile and proved something: else no deployment begins.
    pub max_drill_age: Option<Duration>,
}

/// `[evidence]`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProfileEvidence {
    /// How the evidence is signed, such as `ssh:~/.ssh/id_ed25519`. Kept; signing comes with the sealed evidence.
    pub sign: Option<String>,
}

/// `[aws]`: where calls go, and as whom.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileAws {
    /// The account that every call must reach, 12 digits.
    pub account: Located<String>,
    /// The region that every call must reach.
    pub region: Located<String>,
    /// A profile of the AWS configuration.
    pub profile: Option<String>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// A role that only reads: for checklists, verifications and commands declared read.
    pub read_role: Option<String>,
    /// Whether the endpoint is an emulator's.
    pub emulator: bool,
    /// The emulator's endpoint; on loopback.
    pub endpoint_url: Option<Located<String>>,
    /// A file in the project that names the emulator's endpoints, see [`Endpoints`](super::Endpoints).
    pub endpoints_file: Option<Located<String>>,
}

/// A profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name: the file's, without `.toml`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// How much is at stake.
    pub tier: Tier,
    /// Where calls to AWS go. A profile without it can run no step that needs AWS.
    pub aws: Option<ProfileAws>,
    /// The inputs that it sets. They are locked.
    pub inputs: BTreeMap<String, Located<Value>>,
    /// The inputs that may be given all the same.
    pub open: BTreeSet<String>,
    /// How strict it is.
    pub policy: Policy,
    /// How evidence is signed.
    pub evidence: ProfileEvidence,
    /// The places that are verified together; none: the one of `[aws]`.
    pub targets: Vec<TargetSpec>,
    /// The findings that are accepted for a time.
    pub waivers: Vec<Waiver>,
    /// The file.
    pub source: SourceId,
}
