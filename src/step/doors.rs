//! The doors to AWS that a step gets: reads for reads, all for writes, in the step's own region and role.

use std::sync::Arc;

use crate::aws::{Aws, AwsError, AwsReads, AwsSettings, Fence, GuardRefusal, Pool};
use crate::event::Failure;
use crate::step::stack::aws_failure;

/// The doors of a run.
#[derive(Clone, Debug, Default)]
pub struct Doors {
    door: Door,
    /// The one of those who only look, where the profile names a role for them.
    looks: Option<AwsReads>,
}

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
    /// What it looked at: `account`, `region`, `credentials`, `role`, `endpoint`, `drill`.
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
        Self::default()
    }

    /// Doors with these settings, over the connections of a pool. Nothing is called.
    pub fn open(pool: &Pool, settings: &AwsSettings) -> Result<Self, Refused> {
        let open = |settings: &AwsSettings| {
            Aws::connect_in(pool, settings).map_err(|error| {
                let remedy = error.remedy().unwrap_or("correct the profile").to_owned();
                Refused { guard: "endpoint", message: error.to_string(), remedy }
            })
        };
        let looks = settings.for_reads().map(|settings| open(&settings)).transpose()?;
        Ok(Self { door: Door::All(open(settings)?), looks: looks.map(|aws| aws.reads()) })
    }

    /// The same doors, behind the fence of a drill.
    pub fn fenced(&self, fence: &Arc<Fence>) -> Result<Self, Failure> {
        let Door::All(aws) = &self.door else { return Ok(self.clone()) };
        let aws = aws.fenced(fence).map_err(|error| aws_failure(&error))?;
        Ok(Self { door: Door::All(aws), looks: self.looks.clone() })
    }

    /// The doors of those who only look, without any that writes: with the role that the profile names for them, where it
    /// names one. Nobody gets the others back.
    #[must_use]
    pub fn reading(&self) -> Self {
        let reads = self.looks.clone().or_else(|| self.reads());
        Self { door: reads.map_or(Door::None, Door::Reads), looks: None }
    }

    /// Whether those who only look have a role of their own.
    pub fn has_read_role(&self) -> bool {
        self.looks.is_some()
    }

    /// The door that holds no write.
    pub fn reads(&self) -> Option<AwsReads> {
        match &self.door {
            Door::None => None,
            Door::Reads(reads) => Some(reads.clone()),
            Door::All(aws) => Some(aws.reads()),
        }
    }

    /// The whole door; none, too, where only reads are.
    pub fn all(&self) -> Option<Aws> {
        match &self.door {
            Door::None | Door::Reads(_) => None,
            Door::All(aws) => Some(aws.clone()),
        }
    }

    /// The doors in a step's own region and role.
    pub fn at(&self, region: Option<&str>, role: Option<&str>) -> Result<Self, Failure> {
        let failed = |error: &AwsError| aws_failure(error);
        let Self { mut door, mut looks } = self.clone();
        if let Some(region) = region {
            door = door.in_region(region).map_err(|error| failed(&error))?;
            looks = looks.map(|it| it.in_region(region)).transpose().map_err(|error| failed(&error))?;
        }
        if let Some(role) = role {
            door = door.with_role(role).map_err(|error| failed(&error))?;
            looks = looks.map(|it| it.with_role(role)).transpose().map_err(|error| failed(&error))?;
        }
        Ok(Self { door, looks })
    }

    /// Forgets credentials, so that the next call reads them anew.
    pub async fn refresh(&self) {
        if let Some(reads) = self.reads() {
            reads.refresh().await;
        }
    }

    /// The guard: who calls, and whether it is the profile's account and region. `None`: there is no account to guard.
    pub async fn identify(&self, account: &str, region: &str) -> Result<Option<Accepted>, Refused> {
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
                if let Some(refused) = role_refused(&aws, &refusal).await {
                    return Err(refused);
                }
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

/// The refusal of a role: there are credentials, and they may not assume it.
async fn role_refused(aws: &AwsReads, refusal: &GuardRefusal) -> Option<Refused> {
    let GuardRefusal::NoCredentials { error, .. } = refusal else { return None };
    let role = aws.settings().role_arn.as_ref()?;
    let caller = aws.without_role().ok()?.caller().await.ok()?.value.arn;
    let principal = principal(&caller);
    let message = format!("{caller} cannot assume the role {role}: {error}");
    let remedy = format!(
        "the trust policy of {role} needs this statement, and the caller's own policy sts:AssumeRole on the role: \
         {{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"{principal}\"}},\"Action\":\"sts:AssumeRole\"}}"
    );
    Some(Refused { guard: "role", message, remedy })
}

/// Whom a trust policy names for a caller: for the session of a role, the role. (Its path is not in the session's ARN.)
fn principal(caller: &str) -> String {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "sts", _, account, name] if name.starts_with("assumed-role/") => {
            let role = name.split('/').nth(1).unwrap_or_default();
            format!("arn:{partition}:iam::{account}:role/{role}")
        }
        _ => caller.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::{Doors, principal};
    use crate::aws::{AwsSettings, Emulator, Pool};

    #[test]
    fn those_who_only_look_have_the_role_for_it_wherever_they_look() {
        let settings = AwsSettings {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            role_arn: Some("arn:aws:iam::111122223333:role/deploy".into()),
            read_role: Some("arn:aws:iam::111122223333:role/look".into()),
            app_name: "checkride-test".into(),
            ..AwsSettings::default()
        };
        let doors = Doors::open(&Pool::new(), &settings).unwrap();
        let of = |doors: &Doors| {
            let settings = doors.reads().unwrap().settings().clone();
            (settings.role_arn.unwrap().replace("arn:aws:iam::111122223333:role/", ""), settings.narrowed)
        };
        assert_eq!(of(&doors), ("deploy".to_owned(), false));
        assert_eq!(of(&doors.reading()), ("look".to_owned(), true));
        assert!(doors.all().is_some() && doors.reading().all().is_none() && !doors.reading().has_read_role());
        let there = doors.at(Some("eu-west-1"), None).unwrap();
        assert_eq!(of(&there.reading()), ("look".to_owned(), true));
        assert_eq!(there.reading().reads().unwrap().settings().region, "eu-west-1");
        let other = "arn:aws:iam::111122223333:role/other";
        for both in [doors.at(None, Some(other)).unwrap().reading(), doors.reading().at(None, Some(other)).unwrap()] {
            assert_eq!(of(&both), ("other".to_owned(), true), "another role only reads, too");
        }
        let sandbox = AwsSettings { emulator: Some(Emulator::default()), ..settings };
        assert_eq!(sandbox.for_reads(), None);
    }

    #[test]
    fn a_trust_policy_names_the_role_of_a_session() {
        assert_eq!(principal("arn:aws:sts::111122223333:assumed-role/ci/run-7"), "arn:aws:iam::111122223333:role/ci");
        assert_eq!(principal("arn:aws:iam::111122223333:user/ana"), "arn:aws:iam::111122223333:user/ana");
    }
}
