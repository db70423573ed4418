//! Each exit code, and which one counts when several hold: a target for each.

use std::fmt::Write;

use crate::support::fake::Fake;
use crate::support::project::Project;

/// What ends how the input says. `person` and `interrupted` look when they are asked to.
const STEPS: &str = r#"
[inputs]
how = { choice = ["pass", "fail", "unknown", "person", "interrupt"], default = "pass" }

[[verify]]
id = "look"
title = "Look"
kind = "command"
effect = "read"
env = { HOW = "${input.how}" }
shell = 'case "$HOW" in fail) exit 1;; interrupt) sleep 0.5; kill -INT $PPID; sleep 0.2;; esac'

[[verify]]
id = "ask"
title = "Ask somewhere"
kind = "http"
url = "http://127.0.0.1:9/"
when = "input.how == 'unknown'"
timeout = "2s"

[[verify]]
id = "person"
title = "A person looks"
kind = "confirm"
when = "input.how == 'person'"

[[verify]]
id = "later"
title = "Later"
kind = "command"
effect = "read"
run = ["true"]
needs = ["look"]
"#;

/// A project whose targets end with the codes that they are called by.
fn project() -> (Project, Fake) {
    let (own, other) = ("000000000042", "000000000043");
    let fake = Fake::caller_of(own);
    let mut profile = format!(
        "[profile]\ntitle = \"Targets\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{own}\"\nregion = \"us-east-1\"\n\
         emulator = true\nendpoint_url = \"{}\"\n",
        fake.endpoint
    );
    let of = [("t0", "pass"), ("t4", "fail"), ("t7", "interrupt"), ("t11", "person"), ("t13", "unknown")];
    for (name, how) in of {
        write!(profile, "\n[[target]]\nname = \"{name}\"\ninputs = {{ how = \"{how}\" }}\n").unwrap();
    }
    write!(profile, "\n[[target]]\nname = \"t12\"\naccount = \"{other}\"\n").unwrap();
    (Project::new().runbook("r", STEPS).file("profiles/p.toml", &profile), fake)
}

#[test]
fn each_code_is_reached_and_the_worst_of_two_counts() {
    let (project, _fake) = project();
    let order = [12, 4, 13, 7, 11, 0];
    for (at, first) in order.iter().enumerate() {
        for second in &order[at..] {
            let (first_target, second_target) = (format!("t{first}"), format!("t{second}"));
            // Given in the other order, too: the profile's counts.
            let said =
                project.checkride(&["verify", "r", "-p", "p", "--target", &second_target, "--target", &first_target]);
            let what = format!("{first} with {second}\n{}{}", said.stdout, said.stderr);
            // An interruption is of the whole process: a person is not asked any more, and a target that passed stays so.
            assert_eq!(said.code, *first, "{what}");
        }
    }
}

#[test]
fn a_target_that_is_refused_does_not_stop_the_others() {
    let (project, _fake) = project();
    let said = project.checkride(&["verify", "r", "-p", "p", "--target", "t0,t12"]).exits(12);
    assert!(said.stdout.contains("  passed          [later] Later"), "{}", said.stdout);
    assert!(said.stdout.contains("refused by the account guard"), "{}", said.stdout);
    assert_eq!(project.runs().len(), 1, "nothing began where nobody may call");
}

#[test]
fn what_cannot_be_verified_is_no_success() {
    let deploy = "[[deploy]]\nid = \"a\"\ntitle = \"A\"\nkind = \"command\"\neffect = \"write\"\nrun = [\"true\"]\n";
    let project = Project::new().local().runbook("none", deploy).runbook("r", STEPS);
    project.checkride(&["verify", "none", "-p", "local"]).exits(2).says("there is nothing to verify");
    let skip = ["look", "ask", "person", "later"].map(|step| format!("--skip={step}=not now"));
    let words: Vec<&str> = ["verify", "r", "-p", "local"].into_iter().chain(skip.iter().map(String::as_str)).collect();
    project.checkride(&words).exits(2).says("no step of the runbook is selected");
    project.checkride(&["verify", "r", "-p", "local", "--only", "ask"]).exits(5);
    project.checkride(&["verify", "r", "-p", "local", "--target", "eu"]).exits(2).says("has no target `eu`");
    project.write("runbooks/r.toml", "format = 1\n");
    project.checkride(&["verify", "r", "-p", "local"]).exits(3);
}

#[test]
fn a_write_among_the_verifications_is_refused_with_its_line() {
    let step = "[[verify]]\nid = \"a\"\ntitle = \"A\"\nkind = \"aws\"\ncall = \"s3:DeleteBucket\"\nwith = { Bucket = \"b\" }\n";
    let project = Project::new().local().runbook("r", step);
    let said = project.checkride(&["verify", "r", "-p", "local"]).exits(3).says("RB039");
    assert!(said.stderr.contains("runbooks/r.toml:"), "{}", said.stderr);
    assert!(project.runs().is_empty());
}
