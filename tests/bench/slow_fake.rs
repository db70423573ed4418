//! A service that answers every request with the same few bytes, each after the same while: what is left is the client.
//!
//! `slow_fake MILLISECONDS` prints its port, serves on loopback, and ends with its standard input. `GET /count` says how
//! many calls it has answered.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

const TABLE: &str = r#"{"Table":{"TableName":"sessions","TableStatus":"ACTIVE","ItemCount":7}}"#;

const CALLER: &str = concat!(
    r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>"#,
    "<Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>",
    "</GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId>",
    "</ResponseMetadata></GetCallerIdentityResponse>",
);

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let pause =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).map_or(Duration::ZERO, Duration::from_millis);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    let answered = Arc::new(AtomicUsize::new(0));
    let mut over = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        () = serve(listener, pause, answered) => {}
        _ = input.read_to_end(&mut over) => {}
    }
    // Standard input is read by a thread that nothing wakes.
    std::process::exit(0)
}

async fn serve(listener: TcpListener, pause: Duration, answered: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        let answered = Arc::clone(&answered);
        let service = service_fn(move |request| answer(request, pause, Arc::clone(&answered)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: Request<Incoming>,
    pause: Duration,
    answered: Arc<AtomicUsize>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET {
        return Ok(Response::new(Full::from(answered.load(Ordering::Relaxed).to_string())));
    }
    let (kind, body) = match request.headers().get("x-amz-target") {
        Some(_) => ("application/x-amz-json-1.0", TABLE),
        None => ("text/xml", CALLER),
    };
    // A request that breaks off needs no answer.
    drop(request.into_body().collect().await);
    tokio::time::sleep(pause).await;
    answered.fetch_add(1, Ordering::Relaxed);
    let mut response = Response::new(Full::from(body));
    response.headers_mut().insert("content-type", kind.parse().expect("a media type is a header's value"));
    Ok(response)
}
