//! A drill that is talked through, at 80 by 24: what people see, and what happens when they leave.

use insta::assert_snapshot;
use nix::sys::signal::Signal;

use crate::pty::support::{Desk, Project, steady};

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Drill: the handbook is lost"
owner = "docs"
reviewed = 2026-11-21

[phase.drill]
rto = "30m"
roles = ["librarian", "scribe"]

[[drill]]
id = "fetch"
title = "The copy is fetched from the vault"
kind = "command"
effect = "write"
guide = "The key is with the **porter**."
run = ["cp", "vault/handbook.txt", "handbook.txt"]

[[drill]]
id = "read"
title = "It can be read"
kind = "file"
path = "handbook.txt"

[[rollback]]
id = "tidy"
title = "The copy goes back"
kind = "command"
effect = "write"
run = ["rm", "handbook.txt"]
undoes = ["fetch"]
"#;

const PROFILE: &str = "[profile]\ntitle = \"The desk\"\ntier = \"development\"\n";

const WORDS: &[&str] = &["drill", "lost", "-p", "desk", "--tabletop"];

fn project() -> Project {
    Project::new(&[("runbooks/lost.toml", RUNBOOK), ("profiles/desk.toml", PROFILE)])
}

fn says(desk: &mut Desk, about: &str, key: char, missing: Option<&str>, takes: &str) {
    desk.chooses(about, key);
    if let Some(missing) = missing {
        desk.answers(if key == 'g' { "What is missing" } else { "Why not" }, missing);
    }
    desk.answers("How long would it take", takes);
    desk.answers("Who would do it", "librarian");
}

#[test]
fn from_the_first_step_to_the_summary() {
    let _steady = steady();
    let project = project();
    let mut desk = Desk::new(&project, WORDS);
    desk.menu("step 1 of 2 (fetch)");
    desk.sees_above("q  abort the run");
    assert_snapshot!(desk.screen(), @r"
    1 warning about the runbook or its profile: `checkride check` shows them
    Drill: the handbook is lost
    run RUN-lost · profile desk (development) · plan
      sha256:DIGEST
    tabletop: the steps are talked through, and nothing is called

    ── drill · 2 steps ─────────────────────────────────────────────────────────────

    drill: step 1 of 2 (fetch)
    The copy is fetched from the vault
      The key is with the porter.
      $ cp vault/handbook.txt handbook.txt
    ? Answer › letter or arrows, then Enter
      y  yes: it would work as it is written
      g  it would, but something is missing (say what)
      n  no: it would not work (say why)
      o  put a note on record
      q  abort the run
    ");
    desk.chooses("step 1 of 2 (fetch)", 'g');
    desk.answers("What is missing", "");
    desk.sees("it cannot be empty");
    desk.answers("What is missing", "the porter sleeps at night");
    desk.answers("How long would it take", "long");
    desk.sees("`long` is no length of time");
    desk.answers("How long would it take", "25m");
    desk.answers("Who would do it", "librarian");
    says(&mut desk, "step 2 of 2 (read)", 'y', None, "10m");
    desk.chooses("step 1 of 1 (tidy)", 'o');
    desk.answers("Note", "ask the porter");
    says(&mut desk, "ask the porter", 'y', None, "");
    desk.answers("Observation (empty: no more)", "Nobody knew where the vault is");
    desk.sees("What else?");
    desk.answers("Observation (empty: no more)", "");
    desk.answers("Recommendation (empty: no more)", "Draw a map");
    desk.answers("Who sees to it", "docs");
    desk.answers("By when", "tomorrow");
    desk.sees("`tomorrow` is no day");
    desk.answers("By when", "2199-12-01");
    desk.answers("Recommendation (empty: no more)", "");
    desk.ends_well(0);
    desk.sees("report.html");
    let screen = desk.screen();
    for words in [
        "talked through: nothing was done, and nothing is proved",
        "nothing was called; this proves nothing, and meets no objective",
        "3 of 3 steps: 2 would work, 1 with a gap, 0 would not",
        "The copy is fetched from the vault: the porter sleeps at night",
        "35m 00s for 2 of 2 steps, against an RTO of 30m 00s",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(!screen.contains("not run"), "{screen}");
    assert!(!project.path().join("handbook.txt").exists(), "nothing was fetched");
}

#[test]
fn who_leaves_comes_back_to_the_same_step() {
    let project = project();
    let mut desk = Desk::new(&project, WORDS);
    says(&mut desk, "step 1 of 2 (fetch)", 'y', None, "");
    desk.menu("step 2 of 2 (read)");
    desk.signals(Signal::SIGINT);
    desk.ends_well(7);
    let mut desk = Desk::new(&project, &["resume"]);
    says(&mut desk, "step 2 of 2 (read)", 'n', Some("it is in Latin"), "");
    says(&mut desk, "step 1 of 1 (tidy)", 'y', None, "");
    desk.answers("Observation (empty: no more)", "");
    desk.answers("Recommendation (empty: no more)", "");
    desk.ends_well(4);
    let walked = project.journal().matches("\"step_walked\"").count();
    assert_eq!(walked, 3, "each step once");
}
