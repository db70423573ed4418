//! What a run made goes away, and what must not be done is not, against the emulator.

use checkride::aws::stacks::{NoEcho, OnStackFailure};
use checkride::event::{Ask, Captured, Choice};
use checkride::step::stack::StackTask;
use checkride::step::{StepStop, WriteAction};
use checkride::value::Scope;

use super::deployed::{Deploy, NOBODY, YES, slow, template};
use crate::support::attempt::Attempt;
use crate::support::sandbox;

#[tokio::test]
async fn the_stack_of_a_first_create_is_deleted_and_what_is_kept_is_named() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let kept = "  Kept: { Type: 'AWS::SQS::Queue', DeletionPolicy: Retain }\n";
    let (_, seen) = run.run(&template(600, kept), &Deploy::task("n")).await;
    assert_eq!(seen.captured.clone().unwrap().before, serde_json::json!({ "exists": false, "name": "n" }));
    let undo = Deploy::undo(&seen);
    assert_eq!(undo.describe(&Scope::default())[0], "aws cloudformation delete-stack --stack-name n");
    let (ran, seen) = run.back(&undo).await;
    assert_eq!(ran.failure, None);
    assert_eq!(seen.effects, ["intend cloudformation:DeleteStack", "settle cloudformation:DeleteStack done"]);
    assert!(ran.warning.as_ref().unwrap().starts_with("these stay, of no stack any more: Kept (AWS::SQS::Queue) "));
    assert_eq!(ran.out["status"], "DELETE_COMPLETE");
    assert_eq!(ran.out["retained"].as_array().unwrap().len(), 1, "{}", ran.out);
    assert!(run.find("n").await.is_none_or(|stack| stack.status == "DELETE_COMPLETE"));
    // It is gone: once more does nothing.
    let (ran, seen) = run.back(&undo).await;
    assert_eq!((ran.failure, seen.effects.len()), (None, 0));
}

#[tokio::test]
async fn data_is_not_lost_without_a_typed_yes() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let bucket = format!(
        "  Data: {{ Type: 'AWS::S3::Bucket', Properties: {{ BucketName: data-{} }} }}\n",
        aws.settings().account
    );
    let (_, first) = run.run(&template(600, &bucket), &Deploy::task("d")).await;
    let undo = Deploy::undo(&first);
    // Nobody there: nothing is deleted.
    let (ended, seen) = run.back_with(&undo, NOBODY).await;
    assert!(matches!(ended, Err(StepStop::NoAnswer(_))), "{ended:?}");
    assert!(seen.effects.is_empty());
    let question = &seen.questions[0];
    assert_eq!(
        (question.id.as_str(), question.ask, question.typed.as_deref()),
        ("stack.delete", Ask::ApproveChange, Some("d"))
    );
    assert!(question.body[1].starts_with("-   remove  Data (AWS::S3::Bucket) data-"), "{:#?}", question.body);
    let (ended, seen) = run.back_with(&undo, |_| Some(Choice::No)).await;
    assert_eq!(ended, Err(StepStop::Declined { reason: Some("because".into()) }));
    assert!(seen.effects.is_empty());

    // An update that adds what holds data: to remove it again is asked for as well, with what is lost first.
    let was = run.state("d").await;
    let more = format!(
        "{bucket}  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      BillingMode: PAY_PER_REQUEST\n      \
         AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]\n      KeySchema: [{{ AttributeName: id, KeyType: HASH }}]\n"
    );
    let (ran, second) = run.run(&template(600, &more), &Deploy::task("d")).await;
    assert_eq!(ran.failure, None);
    let (ended, seen) = run.back_with(&Deploy::undo(&second), |_| Some(Choice::Decline)).await;
    assert!(matches!(ended, Err(StepStop::Declined { .. })), "{ended:?}");
    assert!(seen.questions[0].body[1].starts_with("-   remove  Table"), "{:#?}", seen.questions[0].body);
    assert_eq!(seen.questions[0].typed.as_deref(), Some("d"));
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:DeleteChangeSet done");
    let (ended, _) = run.back_with(&Deploy::undo(&second), YES).await;
    assert_eq!(ended.unwrap().failure, None);
    assert_eq!(run.state("d").await, was);

    let (ended, _) = run.back_with(&undo, |_| Some(Choice::Yes)).await;
    assert_eq!(ended.unwrap().failure, None);
}

