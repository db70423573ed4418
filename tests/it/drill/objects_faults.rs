//! Answers of S3 that do not say why. By replay.

use checkride::aws::AwsErrorKind;

use crate::support::replay::{Replay, Turn};

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
