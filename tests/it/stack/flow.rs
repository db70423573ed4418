//! A stack step against the emulator.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use checkride::event::{Choice, FailureKind, Progress, Question};
use checkride::step::stack::{StackSource, StackTask};
use checkride::step::{Probed, Ran, StepStop, WriteAction};

use crate::support::attempt::{Attempt, Seen, read_context};
use crate::support::sandbox::{self, Sandboxed};

const SECRET: &str = "hunter2-very-secret";

/// A queue; what is made `slow` waits for a signal that never comes, and fails after so many seconds.
fn template(seconds: u32, slow: Option<u32>) -> String {
    let slow = slow.map_or(String::new(), |limit| {
        format!(
            "  Handle: {{ Type: 'AWS::CloudFormation::WaitConditionHandle' }}\n  Wait:\n    \
             Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Queue\n    \
             Properties: {{ Handle: !Ref Handle, Timeout: '{limit}', Count: 1 }}\n"
        )
    });
    format!(
        "Parameters:\n  Password: {{ Type: String, NoEcho: true }}\n  Size: {{ Type: String, Default: '10' }}\n\
         Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      MessageRetentionPeriod: {seconds}\n      \
         Tags: [{{ Key: secret, Value: !Ref Password }}, {{ Key: size, Value: !Ref Size }}]\n{slow}\
         Outputs:\n  Name: {{ Value: !GetAtt Queue.QueueName }}\n"
    )
}

fn task(stack: &str) -> StackTask {
    StackTask {
        stack: stack.into(),
        source: StackSource::Template { path: PathBuf::from("stack.yaml"), planned: None },
        parameters: BTreeMap::from([("Password".to_owned(), SECRET.to_owned())]),
        capabilities: Vec::new(),
        tags: Some(BTreeMap::from([("owner".to_owned(), "platform".to_owned())])),
        role_arn: None,
        notification_arns: None,
        upload_bucket: None,
        on_failure: None,
        earlier: Vec::new(),
    }
}

fn project(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stack.yaml"), text).unwrap();
    folder
}

/// What every operator of these tests says to a change set.
const YES: fn(&Question) -> Option<Choice> = |_| Some(Choice::Execute);

async fn deploy(aws: &Sandboxed, folder: &Path, task: &StackTask) -> (Ran, Seen) {
    let (ended, seen) = Attempt::new(aws, folder).run(task, YES).await;
    (ended.unwrap(), seen)
}

