//! A stack is put back as a run found it, against the emulator: template, parameters and tags before and after are compared.

use std::collections::BTreeMap;
use std::path::Path;

use checkride::aws::api::client::resolve;
use checkride::aws::stacks::{EventCursor, StackEvent};
use checkride::step::WriteAction;
use checkride::step::stack::StackRestoreTask;
use checkride::step::stack::StackTask;
use checkride::value::Scope;

use super::deployed::{Deploy, NOBODY, slow, template};
use crate::support::attempt::Attempt;
use crate::support::sandbox::{self, Sandboxed};

const SECRET: &str = "hunter2-very-secret";

#[tokio::test]
async fn an_update_is_put_back_with_template_parameters_and_tags() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let mut task = Deploy::task("u");
    task.parameters.insert("Size".into(), "20".into());
    run.run(&template(600, ""), &task).await;
    let was = run.state("u").await;

    task.parameters.insert("Size".into(), "30".into());
    task.tags = Some(BTreeMap::from([("owner".to_owned(), "somebody".to_owned()), ("new".to_owned(), "1".to_owned())]));
    let (ran, seen) = run.run(&template(900, "  Second: { Type: 'AWS::SQS::Queue' }\n"), &task).await;
    assert_eq!(ran.failure, None);
    assert_ne!(run.state("u").await, was);
    let captured = seen.captured.clone().unwrap();
    assert_eq!(captured.before["exists"], true);
    assert_eq!(captured.before["parameters"][0]["value"], "20");
    assert!(captured.before.get("template").is_none() && captured.artifacts[0].name == "previous-template");

    let undo = Deploy::undo(&seen);
    let lines = undo.describe(&Scope::default());
    assert!(
        lines[0].starts_with("aws cloudformation create-change-set --stack-name arn:aws:cloudformation:"),
        "{lines:#?}"
    );
    assert!(lines.contains(&"  --parameters ParameterKey=Size,ParameterValue=20".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"  --tags Key=owner,Value=platform".to_owned()), "{lines:#?}");
    let (ran, seen) = run.back(&undo).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(ran.note.unwrap(), "stack u is as it was: 1 removed, 1 changed");
    assert_eq!((ran.out["changed"].clone(), ran.out["status"].clone()), (true.into(), "UPDATE_COMPLETE".into()));
    assert_eq!(run.state("u").await, was);
    assert_eq!(
        seen.effects,
        [
            "intend cloudformation:CreateChangeSet",
            "settle cloudformation:CreateChangeSet done",
            "intend cloudformation:ExecuteChangeSet",
            "settle cloudformation:ExecuteChangeSet done",
        ]
    );
    // The change set is shown, and not asked for.
    assert!(seen.questions.is_empty());
    let said = format!("{:?}", seen.progress);
    assert!(said.contains("-   remove  Second") && said.contains("~   change  Queue"), "{said}");

    // Once more: it is as it was, and what the template says is so.
    let (ran, seen) = run.back(&undo).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(ran.out["changed"], false);
    assert_eq!(ran.out["drift"], serde_json::json!([]));
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:DetectStackDrift done");
}

#[tokio::test]
async fn parameters_alone_are_put_back() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("p")).await;
    let was = run.state("p").await;
    let mut task = Deploy::task("p");
    task.parameters.insert("Size".into(), "99".into());
    let (_, seen) = run.run(&template(600, ""), &task).await;
    assert_ne!(run.state("p").await, was);
    let (ran, _) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(run.state("p").await, was);
}

