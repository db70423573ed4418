//! Stands before a service on loopback, counts the requests that go through, and keeps them for `bare_replay`.
//!
//! `relay PORT` prints its own port, passes everything on to the other, and ends with its standard input.
//! `GET /.bench/take` gives the requests since the last time, and forgets them. Each is a line with its method, its path,
//! the number of its headers and the length of its body; then a line a header; then the body.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

type Kept = Arc<Mutex<Vec<u8>>>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let Some(port) = std::env::args().nth(1).and_then(|text| text.parse().ok()) else { return Ok(ExitCode::from(2)) };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    let mut over = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        () = serve(listener, port) => {}
        _ = input.read_to_end(&mut over) => {}
    }
    // Standard input is read by a thread that nothing wakes.
    std::process::exit(0)
}

async fn serve(listener: TcpListener, port: u16) {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector);
    let kept = Kept::default();
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        let (client, kept) = (client.clone(), Arc::clone(&kept));
        let service = service_fn(move |request| pass(request, port, client.clone(), Arc::clone(&kept)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn pass(
    request: Request<Incoming>,
    port: u16,
    client: Client<HttpConnector, Full<Bytes>>,
    kept: Kept,
) -> Result<Response<Full<Bytes>>, Failure> {
    if request.uri().path() == "/.bench/take" {
        let taken = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        return Ok(Response::new(Full::from(taken)));
    }
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    head.headers.remove(CONNECTION);
    let headers: Vec<_> = head.headers.iter().filter(|(name, _)| **name != HOST).collect();
    let mut text = format!("{} {path} {} {}\n", head.method, headers.len(), body.len());
    for (name, value) in headers {
        writeln!(text, "{name}: {}", value.to_str()?)?;
    }
    kept.lock().unwrap_or_else(PoisonError::into_inner).extend([text.as_bytes(), &body].concat());
    // The service's own name for itself stays what the caller said; where it is, only the relay knows.
    head.uri = format!("http://127.0.0.1:{port}{path}").parse::<Uri>()?;
    let response = client.request(Request::from_parts(head, Full::from(body))).await?;
    let (mut head, body) = response.into_parts();
    head.headers.remove(CONNECTION);
    Ok(Response::from_parts(head, Full::from(body.collect().await?.to_bytes())))
}