#[tokio::test]
async fn a_stack_is_created_then_changed_then_left_alone() {
    let aws = sandbox::aws();
    let folder = project(&template(600, None));
    let mut task = task("q");

    let attempt = Attempt::new(&aws, folder.path());
    let (ended, seen) = attempt.run(&task, YES).await;
    let ran = ended.unwrap();
    assert_eq!(ran.failure, None);
    assert_eq!(ran.out["status"], "CREATE_COMPLETE");
    assert!(ran.out["outputs"]["Name"].as_str().unwrap().contains("Queue"), "{}", ran.out);
    assert_eq!(
        seen.effects,
        [
            "intend cloudformation:CreateChangeSet",
            "settle cloudformation:CreateChangeSet done",
            "intend cloudformation:ExecuteChangeSet",
            "settle cloudformation:ExecuteChangeSet done",
        ]
    );
    let question = &seen.questions[0];
    assert_eq!(question.id, "stack.change_set");
    assert!(question.title.ends_with("us-east-1 (emulator)?") && question.title.starts_with("Create stack q in "));
    assert_eq!(question.body[0], "Stack q: 1 added");
    assert!(question.body.contains(&"      Password = ****".to_owned()), "{:#?}", question.body);
    assert!(question.body.contains(&"      Size = 10 (default)".to_owned()), "{:#?}", question.body);
    assert_eq!(question.shown.as_ref().unwrap().len(), 64);
    assert!(seen.progress.iter().any(|told| matches!(
        told,
        Progress::Resource { logical_id, status, .. } if logical_id == "Queue" && status == "CREATE_COMPLETE"
    )));
    assert!(attempt.files.text("change-set").is_some() && attempt.files.text("stack-events").is_some());
    assert_eq!(attempt.files.text("previous-stack"), None);
    let everything = format!("{ran:?} {seen:?} {}", attempt.files.all());
    assert!(!everything.contains(SECRET), "{everything}");

    task.parameters.clear();
    let (ran, seen) = deploy(&aws, folder.path(), &task).await;
    assert_eq!(ran.note.unwrap(), "stack q is already as the template says: no change was needed");
    assert_eq!(ran.out["changed"], false);
    assert!(ran.out["outputs"]["Name"].is_string());
    assert!(seen.questions.is_empty());
    assert_eq!(
        seen.effects[2..],
        ["intend cloudformation:DeleteChangeSet", "settle cloudformation:DeleteChangeSet done"]
    );

    let lines = task.preview(&aws.reads(), folder.path()).await;
    assert_eq!(
        lines,
        [
            "  stack q would be updated",
            "    Password = **** (previous value)",
            "    Size = 10 (previous value)",
            "  the diff is known once the change set is made; it is shown and confirmed before it runs",
        ]
    );

    let folder = project(&template(900, None));
    let attempt = Attempt::new(&aws, folder.path());
    let (ended, seen) = attempt.run(&task, YES).await;
    assert_eq!(ended.unwrap().failure, None);
    assert_eq!(seen.questions[0].body[0], "Stack q: 1 changed");
    assert!(seen.questions[0].body.contains(&"      Password = **** (previous value)".to_owned()));
    let previous = attempt.files.text("previous-stack").unwrap();
    assert!(previous.contains("MessageRetentionPeriod: 600") && previous.contains("\"platform\""), "{previous}");

    let mut cx = read_context(&aws, folder.path());
    let observed = task.observe(&mut cx).await.unwrap();
    assert_eq!(observed.out["status"], "UPDATE_COMPLETE");
    assert!(observed.out["outputs"]["Name"].is_string());
}

#[tokio::test]
async fn what_was_declined_is_not_executed_and_leaves_no_change_set() {
    let aws = sandbox::aws();
    let folder = project(&template(600, None));
    let (ended, seen) = Attempt::new(&aws, folder.path()).run(&task("d"), |_| Some(Choice::Decline)).await;
    assert_eq!(ended, Err(StepStop::Declined { reason: Some("because".into()) }));
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:DeleteChangeSet done");
    assert!(!seen.effects.iter().any(|effect| effect.contains("Execute")));

    let (ended, seen) = Attempt::new(&aws, folder.path()).run(&task("d"), |_| None).await;
    assert!(matches!(ended, Err(StepStop::NoAnswer(_))), "{ended:?}");
    assert!(!seen.effects.iter().any(|effect| effect.contains("Execute")));

    // The shell that both left over takes a change set again.
    assert_eq!(deploy(&aws, folder.path(), &task("d")).await.0.failure, None);
}

#[tokio::test]
async fn a_failing_deployment_has_its_root_cause_on_top() {
    let aws = sandbox::aws();
    let folder = project(&template(600, Some(1)));
    let (ran, seen) = deploy(&aws, folder.path(), &task("f")).await;
    let failure = ran.failure.unwrap();
    assert!(failure.message.starts_with("Wait (AWS::CloudFormation::WaitCondition) CREATE_FAILED: "), "{failure:?}");
    assert!(failure.causes[0].starts_with("stack f is in ROLLBACK_COMPLETE"), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("delete it"));
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet done", "it did happen");

    let (ran, seen) = deploy(&aws, folder.path(), &task("f")).await;
    let failure = ran.failure.unwrap();
    assert!(failure.message.contains("must be deleted first"), "{failure:?}");
    assert!(seen.effects.is_empty());
}

