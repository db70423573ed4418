//! Where credentials come from and how long they last: facts that may be shown, and nothing of what is secret.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::time::Instant;

use super::classify::credentials_fault;
use super::clients::{AwsReads, Clients};
use super::error::{AwsError, AwsErrorKind};
use super::identity::credentials_of;

/// Credentials that were found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CredentialsFound {
    /// Where they were looked for, in words: the profile, the role, the default chain.
    pub from: String,
    /// Who gave them, as far as the SDK says: `the environment`, `a process`, `SSO`; the last of a chain last.
    pub by: Vec<&'static str>,
    /// The last four characters of the access key's id.
    pub key_end: String,
    /// When they end. None: nobody says; a user's own keys have no end.
    pub expires: Option<DateTime<Utc>>,
    /// Whether they are renewed without a person for as long as this machine or its profile lasts.
    pub renewed: bool,
}

/// Keys that end after a while: those of a role's session.
#[derive(Clone, Debug)]
pub struct SessionKeys {
    /// The access key's id. It is no secret.
    pub id: String,
    /// The key itself.
    pub secret: SecretString,
    /// The token that goes with it.
    pub token: Option<SecretString>,
}

/// How long the same keys are handed out. A session lasts an hour: whoever gets them has three quarters of it.
const LENT_FOR: Duration = Duration::from_mins(15);

impl AwsReads {
    /// The keys of the role that only reads, for a program that only reads. None: calls are not made with such a role.
    ///
    /// # Errors
    /// As [`AwsReads::credentials`].
    pub async fn session_keys(&self) -> Result<Option<SessionKeys>, AwsError> {
        if !self.settings().narrowed {
            return Ok(None);
        }
        let clients = self.door.clients().await?;
        let mut lent = clients.lent.lock().await;
        if let Some((_, keys)) = lent.as_ref().filter(|(since, _)| since.elapsed() < LENT_FOR) {
            return Ok(Some(keys.clone()));
        }
        let found = resolved(&clients).await?;
        let keys = SessionKeys {
            id: found.access_key_id().to_owned(),
            secret: SecretString::from(found.secret_access_key()),
            token: found.session_token().map(SecretString::from),
        };
        *lent = Some((Instant::now(), keys.clone()));
        Ok(Some(keys))
    }

    /// Resolves the credentials as a call does: files are read, a process is run, SSO, STS or the machine is asked. The
    /// services that calls go to are not.
    ///
    /// # Errors
    /// [`AwsErrorKind::Credentials`] and [`AwsErrorKind::Expired`]; and what is wrong with the settings.
    pub async fn credentials(&self) -> Result<CredentialsFound, AwsError> {
        let clients = self.door.clients().await?;
        let found = resolved(&clients).await?;
        let features = found.get_property::<Vec<AwsCredentialFeature>>().cloned().unwrap_or_default();
        let id = found.access_key_id();
        let end = id.char_indices().rev().nth(3).map_or("", |(at, _)| &id[at..]);
        Ok(CredentialsFound {
            from: credentials_of(self.settings()),
            by: features.iter().filter_map(words).collect(),
            // Of an id of a few characters four would be nearly all.
            key_end: if id.len() >= 12 { end.to_owned() } else { String::new() },
            expires: found.expiry().and_then(moment),
            renewed: features.iter().any(is_renewed),
        })
    }
}

async fn resolved(clients: &Clients) -> Result<Credentials, AwsError> {
    let none = |message: String| AwsError::local(AwsErrorKind::Credentials { message });
    let Some(provider) = &clients.credentials else { return Err(none("there is no provider of any".to_owned())) };
    let found = provider.provide_credentials().await;
    found.map_err(|error| credentials_fault(&error).map_or_else(|| none(error.to_string()), AwsError::local))
}

fn moment(at: SystemTime) -> Option<DateTime<Utc>> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())
}

/// Who gave them. What a later SDK adds has no words here.
fn words(feature: &AwsCredentialFeature) -> Option<&'static str> {
    Some(match feature {
        AwsCredentialFeature::CredentialsCode => "checkride itself",
        AwsCredentialFeature::CredentialsEnvVars => "the environment",
        AwsCredentialFeature::CredentialsEnvVarsStsWebIdToken
        | AwsCredentialFeature::CredentialsStsAssumeRoleWebId
        | AwsCredentialFeature::CredentialsProfileStsWebIdToken => "a web identity token",
        AwsCredentialFeature::CredentialsStsAssumeRole | AwsCredentialFeature::CredentialsStsAssumeRoleSaml => {
            "an assumed role"
        }
        AwsCredentialFeature::CredentialsStsFederationToken | AwsCredentialFeature::CredentialsStsSessionToken => {
            "an STS session"
        }
        AwsCredentialFeature::CredentialsProfile
        | AwsCredentialFeature::CredentialsProfileSourceProfile
        | AwsCredentialFeature::CredentialsProfileNamedProvider => "the AWS config files",
        AwsCredentialFeature::CredentialsProfileSso | AwsCredentialFeature::CredentialsSso => "SSO",
        AwsCredentialFeature::CredentialsProfileProcess | AwsCredentialFeature::CredentialsProcess => "a process",
        AwsCredentialFeature::CredentialsHttp => "the container",
        AwsCredentialFeature::CredentialsImds => "the instance",
        AwsCredentialFeature::CredentialsProfileLogin | AwsCredentialFeature::CredentialsLogin => "a login",
        _ => return None,
    })
}

/// Instances and containers renew their credentials for as long as they run; a role is assumed again with the credentials
/// below it, and of those the end is not told.
fn is_renewed(feature: &AwsCredentialFeature) -> bool {
    matches!(
        feature,
        AwsCredentialFeature::CredentialsHttp
            | AwsCredentialFeature::CredentialsImds
            | AwsCredentialFeature::CredentialsStsAssumeRole
            | AwsCredentialFeature::CredentialsStsAssumeRoleWebId
            | AwsCredentialFeature::CredentialsProfileStsWebIdToken
            | AwsCredentialFeature::CredentialsEnvVarsStsWebIdToken
    )
}
