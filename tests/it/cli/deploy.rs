//! Deployments as they go wrong, and as they go right: change sets, root causes, rollback, secrets in parameters.

use insta::assert_snapshot;

use crate::support::binary::Said;
use crate::support::project::{Project, logged};
use crate::support::sandbox;

/// A stack, changed through a change set that the answers file knows.
const STACK: &str = r#"
[[deploy]]
id = "stack"
title = "Deploy the stack"
kind = "stack"
stack = "mte"
template = "stack.yaml"

[[rollback]]
id = "back"
title = "Put the previous stack back"
kind = "confirm"
undoes = ["stack"]
"#;

const EXECUTE: &str = "phase.deploy = yes\nstack.change_set = execute";

const RUN: &[&str] = &["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"];

/// A table; another name makes another table.
fn table(name: &str) -> String {
    format!(
        "Resources:\n  Sessions:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: {name}\n      \
         BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]\n      \
         KeySchema: [{{ AttributeName: id, KeyType: HASH }}]\n"
    )
}

async fn status(account: &str, stack: &str) -> Option<String> {
    let found = sandbox::aws_of(account).reads().stacks().describe(stack).await.unwrap();
    found.value.map(|stack| stack.status)
}

/// What was said about the step that failed.
fn failure(said: &Said) -> String {
    let lines = said.stderr.lines().skip_while(|line| !line.starts_with("✗ failed"));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_failing_deployment_shows_its_root_cause_first() {
    let account = sandbox::account();
    let template = "Resources:\n  Queue: { Type: 'AWS::SQS::Queue' }\n  \
                    Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }\n  Wait:\n    \
                    Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Queue\n    \
                    Properties: { Handle: !Ref Handle, Timeout: '3', Count: 1 }\n";
    let project = Project::sandboxed(&account).runbook("deploy", STACK).file("stack.yaml", template).answers(EXECUTE);
    let said = project.checkride(RUN).exits(5);
    assert_snapshot!(project.steady(&failure(&said)), @r"
    ✗ failed  [TOOK]  Deploy the stack
      cloudformation answered ROLLBACK_COMPLETE: Wait (AWS::CloudFormation::WaitCondition) CREATE_FAILED: WaitCondition timed out. Received 0 conditions when expecting 1
        --> runbooks/deploy.toml:8:1
        caused by: stack mte is in ROLLBACK_COMPLETE
        help: a stack whose creation failed cannot be updated: look at its events, then delete it (`aws cloudformation delete-stack --stack-name mte`) and retry
    ");
    assert_eq!(status(&account, "mte").await.as_deref(), Some("ROLLBACK_COMPLETE"));
    let report = project.report().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(report.contains("CREATE_FAILED: WaitCondition timed out"), "{report}");
    project.checkride(&["resume"]).exits(2).says("there is no run to go on with");
    assert_eq!(project.watch().writes(), ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]);

    // A stack in that state takes no change; the run says so before it asks for anything.
    let again = project.checkride(RUN).exits(5).says("answers `stack.change_set`, which was not asked");
    assert_snapshot!(project.steady(&failure(&again)), @r"
    ✗ failed  [TOOK]  Deploy the stack
      cloudformation answered ROLLBACK_COMPLETE: stack mte is in ROLLBACK_COMPLETE: its creation failed, and it must be deleted first
        --> runbooks/deploy.toml:8:1
        help: a stack whose creation failed cannot be updated: look at its events, then delete it (`aws cloudformation delete-stack --stack-name mte`) and retry
    ");
}

#[tokio::test]
async fn a_table_that_would_be_replaced_is_shown_and_declined() {
    let account = sandbox::account();
    let project =
        Project::sandboxed(&account).runbook("deploy", STACK).file("stack.yaml", &table("sessions")).answers(EXECUTE);
    project.checkride(RUN).exits(0);
    let unchanged = project.checkride(RUN).exits(0);
    assert_snapshot!(
        unchanged.stderr.lines().find(|line| line.contains("no change")).unwrap_or_default().trim(),
        @"stack mte is already as the template says: no change was needed"
    );

    let project =
        project.file("stack.yaml", &table("renamed")).answers("phase.deploy = yes\nstack.change_set = decline");
    let said = project.checkride(RUN).exits(6);
    let shown: Vec<&str> =
        said.stderr.lines().skip_while(|line| !line.starts_with("? ") || line.contains("phase")).collect();
    assert_snapshot!(project.steady(&shown.join("\n")), @r"
    ? Update stack mte in [ACCOUNT] us-east-1 (emulator)?
        Stack mte: 1 replaced
        -/+ REPLACE Sessions AWS::DynamoDB::Table, data deleted
              is sessions
              TableName [replaces]
    [stack.change_set] answered `decline` by ana, from the answers file answers.toml: a test
    [stack] calls cloudformation:DeleteChangeSet on arn:aws:cloudformation:us-east-1:[ACCOUNT]:changeSet/checkride-cr-[TOKEN]/[UUID]
    [stack] done
    ⊘ declined  [TOOK]  Deploy the stack
                        a test

    ✗ the run is over: declined by the operator (exit code 6)
    EMULATOR: this is no evidence about AWS
      where      account [ACCOUNT] in us-east-1, profile sandbox
      steps      1 declined · [TOOK]
      declined   Deploy the stack: a test
      report     .checkride/runs/[RUN deploy]/report.html
    ");
    assert_eq!(status(&account, "mte").await.as_deref(), Some("CREATE_COMPLETE"), "nothing was changed");
}

#[test]
fn a_rollback_undoes_what_ran_last_first() {
    let steps = [
        logged("one", "", ""),
        logged("two", "", ""),
        logged("three", "echo 'the disk is full' >&2; exit 7", "on_failure = \"rollback\"\n"),
        logged("four", "", ""),
    ];
    let project = Project::new().local().runbook("r", &steps.concat()).answers("phase.deploy = yes");
    let said = project.checkride(&["run", "r", "-p", "local", "--answers", "answers.toml"]).exits(5);
    assert_eq!(project.read("log"), "one\ntwo\nthree\nundo_three\nundo_two\nundo_one\n");
    assert_snapshot!(project.shown(&said), @r#"
    exit code 5
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]

    ── deploy · 4 steps ────────────────────────────────────────────────────────────
    ✓ way back  undo_one undoes one: ready: 1 need met
    ✓ way back  undo_two undoes two: ready: 1 need met
    ✓ way back  undo_three undoes three: ready: 1 need met
    ✓ way back  undo_four undoes four: ready: 1 need met
    ? The deploy phase makes changes: go on?
        Do one
        Do two
        Do three
        Do four
    [phase.deploy] answered `yes` by ana, from the answers file answers.toml: a test
    [one] begins: Do one
    [one] runs `sh: echo one >> log`
    [one] done: exit code 0
    ✓ passed  [TOOK]  Do one
    [two] begins: Do two
    [two] runs `sh: echo two >> log`
    [two] done: exit code 0
    ✓ passed  [TOOK]  Do two
    [three] begins: Do three
    [three] runs `sh: echo three >> log …`
    [three] | the disk is full
    [three] done: exit code 7
    ✗ failed  [TOOK]  Do three
      ended with exit code 7: `sh: echo three >> log …` exited with 7
        --> runbooks/r.toml:41:1
        caused by: the disk is full
    ? Roll back: `three` did not end well
        3 steps changed the target, or may have:
          ran       one, two, three
        Will be done, in this order:
          1. Undo three  (undoes three)
          2. Undo two  (undoes two)
          3. Undo one  (undoes one)
    [phase.rollback] answered `yes` by policy: nobody is asked: the runbook says on_failure = "rollback"

    rolling back, because `three` did not end well; undo steps: undo_three, undo_two, undo_one

    ── rollback · 4 steps ──────────────────────────────────────────────────────────
    [undo_three] begins: Undo three
    [undo_three] runs `sh: echo undo_three >> log`
    [undo_three] done: exit code 0
    ✓ passed  [TOOK]  Undo three
    [undo_two] begins: Undo two
    [undo_two] runs `sh: echo undo_two >> log`
    [undo_two] done: exit code 0
    ✓ passed  [TOOK]  Undo two
    [undo_one] begins: Undo one
    [undo_one] runs `sh: echo undo_one >> log`
    [undo_one] done: exit code 0
    ✓ passed  [TOOK]  Undo one
    nothing of the run still stands

    ✗ the run is over: a step failed (exit code 5)
      steps      5 passed, 1 failed, 2 not run · [TOOK]
      failed     Do three: `sh: echo three >> log …` exited with 7
      rollback   3 of 3 undo steps passed
      not run    four, undo_four
      report     .checkride/runs/[RUN r]/report.html
    "#);
    let asked = project.events().into_iter().find(|event| event["question"] == "phase.rollback").unwrap();
    assert_eq!(asked["answer"]["from"]["type"], "policy", "{asked}");
}

#[test]
fn a_step_that_runs_alone_is_undone_too() {
    let steps = [logged("one", "", ""), logged("two", "exit 7", "on_failure = \"rollback\"\n")].concat();
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes");
    project.checkride(&["run", "r", "-p", "local", "--answers", "answers.toml", "--only", "two"]).exits(5);
    assert_eq!(project.read("log"), "two\nundo_two\n");
}

#[test]
fn an_undo_that_fails_is_stuck_and_says_what_is_left() {
    let steps = r#"
[[deploy]]
id = "one"
title = "Make one"
kind = "command"
effect = "write"
run = ["touch", "one"]

[[deploy]]
id = "two"
title = "Make two, and fail"
kind = "command"
effect = "write"
shell = "touch two; exit 1"
on_failure = "rollback"

[[rollback]]
id = "undo_one"
title = "Unmake one"
kind = "command"
effect = "write"
run = ["rm", "one"]
undoes = ["one"]

[[rollback]]
id = "undo_two"
title = "Unmake two"
kind = "command"
effect = "write"
shell = "echo 'it is locked' >&2; exit 1"
undoes = ["two"]
"#;
    let project = Project::new().local().runbook("r", steps).answers("phase.deploy = yes");
    let said = project.checkride(&["run", "r", "-p", "local", "--answers", "answers.toml"]).exits(8);
    let end: Vec<&str> = said.stderr.lines().skip_while(|line| !line.contains("rolling back")).collect();
    assert_snapshot!(project.steady(&end.join("\n")), @r"
    rolling back, because `two` did not end well; undo steps: undo_two, undo_one

    ── rollback · 2 steps ──────────────────────────────────────────────────────────
    [undo_two] begins: Unmake two
    [undo_two] runs `sh: echo 'it is locked' >&2; exit 1`
    [undo_two] | it is locked
    [undo_two] done: exit code 1
    ✗ failed  [TOOK]  Unmake two
      ended with exit code 1: `sh: echo 'it is locked' >&2; exit 1` exited with 1
        --> runbooks/r.toml:31:1
        caused by: it is locked
    still stands: 2 steps
      two: its undo `undo_two` failed: `sh: echo 'it is locked' >&2; exit 1` exited with 1
        command on sh: touch two; exit 1
        by hand: $ sh: echo 'it is locked' >&2; exit 1
      one: its undo `undo_one` did not run
        command on touch one
        by hand: $ rm one

    ✗ the run is over: stuck: a person must look at it (exit code 8)
      steps      1 passed, 2 failed, 1 not run · [TOOK]
      failed     Make two, and fail: `sh: touch two; exit 1` exited with 1
      failed     Unmake two: `sh: echo 'it is locked' >&2; exit 1` exited with 1
      rollback   0 of 2 undo steps passed
      remains    two: its undo `undo_two` failed: `sh: echo 'it is locked' >&2; exit 1` exited with 1
      remains    one: its undo `undo_one` did not run
      not run    undo_one
      report     .checkride/runs/[RUN r]/report.html
      resume     checkride rollback [RUN r]
    ");
    assert!(project.path("one").exists(), "what stands before a failed undo is left as it is");
}

#[test]
fn a_parameter_that_is_not_echoed_appears_nowhere() {
    const PASSWORD: &str = "hunter2-and-a-half";
    let template = |size: u32| {
        format!(
            "Parameters:\n  Password: {{ Type: String, NoEcho: true }}\n  Size: {{ Type: String, Default: '10' }}\n\
             Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      MessageRetentionPeriod: {size}\n      \
             Tags: [{{ Key: password, Value: !Ref Password }}]\n  Parameter:\n    Type: AWS::SSM::Parameter\n    \
             Properties: {{ Type: String, Name: /{size}, Value: !Ref Password }}\n"
        )
    };
    let declared = "[inputs]\npassword = { secret = { env = \"PASSWORD\" } }\n";
    let given = STACK.replacen("template =", "parameters = { Password = \"${input.password}\" }\ntemplate =", 1);
    let project = Project::sandboxed(&sandbox::account())
        .runbook("deploy", &format!("{declared}{given}"))
        .file("stack.yaml", &template(600))
        .answers(EXECUTE)
        .variable("PASSWORD", PASSWORD);
    let nowhere = |project: &Project, arguments: &[&str]| {
        let said = project.checkride(arguments).exits(0).never_says(PASSWORD);
        assert_eq!(project.kept_with(PASSWORD), [] as [std::path::PathBuf; 0]);
        said
    };
    nowhere(&project, &["plan", "deploy", "-p", "sandbox", "--format", "json"]);
    let events = &[RUN, &["--events", "-"]].concat();
    assert!(nowhere(&project, events).stdout.contains("Password = ****"));

    // An update that keeps the value: nothing on this machine knows it, and so nothing could cut it.
    let project = project.without("PASSWORD").runbook("deploy", STACK).file("stack.yaml", &template(700));
    let said = nowhere(&project, events);
    assert!(said.stdout.contains("Password = **** (previous value)"), "{}", said.stdout);
    nowhere(&project, &["show", "deploy", "--format", "json"]);
    for run in project.runs() {
        nowhere(&project, &["report", run.file_name().unwrap().to_str().unwrap()]);
    }
}

#[test]
fn answers_for_production_name_the_plan_that_was_read() {
    let steps = "[[deploy]]\nid = \"change\"\ntitle = \"Change it\"\nkind = \"command\"\neffect = \"irreversible\"\n\
                 way_forward = \"mend it\"\nrun = [\"touch\", \"changed\"]\n";
    let project = Project::sandboxed(&sandbox::account()).runbook("r", steps);
    let profile = project.read("profiles/sandbox.toml").replace("tier = \"sandbox\"", "tier = \"production\"");
    let project = project.file("profiles/prod.toml", &profile).answers("phase.deploy = yes\nchange.run = run");
    let arguments = ["run", "r", "-p", "prod", "--answers", "answers.toml"];
    let said = project.checkride(&arguments).exits(10);
    assert_snapshot!(project.shown(&said), @r#"
    exit code 10
    stderr:
    error[RB013]: answers for a production profile name their plan
     --> answers.toml:1:1
      |
    1 | format = 1
      | ^ `plan` is missing
      |
      = help: read the plan (`checkride plan`), then write `plan = "sha256:[DIGEST]"` here

    1 error
    "#);
    assert!(!project.path("changed").exists());

    let plan = project.checkride(&["plan", "r", "-p", "prod", "--format", "json"]).exits(0).json();
    let answers = project.read("answers.toml");
    let with = |digest: &str| answers.replacen('\n', &format!("\nplan = \"{digest}\"\n"), 1);
    let project = project.file("answers.toml", &with("sha256:0000"));
    project.checkride(&arguments).exits(10).says("these answers are for another plan");
    assert!(!project.path("changed").exists());
    let project = project.file("answers.toml", &with(plan["digest"].as_str().unwrap()));
    project.checkride(&arguments).exits(0);
    assert!(project.path("changed").exists());
}
