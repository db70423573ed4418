//! The same calls by the AWS CLI and by `checkride call`: the same JSON, the same errors.

use std::process::Command;

use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};

/// `scripts/differential` makes some resources, makes every read that the guides use, and says what differs. Its long forms
/// make some hundred calls more.
#[test]
fn the_reads_of_the_guides_give_what_the_aws_cli_gives() {
    let watch = Watch::reads();
    let proxy = Proxy::before(&sandbox::endpoint(), &watch);
    #[expect(clippy::disallowed_methods, reason = "the script runs the AWS CLI, which checkride never does")]
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/differential"));
    script.args(["--guides", "--checkride", env!("CARGO_BIN_EXE_checkride")]);
    let said = script.args(["--checkride-endpoint", &proxy.endpoint]).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{stdout}\n{stderr}");
    // Nothing compared would be no difference, too.
    let count = |what: &str| {
        let line = stdout.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no `{what}`: {stdout}"));
        line.split_whitespace().find_map(|word| word.parse::<u32>().ok()).unwrap()
    };
    assert!(count("the same JSON") >= 60 && count("the same error") >= 5, "{stdout}");
    assert!(watch.passed().len() >= 65, "{:?}", watch.passed());
}