#[tokio::test]
async fn a_value_that_cannot_be_read_back_is_used_again_and_named() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let hidden = |seconds| {
        template(seconds, "").replace("Parameters:\n", "Parameters:\n  Password: { Type: String, NoEcho: true }\n")
    };
    let mut task = Deploy::task("e");
    task.parameters.insert("Password".into(), SECRET.into());
    run.run(&hidden(600), &task).await;
    let was = run.state("e").await;
    let (_, with) = run.run(&hidden(900), &task).await;
    let (ran, seen) = run.back(&Deploy::undo(&with)).await;
    assert_eq!(ran.failure, None);
    assert_eq!(
        ran.warning.as_deref(),
        Some("the value of Password cannot be read back: it stays as the stack has it now")
    );
    assert_eq!(run.state("e").await, was);
    let everything = format!("{ran:?} {seen:?} {} {:?}", run.files.all(), Deploy::undo(&with));
    assert!(!everything.contains(SECRET), "{everything}");

    // A deployment that takes the parameter away takes its value with it.
    let (_, without) = run.run(&template(900, ""), &Deploy::task("e")).await;
    let (ran, seen) = run.back(&Deploy::undo(&without)).await;
    let failure = ran.failure.unwrap();
    assert!(failure.message.starts_with("the value of Password is on no record (NoEcho)"), "{failure:?}");
    assert!(seen.effects.is_empty());
}

#[tokio::test]
async fn a_value_that_no_record_holds_is_put_back_when_the_step_gives_it() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let hidden = |seconds| {
        let tagged = "Tags: [{ Key: token, Value: !Ref Password }, ";
        template(seconds, "")
            .replace("Parameters:\n", "Parameters:\n  Password: { Type: String, NoEcho: true }\n")
            .replace("Tags: [", tagged)
    };
    let with = |value: &str| {
        let mut task = Deploy::task("g");
        task.parameters.insert("Password".into(), value.into());
        task
    };
    let token = async || {
        let queue = aws.reads().stacks().resources("g").await.unwrap().value.remove(0).physical_id.unwrap();
        let read = resolve("sqs:ListQueueTags").unwrap().read().unwrap();
        let tags = aws.reads().api().call(read, &serde_json::json!({ "QueueUrl": queue })).await.unwrap().value;
        tags["Tags"]["token"].clone()
    };
    run.run(&hidden(600), &with(SECRET)).await;
    let was = run.state("g").await;
    let (_, seen) = run.run(&hidden(900), &with("another-secret")).await;
    assert_eq!(token().await, "another-secret");

    // What is not given stays as the deployment has made it.
    let (ran, _) = run.back(&Deploy::undo(&seen)).await;
    assert!(ran.warning.unwrap().starts_with("the value of Password cannot be read back"));
    assert_eq!(token().await, "another-secret");

    let given = [("Password".to_owned(), SECRET.to_owned()), ("Size".to_owned(), "12".to_owned())];
    let undo = StackRestoreTask { parameters: BTreeMap::from(given.clone()), ..Deploy::undo(&seen) };
    let line =
        "  --parameters ParameterKey=Password,ParameterValue=**** (`parameters` of the step gives it)".to_owned();
    assert!(undo.describe(&Scope::default()).contains(&line), "{:#?}", undo.describe(&Scope::default()));
    let (ran, back) = run.back(&undo).await;
    assert_eq!(ran.failure, None);
    assert_eq!(ran.warning.as_deref(), Some("`parameters` is not used for Size: it is on record"));
    assert_eq!(token().await, SECRET);
    assert_eq!(run.state("g").await, was);
    assert!(!format!("{ran:?} {back:?} {undo:?} {}", run.files.all()).contains(SECRET));

    // A deployment that takes the parameter away: the value comes from the step.
    let (_, seen) = run.run(&template(900, ""), &Deploy::task("g")).await;
    let undo = StackRestoreTask { parameters: BTreeMap::from(given), ..Deploy::undo(&seen) };
    let (ran, _) = run.back(&undo).await;
    assert_eq!(ran.failure, None);
    assert_eq!(token().await, SECRET);
}

