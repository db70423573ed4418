//! The doors to AWS that a step gets: reads for reads, all for writes, in the step's own region and role.

use crate::aws::{Aws, AwsError, AwsReads, AwsSettings, Pool};
use crate::event::Failure;
use crate::step::stack::aws_failure;

/// The doors of a run.
#[derive(Clone, Debug, Default)]
pub struct Doors(Door);

/// How far they open.
#[derive(Clone, Debug, Default)]
enum Door {
    /// The run has no account.
    #[default]
    None,
    /// Only reads: there is no way from here to a write.
    Reads(AwsReads),
    /// All of it.
    All(Aws),
}

/// A caller that the guard accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The caller.
    pub arn: String,
    /// The emulator's endpoint.
    pub emulator: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// Why the guard refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// What it looked at: `account`, `region`, `credentials`, `endpoint`.
    pub guard: &'static str,
    /// Why.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Refused {
    /// Whether a login is all that is missing.
    pub fn is_of_credentials(&self) -> bool {
        self.guard == CREDENTIALS
    }
}

/// The guard that looks for credentials, and whether they are still good.
const CREDENTIALS: &str = "credentials";

impl Doors {
    /// No account: no door.
    pub fn none() -> Self {
        Self(Door::None)
    }

    /// Doors with these settings, over the connections of a pool. Nothing is called.
    pub fn open(pool: &Pool, settings: &AwsSettings) -> Result<Self, Refused> {
        match Aws::connect_in(pool, settings) {
            Ok(aws) => Ok(Self(Door::All(aws))),
            Err(error) => {
                let remedy = error.remedy().unwrap_or("correct the profile").to_owned();
                Err(Refused { guard: "endpoint", message: error.to_string(), remedy })
            }
        }
    }

    /// The same doors, without those that write. Nobody gets them back.
    #[must_use]
    pub fn reading(&self) -> Self {
        Self(self.reads().map_or(Door::None, Door::Reads))
    }

    /// The door that holds no write.
    pub fn reads(&self) -> Option<AwsReads> {
        match &self.0 {
            Door::None => None,
            Door::Reads(reads) => Some(reads.clone()),
            Door::All(aws) => Some(aws.reads()),
        }
    }

    /// The whole door; none, too, where only reads are.
    pub fn all(&self) -> Option<Aws> {
        match &self.0 {
            Door::None | Door::Reads(_) => None,
            Door::All(aws) => Some(aws.clone()),
        }
    }

    /// The doors in a step's own region and role.
    pub fn at(&self, region: Option<&str>, role: Option<&str>) -> Result<Self, Failure> {
        let failed = |error: &AwsError| aws_failure(error);
        let mut door = self.0.clone();
        if let Some(region) = region {
            door = door.in_region(region).map_err(|error| failed(&error))?;
        }
        if let Some(role) = role {
            door = door.with_role(role).map_err(|error| failed(&error))?;
        }
        Ok(Self(door))
    }

    /// Forgets credentials, so that the next call reads them anew.
    pub async fn refresh(&self) {
        if let Some(reads) = self.reads() {
            reads.refresh().await;
        }
    }

    /// The guard: who calls, and whether it is the profile's account and region. `None`: there is no account to guard.
    pub async fn identify(&self, account: &str, region: &str) -> Result<Option<Accepted>, Refused> {
        use crate::aws::GuardRefusal;
        let Some(aws) = self.reads() else { return Ok(None) };
        match aws.verify_identity(account, region).await {
            Ok(reply) => Ok(Some(Accepted {
                account: reply.value.account,
                region: region.to_owned(),
                arn: reply.value.arn,
                emulator: aws.settings().emulator.as_ref().map(|emulator| emulator.default.clone()),
                request_id: reply.request_ids.first().cloned(),
            })),
            Err(refusal) => {
                let guard = match &refusal {
                    GuardRefusal::WrongAccount { .. } | GuardRefusal::Undecided(_) => "account",
                    GuardRefusal::WrongRegion { .. } | GuardRefusal::RegionInvalid(_) => "region",
                    GuardRefusal::NoCredentials { .. } | GuardRefusal::Expired { .. } => CREDENTIALS,
                    GuardRefusal::NotReachable(_) | GuardRefusal::Endpoint(_) => "endpoint",
                };
                Err(Refused { guard, message: refusal.to_string(), remedy: refusal.remedy().to_owned() })
            }
        }
    }
}

impl Door {
    fn in_region(&self, region: &str) -> Result<Self, AwsError> {
        Ok(match self {
            Self::None => Self::None,
            Self::Reads(reads) => Self::Reads(reads.in_region(region)?),
            Self::All(aws) => Self::All(aws.in_region(region)?),
        })
    }

    fn with_role(&self, role: &str) -> Result<Self, AwsError> {
        Ok(match self {
            Self::None => Self::None,
            Self::Reads(reads) => Self::Reads(reads.with_role(role)?),
            Self::All(aws) => Self::All(aws.with_role(role)?),
        })
    }
}
