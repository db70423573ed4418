//! One request on one connection, and its answer.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
    USER_AGENT,
};
use hyper::{Method, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use url::{Position, Url};

use crate::world::http::HttpError;
use crate::world::http::client::Stream;

/// The largest head of an answer, in bytes.
const LARGEST_HEAD: usize = 256 * 1024;

/// One request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// Where it goes. Its fragment stays here.
    pub url: &'a Url,
    /// The headers. `Host`, `User-Agent`, `Accept` and `Accept-Encoding: identity` are added where they are missing.
    pub headers: &'a [(String, String)],
    /// The body; none: no body.
    pub body: Option<&'a [u8]>,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and body may be secret.
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The task that moves the bytes of a connection; it ends when this is dropped.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
    pub(super) fn spawn<F>(connection: F) -> Self
    where
        F: Future<Output = hyper::Result<()>> + Send + 'static,
    {
        // What goes wrong on the connection is told to whoever waits for the answer.
        Self(tokio::spawn(async move { drop(connection.await) }))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection on which nothing was said yet.
pub struct Connection {
    stream: Box<dyn Stream>,
    begun: Instant,
    /// Whether the other end is a proxy that reads requests: then they name the whole URL.
    by_proxy: bool,
    authorization: Option<HeaderValue>,
    expires: Option<DateTime<Utc>>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("by_proxy", &self.by_proxy).finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) fn new(
        stream: Box<dyn Stream>,
        begun: Instant,
        by_proxy: bool,
        authorization: Option<HeaderValue>,
        expires: Option<DateTime<Utc>>,
    ) -> Self {
        Self { stream, begun, by_proxy, authorization, expires }
    }

    /// Sends the request, once, and waits for the head of its answer. Whatever the error, and when the future is dropped,
    /// the request may have arrived; only [`HttpError::Request`] says that it has not.
    pub async fn send(self, request: &Request<'_>) -> Result<Answer, HttpError> {
        let mut message = message(request, self.by_proxy)?;
        if let Some(authorization) = self.authorization {
            message.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(LARGEST_HEAD)
            .handshake(TokioIo::new(self.stream))
            .await
            .map_err(HttpError::of_exchange)?;
        let driver = Driver::spawn(connection);
        let answer = sender.send_request(message).await.map_err(HttpError::of_exchange)?;
        let latency = self.begun.elapsed();
        let (head, body) = answer.into_parts();
        Ok(Answer {
            status: head.status.as_u16(),
            reason: head.status.canonical_reason().unwrap_or_default(),
            version: version(head.version),
            headers: joined(&head.headers),
            latency,
            expires: self.expires,
            body,
            _driver: driver,
        })
    }
}

fn message(request: &Request<'_>, by_proxy: bool) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
    let cannot = |what: &str| HttpError::Request { what: what.to_owned() };
    let from = if by_proxy { Position::BeforeScheme } else { Position::BeforePath };
    let target = &request.url[from..Position::AfterQuery];
    let uri: Uri = target.parse().map_err(|_| cannot("this URL"))?;
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| cannot("this method"))?;
    let body = request.body.map(Bytes::copy_from_slice);
    let mut message = hyper::Request::new(Full::new(body.clone().unwrap_or_default()));
    let takes_body = method == Method::POST || method == Method::PUT || method == Method::PATCH;
    *message.method_mut() = method;
    *message.uri_mut() = uri;
    let headers = message.headers_mut();
    for (name, value) in request.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| cannot(&format!("a header `{name}`")))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| cannot(&format!("the value of the header `{name}`")))?;
        headers.append(header, value);
    }
    let authority = &request.url[Position::BeforeHost..Position::AfterPort];
    let usual = [
        (HOST, authority),
        (USER_AGENT, concat!("checkride/", env!("CARGO_PKG_VERSION"))),
        (ACCEPT, "*/*"),
        // What is packed would have to be unpacked, and what unpacks to a terabyte bounded.
        (ACCEPT_ENCODING, "identity"),
    ];
    for (name, value) in usual {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| cannot("this URL"))?);
        }
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if body.is_some() || takes_body {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.map_or(0, |body| body.len())));
    }
    Ok(message)
}

fn version(version: Version) -> &'static str {
    if version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }
}

/// Names in lower case, in their order; a repeated one once, its values joined by `, `.
fn joined(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let values = |name: &HeaderName| headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(", ");
    headers.keys().map(|name| (name.as_str().to_owned(), values(name))).collect()
}

/// An answer: its head, and its body as it comes.
pub struct Answer {
    /// The status: 100 to 999.
    pub status: u16,
    /// The usual words for the status; empty when there are none.
    pub reason: &'static str,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub version: &'static str,
    /// The headers: names in lower case, repeated ones joined by `, `.
    pub headers: Vec<(String, String)>,
    /// From the first look for the name to the end of the head.
    pub latency: Duration,
    /// When the server's certificate ends; none without TLS, or when it could not be read.
    pub expires: Option<DateTime<Utc>>,
    body: Incoming,
    _driver: Driver,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next piece of the body; none at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|source| HttpError::Cut { source })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
