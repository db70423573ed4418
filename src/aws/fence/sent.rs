//! A request as it leaves: which operation of which service it asks for, and with what.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;
use roxmltree::{Document, Node};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

/// What a request asks for, as far as it can be read off it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sent {
    /// The service, by the name that it is signed for; empty: it is not signed.
    pub(super) service: String,
    /// The region that it is signed for; empty: it is not signed.
    pub(super) region: String,
    /// What is asked for.
    pub(super) asks: Asks,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asks {
    /// An operation by its name, with its members at the top (of protocol `query` flattened: `Tags.member.1.Key`).
    Named {
        /// The operation.
        operation: String,
        /// Its input.
        input: Map<String, Value>,
    },
    /// A method on a path.
    Rest {
        /// The method.
        method: String,
        /// The host.
        host: String,
        /// The path, as it is sent.
        path: String,
        /// The keys that its body names, where it asks for objects to be deleted; empty: they cannot be read.
        removes: Option<Vec<String>>,
    },
}

impl Sent {
    /// Reads a request.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let (service, region) = request.headers().get("authorization").and_then(scope).unwrap_or_default();
        let rest = by_path(request);
        let asks = by_target(request, &rest).or_else(|| by_form(request, &rest)).unwrap_or(rest);
        Self { service, region, asks }
    }

    /// Whether it may be a login, or ask an instance for its own data: that is signed by nobody, and names no operation in a
    /// header.
    pub(super) fn may_be_login(&self, request: &HttpRequest) -> bool {
        self.service.is_empty() && request.headers().get(TARGET).is_none()
    }
}

/// Service and region of a signature: `AWS4-HMAC-SHA256 Credential=KEY/20261122/REGION/SERVICE/aws4_request, …`.
fn scope(authorization: &str) -> Option<(String, String)> {
    let credential = authorization.split_once("Credential=")?.1.split([',', ' ']).next()?;
    let mut parts = credential.rsplit('/').skip(1);
    let (service, region) = (parts.next()?, parts.next()?);
    Some((service.to_owned(), region.to_owned()))
}

/// The header in which protocol `json` names the operation.
const TARGET: &str = "x-amz-target";

/// Whether a request goes where operations are asked for by their names: what goes to a path of its own is a thing there, and
/// its headers and its body are whatever is put into it.
fn goes_to_the_root(rest: &Asks) -> bool {
    matches!(rest, Asks::Rest { method, path, removes: None, .. } if method == "POST" && path == "/")
}

/// Protocol `json`: the operation stands in a header, the input is the body.
fn by_target(request: &HttpRequest, rest: &Asks) -> Option<Asks> {
    let target = request.headers().get(TARGET).filter(|_| goes_to_the_root(rest))?;
    let (_, operation) = target.rsplit_once('.')?;
    // What cannot be read names nothing: a change is then not let through.
    let input = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    Some(Asks::Named { operation: operation.to_owned(), input })
}

/// Protocols `query` and `ec2`: operation and input are a form.
fn by_form(request: &HttpRequest, rest: &Asks) -> Option<Asks> {
    let form = request.headers().get("content-type")?.starts_with("application/x-www-form-urlencoded");
    let body = request.body().bytes().filter(|_| form && goes_to_the_root(rest))?;
    let mut input: Map<String, Value> =
        form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value.as_ref()))).collect();
    match input.remove("Action")? {
        Value::String(operation) => Some(Asks::Named { operation, input }),
        _ => None,
    }
}

