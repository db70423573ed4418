//! Where calls go, and as whom. Plain data: what a profile says, with the run's short id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::error::{AwsError, AwsErrorKind};

/// All that decides account, region, credentials and endpoint of a call.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct AwsSettings {
    /// The account that every call must reach: 12 digits.
    pub account: String,
    /// The region, for example `eu-central-1`.
    pub region: String,
    /// A named profile of the AWS config files. It beats keys in the environment, as `--profile` does in the AWS CLI.
    pub profile: Option<String>,
    /// A role to assume with those credentials. An emulator has none: it is ignored there.
    pub role_arn: Option<String>,
    /// The role that reads are made with, in place of the other one. An emulator has none: it is ignored there.
    #[serde(default)]
    pub read_role: Option<String>,
    /// Whether the role is assumed with AWS's `ReadOnlyAccess` as the session's policy: whatever it may do, it only reads.
    #[serde(default)]
    pub narrowed: bool,
    /// Present when the target is an emulator on this machine.
    pub emulator: Option<Emulator>,
    /// Goes into the user agent, so that a run reconciles with `CloudTrail`: at most 50 characters, the run's short id.
    pub app_name: String,
}

/// The endpoints of an emulator. Only loopback addresses are accepted.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct Emulator {
    /// The endpoint of every service not named in `services`, for example `http://127.0.0.1:4566`.
    pub default: String,
    /// Endpoints of single services, by the name that the AWS config file uses (`rds`, `s3`).
    pub services: BTreeMap<String, String>,
}

impl Emulator {
    /// The endpoint of a service.
    pub fn endpoint(&self, service: &str) -> &str {
        self.services.get(service).unwrap_or(&self.default)
    }

    /// Whether no endpoint of it speaks TLS.
    pub(in crate::aws) fn is_plain(&self) -> bool {
        std::iter::once(&self.default).chain(self.services.values()).all(|endpoint| endpoint.starts_with("http://"))
    }
}

impl AwsSettings {
    /// What a person runs elsewhere when the credentials have expired.
    pub fn login_command(&self) -> String {
        let profile = self.profile.as_ref().map_or_else(String::new, |profile| format!(" --profile {profile}"));
        format!("aws sso login{profile}")
    }

    /// The settings for what only looks, where they are others: with the role that reads, narrowed to reading.
    pub fn for_reads(&self) -> Option<Self> {
        let role = self.read_role.clone().filter(|_| self.emulator.is_none())?;
        Some(Self { role_arn: Some(role), read_role: None, narrowed: true, ..self.clone() })
    }

    /// The account that calls reach: that of the role, where one is assumed.
    pub(in crate::aws) fn reached_account(&self) -> &str {
        let role = self.role_arn.as_deref().filter(|_| self.emulator.is_none());
        role.and_then(|arn| arn.split(':').nth(4)).unwrap_or(&self.account)
    }

    /// Holds the settings against their rules. Nothing is called.
    ///
    /// # Errors
    /// [`AwsErrorKind::EndpointNotLoopback`] for an emulator elsewhere than on this machine, [`AwsErrorKind::Settings`]
    /// for an account that is not 12 digits, a region that cannot be one, or an application name that the SDK refuses.
    pub fn validate(&self) -> Result<(), AwsError> {
        if self.account.len() != 12 || !self.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(fault(format!("account `{}` is not 12 digits", self.account)));
        }
        validate_region(&self.region)?;
        if self.app_name.len() > 50 {
            return Err(fault(format!("application name `{}` is longer than 50 characters", self.app_name)));
        }
        if let Some(emulator) = &self.emulator {
            for endpoint in std::iter::once(&emulator.default).chain(emulator.services.values()) {
                if !is_loopback(endpoint) {
                    return Err(AwsError::local(AwsErrorKind::EndpointNotLoopback { endpoint: endpoint.clone() }));
                }
            }
        }
        Ok(())
    }
}

