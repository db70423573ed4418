//! The emulator that `scripts/test` starts. Each test is an account of its own, so tests do not meet.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Deref;

use checkride::aws::{Aws, AwsReads, AwsSettings, Emulator};

use crate::support::watch::{Proxy, Watch};

/// The emulator's address.
///
/// # Panics
/// When there is none: a flow test that does not run must not pass.
pub(crate) fn endpoint() -> String {
    #[expect(clippy::disallowed_methods, reason = "the test runner gives the address by the environment")]
    std::env::var("CHECKRIDE_TEST_ENDPOINT").expect("CHECKRIDE_TEST_ENDPOINT names the emulator; run scripts/test")
}

/// The address of the emulator that restores databases. It has one account for all who do not say theirs by a header
/// ([`as_account`]): it does not look at access keys.
pub(crate) fn rds_endpoint() -> String {
    #[expect(clippy::disallowed_methods, reason = "the test runner gives the address by the environment")]
    std::env::var("CHECKRIDE_TEST_RDS_ENDPOINT").expect("CHECKRIDE_TEST_RDS_ENDPOINT names it; run scripts/test")
}

/// The header by which the emulator of databases tells accounts apart (moto, `moto/core/responses.py`).
pub(crate) fn as_account(account: &str) -> String {
    format!("x-moto-account-id: {account}\r\n")
}

/// An account that no other test has.
pub(crate) fn account() -> String {
    let random = getrandom::u64().expect("the system gives randomness");
    format!("{:012}", 100_000_000_000 + random % 900_000_000_000)
}

/// Settings of an account that no other test has.
pub(crate) fn settings() -> AwsSettings {
    settings_at(&account(), endpoint())
}

/// A door to an account whose databases are elsewhere, at an address of its own.
pub(crate) fn aws_with_databases(account: &str, databases: &str) -> Aws {
    let services = BTreeMap::from([("rds".to_owned(), databases.to_owned())]);
    let emulator = Some(Emulator { default: endpoint(), services });
    Aws::connect(&AwsSettings { emulator, ..settings_at(account, endpoint()) }).expect("they are on loopback")
}

fn settings_at(account: &str, endpoint: String) -> AwsSettings {
    AwsSettings {
        account: account.to_owned(),
        region: "us-east-1".into(),
        app_name: "checkride-test".into(),
        emulator: Some(Emulator { default: endpoint, services: BTreeMap::new() }),
        ..AwsSettings::default()
    }
}

/// A door to an account that no other test has.
pub(crate) fn aws() -> Sandboxed {
    aws_of(&account())
}

/// A door to an account at an address before the emulator.
pub(crate) fn aws_at(account: &str, endpoint: &str) -> Aws {
    Aws::connect(&settings_at(account, endpoint.to_owned())).expect("it is an address on loopback")
}

/// A door to an account.
pub(crate) fn aws_of(account: &str) -> Sandboxed {
    let door = |endpoint| Aws::connect(&settings_at(account, endpoint)).expect("it is an address on loopback");
    let proxy = Proxy::before(&endpoint(), &Watch::reads());
    Sandboxed { aws: door(endpoint()), reads: door(proxy.endpoint.clone()).reads(), _proxy: proxy }
}

/// A door to the emulator. Its reads go through a watch that lets nothing else pass.
#[derive(Debug)]
pub(crate) struct Sandboxed {
    aws: Aws,
    reads: AwsReads,
    _proxy: Proxy,
}

impl Sandboxed {
    /// The door of those who only read.
    pub(crate) fn reads(&self) -> AwsReads {
        self.reads.clone()
    }
}

impl Deref for Sandboxed {
    type Target = Aws;

    fn deref(&self) -> &Aws {
        &self.aws
    }
}

/// What a test reaches AWS by.
pub(crate) trait Door {
    /// The door of a write.
    fn writing(&self) -> Aws;

    /// The door of a read.
    fn reading(&self) -> AwsReads;
}

impl Door for Aws {
    fn writing(&self) -> Aws {
        self.clone()
    }

    fn reading(&self) -> AwsReads {
        self.reads()
    }
}

impl Door for Sandboxed {
    fn writing(&self) -> Aws {
        self.aws.clone()
    }

    fn reading(&self) -> AwsReads {
        self.reads()
    }
}

/// Gives the signal that a wait condition of a stack waits for. (Nothing in the house sends one: it is a resource's call.)
pub(crate) fn signal(account: &str, stack: &str, resource: &str) {
    let with = format!("StackName={stack}&LogicalResourceId={resource}&UniqueId=1&Status=SUCCESS");
    stacks_call(account, "SignalResource", &with);
}

/// Guards a stack against deletion, as somebody else does.
pub(crate) fn guard(account: &str, stack: &str) {
    stacks_call(account, "UpdateTerminationProtection", &format!("StackName={stack}&EnableTerminationProtection=true"));
}

/// Has a queue keep its messages for so many seconds, as somebody else does.
pub(crate) fn keep_messages(account: &str, queue: &str, seconds: u32) {
    let with = format!(
        "QueueUrl={}&Attribute.1.Name=MessageRetentionPeriod&Attribute.1.Value={seconds}",
        queue.replace(':', "%3A").replace('/', "%2F")
    );
    call(account, "sqs", "Action=SetQueueAttributes&Version=2012-11-05", &with);
}

fn stacks_call(account: &str, action: &str, with: &str) {
    call(account, "cloudformation", &format!("Action={action}&Version=2010-05-15"), with);
}

/// A call of somebody else, past all that watches.
fn call(account: &str, service: &str, action: &str, with: &str) {
    let body = format!("{action}&{with}");
    let endpoint = endpoint();
    let host = endpoint.strip_prefix("http://").expect("an emulator speaks HTTP");
    let mut stream = TcpStream::connect(host).expect("the emulator is up");
    // The emulator takes the account from the key, and does not check signatures.
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={account}/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the emulator listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the emulator answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