#[tokio::test]
async fn a_value_that_was_cut_from_the_record_is_put_back_when_the_step_gives_it() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let mut task = Deploy::task("w");
    task.parameters.insert("Size".into(), SECRET.into());
    run.run(&template(600, ""), &task).await;
    let was = run.state("w").await;
    let (_, mut seen) = run.run(&template(900, ""), &Deploy::task("w")).await;
    // As a recorder that knows the secret writes it down.
    seen.captured.as_mut().unwrap().before["parameters"][0]["value"] = "[secret]".into();
    let (ran, _) = run.back(&Deploy::undo(&seen)).await;
    let failure = ran.failure.unwrap();
    assert!(failure.message.starts_with("a secret was cut from `parameters.Size.value`"), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("`parameters = { NAME = \"${input.…}\" }`"));
    let given = BTreeMap::from([("Size".to_owned(), SECRET.to_owned())]);
    let (ran, back) = run.back(&StackRestoreTask { parameters: given, ..Deploy::undo(&seen) }).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(run.state("w").await, was);
    assert!(!format!("{:?}", back.progress).contains(SECRET), "{:?}", back.progress);
}

#[tokio::test]
async fn an_update_under_way_is_cancelled_and_a_creation_waited_for_and_deleted() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("c")).await;
    let was = run.state("c").await;
    let execute = Some("cloudformation:ExecuteChangeSet");
    let (_, seen) = run.attempt(&template(900, &slow(6)), &Deploy::task("c"), execute).await;
    assert_eq!(run.find("c").await.unwrap().status, "UPDATE_IN_PROGRESS");
    let (ran, back) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(
        back.effects,
        ["intend cloudformation:CancelUpdateStack", "settle cloudformation:CancelUpdateStack done"]
    );
    assert_eq!(ran.note.unwrap(), "stack c is as it was (UPDATE_ROLLBACK_COMPLETE): nothing had to be put back");
    assert_eq!(run.state("c").await, was);

    let (_, seen) = run.attempt(&template(600, &slow(1)), &Deploy::task("cc"), execute).await;
    assert_eq!(run.find("cc").await.unwrap().status, "CREATE_IN_PROGRESS");
    let (ran, back) = run.back(&Deploy::undo(&seen)).await;
    assert_eq!(ran.failure, None);
    assert_eq!(back.effects, ["intend cloudformation:DeleteStack", "settle cloudformation:DeleteStack done"]);
    assert!(run.find("cc").await.is_none_or(|stack| stack.status == "DELETE_COMPLETE"));
}

