//! Runs that were killed, stopped or left alone, and how they go on.

use std::fs;

use insta::assert_snapshot;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::binary::Running;
use crate::support::project::{HOLD, Project, logged};
use crate::support::sandbox;

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];
const RESUME: &[&str] = &["resume", "--answers", "answers.toml"];

/// Three writes; the one in the middle holds until it is told to go on. `more` are further keys of that one.
fn three(more: &str) -> Project {
    let hold = format!("{HOLD}[ -e cancel ] || echo effect >> log\ntouch ended\n");
    let steps = [logged("one", "", ""), logged("two", &hold, more), logged("three", "", "")].concat();
    Project::new().local().runbook("r", &steps).answers("phase.deploy = yes")
}

/// Begins a run, and waits until the step in the middle is under way.
fn under_way(project: &Project) -> Running {
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running
}

/// Kills a run while its step in the middle is under way, and the shim that watches over it; the step's program goes on to
/// its end by itself, and nobody sees it.
fn killed(project: &Project) {
    under_way(project).kill();
    project.kill_shim("two-1");
    project.write("go", "");
    project.until_there_is("ended");
    project.until_ended("two-1");
}

/// How often something of a kind is in the journal.
fn count(project: &Project, kind: &str, test: impl Fn(&Value) -> bool) -> usize {
    project.events().iter().filter(|event| event["kind"] == kind && test(event)).count()
}

