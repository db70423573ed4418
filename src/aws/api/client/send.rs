//! One call, through the SDK's runtime: its retries, its time-outs, its connections, its signature.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{PayloadSigningOverride, SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::{Operation as Call, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::{SharedIdentityCache, SharedIdentityResolver};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use serde_json::Value;

use crate::aws::api::client::answered::Answered;
use crate::aws::api::client::checksum;
use crate::aws::api::client::fault::{ApiFailure, NotSent};
use crate::aws::api::client::operation::Operation;
use crate::aws::api::client::place::{Place, Signed, Variants, place};
use crate::aws::api::client::read::Reader;
use crate::aws::api::client::service::partitions;
use crate::aws::api::protocol::{self, Output, Request, Sensitive, Stream};
use crate::aws::error::{self, AwsError};
use crate::aws::settings::{AwsSettings, validate_region};

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiReply {
    /// The members that the answer holds, by their names in the model.
    pub value: Value,
    /// The body, where it is a blob of its own and no part of `value`.
    pub stream: Option<Stream>,
    /// The texts in `value` that the model marks as sensitive: they are cut everywhere.
    pub sensitive: Vec<Sensitive>,
    /// The ids under which AWS has recorded the calls, in order.
    pub request_ids: Vec<String>,
    /// How many pages the answer was put together from.
    pub pages: usize,
    /// Whether it is a part of a longer answer: its input, or its reader, asked for one page, and there are more.
    pub part: bool,
}

impl ApiReply {
    fn of(output: Output) -> Self {
        let Output { value, stream, sensitive, request_id } = output;
        Self { value, stream, sensitive, request_ids: request_id.into_iter().collect(), pages: 1, part: false }
    }
}

/// By what calls leave.
#[derive(Clone, Debug)]
pub(in crate::aws) struct Wires {
    /// What may change something: in a drill it stands behind the fence.
    pub(in crate::aws) changes: SharedHttpClient,
    /// What the table knows to read only. No fence stands here: from a request alone it could not tell each read from a change.
    pub(in crate::aws) reads: SharedHttpClient,
}

/// What all generic calls through one door share: connections, credentials.
pub(in crate::aws) struct ApiClient {
    config: SdkConfig,
    wires: Wires,
    identity: Option<(SharedIdentityResolver, SharedIdentityCache)>,
    /// How reads are repeated.
    reads: RetryConfig,
    /// Calls that go to the same place whatever is asked: to make one takes as long as to sign it.
    made: Mutex<HashMap<(&'static str, &'static str, Attempts), Made>>,
}

/// A call as the SDK makes it: it may be sent again and again.
type Made = Call<Request, Output, Answered>;

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").finish_non_exhaustive()
    }
}

/// How often a call may be sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Attempts {
    /// As often as reads are.
    Many,
    /// Once: whether it happened would not be known.
    One,
}

impl ApiClient {
    pub(in crate::aws) fn new(config: SdkConfig, wires: Wires, reads: RetryConfig) -> Self {
        let cache = config.identity_cache().unwrap_or_else(|| aws_config::identity::IdentityCache::lazy().build());
        let identity = config.credentials_provider().map(|it| (SharedIdentityResolver::new(it), cache));
        Self { config, wires, identity, reads, made: Mutex::default() }
    }

    /// Sends one call. `token`: what the input's idempotency token is filled with where it gives none.
    pub(super) async fn send(
        &self,
        settings: &AwsSettings,
        operation: Operation,
        input: &Value,
        token: &str,
        attempts: Attempts,
    ) -> Result<ApiReply, ApiFailure> {
        let first = self.send_to(settings, operation, input, token, attempts, None).await;
        let Err(Sent::Elsewhere { region, failure }) = first else { return first.map_err(Sent::into_failure) };
        // Nothing happened where it was sent. A read may look in the bucket's own region, once; a change keeps to the
        // profile's.
        let follows = attempts == Attempts::Many && operation.service_name() == "s3" && settings.emulator.is_none();
        if !follows || !leads_to(&region, &settings.region)? {
            return Err(failure);
        }
        let second = self.send_to(settings, operation, input, token, attempts, Some(&region)).await;
        second.map_err(Sent::into_failure)
    }

