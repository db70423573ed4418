//! Each exit code, and which one counts when several hold: a target for each.

use std::fmt::Write;

use crate::support::fake::Fake;
use crate::support::project::Project;

/// What ends how the input says. The output of `told` is large enough to be a file of its own, and `known` says later that it
/// was a secret: evidence that holds one is broken.
const STEPS: &str = r#"
[inputs]
how = { choice = ["pass", "fail", "unknown", "person", "interrupt", "nothing", "decline", "leak"], default = "pass" }

[[verify]]
id = "look"
title = "Look"
kind = "command"
effect = "read"
env = { HOW = "${input.how}" }
when = "input.how != 'nothing'"
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
id = "refused"
title = "A person says no"
kind = "confirm"
when = "input.how == 'decline'"

[[verify]]
id = "told"
title = "Tell what nobody knows to be a secret yet"
kind = "command"
effect = "read"
when = "input.how == 'leak'"
shell = "yes 'filler of a large output' | head -n 1000; printf 'what-%s-the-bill\n' pays"

[[verify]]
id = "known"
needs = ["told"]
title = "Find out that it is one"
kind = "command"
effect = "read"
when = "input.how == 'leak'"
shell = "printf 'what-%s-the-bill' pays"
sensitive = ["token"]
outputs = { token = "out.stdout" }

[[verify]]
id = "later"
title = "Later"
kind = "command"
effect = "read"
run = ["true"]
when = "input.how != 'nothing'"
needs = ["look"]
"#;

/// The codes that a target can end with, the worst first. Of the others, 8 needs an effect or an undo, and a verification has
/// neither; 10 needs answers for another plan, 2 and 3 a command line or a file with faults: with these nothing begins, on no
/// target. 1 is what is left when the outcome cannot be told: here, when nobody takes it.
const OF_TARGETS: [(i32, &str); 9] = [
    (9, "leak"),
    (12, "pass"),
    (5, "nothing"),
    (4, "fail"),
    (13, "unknown"),
    (7, "interrupt"),
    (11, "person"),
    (6, "decline"),
    (0, "pass"),
];

/// A project whose targets end with the codes that they are called by: `t4` with 4.
fn project() -> (Project, Fake) {
    let (own, other) = ("000000000042", "000000000043");
    let fake = Fake::caller_of(own);
    let mut profile = format!(
        "[profile]\ntitle = \"Targets\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{own}\"\nregion = \"us-east-1\"\n\
         emulator = true\nendpoint_url = \"{}\"\n",
        fake.endpoint
    );
    for (code, how) in OF_TARGETS {
        let account = if code == 12 { other } else { own };
        write!(profile, "\n[[target]]\nname = \"t{code}\"\naccount = \"{account}\"\ninputs = {{ how = \"{how}\" }}\n")
            .unwrap();
    }
    (Project::new().runbook("r", STEPS).file("profiles/p.toml", &profile).answers("refused = no"), fake)
}

#[test]
fn each_code_of_a_target_is_reached_and_the_worse_of_two_counts() {
    let (project, _fake) = project();
    for (at, (worse, _)) in OF_TARGETS.into_iter().enumerate() {
        for (better, _) in &OF_TARGETS[at..] {
            let targets = format!("t{better},t{worse}");
            let said =
                project.checkride(&["verify", "r", "-p", "p", "--target", &targets, "--answers", "answers.toml"]);
            // An interruption is of the whole process: what a person does has not begun then, and who has passed stays so.
            assert_eq!(said.code, worse, "{worse} with {better}\n{}{}", said.stdout, said.stderr);
        }
    }
}

#[test]
fn an_outcome_that_nobody_takes_is_an_error_beside_what_was_found() {
    let (project, _fake) = project();
    for (code, _) in OF_TARGETS {
        let said = project.shell(&format!(
            "exec checkride verify r -p p --target t{code} --answers answers.toml --junit j.xml > /dev/full"
        ));
        assert_eq!(said.code, if code == 9 { 9 } else { 1 }, "1 with {code}\n{}", said.stderr);
        assert!(project.read("j.xml").contains(&format!("name=\"t{code}\"")), "{}", project.read("j.xml"));
    }
}

#[test]
fn answers_for_another_plan_are_refused_before_anything_begins() {
    let (project, fake) = project();
    let profile = project.read("profiles/p.toml").replace("tier = \"sandbox\"", "tier = \"production\"");
    project.write("profiles/prod.toml", &profile);
    let words = ["verify", "r", "-p", "prod", "--target", "t4,t12", "--answers", "answers.toml"];
    project.checkride(&words).exits(10).says("answers for a production profile name their plan");
    assert!(project.runs().is_empty() && fake.calls().is_empty());
    // A fault in a file comes first, and before it one of the command line.
    project.write("profiles/prod.toml", &format!("{profile}\nnothing = 1\n"));
    project.checkride(&words).exits(3);
    project.checkride(&[&words[..], &["--new-only"]].concat()).exits(2);
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
    let skip =
        ["look", "ask", "person", "refused", "told", "known", "later"].map(|step| format!("--skip={step}=not now"));
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
