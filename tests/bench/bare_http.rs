//! The peer of 1,000 calls in `scripts/bench`: the same requests by the same HTTP client, unsigned, unread, unrecorded.
//!
//! `bare_http PORT COUNT JOBS` sends so many requests over so many connections, one after the other on each.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

const BODY: &str = r#"{"TableName":"sessions"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let [port, count, jobs] = numbers[..] else { return ExitCode::from(2) };
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let begun = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..jobs)
        .map(|_| {
            let (client, begun) = (client.clone(), Arc::clone(&begun));
            tokio::spawn(async move {
                while begun.fetch_add(1, Ordering::Relaxed) < count {
                    let request = Request::post(format!("http://127.0.0.1:{port}/"))
                        .header("content-type", "application/x-amz-json-1.0")
                        .header("x-amz-target", "DynamoDB_20120810.DescribeTable")
                        .body(Full::from(BODY))
                        .ok()?;
                    let response = client.request(request).await.ok()?;
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
