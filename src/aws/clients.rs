//! The doors: [`Aws`] may change things, [`AwsReads`] may not. Both are cheap to clone.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation as cloudformation;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_rds as rds;
use aws_sdk_s3 as s3;
use aws_sdk_sts as sts;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;

use super::api::client::{ApiClient, ApiReads, ApiWrites, Wires};
use super::config::{load, patient, with_endpoint};
use super::credentials::SessionKeys;
use super::error::{AwsError, AwsErrorKind, Call};
use super::fence::Fence;
use super::lane::Lane;
use super::pace::jitter;
use super::pool::{Connections, Pool};
use super::settings::AwsSettings;
use super::stacks::{StackReads, StackWrites};

/// Attempts of a read, the first included (the SDK's standard mode).
const READ_ATTEMPTS: u32 = 8;
/// Attempts of a change that carries a client token: the service knows a repetition by it.
pub(in crate::aws) const TOKEN_ATTEMPTS: u32 = 5;

/// The wait before the first repetition; it doubles.
const AWS_BACKOFF: Duration = Duration::from_secs(1);
/// The longest such wait, but for the spread.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// Nobody is throttled by an emulator.
const EMULATOR_BACKOFF: Duration = Duration::from_millis(100);
/// Answers that are played back need no wait at all.
const PLAYED_BACKOFF: Duration = Duration::from_millis(1);

/// What a successful call gave, with the ids by which `CloudTrail` knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply<T> {
    /// The answer.
    pub value: T,
    /// The request ids of all calls that made the answer up, in order.
    pub request_ids: Vec<String>,
}

impl<T> Reply<T> {
    /// An answer of one call.
    pub(in crate::aws) fn new(value: T, request_id: Option<&str>) -> Self {
        Reply { value, request_ids: request_id.map(str::to_owned).into_iter().collect() }
    }

    /// The same calls, with another answer made of theirs.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply { value: change(self.value), request_ids: self.request_ids }
    }
}

/// The door to AWS for steps that change things.
#[derive(Clone, Debug)]
pub struct Aws {
    door: Arc<Door>,
    pool: Pool,
}

/// The door to AWS for everything that only looks. It has no verb that changes anything.
#[derive(Clone, Debug)]
pub struct AwsReads {
    pub(in crate::aws) door: Arc<Door>,
    pool: Pool,
}

impl Aws {
    /// Opens the door. Nothing is called, and no file is read before the first call.
    ///
    /// # Errors
    /// Settings that break their rules, see [`AwsSettings::validate`].
    pub fn connect(settings: &AwsSettings) -> Result<Aws, AwsError> {
        Self::connect_in(&Pool::new(), settings)
    }