#[tokio::test]
async fn a_stop_while_it_executes_is_unknown_until_it_is_probed() {
    let aws = sandbox::aws();
    let first = project(&template(600, None));
    assert_eq!(deploy(&aws, first.path(), &task("s")).await.0.failure, None);
    let folder = project(&template(900, Some(2)));
    let attempt = Attempt { cancel_at: Some("cloudformation:ExecuteChangeSet"), ..Attempt::new(&aws, folder.path()) };
    let (ended, seen) = attempt.run(&task("s"), YES).await;
    assert_eq!(ended.unwrap().failure.unwrap().kind, FailureKind::Cancelled);
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet unknown");

    // Somebody else meets a stack that is being changed.
    let (ran, _) = deploy(&aws, folder.path(), &task("s")).await;
    let failure = ran.failure.unwrap();
    assert!(failure.message.starts_with("stack s is being changed (UPDATE_IN_PROGRESS); last event: "), "{failure:?}");

    let mut cx = read_context(&aws, folder.path());
    let effect = seen.states.last().unwrap();
    assert_eq!(task("s").probe(&mut cx, effect).await, Probed::UnderWay);
    // Whoever began it follows it to its end, and changes nothing.
    let resumed = StackTask { earlier: seen.states.clone(), ..task("s") };
    let (ran, watched) = deploy(&aws, folder.path(), &resumed).await;
    assert!(ran.failure.unwrap().message.starts_with("Wait "), "the root cause, although it was met half-way");
    assert!(watched.effects.is_empty() && watched.questions.is_empty());
    let ran = loop {
        match task("s").probe(&mut cx, effect).await {
            Probed::UnderWay => tokio::time::sleep(Duration::from_millis(200)).await,
            Probed::Done(ran) => break ran,
            other => panic!("{other:?}"),
        }
    };
    assert!(ran.failure.unwrap().message.starts_with("Wait "));
    assert_eq!(ran.out["status"], "UPDATE_ROLLBACK_COMPLETE");
}

/// What ends a drill also ends the watch of its stacks.
#[tokio::test]
async fn a_drill_that_is_stopped_watches_its_stack_no_longer() {
    let aws = sandbox::aws();
    let folder = project(&template(600, Some(30)));
    let attempt = Attempt { halt_at: Some("cloudformation:ExecuteChangeSet"), ..Attempt::new(&aws, folder.path()) };
    let (ended, seen) = attempt.run(&task("h"), YES).await;
    let failure = ended.unwrap().failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Cancelled);
    assert!(failure.message.starts_with("the drill was stopped, and stack "), "{}", failure.message);
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet unknown");
}

#[tokio::test]
async fn a_change_set_that_waits_was_not_executed() {
    let aws = sandbox::aws();
    let folder = project(&template(600, None));
    let (_, seen) = Attempt::new(&aws, folder.path()).run(&task("w"), |_| None).await;
    let created = &seen.states[0];
    let mut cx = read_context(&aws, folder.path());
    let name = format!("checkride-{}", created.token.as_ref().unwrap());
    let waits = aws.reads().stacks().change_set_named("w", &name, &checkride::aws::stacks::NoEcho::default()).await;
    assert_eq!(task("w").probe(&mut cx, created).await, Probed::UnderWay);
    let never = checkride::event::EffectState { token: Some("t0-1".into()), ..created.clone() };
    assert_eq!(task("w").probe(&mut cx, &never).await, Probed::NotDone);
    let mut effect = created.clone();
    (effect.call, effect.target) = ("cloudformation:ExecuteChangeSet".into(), waits.unwrap().value.arn);
    assert_eq!(task("w").probe(&mut cx, &effect).await, Probed::NotDone);
    effect.target = "arn:aws:cloudformation:us-east-1:1:changeSet/gone/1".into();
    assert!(matches!(task("w").probe(&mut cx, &effect).await, Probed::CannotTell { .. }));
}

