//! Why there is no answer.

use std::error::Error;
use std::io;

/// Why a request was not answered. No message holds a path, a query or a header: they may be long, or private.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The host's name has no address.
    #[error("the name {host} could not be resolved")]
    Resolve {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// No connection could be made: refused, unreachable, no answer in time.
    #[error("no connection to {place}")]
    Connect {
        /// The host and port.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// The proxy does not lead there.
    #[error("the proxy at {proxy} does not lead to {place}: {why}")]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// Where it should have led.
        place: String,
        /// Why not.
        why: String,
    },
    /// No trusted, encrypted connection could be made.
    #[error("TLS with {host} failed")]
    Tls {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// There is no authority to trust.
    #[error("no certificate authority is known: {why}")]
    NoRoots {
        /// Why.
        why: String,
    },
    /// The roots that the project adds cannot be used.
    #[error("the file of roots cannot be used: {why}")]
    Authority {
        /// Why.
        why: String,
    },
    /// The request cannot be written as HTTP: nothing was sent.
    #[error("{what} cannot be sent")]
    Request {
        /// Which part of it.
        what: String,
    },
    /// The connection ended before an answer came.
    #[error("the connection was lost before an answer came")]
    Lost {
        /// Why.
        source: hyper::Error,
    },
    /// What came is no HTTP.
    #[error("the answer is not HTTP")]
    Malformed {
        /// Why.
        source: hyper::Error,
    },
    /// The connection ended in the middle of the body.
    #[error("the connection was lost in the middle of the answer")]
    Cut {
        /// Why.
        source: hyper::Error,
    },
}

impl HttpError {
    /// The error of an exchange that had begun.
    pub(super) fn of_exchange(source: hyper::Error) -> Self {
        if source.is_parse() { Self::Malformed { source } } else { Self::Lost { source } }
    }
}

/// What caused an error, outermost first; what only repeats the words before it is left out.
pub fn causes(error: &HttpError) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if list.last().is_none_or(|last| !last.ends_with(&text)) {
            list.push(text);
        }
        next = cause.source();
    }
    list
}
