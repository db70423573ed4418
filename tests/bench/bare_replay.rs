//! The floor below `checkride verify` in `scripts/bench`: the same requests that checkride sent, by the same HTTP client,
//! and nothing else: unread, unjudged, unrecorded.
//!
//! `bare_replay PORT FILE JOBS` sends the requests that `relay` has kept in a file, so many at a time.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, file, jobs] = &arguments[..] else { return ExitCode::from(2) };
    let (Ok(port), Ok(jobs)) = (port.parse::<u16>(), jobs.parse::<usize>()) else { return ExitCode::from(2) };
    let Ok(kept) = std::fs::read(file) else { return ExitCode::FAILURE };
    let Some(requests) = read(&kept, port) else { return ExitCode::FAILURE };
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let (begun, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(requests));
    let tasks: Vec<_> = (0..jobs)
        .map(|_| {
            let (client, begun, requests) = (client.clone(), Arc::clone(&begun), Arc::clone(&requests));
            tokio::spawn(async move {
                while let Some(request) = requests.get(begun.fetch_add(1, Ordering::Relaxed)) {
                    let response = client.request(request.clone()).await.ok()?;
                    response.into_body().collect().await.ok()?;
                }
                Some(())
            })
        })
        .collect();
    for task in tasks {
        if !matches!(task.await, Ok(Some(()))) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn read(mut kept: &[u8], port: u16) -> Option<Vec<Request<Full<Bytes>>>> {
    let mut requests = Vec::new();
    while !kept.is_empty() {
        let mut words = line(&mut kept)?.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let (headers, length): (usize, usize) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let mut request = Request::builder().method(method).uri(format!("http://127.0.0.1:{port}{path}"));
        for _ in 0..headers {
            let (name, value) = line(&mut kept)?.split_once(": ")?;
            request = request.header(name, value);
        }
        let (body, rest) = kept.split_at_checked(length)?;
        kept = rest;
        requests.push(request.body(Full::from(body.to_vec())).ok()?);
    }
    Some(requests)
}

fn line<'a>(kept: &mut &'a [u8]) -> Option<&'a str> {
    let end = kept.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = kept.split_at(end);
    *kept = &rest[1..];
    std::str::from_utf8(line).ok()
}
