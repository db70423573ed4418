//! A request before it has a host and a signature.

use serde_json::Value;

use super::percent;

/// A request, all but its host and its signature. The bytes of path, query and body are final.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path, encoded, from its first `/`.
    pub path: String,
    /// The bytes of `path` that name a bucket which the endpoint rules place themselves (`/bucket`): 0 for all services but
    /// S3. The endpoint that the rules give already holds it.
    pub bucket: usize,
    /// The query, encoded, without `?`. Empty for none.
    pub query: String,
    /// The headers, in order. No host, no date, no signature, no checksum, no length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What goes before the host of the endpoint.
    pub host_prefix: Option<String>,
    /// The parameters of the endpoint rules that this input decides.
    pub context: Vec<(String, Value)>,
}

impl Request {
    pub(super) fn new(method: &str) -> Self {
        Request {
            method: method.to_owned(),
            path: "/".to_owned(),
            bucket: 0,
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            host_prefix: None,
            context: Vec::new(),
        }
    }

    /// The path below the endpoint that the rules give.
    pub fn path_at_endpoint(&self) -> &str {
        &self.path[self.bucket..]
    }

    /// Path and query, as they stand in the request line of an endpoint without a path of its own.
    pub fn uri(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// A header by its name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    pub(super) fn add_query(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&percent::encode(name));
        self.query.push('=');
        self.query.push_str(&percent::encode(value));
    }
}
