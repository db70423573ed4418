//! Before the first change it is known whether there is a way back: a guard that only `--break-glass` passes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::project::{Project, logged};
use crate::support::sandbox;

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];

/// Two writes; the undo of the second is a program that is not there.
fn project() -> Project {
    let second = "[[deploy]]\nid = \"two\"\ntitle = \"Do two\"\nkind = \"command\"\neffect = \"write\"\n\
                  shell = \"echo two >> log\"\n\n[[rollback]]\nid = \"undo_two\"\ntitle = \"Undo two\"\nkind = \"command\"\n\
                  effect = \"write\"\nrun = [\"./undo-two\"]\nundoes = [\"two\"]\n";
    let steps = logged("one", "", "") + second;
    Project::new().local().runbook("r", &steps).answers("phase.deploy = yes")
}

/// The missing program is written.
fn mend(project: &Project) {
    project.write("undo-two", "#!/bin/sh\necho undo_two >> log\n");
    fs::set_permissions(project.path("undo-two"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_undo_that_lacks_something_stops_the_run_before_the_first_change() {
    let project = project();
    let said = project.checkride(RUN).exits(12);
    assert_eq!(project.read("log"), "");
    assert_snapshot!(project.shown(&said), @r"
    exit code 12
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]

    ── deploy · 2 steps ────────────────────────────────────────────────────────────
    ✗ way back  undo_two undoes two: not ready: 1 missing
      missing   the program `./undo-two`: it is not in the PATH of the command
          help  install it, or correct its name or its PATH
    ✓ way back  undo_one undoes one: ready: 1 need met
    ✗ refused by the readiness guard: the rollback is not ready: the program `./undo-two` is missing (`undo_two`)
      help: make it ready, then resume the run: it looks again. --break-glass REASON goes on without a way back

    ✗ refused: a guard does not let the run go on
      steps      2 not run · [TOOK]
      not run    one, two
      refused    by the readiness guard: the rollback is not ready: the program `./undo-two` is missing (`undo_two`)
      note       the answers file answers `phase.deploy`, which was not asked
      report     .checkride/runs/[RUN r]/report.html
      resume     checkride resume [RUN r]
    ");
    let name = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let report = |format: &str| project.checkride(&["report", &name, "--format", format]).exits(0).stdout;
    for format in ["md", "html", "json", "junit"] {
        let text = report(format);
        assert!(text.contains("undo-two") && text.contains("the rollback is not ready"), "{format}: {text}");
    }
    assert_snapshot!(project.steady(section(&report("md"), "## Rollback rehearsal")), @r"
    ## Rollback rehearsal

    What each undo step will need, looked for before anything was changed.

    | Undo | Of | Needs | State | Found | Remedy | Looked |
    | --- | --- | --- | --- | --- | --- | --- |
    | `undo_two` | `two` | the program \`./undo-two\` | missing | it is not in the PATH of the command | install it, or correct its name or its PATH | `[TIME]` |
    | `undo_one` | `one` | the program \`sh\` | there | /usr/bin/sh |  | `[TIME]` |
    ");
    let open = project.checkride(&["status"]).exits(0).stdout;
    assert!(open.contains("checkride resume"), "{open}");

    project.checkride(&["resume", "--answers", "answers.toml"]).exits(12);
    mend(&project);
    let said = project.checkride(&["resume", "--answers", "answers.toml"]).exits(0);
    said.says("undo_two undoes two: ready");
    assert_eq!(project.read("log"), "one\ntwo\n");
    project.checkride(&["evidence", "verify", &name]).exits(0);
}

/// A part of a page of Markdown, up to the next heading of its rank.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.find(heading).unwrap_or_else(|| panic!("no {heading}: {page}"));
    let rest = &page[from..];
    rest[heading.len()..].find("\n## ").map_or(rest, |end| &rest[..heading.len() + end])
}

#[test]
fn the_glass_is_broken_with_a_reason_and_to_be_reviewed() {
    let project = project();
    project.checkride(&[RUN, &["--break-glass", " "]].concat()).exits(2).says("the reason is empty");
    let said = project.checkride(&[RUN, &["--break-glass", "INC-42: it cannot wait"]].concat()).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\n");
    assert_snapshot!(project.shown(&said), @r"
    exit code 0
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]
    ! deviation: --break-glass: INC-42: it cannot wait; review due by [TIME]

    ── deploy · 2 steps ────────────────────────────────────────────────────────────
    ✗ way back  undo_two undoes two: not ready: 1 missing
      missing   the program `./undo-two`: it is not in the PATH of the command
          help  install it, or correct its name or its PATH
    ✓ way back  undo_one undoes one: ready: 1 need met
    ! deviation: --break-glass `two`: its undo `undo_two` is not ready: the program `./undo-two` is missing
    ? The deploy phase makes changes: go on?
        Do one
        Do two
        ! no way back from Do two: the program `./undo-two` is missing
    [phase.deploy] answered `yes` by ana, from the answers file answers.toml: a test
    [one] begins: Do one
    [one] runs `sh: echo one >> log`
    [one] done: exit code 0
    ✓ passed  [TOOK]  Do one
    [two] begins: Do two
    [two] runs `sh: echo two >> log`
    [two] done: exit code 0
    ✓ passed  [TOOK]  Do two

    ✓ the run is over: passed
      steps      2 passed · [TOOK]
      deviation  --break-glass: INC-42: it cannot wait; review due by [TIME]
      deviation  --break-glass `two`: its undo `undo_two` is not ready: the program `./undo-two` is missing
      report     .checkride/runs/[RUN r]/report.html
    ");
    let name = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let report = project.checkride(&["report", &name, "--format", "json"]).exits(0).json();
    let deviations = report["deviations"].as_array().unwrap();
    let whats: Vec<_> = deviations.iter().map(|it| (&it["what"], &it["step"])).collect();
    assert_eq!(whats, [(&json!("break_glass"), &json!(null)), (&json!("break_glass"), &json!("two"))]);
    let moment = |value: &serde_json::Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let due = moment(&deviations[0]["review_due"]) - moment(&deviations[0]["time"]);
    assert_eq!(due, chrono::TimeDelta::hours(48));
    assert!(report["rehearsals"].as_array().unwrap().iter().any(|it| it["undo"] == json!("undo_two")));
}

#[test]
fn the_glass_is_on_record_when_nothing_was_in_the_way() {
    let project = project();
    mend(&project);
    project.checkride(&[RUN, &["--break-glass", "to be sure"]].concat()).exits(0).says("--break-glass: to be sure");
}

#[test]
fn an_answers_file_does_not_break_the_glass() {
    let project = project().answers("phase.deploy = yes\nreadiness = yes\nbreak_glass = yes");
    let said = project.checkride(RUN).exits(12);
    said.says("answers `readiness`, which was not asked");
    assert_eq!(project.read("log"), "");
}

#[test]
fn a_run_of_checks_alone_rehearses_nothing() {
    let steps = "[[verify]]\nid = \"look\"\ntitle = \"Look\"\nkind = \"command\"\neffect = \"read\"\nrun = [\"true\"]\n\
                 expect = [\"out.exit == 0\"]\n";
    let whole = fs::read_to_string(project().path("runbooks/r.toml")).unwrap();
    let project = Project::new().local().file("runbooks/r.toml", &format!("{whole}\n{steps}"));
    project.checkride(&["run", "r", "-p", "local", "--phase", "verify"]).exits(0);
    assert!(project.events().iter().all(|event| event["kind"] != json!("rehearsed")));
}

#[test]
fn plan_marks_the_point_of_no_return_and_says_how_each_change_is_undone() {
    let write = |id: &str, more: &str| {
        format!(
            "[[deploy]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nkind = \"command\"\n{more}run = [\"touch\", \"{id}\"]\n\n"
        )
    };
    let steps = [
        logged("one", "", ""),
        write("two", ""),
        write("mail", "effect = \"irreversible\"\nway_forward = \"send a second letter\"\n"),
        write("last", "effect = \"irreversible\"\nway_forward = \"ask the customers\"\n"),
    ];
    let project = Project::new().local().runbook("r", &steps.concat()).answers("phase.deploy = yes");
    let said = project.checkride(&["plan", "r", "-p", "local"]).exits(0);
    assert_snapshot!(project.shown(&said), @r#"
    exit code 0
    stdout:
    A test
    plan sha256:[DIGEST]

    deploy
      one [write] Do one
          $ sh: echo one >> log
          undone by undo_one
      two [write] Do two
          $ touch two
          not undone: no rollback step undoes it
      ── point of no return ──
         the way forward: send a second letter
      mail [irreversible] Do mail
          $ touch mail
          no way back
      last [irreversible] Do last
          $ touch last
          no way back

    rollback (does not run unless it is asked for, or a failure leads there)
      undo_one [write] Undo one
          $ sh: echo undo_one >> log

    Nothing was written. A change set is itself a write: its diff is shown, and confirmed, in the run.
    stderr:
    warning[RB070]: nothing undoes step `two`
      --> runbooks/r.toml:25:6
       |
    25 | id = "two"
       |      ^^^^^ changes the target
       |
       = help: add a `[[rollback]]` step with `undoes = ["two"]`, or say `effect = "irreversible"`

    1 warning
    "#);
    let plan = project.checkride(&["plan", "r", "-p", "local", "--format", "json"]).exits(0).json();
    assert_eq!(plan["point_of_no_return"], json!("mail"));
    let step =
        |id: &str| plan["steps"].as_array().unwrap().iter().find(|step| step["id"] == json!(id)).unwrap().clone();
    assert_eq!((&step("one")["undone_by"], &step("two")["undone_by"]), (&json!(["undo_one"]), &json!([])));
    assert_eq!(step("mail")["way_forward"], json!("send a second letter"));
    let without = project.checkride(&["plan", "r", "-p", "local", "--skip", "mail=not today", "--format", "json"]);
    assert_eq!(without.exits(0).json()["point_of_no_return"], json!("last"));
    let left = project.checkride(&["plan", "r", "-p", "local", "--skip", "undo_one=late"]).exits(0);
    assert!(left.stdout.contains("not undone: undo_one is left out: --skip: late"), "{}", left.stdout);
    let run = project.checkride(RUN).exits(0);
    run.says("-- point of no return --").says("the way forward: send a second letter");
    project.checkride(&["show", "r"]).exits(0);
}

/// A stack whose parameter nobody can read back; the deployment gives it a value.
#[test]
fn a_value_that_nobody_can_read_back_is_asked_for_before_the_update() {
    let steps = "[inputs]\ntoken = { secret = { env = \"TOKEN\" } }\nold_token = { secret = { env = \"OLD_TOKEN\" } }\n\n\
                 [[deploy]]\nid = \"stack\"\ntitle = \"Deploy the stack\"\nkind = \"stack\"\nstack = \"mte\"\n\
                 template = \"stack.yaml\"\nparameters = { Token = \"${input.token}\" }\n\n[[rollback]]\nid = \"back\"\n\
                 title = \"Put the stack back\"\nkind = \"stack-restore\"\nundoes = [\"stack\"]\n";
    let template = |seconds: u32| {
        format!(
            "Parameters:\n  Token: {{ Type: String, NoEcho: true }}\nResources:\n  Queue: {{ Type: 'AWS::SQS::Queue', \
             Properties: {{ MessageRetentionPeriod: {seconds} }} }}\n"
        )
    };
    let project = Project::sandboxed(&sandbox::account()).runbook("r", steps).file("stack.yaml", &template(600));
    let project = project.answers("phase.deploy = yes\nstack.change_set = execute");
    let project = project.variable("TOKEN", "quite-a-secret-token").variable("OLD_TOKEN", "the-token-of-before");
    let run = ["run", "r", "-p", "sandbox", "--answers", "answers.toml"];
    project.checkride(&run).exits(0).says("back undoes stack: ready");
    project.write("stack.yaml", &template(900));
    let said = project.checkride(&run).exits(12);
    let said = said.says("the value that parameter Token of stack mte has now").says("help");
    assert!(!said.stderr.contains("quite-a-secret-token"), "{}", said.stderr);
    let given = format!("{steps}parameters = {{ Token = \"${{input.old_token}}\" }}\n");
    project.write("runbooks/r.toml", &(head(&project.read("runbooks/r.toml")) + &given));
    project.checkride(&run).exits(0).says("back undoes stack: ready");
}

/// A runbook's first lines, up to its inputs.
fn head(runbook: &str) -> String {
    runbook[..runbook.find("[inputs]").unwrap()].to_owned()
}