#[tokio::test]
async fn a_deadline_ends_the_watch_not_the_stack() {
    let aws = sandbox::aws();
    let folder = project(&template(600, Some(2)));
    let attempt =
        Attempt { limit: Some(Duration::from_millis(900)), unasked: true, ..Attempt::new(&aws, folder.path()) };
    let (ended, seen) = attempt.run(&task("l"), YES).await;
    assert!(seen.questions.is_empty(), "the policy says that nobody is asked");
    let failure = ended.unwrap().failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.remedy.unwrap().contains("resume"));
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet unknown");
}

#[tokio::test]
async fn a_change_set_made_elsewhere_is_adopted_and_not_removed() {
    let aws = sandbox::aws();
    let folder = project(&template(600, None));
    let (_, seen) = Attempt::new(&aws, folder.path()).run(&task("a"), |_| None).await;
    let name = format!("checkride-{}", seen.states[0].token.as_ref().unwrap());
    let waits = aws.reads().stacks().change_set_named("a", &name, &checkride::aws::stacks::NoEcho::default()).await;
    let mut adopting = task("a");
    assert!(waits.is_ok());
    adopting.source = StackSource::ChangeSet(name);
    adopting.parameters.clear();
    let (ended, seen) = Attempt::new(&aws, folder.path()).run(&adopting, |_| Some(Choice::Decline)).await;
    assert!(matches!(ended, Err(StepStop::Declined { .. })), "{ended:?}");
    assert!(seen.effects.is_empty(), "what others made, others remove");
    assert!(!format!("{seen:?}").contains(SECRET));
    let (ran, seen) = deploy(&aws, folder.path(), &adopting).await;
    assert_eq!(ran.failure, None);
    assert_eq!(seen.effects[0], "intend cloudformation:ExecuteChangeSet");

    adopting.stack = "other".into();
    assert!(deploy(&aws, folder.path(), &adopting).await.0.failure.is_some());
}

#[tokio::test]
async fn what_cannot_go_well_is_refused_before_anything_is_made() {
    let aws = sandbox::aws();
    let role =
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: { RoleName: x, AssumeRolePolicyDocument: {} }\n";
    let plain = template(600, None);
    let large = format!("{plain}# {}\n", "x".repeat(52_000));
    let huge = format!("{plain}# {}\n", "x".repeat(1_100_000));
    let given = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    for (text, parameters, path, words) in [
        (
            role,
            given(&[]),
            "stack.yaml",
            "the template needs CAPABILITY_NAMED_IAM, which the step does not acknowledge",
        ),
        (&plain, given(&[]), "stack.yaml", "no value, no previous value and no default for Password"),
        (&plain, given(&[("Password", "p"), ("Sise", "1")]), "stack.yaml", "the template does not declare Sise"),
        (&large, given(&[("Password", "p")]), "stack.yaml", "more than 51,200 go only by an upload bucket"),
        (&huge, given(&[("Password", "p")]), "stack.yaml", "CloudFormation takes 1,048,576 at most"),
        (&plain, given(&[]), "../../etc/hostname", "template ../../etc/hostname"),
        (&plain, given(&[]), "/etc/hostname", "is outside of the project"),
        ("Resources: { A: { Type: 'AWS::No::Such' } }", given(&[]), "stack.yaml", "Unrecognized resource types"),
    ] {
        let folder = project(text);
        let mut task = task("x");
        task.parameters = parameters;
        task.source = StackSource::Template { path: path.into(), planned: None };
        let (ran, seen) = deploy(&aws, folder.path(), &task).await;
        let failure = ran.failure.unwrap();
        assert!(failure.message.contains(words), "{words}: {failure:?}");
        assert!(seen.effects.iter().all(|effect| !effect.contains("Execute")), "{:?}", seen.effects);
    }
    let folder = project(&plain);
    let mut changed = task("x");
    changed.source = StackSource::Template { path: "stack.yaml".into(), planned: Some("0".repeat(64)) };
    let (ran, seen) = deploy(&aws, folder.path(), &changed).await;
    assert!(ran.failure.unwrap().message.ends_with("is not the one that was planned"));
    assert!(seen.effects.is_empty());
}
