//! What the doors of one sitting share: connections, the pace of each service, and the doors themselves, so that a step
//! which looks into another region, or with another role, finds the door that the one before it has opened.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::clients::Door;
use super::config::{Wire, http_client};
use super::error::AwsError;
use super::fence::{Fence, Unsigned};
use super::lane::Lane;
use super::settings::AwsSettings;

/// The connections to AWS of one sitting, and the doors that use them. Cheap to clone; whoever holds a clone shares them.
#[derive(Clone, Default)]
pub struct Pool(Arc<Shared>);

#[derive(Default)]
struct Shared {
    connections: Arc<Connections>,
    doors: Mutex<HashMap<AwsSettings, Arc<Door>>>,
}

/// Connections, and how many calls go over them at once.
#[derive(Default)]
pub(in crate::aws) struct Connections {
    /// In place of all others: the seam for tests.
    given: Option<SharedHttpClient>,
    /// What everything that changes something is held against.
    fence: Option<Arc<Fence>>,
    aws: OnceLock<SharedHttpClient>,
    plain: OnceLock<SharedHttpClient>,
    secure: OnceLock<SharedHttpClient>,
    lanes: Mutex<HashMap<Limit, Arc<Lane>>>,
}

/// What AWS counts calls by.
#[derive(Eq, Hash, PartialEq)]
struct Limit {
    /// None: AWS itself.
    emulator: Option<String>,
    account: String,
    region: String,
    service: &'static str,
}

impl Pool {
    /// A pool with no connection yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One whose connections are this client's.
    pub(in crate::aws) fn of(http: SharedHttpClient) -> Self {
        let connections = Connections { given: Some(http), ..Connections::default() };
        Self(Arc::new(Shared { connections: Arc::new(connections), doors: Mutex::default() }))
    }

    /// A pool of its own, whose connections stand behind a fence.
    pub(in crate::aws) fn fenced(&self, fence: Arc<Fence>) -> Self {
        let given = self.0.connections.given.clone();
        let connections = Connections { given, fence: Some(fence), ..Connections::default() };
        Self(Arc::new(Shared { connections: Arc::new(connections), doors: Mutex::default() }))
    }

    /// Lets this be changed from now on, where there is a fence. Gives whether it could not be before.
    pub(in crate::aws) fn let_in(&self, arn: &str) -> bool {
        self.0.connections.fence.as_ref().is_some_and(|fence| fence.let_in(arn))
    }

    /// Lets this be changed no more, where there is a fence.
    pub(in crate::aws) fn let_out(&self, arn: &str) {
        if let Some(fence) = &self.0.connections.fence {
            fence.let_out(arn);
        }
    }

    /// Whether this may be changed; where there is no fence, all may.
    pub(in crate::aws) fn lets(&self, arn: &str) -> bool {
        self.0.connections.fence.as_ref().is_none_or(|fence| fence.lets(arn))
    }

    /// The door with these settings: the one that is there, or a new one.
    ///
    /// # Errors
    /// As [`Aws::connect`](super::Aws::connect).
    pub(in crate::aws) fn door(&self, settings: &AwsSettings) -> Result<Arc<Door>, AwsError> {
        if let Some(door) = self.doors().get(settings) {
            return Ok(Arc::clone(door));
        }
        settings.validate()?;
        let door = Arc::new(Door::new(settings.clone(), Arc::clone(&self.0.connections)));
        Ok(Arc::clone(self.doors().entry(settings.clone()).or_insert(door)))
    }

    /// Every door reads its credentials anew.
    pub(in crate::aws) async fn refresh(&self) {
        let doors: Vec<Arc<Door>> = self.doors().values().cloned().collect();
        for door in doors {
            door.refresh().await;
        }
    }

    fn doors(&self) -> MutexGuard<'_, HashMap<AwsSettings, Arc<Door>>> {
        self.0.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("doors", &self.doors().len()).finish_non_exhaustive()
    }
}