    /// The same, over the connections that others have opened: whoever works at several targets gives all of them one pool.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub fn connect_in(pool: &Pool, settings: &AwsSettings) -> Result<Aws, AwsError> {
        Ok(Aws { door: pool.door(settings)?, pool: pool.clone() })
    }

    /// Like [`Aws::connect`], with the HTTP client given: the seam for tests. Retries do not wait.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub fn with_http(settings: &AwsSettings, http: impl HttpClient + 'static) -> Result<Aws, AwsError> {
        Self::connect_in(&Pool::of(SharedHttpClient::new(http)), settings)
    }

    /// The same target, with reads only.
    pub fn reads(&self) -> AwsReads {
        AwsReads { door: Arc::clone(&self.door), pool: self.pool.clone() }
    }

    /// The same target in another region. It is opened once, however often it is asked for.
    ///
    /// # Errors
    /// [`AwsErrorKind::RegionInvalid`].
    pub fn in_region(&self, region: &str) -> Result<Aws, AwsError> {
        self.reopened(|settings| region.clone_into(&mut settings.region))
    }

    /// The same target with another role. It is opened once, however often it is asked for.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub fn with_role(&self, role_arn: &str) -> Result<Aws, AwsError> {
        self.reopened(|settings| settings.role_arn = Some(role_arn.to_owned()))
    }

    /// The same target, behind a fence: what is not within is not changed by whatever comes through this door.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub fn fenced(&self, fence: &Arc<Fence>) -> Result<Aws, AwsError> {
        Self::connect_in(&self.pool.fenced(Arc::clone(fence)), &self.door.settings)
    }

    /// Says that what is behind this door's fence may be changed from now on, by ARN. Without a fence all may be. Gives whether
    /// it could not be changed before.
    pub fn let_in(&self, arn: &str) -> bool {
        self.pool.let_in(arn)
    }

    /// Says that this may be changed no more, by the same ARN.
    pub fn let_out(&self, arn: &str) {
        self.pool.let_out(arn);
    }

    /// Whether this door's fence lets something be changed, by ARN. Without a fence all may be.
    pub fn lets(&self, arn: &str) -> bool {
        self.pool.lets(arn)
    }

    fn reopened(&self, change: impl FnOnce(&mut AwsSettings)) -> Result<Aws, AwsError> {
        let mut settings = self.door.settings.clone();
        change(&mut settings);
        Self::connect_in(&self.pool, &settings)
    }

    /// Forgets credentials and clients, those of all doors of the pool: the next call reads the profile anew. The SDK reads a profile's chain only once
    /// a process, so after `ExpiredToken` and a new login this is the only way. Verify the identity again afterwards.
    pub async fn refresh(&self) {
        self.pool.refresh().await;
    }

    /// What calls are made with.
    pub fn settings(&self) -> &AwsSettings {
        &self.door.settings
    }

    /// `CloudFormation`, with the verbs that change things.
    pub fn stacks(&self) -> StackWrites {
        StackWrites::new(Arc::clone(&self.door))
    }

    /// Any operation of any service.
    pub fn api(&self) -> ApiWrites {
        ApiWrites::new(Arc::clone(&self.door))
    }

    /// How long to wait before a change is repeated that was throttled so often already: it doubles, up to half a minute.
    pub fn backoff(&self, throttled: u32) -> Duration {
        let wait = self.door.backoff.saturating_mul(1 << throttled.min(8)).min(LONGEST_BACKOFF);
        wait + jitter(wait)
    }

    pub(in crate::aws) fn door(&self) -> &Arc<Door> {
        &self.door
    }
}

impl AwsReads {
    /// What calls are made with.
    pub fn settings(&self) -> &AwsSettings {
        &self.door.settings
    }

    /// Whether the target is an emulator.
    pub fn is_emulated(&self) -> bool {
        self.door.settings.emulator.is_some()
    }

    /// The same target in another region.
    ///
    /// # Errors
    /// [`AwsErrorKind::RegionInvalid`].
    pub fn in_region(&self, region: &str) -> Result<AwsReads, AwsError> {
        self.writing().in_region(region).map(|aws| aws.reads())
    }

    /// The same target with another role, for example one that may only read.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub fn with_role(&self, role_arn: &str) -> Result<AwsReads, AwsError> {
        self.writing().with_role(role_arn).map(|aws| aws.reads())
    }

    /// The same target with the credentials that its role is assumed with.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub fn without_role(&self) -> Result<AwsReads, AwsError> {
        let own = |settings: &mut AwsSettings| (settings.role_arn, settings.narrowed) = (None, false);
        self.writing().reopened(own).map(|aws| aws.reads())
    }

    /// Only on the way to another door that reads.
    fn writing(&self) -> Aws {
        Aws { door: Arc::clone(&self.door), pool: self.pool.clone() }
    }

    /// As [`Aws::refresh`].
    pub async fn refresh(&self) {
        self.pool.refresh().await;
    }

    /// `CloudFormation`, as far as it only looks.
    pub fn stacks(&self) -> StackReads {
        StackReads::new(Arc::clone(&self.door))
    }

    /// Any operation that only reads, of any service.
    pub fn api(&self) -> ApiReads {
        ApiReads::new(Arc::clone(&self.door))
    }
}