    async fn send_to(
        &self,
        settings: &AwsSettings,
        operation: Operation,
        input: &Value,
        token: &str,
        attempts: Attempts,
        region: Option<&str>,
    ) -> Result<ApiReply, Sent> {
        let mut request = protocol::serialize(operation.service(), operation.model(), input, &mut || token.to_owned())
            .map_err(NotSent::Input)?;
        checksum::add(operation.model(), input, &mut request)?;
        let call = self.made(settings, operation, input, &request, attempts, region)?;
        match call.invoke(request).await {
            Ok(output) => Ok(ApiReply::of(output)),
            Err(error) => {
                let elsewhere = other_region(&error);
                let call = error::Call(operation.service_name(), operation.name());
                let failure = ApiFailure::Aws(AwsError::from_sdk(call, &error));
                Err(match elsewhere {
                    Some(region) => Sent::Elsewhere { region, failure },
                    None => Sent::Failed(failure),
                })
            }
        }
    }

    /// The call, made for where it goes.
    fn made(
        &self,
        settings: &AwsSettings,
        operation: Operation,
        input: &Value,
        request: &Request,
        attempts: Attempts,
        region: Option<&str>,
    ) -> Result<Made, NotSent> {
        let make = || {
            let place = place(operation, input, request, settings, self.variants(), region)?;
            Ok(self.call(settings, operation, &place, attempts))
        };
        // Where nothing that is asked decides the place, it is the same for every call of this client.
        let lasts = request.context.is_empty()
            && request.host_prefix.is_none()
            && operation.model.operation_context.is_empty()
            && region.is_none();
        if !lasts {
            return make();
        }
        let key = (operation.service_name(), operation.name(), attempts);
        if let Some(made) = self.all_made().get(&key) {
            return Ok(made.clone());
        }
        let made = make()?;
        self.all_made().insert(key, made.clone());
        Ok(made)
    }

    /// What of the SDK's configuration decides endpoints.
    pub(super) fn variants(&self) -> Variants {
        Variants {
            fips: self.config.use_fips().unwrap_or_default(),
            dual_stack: self.config.use_dual_stack().unwrap_or_default(),
        }
    }

    fn all_made(&self) -> MutexGuard<'_, HashMap<(&'static str, &'static str, Attempts), Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, settings: &AwsSettings, operation: Operation, place: &Place, attempts: Attempts) -> Made {
        let retry = match attempts {
            Attempts::Many => self.reads.clone(),
            Attempts::One => RetryConfig::disabled(),
        };
        // The table is asked, whoever calls: no change leaves by the way of reads.
        let http = if operation.read().is_some() { &self.wires.reads } else { &self.wires.changes };
        let metadata = &operation.service().metadata;
        let mut builder: OperationBuilder = Call::builder()
            .service_name(&*metadata.service_id)
            .operation_name(operation.name())
            .behavior_version(BehaviorVersion::latest())
            .http_client(http.clone())
            .endpoint_url(&place.url)
            .standard_retry(&retry)
            .runtime_plugin(Self::repetitions())
            .retry_classifier(TransientErrorClassifier::<Answered>::new())
            .retry_classifier(AwsErrorCodeClassifier::<Answered>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .with_connection_poisoning();
        if let Some(timeouts) = self.config.timeout_config() {
            builder = builder.timeout_config(timeouts.clone());
        }
        builder = match &place.signed {
            Some(signed) => builder.runtime_plugin(self.signing(settings, operation, signed)),
            None => builder.no_auth(),
        };
        let headers = place.headers.clone();
        builder
            .serializer(move |request: Request| http_request(request, &headers))
            .deserializer_impl(Reader(operation))
            .build()
    }

    /// Repetitions cost nothing. The SDK's own partition counts what the retries of all calls of a process have cost, and ends
    /// them when that is used up: among hundreds of checks that a service throttles, those that come last would be unknown,
    /// which a moment later had been decided. Each call has its own end, after so many attempts.
    fn repetitions() -> StaticRuntimePlugin {
        let mut layer = Layer::new("checkride's repetitions");
        layer.store_put(RetryPartition::custom("checkride").token_bucket(TokenBucket::unlimited()).build());
        StaticRuntimePlugin::new().with_config(layer.freeze())
    }

