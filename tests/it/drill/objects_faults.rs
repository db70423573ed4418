//! Buckets that keep what others let go, and answers that do not say why. By replay.

use std::path::Path;

use checkride::aws::AwsErrorKind;
use checkride::event::FailureKind;
use checkride::step::drill::{CleanupTask, Made};
use serde_json::json;

use crate::support::attempt::Attempt;
use crate::support::replay::{Replay, Turn};

const RUN: &str = "20261122T081500Z-r-7f3a";

/// A bucket of a marker's that keeps it does not keep the others, and is named.
#[tokio::test]
async fn replay_a_marker_is_removed_wherever_it_can_be() {
    let key = format!("checkride-marker/{RUN}/mark/00001");
    let listed = format!(
        "<ListVersionsResult><Version><Key>{key}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>\
         <LastModified>1970-01-01T00:00:10.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size>\
         <StorageClass>STANDARD</StorageClass></Version></ListVersionsResult>"
    );
    let mut emptied = Vec::new();
    let replay = Replay::answering(move |sent| {
        let (method, uri) = sent.action.split_once(' ').unwrap();
        let (place, query) = uri.split_once('?').unwrap_or((uri, ""));
        let bucket = place.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        match method {
            "HEAD" => Turn::With(200, vec![("x-amz-bucket-region", "us-east-1".to_owned())], String::new()),
            "GET" if query.contains("uploads") => Turn::Answer(200, "<ListMultipartUploadsResult/>".to_owned()),
            "GET" if emptied.contains(&bucket) => Turn::Answer(200, "<ListVersionsResult/>".to_owned()),
            "GET" => Turn::Answer(200, listed.clone()),
            "POST" if bucket == "copy" => {
                Turn::Answer(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned())
            }
            "POST" => {
                emptied.push(bucket);
                Turn::Answer(200, "<DeleteResult/>".to_owned())
            }
            _ => panic!("{} is not expected", sent.action),
        }
    });
    let replicas = vec!["copy".to_owned(), "other".to_owned()];
    let made = vec![Made::Object { bucket: "arn:aws:s3:::orders".to_owned(), key: key.clone(), replicas }];
    let task = CleanupTask { made, tagged: Vec::new(), run: RUN.to_owned() };
    let (ended, _) = Attempt::new(&replay.aws(), Path::new("/nowhere")).run(&task, |_| None).await;
    let ran = ended.unwrap();
    let failure = ran.failure.unwrap();
    assert_eq!((&failure.kind, &ran.out["removed"]), (&FailureKind::Access, &json!([])));
    assert!(failure.message.contains(&format!("the marker {key} is not removed from copy: ")), "{failure:?}");
    let tried = replay.actions().into_iter().filter(|action| action.contains("?delete")).collect::<Vec<_>>();
    assert_eq!(tried.len(), 3, "{tried:?}");
}

/// S3 answers HEAD with an expired token by a 400 that has no body. Whoever asked is told to log in again.
#[tokio::test]
async fn replay_credentials_that_have_expired_are_told_behind_a_head() {
    let answering = |code: &'static str| {
        Replay::answering(move |sent| match sent.action.split_once(' ').unwrap().0 {
            "HEAD" => Turn::With(400, Vec::new(), String::new()),
            _ => Turn::Answer(400, format!("<Error><Code>{code}</Code><Message>no</Message></Error>")),
        })
    };
    let objects = answering("ExpiredToken").aws().reads().objects();
    let asked = [
        objects.region("orders").await.map(drop),
        objects.current("orders", "a").await.map(drop),
        objects.content("orders", "a", None).await.map(drop),
    ];
    for error in asked.map(Result::unwrap_err) {
        assert!(matches!(error.kind, AwsErrorKind::Expired { .. }), "{error:?}");
    }
    // Any other answer says nothing of the first question.
    let error = answering("InvalidRequest").aws().reads().objects().region("orders").await.unwrap_err();
    assert!(matches!(&error.kind, AwsErrorKind::Service { code, status: 400, .. } if code.is_empty()), "{error:?}");
    assert_eq!(error.operation, "HeadBucket");
}
