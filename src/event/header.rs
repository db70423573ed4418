//! What a run is, written before its first record.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use crate::id::RunId;

/// The account that a run works on.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct TargetAccount {
    /// The 12-digit account id.
    pub account: String,
    /// The region.
    pub region: String,
    /// The caller's ARN, as STS gave it at the start.
    pub caller: Option<String>,
    /// The emulator's endpoint; evidence from an emulator says so everywhere.
    pub emulator: Option<String>,
}

/// The state of the working folder.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct GitState {
    /// The commit that is checked out.
    pub commit: String,
    /// Whether there were changes on top of it.
    pub dirty: bool,
    /// Where the project stands in its repository, `deploy/aws`; none: at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// The journal's first line, without its digest.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct RunHeader {
    /// Always `"journal"`.
    pub checkride: String,
    /// The journal's format version. A change that an older reader would misread raises it.
    pub format: u32,
    /// The tool's version.
    pub tool: String,
    /// The run.
    pub run: RunId,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// The runbook, as named or its path.
    pub runbook: String,
    /// The runbook's title.
    pub title: String,
    /// The profile's name, when there is one.
    pub profile: Option<String>,
    /// The profile's tier.
    pub tier: Option<String>,
    /// The plan's digest: what was approved is what runs.
    pub plan: String,
    /// The account, when the run has one.
    pub target: Option<TargetAccount>,
    /// The OS user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// The project's commit.
    pub git: Option<GitState>,
    /// The change ticket.
    pub change: Option<String>,
    /// Why the run was made.
    pub reason: Option<String>,
    /// Set when it is a verification: `checkride verify` makes a run a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationOf>,
    /// Whether it is a drill that is only talked through: nothing is called in it.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub tabletop: bool,
}

/// The verification that a run belongs to.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct VerificationOf {
    /// The first run of it: all runs of one `checkride verify` name the same.
    pub of: RunId,
    /// The target of the profile that it is about, when the profile has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl RunHeader {
    /// The format that this version writes.
    pub const FORMAT: u32 = 1;

    /// The title, with the target of a verification that has several.
    pub fn titled(&self) -> String {
        self.verified_target().map_or_else(|| self.title.clone(), |target| format!("{}: {target}", self.title))
    }

    /// The target of the profile that a verification is about, by its name.
    pub fn verified_target(&self) -> Option<&str> {
        self.verification.as_ref()?.target.as_deref()
    }
}