/// Whether a region's name has the shape of one (`us-gov-west-1`, `cn-north-1`). Whether it exists, only AWS can tell.
///
/// # Errors
/// [`AwsErrorKind::RegionInvalid`].
pub(in crate::aws) fn validate_region(region: &str) -> Result<(), AwsError> {
    let mut parts = region.split('-');
    let partition = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let valid = partition.len() >= 2
        && partition.bytes().all(|b| b.is_ascii_lowercase())
        && rest.len() >= 2
        && rest.split_last().is_some_and(|(number, words)| {
            !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
                && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        });
    if valid { Ok(()) } else { Err(AwsError::local(AwsErrorKind::RegionInvalid { region: region.to_owned() })) }
}

/// Whether a URL leads to this machine only: 127.0.0.0/8, `::1` or `localhost`, by http or https.
pub fn is_loopback(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return false };
    if !matches!(url.scheme(), "http" | "https") {
        return false;
    }
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn fault(fault: String) -> AwsError {
    AwsError::local(AwsErrorKind::Settings { fault })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::error::AwsErrorKind;
    use super::{AwsSettings, Emulator, validate_region};

    fn sandbox(endpoint: &str) -> AwsSettings {
        AwsSettings {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            app_name: "checkride-7f3a".into(),
            emulator: Some(Emulator { default: endpoint.into(), services: BTreeMap::new() }),
            ..AwsSettings::default()
        }
    }

    #[test]
    fn a_login_names_the_profile() {
        let settings = AwsSettings::default();
        assert_eq!(settings.login_command(), "aws sso login");
        let named = AwsSettings { profile: Some("prod-admin".into()), ..settings };
        assert_eq!(named.login_command(), "aws sso login --profile prod-admin");
    }

    #[test]
    fn loopback_endpoints_are_accepted() {
        for endpoint in [
            "http://127.0.0.1:4566",
            "http://127.8.9.10",
            "http://[::1]:4566",
            "https://localhost:1",
            "http://LOCALHOST",
        ] {
            assert_eq!(sandbox(endpoint).validate(), Ok(()), "{endpoint}");
        }
    }

    #[test]
    fn any_other_endpoint_is_refused() {
        for endpoint in [
            "http://10.0.0.1:4566",
            "http://0.0.0.0:4566",
            "http://127.0.0.1@example.com/",
            "http://localhost.example.com",
            "https://sts.amazonaws.com",
            "http://[::ffff:10.0.0.1]",
            "ftp://127.0.0.1",
            "127.0.0.1:4566",
            "",
        ] {
            let error = sandbox(endpoint).validate().expect_err(endpoint);
            assert_eq!(error.kind, AwsErrorKind::EndpointNotLoopback { endpoint: endpoint.into() });
        }
    }

    #[test]
    fn an_endpoint_of_one_service_is_checked_too() {
        let mut settings = sandbox("http://127.0.0.1:4566");
        settings.emulator.as_mut().unwrap().services.insert("rds".into(), "http://192.168.1.1:5000".into());
        assert!(matches!(settings.validate().unwrap_err().kind, AwsErrorKind::EndpointNotLoopback { .. }));
    }

    #[test]
    fn accounts_regions_and_names_are_held_against_their_rules() {
        for region in ["us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "ap-southeast-4"] {
            assert_eq!(validate_region(region), Ok(()), "{region}");
        }
        for region in ["", "useast1", "us-east", "us-east-1a", "US-EAST-1", "us_east_1", "us--1", "eu-west-1.evil.com"]
        {
            assert!(validate_region(region).is_err(), "{region}");
        }
        let mut settings = sandbox("http://127.0.0.1:4566");
        settings.account = "1234".into();
        assert!(settings.validate().is_err());
        let mut settings = sandbox("http://127.0.0.1:4566");
        settings.app_name = "x".repeat(51);
        assert!(settings.validate().is_err());
    }
}
