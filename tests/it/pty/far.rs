//! A rollback over a bad line: 80 columns, 24 rows, 300 ms, 2 kB a second. All that is asked stands on the screen when it is
//! asked; nothing but text is sent, and little of it.

use std::fmt::Write as _;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use insta::assert_snapshot;

use crate::pty::support::{Desk, Project, steady};

const HEAD: &str = r#"
format = 1

[runbook]
title = "Deploy the messaging stack"
owner = "platform"
reviewed = 2026-11-21

"#;

/// What was deployed, and how it goes back. The one in the middle fails at first.
const STEPS: [(&str, &str, &str, &str); 8] = [
    ("stack", "Update the stack mte-prod through a reviewed change set", "Put the stack mte-prod back as it was", ""),
    ("concurrency", "Limit the concurrency of mte-api-prod", "The concurrency of before", ""),
    ("alias", "Point the alias live at the new version", "Point the alias live at the version of before", ""),
    ("network", "Put mte-api-prod into the private network", "Take mte-api-prod out of the private network", ""),
    ("recovery", "Point-in-time recovery of mte-sessions", "Recovery as it was", "test -e mended || exit 9\n"),
    ("replication", "Replicate the website to eu-west-1", "Replication as it was", ""),
    ("rotation", "Rotate the key of mte-sessions each year", "Rotation as it was", ""),
    ("letters", "Put aside what fails thrice", "The queue mte-jobs as it was", ""),
];

const PROFILE: &str = "[profile]\ntitle = \"The sandbox\"\ntier = \"sandbox\"\n";

const ANSWERS: &str = "format = 1\n\n[answer.\"phase.deploy\"]\nchoose = \"yes\"\nby = \"ana\"\nreason = \"a test\"\n";

fn deployed() -> Project {
    let mut text = HEAD.to_owned();
    for (id, title, back, how) in STEPS {
        let guide = if how.is_empty() {
            ""
        } else {
            "guide = \"Without it the way back is *a backup*: ask the owner of the table.\"\n"
        };
        write!(
            text,
            "[[deploy]]\nid = \"{id}\"\ntitle = \"{title}\"\nkind = \"command\"\neffect = \"write\"\n\
             shell = \"echo {id} >> log\"\n\n[[rollback]]\nid = \"{id}_back\"\ntitle = \"{back}\"\nkind = \"command\"\n\
             effect = \"write\"\n{guide}shell = '''\n{how}echo {id}_back >> log\n'''\nundoes = [\"{id}\"]\n\n"
        )
        .unwrap();
    }
    let project =
        Project::new(&[("runbooks/mte.toml", &text), ("profiles/sandbox.toml", PROFILE), ("answers.toml", ANSWERS)]);
    let mut command = cargo_bin_cmd!("checkride");
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(project.path());
    command.args(["run", "mte", "-p", "sandbox", "--answers", "answers.toml"]).assert().success();
    project
}

#[test]
fn the_whole_session_over_a_bad_line() {
    let _steady = steady();
    let project = deployed();
    let mut desk = Desk::unwatched(&project, &["rollback", "--last", "-p", "sandbox", "--incident", "INC-42"]);
    desk.far = Duration::from_millis(300);
    let mut desk = desk.watched();
    desk.prompts("Answer");
    assert_snapshot!(desk.screen(), @r"
    Deploy the messaging stack
    run RUN-mte · profile sandbox (sandbox) · plan
      sha256:DIGEST
    rollback for incident INC-42: session 2

    profile sandbox
    Roll back: incident INC-42
      8 steps changed the target, or may have:
        ran stack, concurrency, alias, network, recovery, replication, rotation,
          letters
      Will be done, in this order:
        1. The queue mte-jobs as it was  (undoes letters)
        2. Rotation as it was  (undoes rotation)
        3. Replication as it was  (undoes replication)
        4. Recovery as it was  (undoes recovery)
        5. Take mte-api-prod out of the private network  (undoes network)
        6. Point the alias live at the version of before  (undoes alias)
        7. The concurrency of before  (undoes concurrency)
        8. Put the stack mte-prod back as it was  (undoes stack)
      y  yes
      q  abort the run
    ? Answer (letter, number or word) ›
    ");
    desk.types("y\r");
    desk.sees("Recovery as it was: what now?");
    desk.prompts("Answer");
    let screen = desk.screen();
    let asked = &screen[screen.find("[recovery_back] begins").expect("its beginning stands there, too")..];
    assert_snapshot!(asked, @r"
    [recovery_back] begins: Recovery as it was
    [recovery_back] runs `sh: test -e mended || exit 9 …`
    [recovery_back] done: exit code 9
    ✗ failed #s  Recovery as it was (INC-42: #s)
      ended with exit code 9: `sh: test -e mended || exit 9 …` exited with 9
        --> runbooks/mte.toml:84:1

    rollback: step 4 of 8 (recovery_back)
    Recovery as it was: what now?
      Without it the way back is a backup: ask the owner of the table.
      t  retry
      s  skip it (with a reason)
      o  put a note on record
      q  abort the run
    ? Answer (letter, number or word) ›
    ");
    project.append("mended", "\n");
    desk.types("t\r");
    desk.sees("report.html");
    desk.ends_well(0);
    let sent = desk.sent();
    assert!(!sent.contains('\u{1b}'), "{sent:?}");
    let wide: Vec<&str> = sent.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    // What was told is told once, and all of it.
    for (id, _, back, _) in STEPS {
        let passed = sent.lines().filter(|line| line.starts_with("✓ passed") && line.contains(back)).count();
        assert_eq!(passed, 1, "{id}\n{sent}");
    }
    assert!(sent.contains("8 of 8 undo steps passed"), "{sent}");
    assert!(sent.len() < 6000, "{} bytes: they take {} s", sent.len(), sent.len() / 2000);
    let log = std::fs::read_to_string(project.path().join("log")).unwrap();
    let order: Vec<String> = STEPS.iter().rev().map(|(id, ..)| format!("{id}_back")).collect();
    assert_eq!(log.lines().skip(STEPS.len()).collect::<Vec<_>>(), order);
}
