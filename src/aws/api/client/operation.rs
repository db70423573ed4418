//! An operation, found by its name.

use crate::aws::api::bundle::{self, BundleError};
use crate::aws::api::client::fault::NotSent;
use crate::aws::api::client::service::{Loaded, load};
use crate::aws::api::model::{self, Flag, Service};
use crate::aws::api::pages::Paginator;
use crate::aws::api::waiter::{Waiter, Waiters};
use crate::aws::api::{access, pages};

/// An operation of a service.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub(super) loaded: &'static Loaded,
    pub(super) model: &'static model::Operation,
}

/// An operation that only reads: the table of [`access`] says so.
#[derive(Clone, Copy, Debug)]
pub struct ReadOperation(pub(super) Operation);

/// Why a name names no operation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResolveFault {
    /// It is not `service:Operation`.
    #[error("`{0}` is not of the form `service:Operation`")]
    Form(String),
    /// There is no such service.
    #[error("there is no service `{name}`")]
    Service {
        /// The name as given.
        name: String,
        /// Every name that there is.
        known: Vec<&'static str>,
    },
    /// More than one service has this name.
    #[error("`{name}` may be {}", .candidates.join(" or "))]
    Ambiguous {
        /// The name as given.
        name: String,
        /// The names that say it exactly.
        candidates: Vec<&'static str>,
    },
    /// The service has no such operation.
    #[error("`{service}` has no operation `{name}`")]
    Operation {
        /// The service.
        service: &'static str,
        /// The name as given.
        name: String,
        /// The operations that it has.
        known: Vec<&'static str>,
    },
    /// The model cannot be used.
    #[error(transparent)]
    Model(NotSent),
}

/// Finds an operation by `service:Operation`: botocore's name of the service or one that people use, and the operation in
/// any case, with or without hyphens (`dynamodb:describe-table`).
///
/// # Errors
/// What is wrong with the name, with the names that there are.
pub fn resolve(name: &str) -> Result<Operation, ResolveFault> {
    let (service, operation) = name.split_once(':').ok_or_else(|| ResolveFault::Form(name.to_owned()))?;
    let entry = bundle::find(service.trim()).map_err(|error| match error {
        BundleError::UnknownService { name } => ResolveFault::Service { name, known: bundle::services().collect() },
        BundleError::AmbiguousService { name, candidates } => ResolveFault::Ambiguous { name, candidates },
        error @ BundleError::Damaged { .. } => ResolveFault::Model(NotSent::model(&error)),
    })?;
    let loaded = load(entry).map_err(ResolveFault::Model)?;
    let wanted = operation.trim();
    let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let found = loaded
        .service
        .operation(wanted)
        .or_else(|| loaded.service.operations.iter().find(|it| plain(&it.name) == plain(wanted)));
    match found {
        Some(model) => Ok(Operation { loaded, model }),
        None => Err(ResolveFault::Operation {
            service: entry.name(),
            name: wanted.to_owned(),
            known: loaded.service.operations.iter().map(|it| &*it.name).collect(),
        }),
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        (self.service_name(), self.name()) == (other.service_name(), other.name())
    }
}

impl Operation {
    /// The service, by botocore's name.
    pub fn service_name(&self) -> &'static str {
        self.loaded.entry.name()
    }

    /// The operation's name as the model writes it.
    pub fn name(&self) -> &'static str {
        &self.model.name
    }

    /// `service:Operation`.
    pub fn call(&self) -> String {
        format!("{}:{}", self.service_name(), self.name())
    }

    /// The model of its service.
    pub fn service(&self) -> &'static Service {
        &self.loaded.service
    }

    /// Its own model.
    pub fn model(&self) -> &'static model::Operation {
        self.model
    }

    /// The same operation, if it only reads. What the table does not name is a write.
    pub fn read(&self) -> Option<ReadOperation> {
        access::is_read(self.service_name(), self.name()).then_some(ReadOperation(*self))
    }

    /// The IAM actions that it needs; none where IAM is not asked.
    pub fn iam_actions(&self) -> Vec<String> {
        access::iam_actions(self.service_name(), self.name())
    }

    /// The member of the input by which the service knows a repetition, if there is one.
    pub fn token_member(&self) -> Option<&'static str> {
        let shape = self.loaded.service.input(self.model)?;
        shape
            .members()
            .iter()
            .find(|member| shape.follow(&member.reference).has(Flag::IdempotencyToken))
            .map(|member| &*member.name)
    }

    /// How its answer is turned page by page, if it has pages.
    ///
    /// # Errors
    /// [`NotSent::Model`].
    pub fn paginator(&self) -> Result<Option<&'static Paginator>, NotSent> {
        Ok(self.loaded.paginators()?.and_then(|paginators: &pages::Paginators| paginators.get(self.name())))
    }

    /// A named waiter of its service.
    ///
    /// # Errors
    /// [`NotSent::Model`].
    pub fn waiter(&self, name: &str) -> Result<Option<&'static Waiter>, NotSent> {
        Ok(self.loaded.waiters()?.and_then(|waiters: &Waiters| waiters.get(name)))
    }

    /// The names of the waiters of its service that repeat this operation, sorted.
    ///
    /// # Errors
    /// [`NotSent::Model`].
    pub fn waiters(&self) -> Result<Vec<&'static str>, NotSent> {
        let Some(waiters) = self.loaded.waiters()? else { return Ok(Vec::new()) };
        let asks = |name: &&str| waiters.get(name).is_some_and(|waiter| waiter.operation() == self.name());
        Ok(waiters.names().filter(asks).collect())
    }
}

impl ReadOperation {
    /// The operation.
    pub fn operation(&self) -> Operation {
        self.0
    }
}