    fn signing(&self, settings: &AwsSettings, operation: Operation, signed: &Signed) -> StaticRuntimePlugin {
        let metadata = &operation.service().metadata;
        let is_s3 = matches!(operation.service_name(), "s3" | "s3control" | "s3outposts");
        let mut options = SigningOptions::default();
        options.double_uri_encode = signed.double_encode;
        options.normalize_uri_path = operation.service_name() != "s3";
        options.content_sha256_header = is_s3 || operation.service_name() == "glacier";
        let mut layer = Layer::new("checkride");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(signed.region.clone()))),
            name: Some(SigningName::from(signed.name.clone())),
            signing_options: options,
            ..SigV4OperationSigningConfig::default()
        });
        let unsigned = operation.model().auth_type.as_deref() == Some("v4-unsigned-body");
        if unsigned || operation.model().unsigned_payload {
            layer.store_put(PayloadSigningOverride::unsigned_payload());
        }
        let service_id: &'static str = &metadata.service_id;
        layer.store_put(ApiMetadata::new(service_id, env!("CARGO_PKG_VERSION")));
        if let Some(name) = self.config.app_name() {
            layer.store_put(name.clone());
        }
        layer.store_put(Region::new(settings.region.clone()));
        let mut components = RuntimeComponentsBuilder::new("checkride");
        let options = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        components.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(options)));
        components.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
        if let Some((resolver, cache)) = &self.identity {
            components.set_identity_resolver(SCHEME_ID, resolver.clone());
            components.set_identity_cache(Some(cache.clone()));
        }
        components.push_interceptor(SharedInterceptor::permanent(ServiceClockSkewInterceptor::new()));
        components.push_interceptor(SharedInterceptor::permanent(RequestInfoInterceptor::new()));
        components.push_interceptor(SharedInterceptor::permanent(UserAgentInterceptor::new()));
        components.push_interceptor(SharedInterceptor::permanent(InvocationIdInterceptor::new()));
        components.push_interceptor(SharedInterceptor::permanent(RecursionDetectionInterceptor::new()));
        StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
    }
}

/// Why a call was not answered by an output.
enum Sent {
    Failed(ApiFailure),
    /// S3 says that the bucket is in another region.
    Elsewhere {
        region: String,
        failure: ApiFailure,
    },
}

impl Sent {
    fn into_failure(self) -> ApiFailure {
        match self {
            Self::Failed(failure) | Self::Elsewhere { failure, .. } => failure,
        }
    }
}

impl From<NotSent> for Sent {
    fn from(fault: NotSent) -> Self {
        Self::Failed(fault.into())
    }
}

/// The region that S3 sends a caller to: 301, 307, or a 400 with the bucket's region.
fn other_region(error: &SdkError<Answered, HttpResponse>) -> Option<String> {
    let SdkError::ServiceError(answer) = error else { return None };
    matches!(answer.raw().status().as_u16(), 301 | 307 | 400)
        .then(|| answer.raw().headers().get("x-amz-bucket-region").map(str::to_owned))
        .flatten()
}

/// Whether a region that an answer names is one to go to: another one, of the same partition, and no other name: it becomes
/// a part of a host's.
fn leads_to(region: &str, from: &str) -> Result<bool, NotSent> {
    if region == from || validate_region(region).is_err() {
        return Ok(false);
    }
    let partitions = partitions()?;
    Ok(partitions.of(region).name == partitions.of(from).name)
}

fn http_request(request: Request, more: &[(String, String)]) -> Result<HttpRequest, BoxError> {
    let mut uri = Cow::Borrowed(request.path_at_endpoint());
    if uri.is_empty() {
        uri = Cow::Borrowed("/");
    }
    let uri = if request.query.is_empty() { uri.into_owned() } else { format!("{uri}?{}", request.query) };
    let length = request.body.len();
    let has_body = length > 0 || matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    let mut sent = HttpRequest::new(SdkBody::from(request.body));
    sent.set_method(&request.method)?;
    sent.set_uri(uri.as_str())?;
    for (name, value) in request.headers.into_iter().chain(more.iter().cloned()) {
        sent.headers_mut().try_append(name, value)?;
    }
    if has_body {
        sent.headers_mut().try_insert("content-length", length.to_string())?;
    }
    Ok(sent)
}