#[tokio::test]
async fn a_change_set_that_was_never_executed_is_removed() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("w")).await;
    let was = run.state("w").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stack.yaml"), template(900, "")).unwrap();
    let attempt = Attempt { files: run.files.clone(), ..Attempt::new(&aws, folder.path()) };
    let (_, seen) = attempt.run(&Deploy::task("w"), NOBODY).await;
    let (ran, back) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(back.effects, ["intend cloudformation:DeleteChangeSet", "settle cloudformation:DeleteChangeSet done"]);
    assert_eq!(run.state("w").await, was);
    let name = format!("checkride-{}", seen.states[0].token.as_ref().unwrap());
    assert!(aws.reads().stacks().change_set_named("w", &name, &NoEcho::default()).await.is_err());

    // The same of a stack that there was not: its shell goes.
    let attempt = Attempt { files: run.files.clone(), ..Attempt::new(&aws, folder.path()) };
    let (_, seen) = attempt.run(&Deploy::task("ww"), NOBODY).await;
    assert_eq!(run.find("ww").await.unwrap().status, "REVIEW_IN_PROGRESS");
    let (ran, back) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!(ran.failure, None);
    assert_eq!(back.effects, ["intend cloudformation:DeleteStack", "settle cloudformation:DeleteStack done"]);
    assert!(run.find("ww").await.is_none_or(|stack| stack.status == "DELETE_COMPLETE"));
}

#[tokio::test]
async fn a_stack_that_failed_and_was_left_so_is_rolled_back() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("x")).await;
    let was = run.state("x").await;
    let leave = |stack| StackTask { on_failure: Some(OnStackFailure::DoNothing), ..Deploy::task(stack) };
    let (ran, seen) = run.run(&template(900, &slow(1)), &leave("x")).await;
    assert!(ran.failure.is_some());
    assert_eq!(run.find("x").await.unwrap().status, "UPDATE_FAILED");
    let (ran, back) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(back.effects, ["intend cloudformation:RollbackStack", "settle cloudformation:RollbackStack done"]);
    assert_eq!(run.state("x").await, was);

    let (_, seen) = run.run(&template(900, &slow(1)), &leave("xx")).await;
    assert_eq!(run.find("xx").await.unwrap().status, "CREATE_FAILED");
    let (ran, back) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!(ran.failure, None);
    assert_eq!(back.effects.len(), 4, "{:?}", back.effects);
    assert_eq!(back.effects[2], "intend cloudformation:DeleteStack");
    assert!(run.find("xx").await.is_none_or(|stack| stack.status == "DELETE_COMPLETE"));
}

#[tokio::test]
async fn what_is_not_on_record_or_was_cut_is_refused_before_anything_is_done() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("r")).await;
    let (_, seen) = run.run(&template(900, ""), &Deploy::task("r")).await;
    let whole = Deploy::undo(&seen);
    let with = |change: &dyn Fn(&mut Captured)| {
        let mut task = whole.clone();
        change(task.undone.captured.as_mut().unwrap());
        task
    };
    let mut none = whole.clone();
    none.undone.captured = None;
    let cut = with(&|captured| captured.before["parameters"][0]["value"] = "[secret]".into());
    let other = with(&|captured| captured.before["template_sha256"] = "00".into());
    let gone = with(&|captured| captured.artifacts[0].digest = "sha256-00".into());
    for (task, words) in [
        (none, "there is no record of what the stack was before `stack`"),
        (cut, "a secret was cut from `parameters.Size.value` of stack r"),
        (other, "a secret was cut from the template of stack r"),
        (gone, "cannot be read from the run"),
    ] {
        let (ran, seen) = run.back(&task).await;
        let failure = ran.failure.unwrap();
        assert!(failure.message.contains(words), "{failure:?}");
        assert!(failure.remedy.is_some() && seen.effects.is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_stack_that_is_guarded_or_not_the_run_s_is_not_deleted() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let (_, seen) = run.run(&template(600, ""), &Deploy::task("g")).await;
    let mut stranger = Deploy::undo(&seen);
    stranger.undone.effects.clear();
    let (ended, seen) = run.back_with(&stranger, |_| Some(Choice::No)).await;
    assert!(matches!(ended, Err(StepStop::Declined { .. })), "{ended:?}");
    assert_eq!(seen.questions[0].id, "stack.delete_unknown");
    assert!(seen.effects.is_empty());
    let (ended, _) = run.back_with(&stranger, |_| Some(Choice::Yes)).await;
    assert_eq!(ended.unwrap().failure, None);
}
