//! Errors, retries and the guard, by replayed answers.

use checkride::aws::{Aws, AwsErrorKind, GuardRefusal};

use crate::support::replay::{Replay, Turn, error, ok, settings};

fn caller(account: &str) -> Turn {
    ok(
        "GetCallerIdentity",
        &format!("<Arn>arn:aws:iam::{account}:user/ann</Arn><UserId>AIDA</UserId><Account>{account}</Account>"),
    )
}

#[tokio::test]
async fn the_guard_passes_the_right_account() {
    let replay = Replay::of(vec![caller("111122223333")]);
    let reply = replay.aws().reads().verify_identity("111122223333", "us-east-1").await.unwrap();
    assert_eq!(reply.value.arn, "arn:aws:iam::111122223333:user/ann");
    assert_eq!(reply.request_ids, ["req-1"]);
}

#[tokio::test]
async fn the_guard_refuses_each_case_in_its_own_words() {
    let cases = [
        (
            caller("999988887777"),
            "wrong account: the profile says 111122223333, the credentials are arn:aws:iam::999988887777:user/ann of 999988887777",
        ),
        (
            error(403, "ExpiredToken", "The security token included in the request is expired"),
            "sts GetCallerIdentity: the credentials have expired: The security token included in the request is expired [request req-1] (looked in the emulator's fake credentials)",
        ),
        (
            error(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
            "sts GetCallerIdentity: no usable credentials: InvalidClientTokenId: The security token included in the request is invalid. [request req-1] (looked in the emulator's fake credentials)",
        ),
        (
            error(403, "AccessDenied", "explicit deny"),
            "the caller's identity is not known: sts GetCallerIdentity: access denied (AccessDenied): explicit deny [request req-1]",
        ),
    ];
    for (turn, words) in cases {
        let replay = Replay::of(vec![turn]);
        let refusal = replay.aws().reads().verify_identity("111122223333", "us-east-1").await.unwrap_err();
        assert_eq!(refusal.to_string(), words);
        assert!(!refusal.remedy().is_empty());
    }
}

#[tokio::test]
async fn the_guard_calls_nothing_for_a_wrong_region() {
    let replay = Replay::of(vec![]);
    let reads = replay.aws().reads();
    assert!(matches!(reads.verify_identity("111122223333", "us-east").await, Err(GuardRefusal::RegionInvalid(_))));
    assert!(matches!(reads.verify_identity("111122223333", "eu-west-1").await, Err(GuardRefusal::WrongRegion { .. })));
    assert!(replay.actions().is_empty());
}

#[tokio::test]
async fn the_guard_says_when_nobody_answers() {
    let replay = Replay::answering(|_| Turn::Closed);
    let refusal = replay.aws().reads().verify_identity("111122223333", "us-east-1").await.unwrap_err();
    assert!(matches!(refusal, GuardRefusal::NotReachable(_)), "{refusal}");
    assert_eq!(replay.actions().len(), 8, "a read is tried eight times");
}

/// Not by replay: a real socket, on a port that nobody listens on.
#[tokio::test]
async fn a_closed_port_is_told_from_a_lost_reply() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut settings = settings();
    settings.emulator.as_mut().unwrap().default = format!("http://127.0.0.1:{port}");
    let aws = Aws::connect(&settings).unwrap();
    let error = aws.stacks().delete_change_set("arn").await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Connect, "{error}");
    assert!(error.is_definite());
}