/// The path is taken as it stands in the request: what reads it for a browser would resolve `..` in it, and S3 does not.
fn by_path(request: &HttpRequest) -> Asks {
    let host = Url::parse(request.uri()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let behind = request.uri().split_once("://").map_or(request.uri(), |(_, behind)| behind);
    let whole = behind.find(['/', '?', '#']).map_or("", |start| &behind[start..]);
    let whole = whole.split('#').next().unwrap_or_default();
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let asks_removal = query.split('&').any(|part| part.split('=').next() == Some("delete"));
    let removes = asks_removal.then(|| request.body().bytes().and_then(keys_in).unwrap_or_default());
    let path = if path.is_empty() { "/" } else { path };
    Asks::Rest { method: request.method().to_owned(), host, path: path.to_owned(), removes }
}

/// The keys that a list of objects to be deleted names. None: it cannot be read.
fn keys_in(body: &[u8]) -> Option<Vec<String>> {
    let document = std::str::from_utf8(body).ok()?;
    let document = Document::parse(document).ok()?;
    let of = |node: &Node<'_, '_>, name: &str| node.is_element() && node.tag_name().name() == name;
    let objects = document.root_element().children().filter(|node| of(node, "Object"));
    let key = |object: Node<'_, '_>| {
        let key = object.children().find(|node| of(node, "Key"))?;
        Some(key.text().unwrap_or_default().to_owned())
    };
    objects.map(key).collect()
}

/// Bucket and key of a request to S3, by its path, or by its host where that begins with the bucket's name. None: it is
/// about no bucket by its name, but about an access point, or something else that S3 answers for.
pub(super) fn object(host: &str, path: &str) -> Option<(String, String)> {
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    let path = path.strip_prefix('/').unwrap_or(path);
    // A bucket's name may hold dots, and `.s3.` too: the service's own stands last.
    let (bucket, key) = match host.rfind(".s3.").max(host.rfind(".s3-")) {
        Some(end) if is_of_buckets(&host[end + 1..]) => (host[..end].to_owned(), decoded(path)?),
        Some(_) => return None,
        None if host.starts_with("s3") && !is_of_buckets(host) => return None,
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (decoded(bucket)?, decoded(key)?)
        }
    };
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    (!bucket.is_empty() && bucket.bytes().all(plain)).then_some((bucket, key))
}

