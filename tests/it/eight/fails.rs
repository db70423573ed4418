//! The whole way there and back, and the way back from each step that fails: refused by the service, or found wrong behind it;
//! at once and unattended, or by `checkride rollback` later.

use crate::checks::front::{Answers, Front};
use crate::eight::state::{State, assert_same};
use crate::eight::world::{BACK, RUN, STEPS, World, share};
use crate::support::project::Project;

#[test]
fn all_eight_differ_in_mid_run_and_are_as_they_were_afterwards() {
    let world = World::new();
    let project = world.project(|text| text);
    let before = world.state();
    assert_same(&before, &world.state(), "nobody did anything");
    project.checkride(RUN).exits(0);
    let changed = world.state();
    assert_eq!(changed.changed(&before), [true; 8], "{changed:?}");
    for name in ["the function", "the queue", "the topics", "the log groups", "the alarms", "its resources"] {
        assert!(changed.differ(&before).contains(&name), "{name}: {changed:?}");
    }
    project.checkride(BACK).exits(0).says("nothing of the run still stands");
    assert_same(&before, &world.state(), "rolled back");
}

/// The call by which a step changes something.
fn call_of(step: &str) -> String {
    let call = match step {
        "stack" => "cloudformation:ExecuteChangeSet",
        "limit" => "lambda:PutFunctionConcurrency",
        "alias" => "lambda:UpdateAlias",
        "network" => "lambda:UpdateFunctionConfiguration",
        "recovery" => "dynamodb:UpdateContinuousBackups",
        "replication" => "s3:PutBucketReplication",
        "rotation" => "kms:EnableKeyRotation",
        "letters" => "sqs:SetQueueAttributes",
        _ => unreachable!("there are eight"),
    };
    call.to_owned()
}

/// How the head of a step stands in the runbook.
fn head(step: &str) -> String {
    format!("[[deploy]]\nid = \"{step}\"\n")
}

/// The runbook, in which a step that fails leads back at once.
fn unattended(text: &str) -> String {
    let leads_back = |text: String, step: &&str| {
        let head = head(step);
        text.replace(&head, &format!("{head}on_failure = \"rollback\"\n"))
    };
    STEPS.iter().fold(text.to_owned(), leads_back)
}

/// The runbook with a look behind a step that finds something wrong.
pub(super) fn wrong_behind(text: &str, at: usize, policy: &str) -> String {
    let look = format!(
        "[[deploy]]\nid = \"look\"\ntitle = \"All is well\"\nkind = \"command\"\neffect = \"read\"\n\
         on_failure = \"{policy}\"\nrun = [\"false\"]\n\n"
    );
    let next = STEPS.get(at + 1).map_or_else(|| "[[rollback]]\nid = \"stack_back\"\n".to_owned(), |next| head(next));
    text.replace(&next, &format!("{look}{next}"))
}

/// A deploy that fails when so many things are changed, and the way back from it. (Of a stack whose change set could not be
/// executed, that change set goes.)
fn there_and_back(world: &World, before: &State, project: &Project, changed: Option<usize>, how: &str) {
    let ran = project.checkride(RUN);
    assert_eq!(ran.code, 5, "{how}\n{}", ran.stderr);
    let Some(count) = changed else {
        return assert_same(before, &world.state(), &format!("{how}\n{}", ran.stderr));
    };
    let expected = [0, 1, 2, 3, 4, 5, 6, 7].map(|at| at < count);
    assert_eq!(world.state().changed(before), expected, "{how}\n{}", ran.stderr);
    let back = project.checkride(BACK);
    assert_eq!(back.code, 0, "{how}\n{}", back.stderr);
    assert!(back.stderr.contains("nothing of the run still stands"), "{how}\n{}", back.stderr);
    assert_same(before, &world.state(), &format!("{how}\n{}", back.stderr));
}

#[test]
fn from_each_step_that_is_refused_there_is_a_way_back_through_a_proxy_that_refuses_it() {
    share(STEPS.iter().enumerate(), |world, before, (at, step)| {
        let front = Front::that(Answers::Denies(call_of(step)));
        let project = world.project_at(&front.endpoint, |text| text);
        there_and_back(world, before, &project, Some(at), &format!("{step} is refused"));
        assert_eq!(front.answered(), 1, "{step} is called once");
        let front = Front::that(Answers::Denies(call_of(step)));
        let project = world.project_at(&front.endpoint, |text| unattended(&text));
        there_and_back(world, before, &project, None, &format!("{step} is refused, and nobody is there"));
        true
    });
}

#[test]
fn from_each_step_behind_which_something_is_wrong_there_is_a_way_back() {
    share(STEPS.iter().enumerate(), |world, before, (at, step)| {
        let project = world.project(|text| wrong_behind(&text, at, "stop"));
        there_and_back(world, before, &project, Some(at + 1), &format!("wrong behind {step}"));
        let project = world.project(|text| wrong_behind(&text, at, "rollback"));
        there_and_back(world, before, &project, None, &format!("wrong behind {step}, and nobody is there"));
        true
    });
}

/// A resource of the stack that never comes up: `CloudFormation` puts the stack back itself, and there is nothing to undo.
#[test]
fn a_stack_that_fails_by_itself_is_as_it_was() {
    let world = World::new();
    let before = world.state();
    let slow = "  Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }\n  Wait:\n    \
                Type: AWS::CloudFormation::WaitCondition\n    Properties: { Handle: !Ref Handle, Timeout: '1' }\nOutputs:\n";
    for policy in [false, true] {
        let project = world.project(|text| if policy { unattended(&text) } else { text });
        project.write("after.yaml", &project.read("after.yaml").replace("Outputs:\n", slow));
        let ran = project.checkride(RUN).exits(5);
        assert_same(&before, &world.state(), &ran.stderr);
    }
}
