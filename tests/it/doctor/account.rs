//! Credentials, and who they are.

use checkride::world::clock::{Clock, rfc3339};
use chrono::TimeDelta;

use crate::doctor::cloud::{ACCOUNT, Cloud, KEY, SECRET, STEPS, Sky, profile};

#[test]
fn another_account() {
    let caller = "arn:aws:iam::999900001111:user/ana".to_owned();
    let looks = Sky::over(Cloud { caller, ..Cloud::default() }, STEPS).looks(4);
    looks.are(&["identity"], &["permissions"]).says("identity", "wrong account: the profile says 123456789012");
    looks.says("identity", "use a profile whose credentials belong to the account");
}

#[test]
fn no_credentials() {
    let sky = Sky::over(Cloud::default(), STEPS);
    let sky = sky.with(|it| it.without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY"));
    let looks = sky.looks(4);
    looks.are(&["credentials"], &["identity", "permissions"]).says("credentials", "aws sso login");
    assert!(sky.calls().iter().all(|call| call.ends_with("GET /")), "{:?}", sky.calls());
}

#[test]
fn credentials_that_sts_calls_expired() {
    let cloud = Cloud { sts_error: Some(("ExpiredToken", "The security token is expired")), ..Cloud::default() };
    let looks = Sky::over(cloud, STEPS).looks(4);
    looks.are(&["credentials"], &["identity", "permissions"]).says("credentials", "the credentials have expired");
}

#[test]
fn credentials_that_aws_does_not_know() {
    let cloud =
        Cloud { sts_error: Some(("InvalidClientTokenId", "The security token is invalid")), ..Cloud::default() };
    let looks = Sky::over(cloud, STEPS).looks(4);
    looks.are(&["credentials"], &["identity", "permissions"]).says("credentials", "InvalidClientTokenId");
}

#[test]
fn sts_that_does_not_say_leaves_the_caller_unknown() {
    let cloud = Cloud { sts_error: Some(("AccessDenied", "explicit deny in a policy")), ..Cloud::default() };
    Sky::over(cloud, STEPS).looks(13).are(&[], &["identity", "permissions"]).says("identity", "AccessDenied");
}

/// A project whose profile gets its credentials from a process, which says that they end in so many minutes.
fn from_a_process(minutes: i64) -> Sky {
    let end = rfc3339(Clock::System.now() + TimeDelta::minutes(minutes));
    let answer = format!(
        "{{\"Version\":1,\"AccessKeyId\":\"{KEY}\",\"SecretAccessKey\":\"{SECRET}\",\"SessionToken\":\"a token of a session\",\
         \"Expiration\":\"{end}\"}}"
    );
    Sky::over(Cloud::default(), &format!("{}{STEPS}", "")).with(|it| {
        let runbook = it.read("runbooks/r.toml").replace("owner =", "budget = \"45m\"\nowner =");
        it.write("runbooks/r.toml", &runbook);
        it.write_home("answer.json", &answer);
        let config = format!("[profile mte]\ncredential_process = cat {}\n", it.home().join("answer.json").display());
        it.write_home(".aws/config", &config);
        it.file("profiles/dev.toml", &profile("profile = \"mte\"\n"))
    })
}

#[test]
fn credentials_that_end_before_the_budget() {
    let sky = from_a_process(20);
    let looks = sky.looks(0);
    looks
        .are(&[], &[])
        .warn(&["credentials"])
        .says("credentials", "r may take 45m 00s")
        .says("credentials", "before the run");
    looks.says("credentials", "by a process").says("credentials", "key …MPLE");
    let all = looks.0.to_string();
    assert!(!all.contains(KEY) && !all.contains(SECRET) && !all.contains("a token of"), "{all}");
    from_a_process(120).looks(0).are(&[], &[]).warn(&[]);
}

#[test]
fn credentials_that_have_ended() {
    let looks = from_a_process(-5).looks(4);
    looks.are(&["credentials"], &["identity", "permissions"]);
}

#[test]
fn the_root_user() {
    let caller = format!("arn:aws:iam::{ACCOUNT}:root");
    let looks = Sky::over(Cloud { caller, ..Cloud::default() }, STEPS).looks(13);
    looks.are(&[], &["permissions"]).warn(&["identity"]).says("identity", "the root user of the account");
}
