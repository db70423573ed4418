//! A verification reads, whatever is verified and however it is shown: behind the watch, which stops all else on its way to AWS.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::Value;

use super::deployed::{deployed, unwatched, watched};
use crate::shipped::names;
use crate::support::project::Project;
use crate::support::sandbox;

/// Every format at once: one to stdout, the others to files.
const ALL: &str = "-p sandbox --format github --junit v.xml -o json=v.json -o sarif=v.sarif -o markdown=v.md -o human=v.txt \
                   --events v.jsonl";

/// Verifies a runbook in all formats. Gives its exit code and how many checks there were.
#[track_caller]
fn verified(project: &Project, runbook: &str, more: &[&str]) -> (i32, u64) {
    let words: Vec<&str> = ["verify", runbook].into_iter().chain(ALL.split(' ')).chain(more.iter().copied()).collect();
    // What was stopped is asked for by the test.
    let said = project.begin(&words).end();
    if said.code == 2 {
        let nothing = ["there is nothing to verify", "nothing is left to do"];
        assert!(nothing.iter().any(|it| said.stderr.contains(it)), "{}", said.stderr);
        return (2, 0);
    }
    let json: Value = serde_json::from_str(&project.read("v.json")).unwrap_or_else(|_| panic!("{}", said.stderr));
    (said.code, json["counts"]["total"].as_u64().unwrap())
}

/// Without the programs that a runbook starts, all that is sent is checkride's own.
#[test]
fn each_shipped_runbook_is_verified_by_reads_where_nothing_is() {
    let project = watched(unwatched(&sandbox::account()));
    let mut table = String::new();
    for name in names("runbooks") {
        let waits = name == "rollback-network";
        let left_out = ["--no-commands", "--skip", "ready=what it waits for will not come"];
        let (code, checks) = verified(&project, &name, &left_out[..if waits { 3 } else { 1 }]);
        writeln!(table, "{name}: exit code {code}, {checks} checks").unwrap();
    }
    assert_snapshot!(table, @r"
    alarms: exit code 4, 21 checks
    deploy-cdk-prod: exit code 4, 4 checks
    deploy-prod: exit code 4, 59 checks
    diagnose-access: exit code 4, 5 checks
    diagnose-aurora: exit code 4, 11 checks
    diagnose-kms: exit code 4, 12 checks
    diagnose-lambda-timeout: exit code 4, 13 checks
    diagnose-logs-costs: exit code 4, 4 checks
    diagnose-network: exit code 4, 6 checks
    diagnose-replication: exit code 4, 12 checks
    diagnose-s3-costs: exit code 4, 10 checks
    diagnose-waf: exit code 4, 7 checks
    drill-aurora: exit code 2, 0 checks
    drill-aurora-failover: exit code 2, 0 checks
    drill-aurora-snapshot: exit code 2, 0 checks
    drill-dynamodb: exit code 2, 0 checks
    drill-dynamodb-backup: exit code 2, 0 checks
    drill-region: exit code 2, 0 checks
    drill-s3-replica: exit code 2, 0 checks
    drill-s3-versions: exit code 2, 0 checks
    drill-secret: exit code 2, 0 checks
    drill-stack: exit code 2, 0 checks
    follow-up: exit code 4, 14 checks
    hello: exit code 2, 0 checks
    rollback-network: exit code 11, 2 checks
    rollback-s3: exit code 4, 1 checks
    verify-readiness: exit code 4, 57 checks
    verify-security: exit code 4, 58 checks
    ");
    // What is read off the run's files later is what the verification knew of its steps.
    let sarif = |text: &str| {
        let log: Value = serde_json::from_str(text).unwrap();
        [log["runs"][0]["results"].clone(), log["runs"][0]["tool"]["driver"]["rules"].clone()]
    };
    let then = sarif(&project.read("v.sarif"));
    let run = project.last_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    assert_eq!(sarif(&project.checkride(&["report", run, "--format", "sarif"]).exits(0).stdout), then);
    assert_eq!(then[0].as_array().unwrap().len(), 44);

    assert!(project.watch().passed().len() > 100, "{:?}", project.watch().passed());
    assert_eq!((project.watch().violations(), project.watch().writes()), (vec![], vec![]));
}

/// What a program sends, by which a step looks, is the word of the runbook's author. Among all that are shipped there is one
/// whose look is none to AWS: it calls the function that was deployed.
#[test]
fn what_is_deployed_is_verified_by_reads() {
    let project = deployed(&sandbox::account());
    let before = project.watch().passed().len();
    for (name, more, seen) in [
        ("verify-security", &[][..], vec![]),
        ("deploy-prod", &["--no-commands"], vec![]),
        ("deploy-prod", &[], vec!["no read: lambda:Invoke".to_owned()]),
    ] {
        let (code, checks) = verified(&project, name, more);
        assert!(checks > 5, "{name}: {code}, {checks}");
        let mut stopped = project.watch().violations();
        // The AWS CLI and the step try again.
        stopped.dedup();
        assert_eq!(stopped, seen, "{name} {more:?}");
    }
    assert!(project.watch().passed().len() > before + 50, "{:?}", project.watch().passed());
    assert_eq!(project.watch().writes(), Vec::<String>::new());
}
