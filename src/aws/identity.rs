//! Who calls, and whether that is who should: the account guard.

use std::fmt;

use aws_types::request_id::RequestId;
use serde::{Deserialize, Serialize};

use super::clients::{AwsReads, Reply};
use super::error::{AwsError, AwsErrorKind, Call};
use super::settings::{AwsSettings, validate_region};

/// The caller, as STS names it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// The account: 12 digits.
    pub account: String,
    /// The ARN of the user or the assumed role.
    pub arn: String,
    /// The unique id of the user or the role session.
    pub user_id: String,
}

/// Why the guard lets nothing through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GuardRefusal {
    /// The credentials belong to another account.
    WrongAccount {
        /// The account of the profile.
        expected: String,
        /// The account of the credentials.
        found: String,
        /// Who the credentials are.
        arn: String,
    },
    /// The region is not the one that the calls would go to.
    WrongRegion {
        /// The region of the profile.
        expected: String,
        /// The region of the settings.
        found: String,
    },
    /// No credentials, or none that AWS knows.
    NoCredentials {
        /// Where they were looked for.
        from: String,
        /// What was found instead.
        error: AwsError,
    },
    /// The credentials have expired.
    Expired {
        /// Where they come from.
        from: String,
        /// Who says so.
        error: AwsError,
    },
    /// The region has a name that no region has.
    RegionInvalid(AwsError),
    /// STS could not be reached.
    NotReachable(AwsError),
    /// The emulator's endpoint is not on this machine, or calls are redirected behind the profile's back.
    Endpoint(AwsError),
    /// STS answered in another way: who calls is not known, so nothing is called.
    Undecided(AwsError),
}

impl AwsReads {
    /// Who calls (STS `GetCallerIdentity`, which needs no permission).
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn caller(&self) -> Result<Reply<Caller>, AwsError> {
        let call = Call("sts", "GetCallerIdentity");
        let clients = self.door.clients().await?;
        let answer =
            clients.sts.get_caller_identity().send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        let caller = Caller {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
            user_id: answer.user_id().unwrap_or_default().to_owned(),
        };
        Ok(Reply::new(caller, answer.request_id()))
    }

    /// The guard before the first step, on resume, and after credentials have changed: the calls go to this account and
    /// this region, or nothing is called.
    ///
    /// # Errors
    /// A [`GuardRefusal`], each with its remedy.
    pub async fn verify_identity(&self, account: &str, region: &str) -> Result<Reply<Caller>, GuardRefusal> {
        validate_region(region).map_err(GuardRefusal::RegionInvalid)?;
        if self.settings().region != region {
            return Err(GuardRefusal::WrongRegion {
                expected: region.to_owned(),
                found: self.settings().region.clone(),
            });
        }
        let caller = self.caller().await.map_err(|error| refusal(error, self.settings()))?;
        if caller.value.account != account {
            return Err(GuardRefusal::WrongAccount {
                expected: account.to_owned(),
                found: caller.value.account,
                arn: caller.value.arn,
            });
        }
        Ok(caller)
    }
}

fn refusal(error: AwsError, settings: &AwsSettings) -> GuardRefusal {
    let from = credentials_of(settings);
    match &error.kind {
        AwsErrorKind::Credentials { .. } => GuardRefusal::NoCredentials { from, error },
        AwsErrorKind::Expired { .. } => GuardRefusal::Expired { from, error },
        AwsErrorKind::RegionInvalid { .. } => GuardRefusal::RegionInvalid(error),
        AwsErrorKind::Connect => GuardRefusal::NotReachable(error),
        AwsErrorKind::EndpointNotLoopback { .. } | AwsErrorKind::EndpointOverridden { .. } => {
            GuardRefusal::Endpoint(error)
        }
        AwsErrorKind::Service { .. }
        | AwsErrorKind::Throttled { .. }
        | AwsErrorKind::AccessDenied { .. }
        | AwsErrorKind::Timeout
        | AwsErrorKind::LostReply
        | AwsErrorKind::Unsupported { .. }
        | AwsErrorKind::Request
        | AwsErrorKind::Fenced { .. }
        | AwsErrorKind::Settings { .. } => GuardRefusal::Undecided(error),
    }
}

/// Where credentials are looked for, in words.
pub(in crate::aws) fn credentials_of(settings: &AwsSettings) -> String {
    if settings.emulator.is_some() {
        return "the emulator's fake credentials".to_owned();
    }
    let base = match &settings.profile {
        Some(profile) => format!("profile `{profile}` of the AWS config files"),
        None => "the default chain: environment, AWS config files, container, instance".to_owned(),
    };
    match &settings.role_arn {
        Some(role) => format!("role {role} by {base}"),
        None => base,
    }
}

impl GuardRefusal {
    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            GuardRefusal::WrongAccount { .. } => {
                "use a profile whose credentials belong to the account, or correct `account` in the profile file"
            }
            GuardRefusal::WrongRegion { .. } => "run with the profile of that region",
            GuardRefusal::NoCredentials { error, .. }
            | GuardRefusal::Expired { error, .. }
            | GuardRefusal::RegionInvalid(error)
            | GuardRefusal::Endpoint(error) => error.remedy().unwrap_or("correct the profile"),
            GuardRefusal::NotReachable(_) => {
                "check the network and the region's name; in a sandbox, check that the emulator is up"
            }
            GuardRefusal::Undecided(_) => "retry; if it stays so, `aws sts get-caller-identity` shows the same",
        }
    }
}

impl fmt::Display for GuardRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GuardRefusal::WrongAccount { expected, found, arn } => {
                write!(f, "wrong account: the profile says {expected}, the credentials are {arn} of {found}")
            }
            GuardRefusal::WrongRegion { expected, found } => {
                write!(f, "wrong region: the profile says {expected}, calls would go to {found}")
            }
            GuardRefusal::NoCredentials { from, error } | GuardRefusal::Expired { from, error } => {
                write!(f, "{error} (looked in {from})")
            }
            // These say it themselves.
            GuardRefusal::RegionInvalid(error) | GuardRefusal::Endpoint(error) => write!(f, "{error}"),
            GuardRefusal::NotReachable(error) => write!(f, "endpoint not reachable: {error}"),
            GuardRefusal::Undecided(error) => write!(f, "the caller's identity is not known: {error}"),
        }
    }
}

impl std::error::Error for GuardRefusal {}