/// What both doors share: settings, and the clients once they are needed.
pub(in crate::aws) struct Door {
    pub(in crate::aws) settings: AwsSettings,
    connections: Arc<Connections>,
    pub(in crate::aws) backoff: Duration,
    clients: RwLock<Option<Arc<Clients>>>,
}

/// One client a service and purpose. Reads are retried by the SDK; changes are sent once by it, and repeated only by
/// [`Door::with_token`].
#[derive(Debug)]
pub(in crate::aws) struct Clients {
    pub(in crate::aws) sts: sts::Client,
    /// Whom every client asks for credentials.
    pub(in crate::aws) credentials: Option<SharedCredentialsProvider>,
    /// Those that programs were given last, and when.
    pub(in crate::aws) lent: Mutex<Option<(Instant, SessionKeys)>>,
    pub(in crate::aws) stack_reads: AtFirstUse<cloudformation::Client>,
    pub(in crate::aws) stack_writes: AtFirstUse<cloudformation::Client>,
    pub(in crate::aws) bucket_reads: AtFirstUse<s3::Client>,
    pub(in crate::aws) bucket_writes: AtFirstUse<s3::Client>,
    /// Like the one before, for what S3 takes minutes to do.
    pub(in crate::aws) bucket_copies: AtFirstUse<s3::Client>,
    pub(in crate::aws) table_reads: AtFirstUse<dynamodb::Client>,
    pub(in crate::aws) table_writes: AtFirstUse<dynamodb::Client>,
    pub(in crate::aws) database_reads: AtFirstUse<rds::Client>,
    pub(in crate::aws) database_writes: AtFirstUse<rds::Client>,
    pub(in crate::aws) api: ApiClient,
}

/// A client that most processes do without: to make one takes about as long as a call's signature.
type AtFirstUse<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

impl Door {
    /// A door that nobody has gone through yet. The settings are held against their rules by whoever makes it.
    pub(in crate::aws) fn new(settings: AwsSettings, connections: Arc<Connections>) -> Self {
        let backoff = match &settings.emulator {
            _ if connections.are_given() => PLAYED_BACKOFF,
            Some(_) => EMULATOR_BACKOFF,
            None => AWS_BACKOFF,
        };
        Self { settings, connections, backoff, clients: RwLock::new(None) }
    }

    /// The lane of reads to a service.
    pub(in crate::aws) fn lane(&self, service: &'static str) -> Arc<Lane> {
        self.connections.lane(&self.settings, service)
    }

    /// The clients, made at first use.
    pub(in crate::aws) async fn clients(&self) -> Result<Arc<Clients>, AwsError> {
        if let Some(clients) = &*self.clients.read().await {
            return Ok(Arc::clone(clients));
        }
        let mut slot = self.clients.write().await;
        if let Some(clients) = &*slot {
            return Ok(Arc::clone(clients));
        }
        let clients = Arc::new(self.make().await?);
        *slot = Some(Arc::clone(&clients));
        Ok(clients)
    }