/// Not by replay: a real socket that takes the request and hangs up.
#[tokio::test]
async fn a_connection_closed_after_the_request_is_a_lost_reply() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings();
    settings.emulator.as_mut().unwrap().default = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 256];
            let _ = tokio::io::AsyncReadExt::read(&mut socket, &mut bytes).await;
        }
    });
    let aws = Aws::connect(&settings).unwrap();
    let error = aws.stacks().delete_change_set("arn").await.unwrap_err();
    server.abort();
    assert_eq!(error.kind, AwsErrorKind::LostReply, "{error} {:?}", error.causes);
    assert!(error.could_have_happened());
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_no_credentials() {
    let mut settings = settings();
    settings.emulator = None;
    settings.profile = Some("checkride-test-no-such-profile".into());
    // Nothing may be sent: the player would panic.
    let aws = Aws::with_http(&settings, Replay::of(vec![])).unwrap();
    let refusal = aws.reads().verify_identity("111122223333", "us-east-1").await.unwrap_err();
    assert!(matches!(refusal, GuardRefusal::NoCredentials { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains("checkride-test-no-such-profile"), "{refusal}");
}

#[tokio::test]
async fn a_throttled_read_is_repeated() {
    let replay = Replay::of(vec![
        error(400, "Throttling", "Rate exceeded"),
        error(400, "Throttling", "Rate exceeded"),
        caller("111122223333"),
    ]);
    assert!(replay.aws().reads().caller().await.is_ok());
    assert_eq!(replay.actions().len(), 3);
}

#[tokio::test]
async fn access_denied_and_expired_are_not_repeated() {
    for (code, kind) in [("AccessDenied", "access denied"), ("ExpiredToken", "expired")] {
        let replay = Replay::of(vec![error(403, code, "no")]);
        let error = replay.aws().reads().stacks().describe("s").await.unwrap_err();
        assert!(error.to_string().contains(kind), "{error}");
        assert!(error.is_definite());
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert!(error.remedy().is_some());
    }
}

#[tokio::test]
async fn an_html_page_means_that_the_endpoint_does_not_support_the_call() {
    let page = Turn::Answer(500, "<!doctype html><title>500</title><h1>Internal Server Error</h1>".into());
    let replay = Replay::answering(move |_| page.clone());
    let error = replay.aws().reads().stacks().describe("s").await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Unsupported { status: 500 }, "{error}");
    assert!(error.could_have_happened());
}

#[tokio::test]
async fn a_change_is_repeated_with_the_same_token() {
    let replay = Replay::of(vec![Turn::Lost, error(400, "Throttling", "Rate exceeded"), ok("ExecuteChangeSet", "")]);
    let reply = replay.aws().stacks().execute_change_set("run-1-2", "arn:cs").await.unwrap();
    assert_eq!(reply.request_ids, ["req-3"]);
    for sent in replay.sent() {
        assert!(sent.body.contains("ClientRequestToken=run-1-2"), "{}", sent.body);
    }
}

#[tokio::test]
async fn a_refusal_after_a_lost_reply_is_not_definite() {
    let replay = Replay::of(vec![Turn::Lost, error(400, "InvalidChangeSetStatus", "EXECUTE_IN_PROGRESS")]);
    let lost = replay.aws().stacks().execute_change_set("run-1-2", "arn:cs").await.unwrap_err();
    assert_eq!(lost.code(), "InvalidChangeSetStatus");
    assert!(lost.could_have_happened(), "the first attempt may have been heard");

    let replay = Replay::of(vec![error(400, "InvalidChangeSetStatus", "OBSOLETE")]);
    let refused = replay.aws().stacks().execute_change_set("run-1-2", "arn:cs").await.unwrap_err();
    assert!(refused.is_definite());
}

#[tokio::test]
async fn a_lost_reply_stays_unknown() {
    let replay = Replay::answering(|_| Turn::Lost);
    let lost = replay.aws().stacks().execute_change_set("run-1-2", "arn:cs").await.unwrap_err();
    assert_eq!(lost.kind, AwsErrorKind::LostReply);
    assert!(lost.could_have_happened());
    assert_eq!(replay.actions().len(), 5);
}

#[tokio::test]
async fn a_token_that_the_service_would_refuse_is_not_sent() {
    let replay = Replay::of(vec![]);
    for token in ["", "-a", "a b", "a_b", &"x".repeat(119)] {
        let error = replay.aws().stacks().execute_change_set(token, "arn:cs").await.unwrap_err();
        assert_eq!(error.kind, AwsErrorKind::Request);
    }
}

#[test]
fn no_secret_is_in_debug_output() {
    let text = format!("{:?}", Replay::of(vec![]).aws());
    assert!(text.contains("111122223333") && !text.contains("Credentials"), "{text}");
}