impl Connections {
    /// Whether they are a test's: nobody waits there.
    pub(in crate::aws) fn are_given(&self) -> bool {
        self.given.is_some()
    }

    /// The HTTP client of calls with these settings, and of the logins for them. It is made at first use: for AWS it reads this
    /// machine's roots of trust.
    pub(in crate::aws) fn http(&self, settings: &AwsSettings) -> SharedHttpClient {
        self.before(settings, Unsigned::Logins)
    }

    /// The one of calls that anybody may ask for by their names: nobody logs in by it.
    pub(in crate::aws) fn http_of_changes(&self, settings: &AwsSettings) -> SharedHttpClient {
        self.before(settings, Unsigned::Nothing)
    }

    fn before(&self, settings: &AwsSettings, unsigned: Unsigned) -> SharedHttpClient {
        let http = self.unfenced(settings);
        match &self.fence {
            Some(fence) => fence.before(http, unsigned),
            None => http,
        }
    }

    /// The one that stands behind no fence: only for what cannot change anything.
    pub(in crate::aws) fn unfenced(&self, settings: &AwsSettings) -> SharedHttpClient {
        if let Some(given) = &self.given {
            return given.clone();
        }
        let wire = Wire::of(settings);
        let slot = match wire {
            Wire::Aws => &self.aws,
            Wire::Plain => &self.plain,
            Wire::Secure => &self.secure,
        };
        slot.get_or_init(|| http_client(wire)).clone()
    }

    /// The lane of reads to a service. AWS counts by account and region, whoever calls.
    pub(in crate::aws) fn lane(&self, settings: &AwsSettings, service: &'static str) -> Arc<Lane> {
        let limit = Limit {
            emulator: settings.emulator.as_ref().map(|emulator| emulator.endpoint(service).to_owned()),
            account: settings.reached_account().to_owned(),
            region: settings.region.clone(),
            service,
        };
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(limit).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::{Connections, Pool};
    use crate::aws::{AwsSettings, Emulator};

    fn settings() -> AwsSettings {
        let emulator = Emulator { default: "http://127.0.0.1:9".into(), services: BTreeMap::new() };
        AwsSettings {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            app_name: "checkride-test".into(),
            emulator: Some(emulator),
            ..AwsSettings::default()
        }
    }

    #[test]
    fn the_same_settings_are_the_same_door() {
        let pool = Pool::new();
        let first = pool.door(&settings()).unwrap();
        assert!(Arc::ptr_eq(&first, &pool.clone().door(&settings()).unwrap()));
        let elsewhere = AwsSettings { region: "eu-west-1".into(), ..settings() };
        assert!(!Arc::ptr_eq(&first, &pool.door(&elsewhere).unwrap()));
        assert!(pool.door(&AwsSettings { region: "nowhere".into(), ..settings() }).is_err());
    }

    #[test]
    fn a_lane_is_of_an_account_a_region_and_a_service() {
        let aws = AwsSettings { emulator: None, ..settings() };
        let role = |arn: &str| AwsSettings { role_arn: Some(arn.to_owned()), ..aws.clone() };
        let connections = Connections::default();
        let own = connections.lane(&aws, "iam");
        let same = |settings: &AwsSettings, service| Arc::ptr_eq(&own, &connections.lane(settings, service));
        assert!(same(&aws, "iam"));
        assert!(same(&role("arn:aws:iam::111122223333:role/a"), "iam"), "two roles of an account share its limit");
        assert!(!same(&role("arn:aws:iam::444455556666:role/a"), "iam"));
        assert!(!same(&AwsSettings { region: "eu-west-1".into(), ..aws.clone() }, "iam"));
        assert!(!same(&AwsSettings { account: "444455556666".into(), ..aws.clone() }, "iam"));
        assert!(!same(&settings(), "iam"));
        assert!(!same(&aws, "sts"));
    }
}
