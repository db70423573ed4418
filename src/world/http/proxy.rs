//! Which proxy leads to a URL, by the variables that curl knows.

use std::net::IpAddr;

use hyper::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::{Host, Url};

/// The proxies of an environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case.
#[derive(Debug)]
pub struct Proxies(Matcher);

impl Proxies {
    /// The proxies that these variables name.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| variable(&name.to_lowercase()).or_else(|| variable(name)).unwrap_or_default();
        let matcher = Matcher::builder()
            .all(named("ALL_PROXY"))
            .http(named("HTTP_PROXY"))
            .https(named("HTTPS_PROXY"))
            .no(named("NO_PROXY"));
        Self(matcher.build())
    }

    /// The host and port of the proxy to a URL: what may be shown of it.
    pub fn named(&self, url: &Url) -> Option<String> {
        let proxy = self.to(url)?;
        Some(proxy.uri().authority()?.as_str().rsplit('@').next()?.to_owned())
    }

    /// The proxy to a URL. A loopback address has none, whatever the environment says.
    pub(super) fn to(&self, url: &Url) -> Option<Intercept> {
        if is_loopback(url) {
            return None;
        }
        self.0.intercept(&url.as_str().parse::<Uri>().ok()?)
    }
}

/// Whether a URL is of this machine, by its text: `localhost`, `*.localhost`, 127.0.0.0/8, `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Proxies;

    fn to(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Proxies::of(find).to(&Url::parse(url).unwrap()).map(|proxy| proxy.uri().to_string())
    }

    #[test]
    fn the_environment_names_the_proxy() {
        let all =
            [("https_proxy", "http://p:1"), ("HTTP_PROXY", "http://q:2"), ("NO_PROXY", ".example.org,10.0.0.0/8")];
        assert_eq!(to(&all, "https://example.com/").as_deref(), Some("http://p:1/"));
        assert_eq!(to(&all, "http://example.com/").as_deref(), Some("http://q:2/"));
        assert_eq!(to(&all, "https://a.example.org/"), None);
        assert_eq!(to(&all, "http://10.1.2.3/"), None);
        assert_eq!(to(&[], "https://example.com/"), None);
        assert_eq!(to(&[("ALL_PROXY", "")], "https://example.com/"), None);
    }

    #[test]
    fn a_loopback_address_has_no_proxy() {
        let all = [("all_proxy", "http://p:1")];
        for url in ["http://localhost:8080/", "https://a.localhost/", "http://127.3.2.1/", "http://[::1]:1/"] {
            assert_eq!(to(&all, url), None, "{url}");
        }
        for url in ["http://localhost.example.com/", "http://128.0.0.1/", "http://[::2]/"] {
            assert!(to(&all, url).is_some(), "{url}");
        }
        assert_eq!(to(&all, "http://[::ffff:127.0.0.1]/"), None);
    }
}
