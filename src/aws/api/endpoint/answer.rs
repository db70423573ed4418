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

impl Endpoint {
    /// Whether the call goes to this custom endpoint: to its host, or to a name below it, by the same scheme.
    ///
    /// AWS's rules pass a custom endpoint by for some inputs (a stream's id in Kinesis, an access point in several
    /// regions or an alias of an Outpost's bucket in S3). A sandbox must refuse such a call: it would leave the machine.
    pub fn is_at(&self, custom: &str) -> bool {
        match (split(&self.url), split(custom)) {
            (Some((scheme, authority)), Some((custom_scheme, custom_authority))) => {
                let below = || authority.strip_suffix(custom_authority).is_some_and(|prefix| prefix.ends_with('.'));
                scheme == custom_scheme && (authority == custom_authority || below())
            }
            _ => false,
        }
    }
}

/// Scheme and authority of a URL; nothing where an authority could be read in two ways.
fn split(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    (!authority.is_empty() && !authority.contains(['@', '\\'])).then_some((scheme, authority))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Endpoint;

    #[test]
    fn an_endpoint_knows_whether_it_left_the_custom_one() {
        for (url, custom, is_at) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566", true),
            ("http://127.0.0.1:4566/bucket", "http://127.0.0.1:4566/", true),
            ("http://bucket.localhost:4566", "http://localhost:4566", true),
            ("https://127.0.0.1:4566", "http://127.0.0.1:4566", false),
            ("http://127.0.0.1:45660", "http://127.0.0.1:4566", false),
            ("http://evillocalhost:4566", "http://localhost:4566", false),
            ("http://amazonaws.com/.localhost:4566", "http://localhost:4566", false),
            ("http://amazonaws.com?.localhost:4566", "http://localhost:4566", false),
            ("http://amazonaws.com\\.localhost:4566", "http://localhost:4566", false),
            ("http://user@.localhost:4566", "http://localhost:4566", false),
            ("https://s3.amazonaws.com", "http://localhost:4566", false),
            ("", "", false),
        ] {
            let (headers, properties) = (BTreeMap::new(), BTreeMap::new());
            let endpoint = Endpoint { url: url.into(), auth_schemes: Vec::new(), headers, properties };
            assert_eq!(endpoint.is_at(custom), is_at, "{url} {custom}");
        }
    }
}