#[test]
fn killed_while_a_command_runs_then_settled_by_a_person() {
    let project = three("");
    killed(&project);
    assert_eq!(project.read("log"), "one\ntwo\neffect\n");
    assert_snapshot!(project.shown(&project.checkride(&["runs"])), @r"
    exit code 0
    stdout:
    [RUN r]  local         killed: it can be resumed
    ");

    // Nobody there: the effect is named, and neither repeated nor passed over.
    let stuck = project.checkride(&["resume"]).exits(8);
    assert_snapshot!(project.shown(&stuck), @r"
    exit code 8
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]
    resumed: session 2, 1 step ended before, in the deploy phase
    ? Do two: did it happen?
        checkride was ended while it was under way; the process that watched over it was killed, and its end was not seen; a command leaves nothing that could be asked
        command on sh: echo two >> log …

    ✗ stuck: an effect is unknown, and a person must settle it
      steps      1 passed, 2 not run · [TOOK]
      unsettled  Do two: `sh: echo two >> log …` may have happened
      not run    two, three
      waits for  `two.unknown`: Do two: did it happen?
      note       nobody is there to answer `two.unknown`
      report     .checkride/runs/[RUN r]/report.html
      resume     checkride resume [RUN r]
    ");
    assert_eq!(project.read("log"), "one\ntwo\neffect\n");
    assert_snapshot!(project.shown(&project.checkride(&["runs"])), @r"
    exit code 0
    stdout:
    [RUN r]  local         stuck at an unknown effect at `two.unknown`
    ");

    let project = project.answers("two.unknown = happened\nphase.deploy = yes");
    let done = project.checkride(RESUME).exits(0);
    assert_snapshot!(project.shown(&done), @r"
    exit code 0
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]
    resumed: session 3, 1 step ended before, in the deploy phase
    ? Do two: did it happen?
        checkride was ended while it was under way; the process that watched over it was killed, and its end was not seen; a command leaves nothing that could be asked
        command on sh: echo two >> log …
    [two.unknown] answered `happened` by ana, from the answers file answers.toml: a test
    ! deviation: an unknown effect `two` was settled by a person's word: a test
    [two] done: settled by ana: a test
    ! warned  [TOOK]  Do two
                      settled by ana: a test
    ✓ way back  undo_three undoes three: ready: 1 need met
    ? The deploy phase makes changes: go on?
        Do three
    [phase.deploy] answered `yes` by ana, from the answers file answers.toml: a test
    [three] begins: Do three
    [three] runs `sh: echo three >> log`
    [three] done: exit code 0
    ✓ passed  [TOOK]  Do three

    ✓ the run is over: passed
      steps      2 passed, 1 warned · [TOOK]
      warned     Do two: settled by ana: a test
      deviation  an unknown effect `two` was settled by a person's word: a test
      report     .checkride/runs/[RUN r]/report.html
    ");
    assert_eq!(project.read("log"), "one\ntwo\neffect\nthree\n", "each effect once");
    let report = project.report();
    let sessions = report.split("## Sessions and journal").nth(1).unwrap();
    let rows: Vec<&str> = sessions.lines().filter(|line| line.starts_with("| ") && !line.contains("---")).collect();
    assert_eq!(rows.len(), 4, "a head and three sessions:\n{sessions}");
    assert!(report.contains("was settled by a person's word: a test"), "{report}");
}

#[test]
fn what_did_not_happen_runs_again() {
    let project = three("");
    project.write("cancel", "");
    killed(&project);
    fs::remove_file(project.path("cancel")).unwrap();
    let project = project.answers("two.unknown = did-not-happen\nphase.deploy = yes");
    project.checkride(RESUME).exits(0).says("begins: Do two (attempt 2)");
    assert_eq!(project.read("log"), "one\ntwo\ntwo\neffect\nthree\n");
    assert_eq!(count(&project, "effect_settled", |event| event["result"] == "refused"), 1);
}

#[test]
fn an_unknown_effect_that_is_left_unknown_ends_the_run_stuck() {
    let project = three("");
    killed(&project);
    let project = project.answers("two.unknown = abort");
    project.checkride(RESUME).exits(8);
    project.checkride(&["resume"]).exits(2);
    assert_eq!(project.read("log"), "one\ntwo\neffect\n");
}

const PROBE: &str = "on_unknown = \"probe\"\n\
                     probe = { run = [\"cat\", \"log\"], done = \"out.stdout.contains('effect')\" }\n";

#[test]
fn a_probe_finds_what_happened() {
    let project = three(PROBE);
    killed(&project);
    project.checkride(RESUME).exits(0).says("found done by a probe");
    assert_eq!(project.read("log"), "one\ntwo\neffect\nthree\n");
}

#[test]
fn a_probe_finds_what_did_not_happen() {
    let project = three(PROBE);
    project.write("cancel", "");
    killed(&project);
    fs::remove_file(project.path("cancel")).unwrap();
    project.checkride(RESUME).exits(0).says("found not done by a probe").says("begins: Do two (attempt 2)");
    assert_eq!(project.read("log"), "one\ntwo\ntwo\neffect\nthree\n");
}

#[test]
fn a_probe_that_cannot_tell_is_a_question() {
    let project = three("on_unknown = \"probe\"\nprobe = { run = [\"no-such-program\"], done = \"true\" }\n");
    killed(&project);
    project.checkride(RESUME).exits(8).says("there is no program `no-such-program`");
    assert_eq!(project.read("log"), "one\ntwo\neffect\n");
}

#[test]
fn a_probe_that_fails_is_no_proof_that_nothing_happened() {
    let probe = "{ run = [\"grep\", \"effect\", \"no-such-log\"], done = \"out.stdout.contains('effect')\" }";
    let project = three(&format!("on_unknown = \"probe\"\nprobe = {probe}\n"));
    killed(&project);
    project.checkride(RESUME).exits(8).says("exited with 2");
    assert_eq!(project.read("log"), "one\ntwo\neffect\n", "it did not run again");
}

#[test]
fn a_probe_may_say_what_its_failure_means() {
    let probe = "{ run = [\"test\", \"-e\", \"ended\"], done = \"out.exit == 0\" }";
    let project = three(&format!("on_unknown = \"probe\"\nprobe = {probe}\n"));
    killed(&project);
    fs::remove_file(project.path("ended")).unwrap();
    project.checkride(RESUME).exits(0).says("found not done by a probe");
}

#[test]
fn a_step_that_may_run_again_does() {
    let project = three("on_unknown = \"run-again\"\n");
    killed(&project);
    project.checkride(RESUME).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\neffect\ntwo\neffect\nthree\n");
}

#[test]
fn left_at_a_question_then_answered() {
    let steps = format!(
        "[inputs]\nname = {{ text = true }}\n\n[[checklist]]\nid = \"ready\"\ntitle = \"Everybody is ready\"\n\
         kind = \"confirm\"\n\n{}\n[[verify]]\nid = \"logged\"\ntitle = \"It is in the log\"\nkind = \"command\"\n\
         effect = \"read\"\nrun = [\"grep\", \"${{input.name}}\", \"log\"]\n",
        logged("one", "echo \"$NAME\" >> log", "env = { NAME = \"${input.name}\" }\n")
    );
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes");
    let left = project.checkride(&[RUN, &["-i", "name=ana"]].concat()).exits(11);
    assert_snapshot!(project.shown(&left), @r"
    exit code 11
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]

    ── checklist · 1 step ──────────────────────────────────────────────────────────
    [ready] begins: Everybody is ready
    ? Everybody is ready

    ! a person is needed and none is here: the run can be resumed
      steps      3 not run · [TOOK]
      not run    ready, one, logged
      waits for  `ready`: Everybody is ready
      note       the answers file answers `phase.deploy`, which was not asked
      note       nobody is there to answer `ready`
      report     .checkride/runs/[RUN r]/report.html
      resume     checkride resume [RUN r]
    ");
    assert_eq!(project.read("log"), "", "nothing behind the question ran");
    let project = project.answers("ready = done");
    project.checkride(RESUME).exits(11).says("waits for  `phase.deploy`");
    assert_eq!(project.read("log"), "");
    let project = project.answers("phase.deploy = yes");
    project.checkride(RESUME).exits(0).says("resumed: session 3, 1 step ended before");
    assert_eq!(project.read("log"), "one\nana\n", "the input is that of the first session");
    project.checkride(RESUME).exits(2).says("there is no run to go on with");
    let name = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["resume", &name]).exits(2).says("is over");
}

/// A stack that waits for a signal.
fn slow() -> (String, Project) {
    let steps = "[[deploy]]\nid = \"stack\"\ntitle = \"Deploy the stack\"\nkind = \"stack\"\nstack = \"slow\"\n\
                 template = \"stack.yaml\"\n\n[[rollback]]\nid = \"back\"\ntitle = \"Put it back\"\nkind = \"confirm\"\n\
                 undoes = [\"stack\"]\n";
    let template = "Resources:\n  Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }\n  Wait:\n    \
                    Type: AWS::CloudFormation::WaitCondition\n    Properties: { Handle: !Ref Handle, Timeout: '60' }\n";
    let account = sandbox::account();
    let project = Project::sandboxed(&account).runbook("r", steps).file("stack.yaml", template);
    (account, project.answers("phase.deploy = yes\nstack.change_set = execute"))
}

const DEPLOY: &[&str] = &["run", "r", "-p", "sandbox", "--answers", "answers.toml"];

/// Kills a run while its stack waits.
fn killed_while_it_deploys(project: &Project) {
    let mut running = project.begin(DEPLOY);
    running.until_it_says("CREATE_IN_PROGRESS Wait ");
    running.kill();
}

fn executions(project: &Project) -> usize {
    count(project, "effect_intended", |event| event["call"] == "cloudformation:ExecuteChangeSet")
}

#[test]
fn killed_while_a_stack_is_made_then_it_is_followed() {
    let (account, project) = slow();
    killed_while_it_deploys(&project);
    let mut resumed = project.begin(RESUME);
    resumed.until_it_says("CREATE_IN_PROGRESS Wait ");
    sandbox::signal(&account, "slow", "Wait");
    resumed.end().exits(0);
    assert_eq!(executions(&project), 1);
    assert_eq!(project.watch().writes(), ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]);
}