/// Whether a host, from `s3` on, answers for buckets by their names: `s3.REGION…`, `s3-REGION…`, `s3-fips…`,
/// `s3-accelerate…`. Others have names of their own kind: `s3-accesspoint`, `s3-control`, `s3-global`.
fn is_of_buckets(host: &str) -> bool {
    let first = host.split('.').next().unwrap_or_default();
    let region = |text: &str| text.rsplit('-').next().is_some_and(|end| end.bytes().all(|c| c.is_ascii_digit()));
    match first.strip_prefix("s3") {
        Some("" | "-fips" | "-accelerate") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(region),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;
    use serde_json::json;

    use super::{Asks, Sent, object};

    fn request(service: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri("https://dynamodb.eu-west-1.amazonaws.com/").unwrap();
        request.set_method("POST").unwrap();
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        request.headers_mut().insert("authorization", signed);
        for (name, value) in headers {
            request.headers_mut().insert((*name).to_owned(), (*value).to_owned());
        }
        request
    }

    #[test]
    fn a_request_is_read_by_its_protocol() {
        let target = [("x-amz-target", "DynamoDB_20120810.DeleteTable")];
        let sent = Sent::of(&request("dynamodb", &target, r#"{"TableName": "orders"}"#));
        assert_eq!((sent.service.as_str(), sent.region.as_str()), ("dynamodb", "eu-west-1"));
        let input = json!({ "TableName": "orders" }).as_object().unwrap().clone();
        assert_eq!(sent.asks, Asks::Named { operation: "DeleteTable".to_owned(), input });

        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = "Action=DeleteDBCluster&DBClusterIdentifier=a%2Fb&SkipFinalSnapshot=true";
        let sent = Sent::of(&request("rds", &form, body));
        let Asks::Named { operation, input } = sent.asks else { panic!("{sent:?}") };
        assert_eq!((operation.as_str(), &input["DBClusterIdentifier"]), ("DeleteDBCluster", &json!("a/b")));

        let sent = Sent::of(&request("lambda", &[], ""));
        assert!(matches!(sent.asks, Asks::Rest { .. }), "{sent:?}");
        let unsigned = HttpRequest::empty();
        assert!(Sent::of(&unsigned).may_be_login(&unsigned), "what is not signed may be a login");
    }

    #[test]
    fn what_goes_to_a_path_of_its_own_is_no_operation_by_its_name() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        for (header, body) in [(form, "Action=GetObject"), (("x-amz-target", "X.GetObject"), "{}")] {
            let mut request = request("s3", &[header], body);
            let mut is_named = |method: &str, uri: &str| {
                request.set_method(method).unwrap();
                request.set_uri(uri).unwrap();
                matches!(Sent::of(&request).asks, Asks::Named { .. })
            };
            for (method, uri) in [("POST", "https://s3.x.com/"), ("POST", "https://s3.x.com")] {
                assert!(is_named(method, uri), "{method} {uri}");
            }
            for (method, uri) in [
                ("PUT", "https://s3.x.com/orders/a"),
                ("POST", "https://s3.x.com/orders/a"),
                ("PUT", "https://orders.s3.x.com/"),
                ("POST", "https://orders.s3.x.com/?delete"),
            ] {
                assert!(!is_named(method, uri), "{method} {uri}");
            }
        }
    }

    #[test]
    fn a_bucket_is_found_in_the_host_and_in_the_path() {
        let found = |host, path| object(host, path);
        let pair = |bucket: &str, key: &str| Some((bucket.to_owned(), key.to_owned()));
        assert_eq!(found("logs.s3.eu-west-1.amazonaws.com", "/a%20b/c"), pair("logs", "a b/c"));
        assert_eq!(found("my.dotted.s3.eu-west-1.amazonaws.com", "/k"), pair("my.dotted", "k"));
        assert_eq!(found("a.s3.b.s3.eu-west-1.amazonaws.com", "/k"), pair("a.s3.b", "k"));
        assert_eq!(found("a.s3-b.s3-us-west-2.amazonaws.com", "/k"), pair("a.s3-b", "k"));
        assert_eq!(found("a.s3-accelerate.amazonaws.com", "/k"), pair("a", "k"));
        assert_eq!(found("s3.eu-west-1.amazonaws.com", "/logs//b"), pair("logs", "/b"));
        assert_eq!(found("127.0.0.1", "/logs/a/b"), pair("logs", "a/b"));
        assert_eq!(found("127.0.0.1", "/logs"), pair("logs", ""));
    }

    #[test]
    fn what_is_no_bucket_is_none() {
        for host in [
            "logs-111122223333.s3-accesspoint.eu-west-1.amazonaws.com",
            "logs-111122223333.s3-object-lambda.eu-west-1.amazonaws.com",
            "logs.accesspoint.s3-global.amazonaws.com",
            "111122223333.s3-control.eu-west-1.amazonaws.com",
            "s3-control.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(object(host, "/logs/k"), None, "{host}");
        }
        for path in [
            "/",
            "//k",
            "/arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/k",
            "/arn%3Aaws%3As3%3A%3A%3Alogs/k",
            "/logs%2F..%2Forders/k",
            "/%FF/k",
        ] {
            assert_eq!(object("127.0.0.1", path), None, "{path}");
        }
    }

    #[test]
    fn a_path_is_read_as_it_is_sent() {
        let mut request = request("s3", &[], "");
        let mut path_of = |uri: &str| {
            request.set_uri(uri).unwrap();
            match Sent::of(&request).asks {
                Asks::Rest { path, .. } => path,
                Asks::Named { .. } => panic!("{uri}"),
            }
        };
        // S3 takes `..` for a part of a key: this is an object of `orders`.
        assert_eq!(path_of("https://s3.eu-west-1.amazonaws.com/orders/../mine/k?x=/y"), "/orders/../mine/k");
        assert_eq!(path_of("https://mine.s3.eu-west-1.amazonaws.com?delete"), "/");
    }

    #[test]
    fn the_keys_of_a_deletion_are_read() {
        let of = |body: &str| {
            let mut request = request("s3", &[], body);
            request.set_uri("https://s3.eu-west-1.amazonaws.com/logs?delete").unwrap();
            match Sent::of(&request).asks {
                Asks::Rest { removes, .. } => removes,
                Asks::Named { .. } => None,
            }
        };
        let body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key><VersionId>1</VersionId>\
                    </Object><Object><Key>c</Key></Object><Quiet>true</Quiet></Delete>";
        assert_eq!(of(body), Some(vec!["a&b".to_owned(), "c".to_owned()]));
        assert_eq!(of("<Delete><Object/></Delete>"), Some(Vec::new()), "what cannot be read names nothing");
    }
}
