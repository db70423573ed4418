//! What the environment may and may not do to the door. Each test runs its other half as a child, for a process has only
//! one environment.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use checkride::aws::{Aws, AwsErrorKind, AwsSettings, GuardRefusal};

use crate::support::replay::Replay;
use crate::support::sandbox;

/// Runs a test of this binary that is otherwise ignored, with these variables and no others of AWS or a proxy.
pub(crate) fn child(test: &str, variables: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    let me = std::env::current_exe().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the child is this test binary, not a step's program")]
    let mut command = std::process::Command::new(me);
    command.args(["--exact", test, "--include-ignored", "--nocapture"]).env_clear().env("HOME", home.path());
    let keep = sandbox::endpoint();
    let ended = command.env("CHECKRIDE_TEST_ENDPOINT", keep).envs(variables.iter().copied()).output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
}

fn real() -> AwsSettings {
    AwsSettings { emulator: None, ..sandbox::settings() }
}

#[test]
fn an_emulator_is_reached_whatever_the_environment_says() {
    let hostile = [
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("http_proxy", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9"),
        ("AWS_PROFILE", "no-such-profile"),
        ("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL"),
        ("AWS_SECRET_ACCESS_KEY", "real"),
        ("AWS_SESSION_TOKEN", "real"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_CONFIG_FILE", "/no/such/file"),
    ];
    child("aws::environment::child_reaches_the_emulator_as_its_account", &hostile);
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_reaches_the_emulator_as_its_account() {
    let aws = sandbox::aws();
    let settings = aws.settings().clone();
    let caller = aws.reads().verify_identity(&settings.account, &settings.region).await.unwrap();
    assert_eq!(caller.value.account, settings.account);
}

#[test]
fn a_redirection_that_the_profile_does_not_know_is_refused() {
    child("aws::environment::child_is_redirected", &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]);
    child("aws::environment::child_is_redirected", &[("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:9")]);
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_is_redirected() {
    // Nothing may be sent: the player has no answer.
    let replay = Replay::of(vec![]);
    let aws = Aws::with_http(&real(), replay.clone()).unwrap();
    let refusal = aws.reads().verify_identity(&real().account, "us-east-1").await.unwrap_err();
    let GuardRefusal::Endpoint(error) = refusal else { panic!("{refusal:?}") };
    assert_eq!(error.kind, AwsErrorKind::EndpointOverridden { endpoint: "http://127.0.0.1:9".into() });
    assert!(replay.actions().is_empty());
}

#[test]
fn no_credentials_are_said_to_be_none() {
    child("aws::environment::child_has_no_credentials", &[("AWS_EC2_METADATA_DISABLED", "true")]);
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_has_no_credentials() {
    let replay = Replay::of(vec![]);
    let aws = Aws::with_http(&real(), replay.clone()).unwrap();
    let refusal = aws.reads().verify_identity(&real().account, "us-east-1").await.unwrap_err();
    assert!(matches!(refusal, GuardRefusal::NoCredentials { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains("the default chain"), "{refusal}");
    assert!(replay.actions().is_empty());
}

#[test]
fn a_named_profile_beats_keys_in_the_environment() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAOTHERACCOUNT0000"), ("AWS_SECRET_ACCESS_KEY", "other")];
    child("aws::environment::child_names_a_profile_that_is_not_there", &keys);
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_names_a_profile_that_is_not_there() {
    let settings = AwsSettings { profile: Some("prod".into()), ..real() };
    let replay = Replay::of(vec![]);
    let aws = Aws::with_http(&settings, replay.clone()).unwrap();
    let refusal = aws.reads().verify_identity(&settings.account, "us-east-1").await.unwrap_err();
    assert!(refusal.to_string().contains("profile `prod` of the AWS config files"), "{refusal}");
    assert!(replay.actions().is_empty(), "the keys in the environment are not the profile's");
}
