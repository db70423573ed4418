//! Where an answer sends a request on to, and what goes along.

use url::Url;

use crate::step::kind::{Method, place};

/// What may go to another host: no word of the author's that could be a secret is among it.
const HARMLESS: &[&str] = &["accept", "accept-encoding", "accept-language", "user-agent"];

/// One request of a chain.
#[derive(Clone, PartialEq)]
pub(super) struct Hop {
    /// The method.
    pub(super) method: Method,
    /// Where it goes.
    pub(super) url: Url,
    /// The headers.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Option<Vec<u8>>,
    /// Whether it is still the request that the author wrote, and not a look at where that led.
    pub(super) same: bool,
}

/// The request that an answer asks for instead; none when it asks for none. An error says why it is not made.
pub(super) fn next(hop: &Hop, status: u16, location: Option<&str>) -> Option<Result<Hop, String>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    Some(follow(hop, status, location?))
}

fn follow(hop: &Hop, status: u16, location: &str) -> Result<Hop, String> {
    let url = hop.url.join(location).map_err(|error| format!("its `Location` is no URL: {error}"))?;
    let mut url = place(url.as_str())?;
    if url.fragment().is_none() {
        url.set_fragment(hop.url.fragment());
    }
    if hop.url.scheme() == "https" && url.scheme() == "http" {
        return Err("it leads from https to http".to_owned());
    }
    // RFC 9110, 15.4: 303 is asked for by GET; so does everybody after a POST with 301 and 302.
    let asked_for = match (status, hop.method) {
        (303, Method::Head) => Method::Head,
        (303, _) | (301 | 302, Method::Post) => Method::Get,
        _ => hop.method,
    };
    let mut next = Hop { url, method: asked_for, same: hop.same && asked_for == hop.method, ..hop.clone() };
    if asked_for != hop.method {
        next.body = None;
        next.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    if next.url.origin() != hop.url.origin() {
        if !next.method.reads() {
            return Err("it leads a write to another host".to_owned());
        }
        next.headers.retain(|(name, _)| HARMLESS.contains(&name.to_ascii_lowercase().as_str()));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Hop, next};
    use crate::step::kind::Method;

    fn hop(method: Method, url: &str) -> Hop {
        let headers = [("Authorization", "secret"), ("Accept", "text/html"), ("Content-Type", "text/plain")];
        Hop {
            method,
            url: Url::parse(url).unwrap(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: (!method.reads()).then(|| b"words".to_vec()),
            same: true,
        }
    }

    fn names(hop: &Hop) -> Vec<&str> {
        hop.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn what_is_no_redirect_leads_nowhere() {
        let from = hop(Method::Get, "https://a.example/x");
        assert!(next(&from, 200, Some("/y")).is_none());
        assert!(next(&from, 304, Some("/y")).is_none());
        assert!(next(&from, 302, None).is_none());
    }

    #[test]
    fn the_same_host_gets_the_same_words() {
        let to = next(&hop(Method::Get, "https://a.example/x/y"), 302, Some("../z?q=1")).unwrap().unwrap();
        assert_eq!(to.url.as_str(), "https://a.example/z?q=1");
        assert_eq!(names(&to), ["Authorization", "Accept", "Content-Type"]);
        assert!(to.same);
    }

    #[test]
    fn another_host_gets_no_secret() {
        for elsewhere in ["https://b.example/", "https://a.example:8443/", "//b.example/"] {
            let to = next(&hop(Method::Get, "https://a.example/"), 307, Some(elsewhere)).unwrap().unwrap();
            assert_eq!(names(&to), ["Accept"], "{elsewhere}");
        }
    }

    #[test]
    fn a_post_becomes_a_look_at_where_it_led() {
        for status in [301, 302, 303] {
            let to = next(&hop(Method::Post, "https://a.example/"), status, Some("/done")).unwrap().unwrap();
            assert_eq!((to.method, to.body.clone(), to.same), (Method::Get, None, false));
            assert_eq!(names(&to), ["Authorization", "Accept"]);
        }
        let to = next(&hop(Method::Post, "https://a.example/"), 308, Some("/moved")).unwrap().unwrap();
        assert_eq!((to.method, to.body.is_some(), to.same), (Method::Post, true, true));
        let to = next(&hop(Method::Put, "https://a.example/"), 302, Some("/moved")).unwrap().unwrap();
        assert_eq!((to.method, to.same), (Method::Put, true));
    }

    #[test]
    fn what_is_dangerous_is_not_followed() {
        let refused = |from: &Hop, status, to| next(from, status, Some(to)).unwrap().is_err();
        let get = hop(Method::Get, "https://a.example/");
        assert!(refused(&get, 302, "http://a.example/"));
        assert!(refused(&get, 302, "file:///etc/passwd"));
        assert!(refused(&get, 302, "https://user:word@a.example/"));
        assert!(refused(&get, 302, "https://"));
        assert!(refused(&hop(Method::Post, "https://a.example/"), 307, "https://b.example/"));
        assert!(refused(&hop(Method::Delete, "https://a.example/"), 302, "https://b.example/"));
    }
}