/// Waits until a stack waits for its signal, for the n-th time.
async fn waits(aws: &Sandboxed, stack: &str, times: usize) {
    loop {
        if let Some(found) = aws.reads().stacks().describe(stack).await.unwrap().value {
            let mut cursor = EventCursor::from_the_beginning(&found.id);
            let events = aws.reads().stacks().events(&mut cursor).await.unwrap().value;
            let waits = |event: &&StackEvent| event.logical_id == "Wait" && event.status == "CREATE_IN_PROGRESS";
            if events.iter().filter(waits).count() >= times {
                return;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_undo_that_was_cut_off_is_followed_and_not_cancelled() {
    let aws = sandbox::aws();
    let account = aws.settings().account.clone();
    let run = Deploy::new(&aws);
    let made = async {
        waits(&aws, "k", 1).await;
        sandbox::signal(&account, "k", "Wait");
    };
    let task = Deploy::task("k");
    let text = template(600, &slow(20));
    let ((ran, _), ()) = tokio::join!(run.run(&text, &task), made);
    assert_eq!(ran.failure, None);
    let was = run.state("k").await;
    let (_, seen) = run.run(&template(900, ""), &Deploy::task("k")).await;
    let undo = Deploy::undo(&seen);
    let attempt = Attempt {
        files: run.files.clone(),
        unasked: true,
        cancel_at: Some("cloudformation:ExecuteChangeSet"),
        ..Attempt::new(&aws, Path::new("/nowhere"))
    };
    let (ended, first) = attempt.run(&undo, NOBODY).await;
    assert!(ended.unwrap().failure.is_some());
    assert_eq!(first.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet unknown");
    assert_eq!(run.find("k").await.unwrap().status, "UPDATE_IN_PROGRESS");

    let again = StackRestoreTask { earlier: first.states.clone(), ..undo };
    let signal = async {
        waits(&aws, "k", 2).await;
        sandbox::signal(&account, "k", "Wait");
    };
    let ((ran, second), ()) = tokio::join!(run.back(&again), signal);
    assert_eq!(ran.failure, None);
    assert!(!second.effects.iter().any(|effect| effect.contains("Cancel")), "{:?}", second.effects);
    assert!(!second.effects.iter().any(|effect| effect.contains("Execute")), "{:?}", second.effects);
    assert_eq!(run.state("k").await, was);
}

#[tokio::test]
async fn an_update_of_somebody_else_is_left_alone() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("s")).await;
    let (_, ours) = run.run(&template(900, ""), &Deploy::task("s")).await;
    let execute = Some("cloudformation:ExecuteChangeSet");
    let (_, theirs) = run.attempt(&template(700, &slow(2)), &Deploy::task("s"), execute).await;
    let (ran, seen) = run.back(&Deploy::undo(&ours)).await;
    let failure = ran.failure.unwrap();
    assert_eq!(failure.message, "somebody else is updating stack s", "{failure:?}");
    assert!(seen.effects.is_empty());
    // Whose it is may end it.
    let (ran, _) = run.back(&Deploy::undo(&theirs)).await;
    assert_eq!(ran.failure, None);
}

#[tokio::test]
async fn what_was_changed_beside_cloudformation_is_found_and_named() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    run.run(&template(600, ""), &Deploy::task("v")).await;
    let (_, seen) = run.run(&template(900, ""), &Deploy::task("v")).await;
    let undo = Deploy::undo(&seen);
    let (ran, _) = run.back(&undo).await;
    assert_eq!(ran.failure, None);
    let queue = aws.reads().stacks().resources("v").await.unwrap().value.remove(0).physical_id.unwrap();
    let set = serde_json::json!({ "QueueUrl": queue, "Attributes": { "MessageRetentionPeriod": "1200" } });
    aws.api().call(resolve("sqs:SetQueueAttributes").unwrap(), &set, None).await.unwrap();
    let (ran, _) = run.back(&undo).await;
    assert_eq!(ran.failure, None);
    let warning = ran.warning.unwrap();
    assert!(warning.starts_with("what was changed beside CloudFormation stays"), "{warning}");
    assert!(warning.contains("Queue (AWS::SQS::Queue) ") && warning.contains("600 -> 1200"), "{warning}");
    assert_eq!(ran.out["drift"][0]["status"], "MODIFIED", "{}", ran.out);
}

#[tokio::test]
async fn a_large_template_goes_back_by_the_bucket() {
    let aws = sandbox::aws();
    let run = Deploy::new(&aws);
    let bucket = format!("templates-{}", aws.settings().account);
    let holder = format!("Resources:\n  B: {{ Type: 'AWS::S3::Bucket', Properties: {{ BucketName: {bucket} }} }}\n");
    run.run(&holder, &Deploy::task("holder")).await;
    let large = format!("{}# {}\n", template(600, ""), "x".repeat(52_000));
    let task = StackTask { upload_bucket: Some(bucket.clone()), ..Deploy::task("l") };
    let (ran, _) = run.run(&large, &task).await;
    assert_eq!(ran.failure, None);
    let was = run.state("l").await;
    let (_, seen) = run.run(&template(900, ""), &task).await;
    let undo = Deploy::undo(&seen);
    let (ran, back) = run.back(&undo).await;
    assert!(ran.failure.unwrap().message.contains("more than 51,200 go only by an upload bucket"));
    assert!(back.effects.is_empty());
    let (ran, back) = run.back(&StackRestoreTask { upload_bucket: Some(bucket), ..undo }).await;
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(back.effects[0], "intend s3:PutObject");
    assert_eq!(run.state("l").await, was);
}
