//! What rules answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Where a call goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Scheme, host and perhaps a path, to which the operation's own path is appended. Nothing is normalised.
    pub url: String,
    /// The ways to sign, the preferred one first. Empty: as the service's model says.
    pub auth_schemes: Vec<AuthScheme>,
    /// Headers to be sent, each with its values (`x-amz-account-id` of an access point on Outposts).
    pub headers: BTreeMap<String, Vec<String>>,
    /// What else the rules say (`backend = "S3Express"`, `metricValues`).
    pub properties: BTreeMap<String, Value>,
}

/// One way to sign. What is absent is as the service's model and the client say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthScheme {
    /// `sigv4`, `sigv4a`, `sigv4-s3express`, `none`, ….
    pub name: String,
    /// The service's name in the credential scope.
    #[serde(default)]
    pub signing_name: Option<String>,
    /// The region in the credential scope (`sigv4`).
    #[serde(default)]
    pub signing_region: Option<String>,
    /// The regions that the signature is good for (`sigv4a`).
    #[serde(default)]
    pub signing_region_set: Vec<String>,
    /// Whether the path is signed as sent, not encoded once more (S3).
    #[serde(default)]
    pub disable_double_encoding: bool,
}