#[test]
fn killed_while_a_stack_is_made_that_ends_with_nobody_watching() {
    let (account, project) = slow();
    killed_while_it_deploys(&project);
    sandbox::signal(&account, "slow", "Wait");
    project.checkride(RESUME).exits(0);
    assert_eq!(executions(&project), 1);
    let report = project.report();
    assert!(report.contains("found done by a probe"), "{report}");
}

#[test]
fn a_plan_that_changed_is_shown_and_not_carried_out() {
    let project = three("");
    killed(&project);
    let before = project.read("runbooks/r.toml");
    project.write("runbooks/r.toml", &before.replace("Do three", "Do something else"));
    let said = project.checkride(RESUME).exits(10);
    assert_snapshot!(project.shown(&said), @r#"
    exit code 10
    stderr:
    --- runbooks/r.toml
    +++ runbooks/r.toml
    @@ -44,7 +44,7 @@
     
     [[deploy]]
     id = "three"
    -title = "Do three"
    +title = "Do something else"
     kind = "command"
     effect = "write"
     shell = '''
    error: the plan is not the one that the run began with
    hint: resume it at a terminal to accept the change, or put the files back
    "#);
    assert_eq!(project.read("log"), "one\ntwo\neffect\n");
    project.write("runbooks/r.toml", &before);
    let project = project.answers("two.unknown = happened\nphase.deploy = yes");
    project.checkride(RESUME).exits(0);
}

#[test]
fn a_torn_tail_is_set_aside_and_named() {
    let project = three("on_unknown = \"run-again\"\n");
    killed(&project);
    let journal = project.only_run().join("journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, format!("{whole}{{\"seq\":99,\"session\":1,\"ti")).unwrap();
    let said = project.checkride(RESUME).exits(0);
    let seq = whole.lines().count();
    let what = format!("record {seq}, of which 25 bytes are left: now in journal.torn-{seq}");
    said.says("deviation: a crash tore the end of the journal, and it was set aside: record").says(&what);
    let aside = fs::read_to_string(project.only_run().join(format!("journal.torn-{seq}"))).unwrap();
    assert_eq!(aside, "{\"seq\":99,\"session\":1,\"ti");
    let after = fs::read_to_string(&journal).unwrap();
    assert!(after.starts_with(&whole), "what was whole is as it was");
    assert!(project.report().contains(&what), "{}", project.report());
    assert_eq!(
        count(&project, "deviation", |event| event["what"] == "torn_end" && event["reason"] == what.as_str()),
        1
    );
}

#[test]
fn a_damaged_journal_is_refused_by_every_command() {
    let project = three("");
    killed(&project);
    let journal = project.only_run().join("journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, whole.replacen("phase_started", "phase_startled", 1)).unwrap();
    let name = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    assert_snapshot!(project.shown(&project.checkride(&["resume", &name]).exits(9)), @r"
    exit code 9
    stderr:
    error: the journal [PROJECT]/.checkride/runs/[RUN r]/journal.jsonl is damaged: record 2 does not fit its digest
    hint: a damaged journal is not resumed: look at what the run had done, then begin a new one
    ");
    assert_snapshot!(project.shown(&project.checkride(&["report", &name]).exits(9)), @r"
    exit code 9
    stderr:
    error: the journal [PROJECT]/.checkride/runs/[RUN r]/journal.jsonl is damaged: record 2 does not fit its digest
    hint: a damaged journal gives no report: its evidence cannot be trusted
    ");
    assert_snapshot!(project.shown(&project.checkride(&["runs"]).exits(0)), @r"
    exit code 0
    stdout:
    [RUN r]                broken
    ");
    // It may be the one that is meant: it is not passed over without a word.
    project.checkride(&["resume"]).exits(9).says("record 2 does not fit its digest");
    fs::write(&journal, "").unwrap();
    project.checkride(&["resume", &name]).exits(9).says("the header is not whole");
    fs::remove_file(&journal).unwrap();
    project.checkride(&["resume", &name]).exits(9);
    assert_eq!(project.read("log"), "one\ntwo\neffect\n");
}

#[test]
fn interrupted_once_the_step_ends_and_no_other_starts() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let project = three("");
        let mut running = under_way(&project);
        running.signal(signal);
        running.until_it_says(&format!("interrupted ({signal})"));
        project.write("go", "");
        let said = running.end().exits(7).says("resume     checkride resume");
        said.never_says("begins: Do three");
        assert_eq!(project.read("log"), "one\ntwo\neffect\n");
        project.checkride(RESUME).exits(0);
        assert_eq!(project.read("log"), "one\ntwo\neffect\nthree\n");
    }
}

#[test]
fn interrupted_twice_the_step_is_stopped_and_its_effect_is_unknown() {
    let project = three("");
    let mut running = under_way(&project);
    running.signal(Signal::SIGINT);
    running.until_it_says("! interrupted (SIGINT)");
    running.signal(Signal::SIGINT);
    let said = running.end().exits(8);
    let end: Vec<&str> = said.stderr.lines().skip_while(|line| !line.starts_with("! interrupted")).collect();
    assert_snapshot!(project.steady(&end.join("\n")), @r"
    ! interrupted (SIGINT): no further step starts; what runs may end. Once more stops it
    ! interrupted again (SIGINT): the running step is being stopped; once more kills it
    ? [two] it may have happened; nobody knows: it was stopped on its way
    ✗ failed  [TOOK]  Do two
      stopped by the operator: `sh: echo two >> log …` was stopped by the operator
        --> runbooks/r.toml:24:1

    ✗ interrupted, and an effect is unknown: the run can be resumed
      steps      1 passed, 2 not run · [TOOK]
      unsettled  Do two: `sh: echo two >> log …` may have happened
      not run    two, three
      report     .checkride/runs/[RUN r]/report.html
      resume     checkride resume [RUN r]
    ");
    assert_eq!(project.read("log"), "one\ntwo\n");
    assert!(!project.path("ended").exists(), "it was stopped on its way");
    let project = project.answers("phase.deploy = yes");
    project.checkride(RESUME).exits(8).says("two.unknown");
    project.write("go", "");
    let project = project.answers("two.unknown = did-not-happen\nphase.deploy = yes");
    project.checkride(RESUME).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\ntwo\neffect\nthree\n");
}

#[test]
fn a_lost_terminal_suspends_the_run_at_the_next_question() {
    let hold = format!("{HOLD}echo effect >> log\n");
    let steps = format!(
        "{}[[deploy]]\nid = \"look\"\ntitle = \"Have a look\"\nkind = \"confirm\"\n\n{}",
        logged("one", &hold, ""),
        logged("two", "", "")
    );
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes\nlook = done");
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running.signal(Signal::SIGHUP);
    project.write("go", "");
    running.end().exits(7);
    assert_eq!(project.read("log"), "one\neffect\n");
    project.checkride(RESUME).exits(0);
    assert_eq!(project.read("log"), "one\neffect\ntwo\n");
}