    async fn make(&self) -> Result<Clients, AwsError> {
        // One client for all services: they share its connections.
        let http = self.connections.http(&self.settings);
        let base = load(&self.settings, Some(http)).await?;
        let reads = RetryConfig::standard().with_max_attempts(READ_ATTEMPTS).with_initial_backoff(self.backoff);
        let once = RetryConfig::disabled();
        let service = |name: &str, retry: &RetryConfig| {
            with_endpoint(&base, &self.settings, name).into_builder().retry_config(retry.clone()).build()
        };
        let bucket = |retry: &RetryConfig| {
            s3::config::Builder::from(&service("s3", retry)).force_path_style(self.settings.emulator.is_some())
        };
        let buckets = |builder: s3::config::Builder| -> AtFirstUse<s3::Client> {
            LazyLock::new(Box::new(move || s3::Client::from_conf(builder.build())))
        };
        let stacks = |retry: &RetryConfig| -> AtFirstUse<cloudformation::Client> {
            let config = service("cloudformation", retry);
            LazyLock::new(Box::new(move || cloudformation::Client::new(&config)))
        };
        let tables = |retry: &RetryConfig| -> AtFirstUse<dynamodb::Client> {
            // As in the generic client, a repetition costs nothing: a long walk through a table that is throttled again
            // and again would otherwise end when all that was saved up for it is used.
            let partition = RetryPartition::custom("checkride-tables").token_bucket(TokenBucket::unlimited()).build();
            let builder = dynamodb::config::Builder::from(&service("dynamodb", retry)).retry_partition(partition);
            LazyLock::new(Box::new(move || dynamodb::Client::from_conf(builder.build())))
        };
        let databases = |retry: &RetryConfig| -> AtFirstUse<rds::Client> {
            let config = service("rds", retry);
            LazyLock::new(Box::new(move || rds::Client::new(&config)))
        };
        let (changes, unfenced) =
            (self.connections.http_of_changes(&self.settings), self.connections.unfenced(&self.settings));
        let wires = Wires { changes, reads: unfenced };
        Ok(Clients {
            sts: sts::Client::new(&service("sts", &reads)),
            credentials: base.credentials_provider(),
            lent: Mutex::default(),
            stack_reads: stacks(&reads),
            stack_writes: stacks(&once),
            bucket_reads: buckets(bucket(&reads)),
            bucket_writes: buckets(bucket(&once)),
            bucket_copies: buckets(bucket(&once).timeout_config(patient())),
            table_reads: tables(&reads),
            table_writes: tables(&once),
            database_reads: databases(&reads),
            database_writes: databases(&once),
            api: ApiClient::new(base.clone(), wires, reads),
        })
    }

    /// Forgets them.
    pub(in crate::aws) async fn refresh(&self) {
        *self.clients.write().await = None;
    }

    /// Sends a change that may be repeated because the service knows it by its token (or because its key is its
    /// content). The error of the last attempt remembers whether any attempt may have had its effect.
    pub(in crate::aws) async fn with_token<T, E, F, Fut>(&self, call: Call, mut attempt: F) -> Result<T, AwsError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut maybe_done = false;
        let mut number = 1;
        loop {
            let error = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(error) => AwsError::from_sdk(call, &error).or_earlier(maybe_done),
            };
            maybe_done = error.could_have_happened();
            if number == TOKEN_ATTEMPTS || !error.is_transient() {
                return Err(error);
            }
            let wait = self.backoff.saturating_mul(1 << (number - 1));
            tokio::time::sleep(wait + jitter(wait)).await;
            number += 1;
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only the settings: clients hold credentials.
        f.debug_struct("Door").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// An answer that lacks what the service's model promises.
pub(in crate::aws) fn incomplete(call: Call, member: &str, request_id: Option<&str>) -> AwsError {
    let cause = format!("the answer has no `{member}`");
    AwsError::of(call, AwsErrorKind::LostReply, request_id, vec![cause], true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::{Aws, AwsSettings};
    use crate::aws::Emulator;

    #[tokio::test]
    async fn clients_are_made_once_and_again_after_a_refresh() {
        let emulator = Emulator { default: "http://127.0.0.1:9".into(), services: BTreeMap::new() };
        let settings = AwsSettings {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            app_name: "checkride-test".into(),
            emulator: Some(emulator),
            ..AwsSettings::default()
        };
        let aws = Aws::connect(&settings).unwrap();
        let first = aws.door.clients().await.unwrap();
        assert!(Arc::ptr_eq(&first, &aws.clone().door.clients().await.unwrap()));
        let elsewhere = aws.in_region("eu-west-1").unwrap();
        let other = elsewhere.door.clients().await.unwrap();
        let again = aws.reads().in_region("eu-west-1").unwrap();
        assert!(Arc::ptr_eq(&other, &again.door.clients().await.unwrap()), "a region is opened once");
        again.refresh().await;
        assert!(!Arc::ptr_eq(&first, &aws.door.clients().await.unwrap()));
        assert!(!Arc::ptr_eq(&other, &elsewhere.door.clients().await.unwrap()), "and every door reads anew");
    }
}
