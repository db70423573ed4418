//! The emulator that `scripts/test` starts. Each test is an account of its own, so tests do not meet.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use checkride::aws::{Aws, AwsSettings, Emulator};

/// The emulator's address.
///
/// # Panics
/// When there is none: a flow test that does not run must not pass.
pub(crate) fn endpoint() -> String {
    #[expect(clippy::disallowed_methods, reason = "the test runner gives the address by the environment")]
    std::env::var("CHECKRIDE_TEST_ENDPOINT").expect("CHECKRIDE_TEST_ENDPOINT names the emulator; run scripts/test")
}

/// An account that no other test has.
pub(crate) fn account() -> String {
    let random = getrandom::u64().expect("the system gives randomness");
    format!("{:012}", 100_000_000_000 + random % 900_000_000_000)
}

/// Settings of an account that no other test has.
pub(crate) fn settings() -> AwsSettings {
    AwsSettings {
        account: account(),
        region: "us-east-1".into(),
        app_name: "checkride-test".into(),
        emulator: Some(Emulator { default: endpoint(), services: BTreeMap::new() }),
        ..AwsSettings::default()
    }
}

/// A door to an account that no other test has.
pub(crate) fn aws() -> Aws {
    aws_of(&account())
}

/// A door to an account.
pub(crate) fn aws_of(account: &str) -> Aws {
    let settings = AwsSettings { account: account.to_owned(), ..settings() };
    Aws::connect(&settings).expect("the emulator's address is on loopback")
}

/// Gives the signal that a wait condition of a stack waits for. (Nothing in the house sends one: it is a resource's call.)
pub(crate) fn signal(account: &str, stack: &str, resource: &str) {
    let body = format!(
        "Action=SignalResource&Version=2010-05-15&StackName={stack}&LogicalResourceId={resource}&UniqueId=1&Status=SUCCESS"
    );
    let endpoint = endpoint();
    let host = endpoint.strip_prefix("http://").expect("an emulator speaks HTTP");
    let mut stream = TcpStream::connect(host).expect("the emulator is up");
    // The emulator takes the account from the key, and does not check signatures.
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={account}/20261121/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the emulator listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the emulator answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
