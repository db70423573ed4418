//! A service's model and rules, read once a process.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::aws::api::bundle::{self, ServiceEntry};
use crate::aws::api::client::fault::NotSent;
use crate::aws::api::endpoint::{Partitions, RuleSet};
use crate::aws::api::model::Service;
use crate::aws::api::pages::Paginators;
use crate::aws::api::waiter::Waiters;

/// What is known of one service. It is kept until the process ends: a run asks the same few services again and again.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) entry: ServiceEntry,
    pub(super) service: Service,
    rules: OnceLock<Result<RuleSet, NotSent>>,
    paginators: OnceLock<Result<Option<Paginators>, NotSent>>,
    waiters: OnceLock<Result<Option<Waiters>, NotSent>>,
}

type Known = BTreeMap<&'static str, &'static Loaded>;

/// The model of a service.
///
/// # Errors
/// [`NotSent::Model`]: the bundle is damaged, or the service speaks a protocol that this version does not.
pub(super) fn load(entry: ServiceEntry) -> Result<&'static Loaded, NotSent> {
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = known.get(entry.name()) {
        return Ok(loaded);
    }
    let text = entry.model().map_err(|error| NotSent::model(&error))?;
    let service = Service::read(text.as_bytes()).map_err(|error| NotSent::model(&error))?;
    let (rules, paginators, waiters) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
    let loaded: &'static Loaded = Box::leak(Box::new(Loaded { entry, service, rules, paginators, waiters }));
    known.insert(entry.name(), loaded);
    Ok(loaded)
}

impl Loaded {
    pub(super) fn rules(&self) -> Result<&RuleSet, NotSent> {
        let read = || {
            let text = self.entry.endpoint_rules().map_err(|error| NotSent::model(&error))?;
            RuleSet::read(text.as_bytes()).map_err(|error| NotSent::model(&error))
        };
        self.rules.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    pub(super) fn paginators(&self) -> Result<Option<&Paginators>, NotSent> {
        let read = || {
            let text = self.entry.paginators().map_err(|error| NotSent::model(&error))?;
            text.map(|text| Paginators::read(text.as_bytes()).map_err(|error| NotSent::model(&error))).transpose()
        };
        self.paginators.get_or_init(read).as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    pub(super) fn waiters(&self) -> Result<Option<&Waiters>, NotSent> {
        let read = || {
            let text = self.entry.waiters().map_err(|error| NotSent::model(&error))?;
            text.map(|text| Waiters::read(text.as_bytes()).map_err(|error| NotSent::model(&error))).transpose()
        };
        self.waiters.get_or_init(read).as_ref().map(Option::as_ref).map_err(Clone::clone)
    }
}

/// The name of a region's partition, as ARNs of that region have it: `aws`, `aws-cn`, `aws-eusc`, ….
pub fn partition_of(region: &str) -> String {
    // A program whose own tables are damaged names nothing rightly, and sends nothing.
    partitions().map_or_else(|_| "aws".to_owned(), |known| known.of(region).name)
}

/// AWS's partitions, read once.
pub(super) fn partitions() -> Result<&'static Partitions, NotSent> {
    static PARTITIONS: OnceLock<Result<Partitions, NotSent>> = OnceLock::new();
    let read = || {
        let text = bundle::partitions().map_err(|error| NotSent::model(&error))?;
        Partitions::read(text.as_bytes()).map_err(|error| NotSent::model(&error))
    };
    PARTITIONS.get_or_init(read).as_ref().map_err(Clone::clone)
}
