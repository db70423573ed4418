//! The emulator that `scripts/test` starts. Each test is an account of its own, so tests do not meet.

use std::collections::BTreeMap;

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
