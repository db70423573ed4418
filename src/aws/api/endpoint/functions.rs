//! The functions of the rules' language. Each is pure; `None` is "not set".

use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::datum::Datum;

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest label of a host name, and the longest name of a bucket.
const LABEL_MAX: usize = 63;

/// Each byte but the unreserved ones as `%XX`.
pub(super) fn uri_encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The characters from `start` to before `stop`, counted from the end when `reverse`. Nothing when the text is shorter,
/// or not ASCII.
pub(super) fn substring(text: &str, start: usize, stop: usize, reverse: bool) -> Option<String> {
    if start >= stop || text.len() < stop || !text.is_ascii() {
        return None;
    }
    let range = if reverse { text.len() - stop..text.len() - start } else { start..stop };
    Some(text[range].to_owned())
}

/// Whether the text can be a label of a host name (RFC 1123), or, with `subdomains`, several with dots between.
pub(super) fn is_valid_host_label(text: &str, subdomains: bool) -> bool {
    if subdomains {
        return text.split('.').all(|label| is_valid_host_label(label, false));
    }
    (1..=LABEL_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a bucket's name can stand in a host name.
pub(super) fn is_virtual_hostable_bucket(name: &str, subdomains: bool) -> bool {
    (3..=LABEL_MAX).contains(&name.len())
        && !name.bytes().any(|byte| byte.is_ascii_uppercase())
        && !looks_like_ipv4(name)
        && is_valid_host_label(name, subdomains)
}

/// Four groups of one to three digits: S3 refuses such a name whether or not it is an address.
fn looks_like_ipv4(text: &str) -> bool {
    let group = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').count() == 4 && text.split('.').all(group)
}

/// The parts of an ARN: `partition`, `service`, `region`, `accountId`, `resourceId` (a list, split at `:` and `/`).
pub(super) fn parse_arn(text: &str) -> Option<Datum> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next();
    let (arn, partition, service) = (next()?, next()?, next()?);
    let (region, account, resource) = (next()?, next()?, next()?);
    if arn != "arn" || partition.is_empty() || service.is_empty() || resource.is_empty() {
        return None;
    }
    let text = |part: &str| Datum::Text(part.to_owned());
    Some(Datum::Record(
        [
            ("partition", text(partition)),
            ("service", text(service)),
            ("region", text(region)),
            ("accountId", text(account)),
            ("resourceId", Datum::List(resource.split([':', '/']).map(text).collect())),
        ]
        .into(),
    ))
}

/// The parts of an `http` or `https` URL with no query: `scheme`, `authority`, `path`, `normalizedPath` (begins and ends
/// with `/`), `isIp`.
pub(super) fn parse_url(text: &str) -> Option<Datum> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https") || rest.contains(['?', '#']) {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // An address of version 6 stands in brackets, and its colons are its own.
    let (host, port) = match host_and_port.strip_prefix('[') {
        Some(inner) => {
            let (_, after) = inner.split_once(']')?;
            (&host_and_port[..host_and_port.len() - after.len()], after)
        }
        None => host_and_port.split_at(host_and_port.find(':').unwrap_or(host_and_port.len())),
    };
    let port_is_valid = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    if host.is_empty() || !port_is_valid {
        return None;
    }
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_ip = inner.map_or(host.parse::<Ipv4Addr>().is_ok(), |host| host.parse::<Ipv6Addr>().is_ok());
    let normalized = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    Some(Datum::Record(
        [
            ("scheme", Datum::Text(scheme.to_owned())),
            ("authority", Datum::Text(authority.to_owned())),
            ("path", Datum::Text(path.to_owned())),
            ("normalizedPath", Datum::Text(normalized)),
            ("isIp", Datum::Flag(is_ip)),
        ]
        .into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::{Datum, is_valid_host_label, is_virtual_hostable_bucket, parse_arn, parse_url, substring, uri_encode};
    use crate::aws::api::endpoint::datum::AttributePath;

    #[test]
    fn substrings() {
        for (text, start, stop, reverse, wanted) in [
            ("abcdefg", 0, 3, false, Some("abc")),
            ("abcdefg", 0, 3, true, Some("efg")),
            ("abcdefg", 1, 3, true, Some("ef")),
            ("abc", 0, 3, false, Some("abc")),
            ("ab", 0, 3, false, None),
            ("abc", 2, 2, false, None),
            ("äbc", 0, 2, false, None),
            ("", 0, 1, true, None),
        ] {
            assert_eq!(substring(text, start, stop, reverse).as_deref(), wanted, "{text} {start} {stop} {reverse}");
        }
    }

    #[test]
    fn host_labels() {
        let long = "a".repeat(64);
        for (text, one, several) in [
            ("a", true, true),
            ("A-1", true, true),
            ("a.b", false, true),
            ("a..b", false, false),
            ("", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("a_b", false, false),
            ("ä", false, false),
            ("a\n", false, false),
            (&long, false, false),
        ] {
            assert_eq!((is_valid_host_label(text, false), is_valid_host_label(text, true)), (one, several), "{text}");
        }
    }

    #[test]
    fn buckets_in_a_host_name() {
        for (name, plain, dotted) in [
            ("bucket", true, true),
            ("my.bucket", false, true),
            ("Bucket", false, false),
            ("ab", false, false),
            ("192.168.5.4", false, false),
            ("999.999.999.999", false, false),
            ("my_bucket", false, false),
        ] {
            let both = (is_virtual_hostable_bucket(name, false), is_virtual_hostable_bucket(name, true));
            assert_eq!(both, (plain, dotted), "{name}");
        }
    }

    #[test]
    fn arns() {
        let at = |arn: &str, path: &str| match parse_arn(arn)?.at(&AttributePath::read(path, '.').unwrap()) {
            Some(Datum::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let arn = "arn:aws-cn:s3:::a/b:c";
        assert_eq!(at(arn, "partition").as_deref(), Some("aws-cn"));
        assert_eq!((at(arn, "region").as_deref(), at(arn, "accountId").as_deref()), (Some(""), Some("")));
        assert_eq!(at(arn, "resourceId[2]").as_deref(), Some("c"));
        assert_eq!(at(arn, "resourceId[3]"), None);
        for wrong in ["", "arn:aws:s3", "arn::s3:::a", "arn:aws::::a", "arn:aws:s3:::", "urn:aws:s3:::a"] {
            assert_eq!(parse_arn(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn urls() {
        for (text, scheme, authority, path, normalized, is_ip) in [
            ("https://example.com", "https", "example.com", "", "/", false),
            ("http://example.com:8080/a/b", "http", "example.com:8080", "/a/b", "/a/b/", false),
            ("http://127.0.0.1:4566/", "http", "127.0.0.1:4566", "/", "/", true),
            ("https://[fe80::1]:8443", "https", "[fe80::1]:8443", "", "/", true),
            ("https://127.0.0.1.nip.io", "https", "127.0.0.1.nip.io", "", "/", false),
        ] {
            let wanted = Datum::Record(
                [
                    ("scheme", Datum::Text(scheme.into())),
                    ("authority", Datum::Text(authority.into())),
                    ("path", Datum::Text(path.into())),
                    ("normalizedPath", Datum::Text(normalized.into())),
                    ("isIp", Datum::Flag(is_ip)),
                ]
                .into(),
            );
            assert_eq!(parse_url(text), Some(wanted), "{text}");
        }
        for wrong in
            ["example.com", "ftp://a", "https://a?b=c", "https://a/#b", "https://", "https://a:port", "https://[::1"]
        {
            assert_eq!(parse_url(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn encoding() {
        assert_eq!(uri_encode("a b/c:é-._~"), "a%20b%2Fc%3A%C3%A9-._~");
    }
}
