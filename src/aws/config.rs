//! From settings to the SDK's configuration: credentials, region, endpoint, time-outs.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime::client::defaults::default_http_client_plugin_v2;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::service_config::ServiceConfigKey;

use super::error::{AwsError, AwsErrorKind};
use super::settings::{AwsSettings, Emulator};

/// The services that this house calls by typed clients, by the id under which the AWS config file knows them.
const SERVICE_IDS: &[&str] = &["CloudFormation", "DynamoDB", "RDS", "S3", "STS"];

/// The SDK's configuration for the settings. For an emulator nothing is read: neither environment nor files.
pub(in crate::aws) async fn load(
    settings: &AwsSettings,
    http: Option<SharedHttpClient>,
) -> Result<SdkConfig, AwsError> {
    match &settings.emulator {
        Some(emulator) => emulated(settings, emulator, http),
        None => real(settings, http).await,
    }
}

/// The configuration with the endpoint of one service of an emulator; unchanged on AWS.
pub(in crate::aws) fn with_endpoint(base: &SdkConfig, settings: &AwsSettings, service: &str) -> SdkConfig {
    match &settings.emulator {
        Some(emulator) => base.to_builder().endpoint_url(emulator.endpoint(service)).build(),
        None => base.clone(),
    }
}

/// How calls travel. Two of the same kind share their connections.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::aws) enum Wire {
    /// To AWS: by TLS, and by the proxy that the environment names.
    Aws,
    /// To an emulator without TLS.
    Plain,
    /// To an emulator with TLS.
    Secure,
}

impl Wire {
    /// The one that settings ask for.
    pub(in crate::aws) fn of(settings: &AwsSettings) -> Self {
        match &settings.emulator {
            None => Self::Aws,
            Some(emulator) if emulator.is_plain() => Self::Plain,
            Some(_) => Self::Secure,
        }
    }
}

/// The SDK's own HTTP client. Each service that is left to itself makes another one, with connections of its own.
pub(in crate::aws) fn http_client(wire: Wire) -> SharedHttpClient {
    let behavior = match wire {
        Wire::Aws => BehaviorVersion::latest(),
        Wire::Plain => return without_roots(),
        Wire::Secure => without_proxy(),
    };
    let plugin = default_http_client_plugin_v2(behavior).expect("the SDK is built with its HTTP client");
    let components = plugin.runtime_components(&RuntimeComponentsBuilder::new("checkride")).http_client();
    components.expect("this plugin gives nothing else")
}

/// The same for endpoints that speak plain HTTP: the roots of trust of this machine are hundreds of files, and to read them takes
/// longer than a call does.
fn without_roots() -> SharedHttpClient {
    let nobody = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(nobody.expect("a context that trusts nobody holds nothing wrong"))
        .build_https()
}

fn emulated(
    settings: &AwsSettings,
    emulator: &Emulator,
    http: Option<SharedHttpClient>,
) -> Result<SdkConfig, AwsError> {
    // An emulator takes a 12-digit access key id as the account.
    let credentials = Credentials::new(&settings.account, "emulator", None, None, "emulator");
    let mut builder = SdkConfig::builder()
        .behavior_version(without_proxy())
        .region(Region::new(settings.region.clone()))
        .endpoint_url(&emulator.default)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::lazy().build())
        .timeout_config(timeouts())
        .app_name(app_name(settings)?);
    builder.set_http_client(http);
    Ok(builder.build())
}

/// The newest behaviour whose HTTP client takes no proxy from the environment: a call to a loopback endpoint must not
/// leave this machine because `HTTP_PROXY` is set.
fn without_proxy() -> BehaviorVersion {
    #[expect(deprecated, reason = "the newer ones read HTTP_PROXY; what else they set is set here explicitly")]
    BehaviorVersion::v2025_01_17()
}

async fn real(settings: &AwsSettings, http: Option<SharedHttpClient>) -> Result<SdkConfig, AwsError> {
    let region = Region::new(settings.region.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region.clone())
        .timeout_config(timeouts())
        .app_name(app_name(settings)?);
    if let Some(http) = &http {
        loader = loader.http_client(http.clone());
    }
    if let Some(profile) = &settings.profile {
        // The SDK's default chain would take keys from the environment first.
        let mut provider = ProviderConfig::with_default_region().await.with_region(Some(region.clone()));
        if let Some(http) = &http {
            provider = provider.with_http_client(http.clone());
        }
        let credentials = ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    let base = loader.load().await;
    refuse_overrides(&base)?;
    let Some(role) = &settings.role_arn else { return Ok(base) };
    let mut provider =
        AssumeRoleProvider::builder(role).session_name(&settings.app_name).region(region).configure(&base);
    if settings.narrowed {
        provider = provider.policy_arns(vec![read_only_policy(role)]);
    }
    let role = provider.build().await;
    Ok(base
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(role))
        .identity_cache(IdentityCache::lazy().build())
        .build())
}

/// AWS's own policy that only reads, in the partition of a role.
fn read_only_policy(role: &str) -> String {
    let partition = role.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:iam::aws:policy/ReadOnlyAccess")
}

/// A run that is not declared emulated must reach AWS itself: otherwise its evidence would say what is not so.
fn refuse_overrides(config: &SdkConfig) -> Result<(), AwsError> {
    let overridden = config.endpoint_url().map(str::to_owned).or_else(|| {
        SERVICE_IDS.iter().find_map(|service| {
            let key = ServiceConfigKey::builder()
                .service_id(service)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build()
                .expect("all three members are set");
            config.service_config().and_then(|config| config.load_config(key))
        })
    });
    match overridden {
        Some(endpoint) => Err(AwsError::local(AwsErrorKind::EndpointOverridden { endpoint })),
        None => Ok(()),
    }
}

/// The SDK sets only a connect time-out by default; a call without an end would hold a run for ever.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(20))
        .operation_timeout(Duration::from_mins(1))
        .build()
}

/// The same for a copy within S3: one of 5 GB takes minutes, in which the answer has not begun.
pub(in crate::aws) fn patient() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_mins(10))
        .operation_timeout(Duration::from_mins(10))
        .build()
}

fn app_name(settings: &AwsSettings) -> Result<AppName, AwsError> {
    AppName::new(settings.app_name.clone()).map_err(|_| {
        AwsError::local(AwsErrorKind::Settings {
            fault: format!("application name `{}` has a character that AWS refuses", settings.app_name),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::read_only_policy;

    #[test]
    fn the_policy_is_of_the_roles_partition() {
        let policy = |partition: &str| read_only_policy(&format!("arn:{partition}:iam::111122223333:role/r"));
        assert_eq!(policy("aws"), "arn:aws:iam::aws:policy/ReadOnlyAccess");
        assert_eq!(policy("aws-cn"), "arn:aws-cn:iam::aws:policy/ReadOnlyAccess");
        assert_eq!(policy("aws-us-gov"), "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess");
    }
}
