//! A request with all its values known.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use url::Url;

use crate::event::{Failure, FailureKind};
use crate::step::ReadContext;
use crate::step::kind::Method;
use crate::world::http::{Client, Proxies};

/// An `http` step with all its values known.
#[derive(Clone)]
pub struct HttpTask {
    /// What is asked for.
    pub method: Method,
    /// Where it goes, query and all.
    pub url: Url,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// How many redirects are followed; none: 10 for a read, 0 for a write.
    pub redirects: Option<u32>,
    /// The header in which a write carries its token.
    pub token_header: Option<String>,
    /// Roots that are trusted, too.
    pub authority: Option<Authority>,
    /// Whether the body of the answer is kept out of the run's files, because outputs of it are secret.
    pub sensitive: bool,
}

/// A PEM file with roots.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    /// The path, relative to the project.
    pub path: PathBuf,
    /// The SHA-256 of its bytes in the plan, in hex: other bytes are refused.
    pub planned: Option<String>,
}

impl fmt::Debug for HttpTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and body may be secret.
        f.debug_struct("HttpTask")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

impl HttpTask {
    /// The client that makes its connections.
    pub(super) fn client(&self, cx: &ReadContext) -> Result<Client, Failure> {
        let variable = |name: &str| Some(cx.environment.get(name)?.to_str()?.to_owned());
        let roots = self.authority.as_ref().map(|authority| authority.read(cx)).transpose()?;
        Ok(Client::new(Proxies::of(variable), roots))
    }
}

impl Authority {
    fn read(&self, cx: &ReadContext) -> Result<Vec<u8>, Failure> {
        let shown = self.path.display();
        let io = |error: std::io::Error| {
            Failure::new(FailureKind::Io, format!("cannot read {shown}")).caused_by(vec![error.to_string()])
        };
        let path = fs::canonicalize(cx.deciding.join(&self.path)).map_err(io)?;
        if !path.starts_with(fs::canonicalize(&cx.deciding).map_err(io)?) {
            return Err(Failure::new(FailureKind::Guard, format!("{shown} lies outside the project")));
        }
        let bytes = fs::read(&path).map_err(io)?;
        let digest = hex::encode(Sha256::digest(&bytes));
        if self.planned.as_ref().is_some_and(|planned| *planned != digest) {
            let message = format!("{shown} has changed since the run was planned: whom it trusts was not approved");
            return Err(Failure::new(FailureKind::Guard, message));
        }
        Ok(bytes)
    }
}
