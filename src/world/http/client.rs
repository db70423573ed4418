//! The way to a host: name, address, proxy, TLS. Nothing of a request is sent here.

use std::fmt;
use std::io;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::world::http::certificate::expires;
use crate::world::http::connection::Driver;
use crate::world::http::{Connection, HttpError, Proxies, trust};

/// How long one address may take to accept a connection.
const PER_ADDRESS: Duration = Duration::from_secs(10);

/// How many addresses of a name are tried.
const ADDRESSES: usize = 8;

/// A stream of bytes, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Makes connections.
pub struct Client {
    proxies: Proxies,
    authority: Option<Vec<u8>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("authority", &self.authority.is_some()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that goes by these proxies, and trusts the roots of this PEM text beside the machine's.
    pub fn new(proxies: Proxies, authority: Option<Vec<u8>>) -> Self {
        Self { proxies, authority }
    }

    /// Makes a connection for one request to a URL (`http` or `https`). An error means that nothing of it was sent.
    ///
    /// There is no limit of time over the whole of it: drop the future.
    pub async fn connect(&self, url: &Url) -> Result<Connection, HttpError> {
        let begun = Instant::now();
        let host = host(url)?;
        let port = url.port_or_known_default().unwrap_or(80);
        let proxy = self.proxies.to(url);
        let encrypted = url.scheme() == "https";
        let stream: Box<dyn Stream> = match &proxy {
            None => Box::new(dial(&host, port).await?),
            Some(proxy) if encrypted => tunnel(proxy, url, &host, port).await?,
            Some(proxy) => {
                let (host, port) = proxy_place(proxy, url)?;
                Box::new(dial(&host, port).await?)
            }
        };
        if !encrypted {
            let authorization = proxy.as_ref().and_then(Intercept::basic_auth).cloned();
            return Ok(Connection::new(stream, begun, proxy.is_some(), authorization, None));
        }
        let failed = |source: io::Error| HttpError::Tls { host: host.clone(), source };
        let name = ServerName::try_from(host.clone()).map_err(|error| failed(io::Error::other(error)))?;
        let connector = TlsConnector::from(trust::config(self.authority.as_deref())?);
        let stream = connector.connect(name, stream).await.map_err(failed)?;
        let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let expires = leaf.and_then(|leaf| expires(leaf));
        Ok(Connection::new(Box::new(stream), begun, false, None, expires))
    }
}

/// The host as the resolver wants it: an IPv6 address without its brackets.
fn host(url: &Url) -> Result<String, HttpError> {
    match url.host() {
        Some(Host::Domain(name)) => Ok(name.to_owned()),
        Some(Host::Ipv4(address)) => Ok(address.to_string()),
        Some(Host::Ipv6(address)) => Ok(address.to_string()),
        None => Err(HttpError::Request { what: "a URL with no host".to_owned() }),
    }
}

async fn dial(host: &str, port: u16) -> Result<TcpStream, HttpError> {
    let addresses =
        lookup_host((host, port)).await.map_err(|source| HttpError::Resolve { host: host.to_owned(), source })?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses.take(ADDRESSES) {
        match timeout(PER_ADDRESS, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small requests go out at once; where that cannot be set they only go out later.
                drop(stream.set_nodelay(true));
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => {
                let why = format!("no answer within {} s", PER_ADDRESS.as_secs());
                last = io::Error::new(io::ErrorKind::TimedOut, why);
            }
        }
    }
    Err(HttpError::Connect { place: format!("{host}:{port}"), source: last })
}

/// Where a proxy is.
fn proxy_place(proxy: &Intercept, url: &Url) -> Result<(String, u16), HttpError> {
    let uri = proxy.uri();
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    match uri.scheme_str() {
        Some("http") | None => Ok((host, uri.port_u16().unwrap_or(80))),
        Some(scheme) => Err(HttpError::Proxy {
            proxy: host,
            place: url.host_str().unwrap_or_default().to_owned(),
            why: format!("a proxy is spoken to by http, not by {scheme}"),
        }),
    }
}

/// A way through a proxy, by `CONNECT`.
async fn tunnel(proxy: &Intercept, url: &Url, host: &str, port: u16) -> Result<Box<dyn Stream>, HttpError> {
    let (proxy_host, proxy_port) = proxy_place(proxy, url)?;
    let stream = dial(&proxy_host, proxy_port).await?;
    let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let refused =
        |why: String| HttpError::Proxy { proxy: format!("{proxy_host}:{proxy_port}"), place: place.clone(), why };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| refused(e.to_string()))?;
    let _driver = Driver::spawn(connection.with_upgrades());
    let mut request = hyper::Request::connect(place.as_str())
        .body(Empty::<Bytes>::new())
        .map_err(|error| refused(error.to_string()))?;
    let value = HeaderValue::from_str(&place).map_err(|error| refused(error.to_string()))?;
    request.headers_mut().insert(HOST, value);
    if let Some(authorization) = proxy.basic_auth() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
    }
    let answer = sender.send_request(request).await.map_err(|error| refused(error.to_string()))?;
    if !answer.status().is_success() {
        return Err(refused(format!("HTTP {}", answer.status().as_u16())));
    }
    let upgraded = hyper::upgrade::on(answer).await.map_err(|error| refused(error.to_string()))?;
    Ok(Box::new(TokioIo::new(upgraded)))
}
