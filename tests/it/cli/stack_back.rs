//! A stack goes back by `checkride rollback`, or within the run, from what the run has on record.

use std::fs;

use checkride::aws::stacks::{StackParameter, StackTag};

use crate::support::project::Project;
use crate::support::sandbox;

const DEPLOY: &[&str] = &["run", "r", "-p", "sandbox", "--answers", "answers.toml"];
const BACK: &[&str] = &["rollback", "--last", "-p", "sandbox", "--answers", "back.toml"];
const STEPS: &str = r#"
[[deploy]]
id = "stack"
title = "Deploy the stack"
kind = "stack"
stack = "mte"
template = "stack.yaml"

[[rollback]]
id = "back"
title = "Put the stack back"
kind = "stack-restore"
undoes = ["stack"]
"#;

fn template(seconds: u32, more: &str) -> String {
    format!(
        "Resources:\n  Queue: {{ Type: 'AWS::SQS::Queue', Properties: {{ MessageRetentionPeriod: {seconds} }} }}\n{more}"
    )
}

/// A stack that waits for a signal, or fails.
const SLOW: &str = "  Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }\n  Wait:\n    \
                    Type: AWS::CloudFormation::WaitCondition\n    Properties: { Handle: !Ref Handle, Timeout: '8' }\n";

struct Stage {
    account: String,
    project: Project,
}

impl Stage {
    fn new(steps: &str) -> Self {
        let account = sandbox::account();
        let project = Project::sandboxed(&account).runbook("r", steps).file("stack.yaml", &template(600, ""));
        let project = project.answers("phase.deploy = yes\nstack.change_set = execute\nphase.rollback = yes");
        project.write("back.toml", &project.read("answers.toml"));
        Self { account, project }
    }

    /// Template, parameters and tags, or nothing where there is no stack.
    fn state(&self) -> Option<(String, Vec<StackParameter>, Vec<StackTag>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let aws = sandbox::aws_of(&self.account);
            let reads = aws.reads().stacks();
            let found = reads.describe("mte").await.unwrap().value?;
            let template = reads.template(&found.id).await.unwrap().value;
            (found.status != "DELETE_COMPLETE").then_some((template, found.parameters, found.tags))
        })
    }
}

#[test]
fn an_update_goes_back_when_runbook_and_template_are_gone() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    project.checkride(DEPLOY).exits(0);
    let was = stage.state();
    assert!(was.is_some());
    project.write("stack.yaml", &template(900, "  Second: { Type: 'AWS::SQS::Queue' }\n"));
    project.checkride(DEPLOY).exits(0);
    assert_ne!(stage.state(), was);
    for gone in ["runbooks/r.toml", "stack.yaml", "profiles/sandbox.toml"] {
        fs::remove_file(project.path(gone)).unwrap();
    }
    let said = project.checkride(BACK).exits(0);
    let said = said.says("-   remove  Second").says("stack mte is as it was: 1 removed, 1 changed");
    said.says("nothing of the run still stands");
    assert_eq!(stage.state(), was);
    let name = project.last_run().file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["evidence", "verify", &name]).exits(0);
}

#[test]
fn a_first_create_goes_away_and_what_still_stands_has_its_calls() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    let data = format!("  Data: {{ Type: 'AWS::S3::Bucket', Properties: {{ BucketName: data-{} }} }}\n", stage.account);
    project.write("stack.yaml", &template(600, &data));
    project.checkride(DEPLOY).exits(0);
    // The loss of data is asked for once more, and nobody is there.
    project.checkride(BACK).exits(11).says("Delete stack mte, and the data in it?");
    assert!(stage.state().is_some());
    let declined = project.read("back.toml")
        + "[answer.\"back.delete\"]\nchoose = \"no\"\nby = \"ana\"\nreason = \"the data is needed\"\n";
    project.write("back.toml", &declined);
    let said = project.checkride(BACK).exits(8);
    said.says("aws cloudformation delete-stack --stack-name mte");
    project.write("back.toml", &declined.replace("\"no\"", "\"yes\""));
    project.checkride(BACK).exits(0).says("stack mte, which the run made, is deleted");
    assert_eq!(stage.state(), None);
}

#[test]
fn what_a_template_keeps_still_stands_when_its_stack_is_gone() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    project.write("stack.yaml", &template(600, "  Kept: { Type: 'AWS::SQS::Queue', DeletionPolicy: Retain }\n"));
    project.checkride(DEPLOY).exits(0);
    let said = project.checkride(BACK).exits(0);
    said.says("its undo `back` went well, and leaves this").never_says("nothing of the run still stands");
    assert_eq!(stage.state(), None);
    let name = project.last_run().file_name().unwrap().to_str().unwrap().to_owned();
    let json = project.checkride(&["report", &name, "--format", "json"]).exits(0).json();
    let left = &json["rollback"]["left"][0];
    assert_eq!((&left["step"], &left["undo"]), (&"stack".into(), &"back".into()));
    let arn = format!("Kept (AWS::SQS::Queue) arn:aws:sqs:us-east-1:{}:", stage.account);
    assert!(left["stays"][0].as_str().unwrap().starts_with(&arn), "{left}");
    assert_eq!(json["standing"]["why"], "not all of it: some of the run still stands");
    // The page that goes to the review says it, too.
    assert!(project.checkride(&["report", &name, "--format", "md"]).exits(0).stdout.contains(&arn));
    assert!(project.checkride(&["report", &name, "--format", "html"]).exits(0).stdout.contains(&arn));
}

/// The first session is killed once the stack is gone, and before its end is on record.
#[test]
fn what_is_kept_is_known_to_whoever_takes_the_rollback_up() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    project.write("stack.yaml", &template(600, "  Kept: { Type: 'AWS::SQS::Queue', DeletionPolicy: Retain }\n"));
    project.checkride(DEPLOY).exits(0);
    let mut running = project.begin(BACK);
    running.until_it_says("calls cloudformation:DeleteStack");
    running.kill();
    project.checkride(BACK).exits(0).says("Kept (AWS::SQS::Queue) arn:aws:sqs:us-east-1:");
    assert_eq!(stage.state(), None);
    let deleted = project.watch().writes().iter().filter(|call| *call == "cloudformation:DeleteStack").count();
    assert!(deleted <= 2, "{deleted}");
}

#[test]
fn a_stack_that_somebody_guards_is_deleted_by_a_typed_word_alone() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    project.checkride(DEPLOY).exits(0);
    sandbox::guard(&stage.account, "mte");
    project.checkride(BACK).exits(11).says("Delete stack mte, which is guarded?");
    assert!(stage.state().is_some());
    project.write(
        "back.toml",
        &(project.read("back.toml")
            + "[answer.\"back.unguard\"]\nchoose = \"yes\"\nby = \"ana\"\nreason = \"INC-42\"\n"),
    );
    let said = project.checkride(BACK).exits(0);
    said.says("its protection against deletion was taken off stack mte before");
    assert_eq!(stage.state(), None);
    let writes = project.watch().writes();
    let last = &writes[writes.len() - 2..];
    assert_eq!(last, ["cloudformation:UpdateTerminationProtection", "cloudformation:DeleteStack"]);
}

/// The probe knows its queue by the stack's output, which is read anew each time: there is no stack before, and none after.
#[test]
fn the_steady_state_of_a_real_stack_is_compared() {
    let probe = r#"
[[verify]]
id = "queue"
title = "The queue keeps its messages for ten minutes"
kind = "aws"
call = "sqs:GetQueueAttributes"
with = { QueueUrl = "${step.stack.outputs.Url}", AttributeNames = ["MessageRetentionPeriod"] }
expect = ["out.Attributes.MessageRetentionPeriod == '600'"]
outputs = { kept = "out.Attributes.MessageRetentionPeriod", url = "step.stack.outputs.Url" }
steady = true
on_failure = "continue"
"#;
    let stage = Stage::new(&format!("{STEPS}{probe}"));
    let project = &stage.project;
    let outputs = "Outputs:\n  Url: { Value: !Ref Queue }\n";
    project.write("stack.yaml", &template(600, outputs));
    let report = |kind: &str| {
        let name = project.last_run().file_name().unwrap().to_str().unwrap().to_owned();
        project.checkride(&["report", &name, "--format", kind]).exits(0)
    };
    // A first create: it cannot be told before, and not after, for the same reason.
    project.checkride(DEPLOY).exits(0).says("unknown before the first change");
    project.checkride(BACK).exits(0).says("same: unknown, as before");
    assert_eq!(stage.state(), None);
    let steady = report("json").json()["steady"][0].clone();
    assert_eq!((&steady["change"], &steady["before"]["outcome"]), (&"same".into(), &"unknown".into()));

    project.checkride(DEPLOY).exits(0);
    // An update that its own verification does not like: what was there before is there again, and passes again.
    project.write("stack.yaml", &template(900, outputs));
    project.checkride(DEPLOY).exits(4);
    assert_eq!(report("json").json()["steady"][0]["change"], "worse");
    project.checkride(BACK).exits(0).says("same: passed, as before");
    let steady = report("json").json()["steady"][0].clone();
    assert_eq!((&steady["change"], &steady["now"]["outputs"]["kept"]), (&"same".into(), &"600".into()));
    assert!(!steady["now"]["requests"].as_array().unwrap().is_empty(), "{steady}");

    // Somebody changes it meanwhile: all is undone, and it is worse than it was.
    project.write("stack.yaml", &template(600, &format!("  More: {{ Type: 'AWS::SQS::Queue' }}\n{outputs}")));
    project.checkride(DEPLOY).exits(0);
    sandbox::keep_messages(&stage.account, steady["now"]["outputs"]["url"].as_str().unwrap(), 700);
    let said = project.checkride(&[BACK, &["--incident", "INC-42"]].concat()).exits(4);
    said.says("worse: passed before, failed now").says("all is undone, and it is worse than before");
    let json = report("json").json();
    assert_eq!((&json["standing"]["word"], &json["standing"]["code"]), (&"ROLLED BACK".into(), &4.into()));
    let follow_up = json["follow_up"].as_array().unwrap();
    assert!(follow_up.iter().any(|item| item["step"] == "queue" && item["owner"] == "platform"), "{follow_up:?}");
}

#[test]
fn killed_while_the_update_runs_it_is_cancelled() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    project.checkride(DEPLOY).exits(0);
    let was = stage.state();
    project.write("stack.yaml", &template(900, SLOW));
    let mut running = project.begin(DEPLOY);
    running.until_it_says("UPDATE_IN_PROGRESS Wait ");
    running.kill();
    let said = project.checkride(BACK).exits(0).says("stack mte is as it was (UPDATE_ROLLBACK_COMPLETE)");
    said.says("still under way; its undo takes it up");
    assert_eq!(stage.state(), was);
    assert_eq!(project.watch().writes().last().unwrap(), "cloudformation:CancelUpdateStack");
}

#[test]
fn a_secret_goes_back_within_the_session_and_is_refused_after_it() {
    let after = "\n[[deploy]]\nid = \"after\"\ntitle = \"After\"\nkind = \"command\"\neffect = \"local\"\n\
                 on_failure = \"rollback\"\nshell = \"[ ! -e broken ]\"\n";
    let steps = STEPS.replace(
        "template = \"stack.yaml\"\n",
        "template = \"stack.yaml\"\nparameters = { Plain = \"${input.plain}\" }\n",
    );
    let head = "[inputs]\nplain = { secret = { env = \"PLAIN\" } }\n";
    let secret = "hunter2-very-secret";
    let mut stage = Stage::new(&format!("{head}{steps}{after}"));
    stage.project = stage.project.variable("PLAIN", secret);
    let project = &stage.project;
    let with = |seconds| format!("Parameters:\n  Plain: {{ Type: String }}\n{}", template(seconds, ""));
    project.write("stack.yaml", &with(600));
    project.checkride(DEPLOY).exits(0);
    let was = stage.state();
    assert_eq!(was.as_ref().unwrap().1[0].value, secret);

    project.write("stack.yaml", &with(900));
    project.write("broken", "");
    // The rehearsal knows that only this session could put it back.
    project.checkride(DEPLOY).exits(12).never_says(secret).says("the value that parameter Plain of stack mte has now");
    let glass = [DEPLOY, &["--break-glass", "the value is at hand"]].concat();
    let said = project.checkride(&glass).exits(5);
    said.never_says(secret).says("stack mte is as it was: 1 changed");
    assert_eq!(stage.state(), was);

    fs::remove_file(project.path("broken")).unwrap();
    project.checkride(&glass).exits(0);
    let deployed = stage.state();
    let said = project.checkride(BACK).exits(8);
    said.never_says(secret).says("a secret was cut from `parameters.Plain.value` of stack mte");
    assert_eq!(stage.state(), deployed);
    assert!(project.kept_with(secret).is_empty(), "{:?}", project.kept_with(secret));
}

#[test]
fn killed_while_it_is_put_back_it_is_followed_to_its_end() {
    let stage = Stage::new(STEPS);
    let project = &stage.project;
    project.write("stack.yaml", &template(600, &SLOW.replace("'8'", "'60'")));
    let mut running = project.begin(DEPLOY);
    running.until_it_says("CREATE_IN_PROGRESS Wait ");
    sandbox::signal(&stage.account, "mte", "Wait");
    running.end().exits(0);
    let was = stage.state();
    project.write("stack.yaml", &template(900, ""));
    project.checkride(DEPLOY).exits(0);
    let made = project.watch().writes().len();

    let mut running = project.begin(BACK);
    running.until_it_says("UPDATE_IN_PROGRESS Wait ");
    running.kill();
    let mut running = project.begin(BACK);
    running.until_it_says("is still busy with the change set that this step executed");
    sandbox::signal(&stage.account, "mte", "Wait");
    running.end().exits(0);
    assert_eq!(stage.state(), was);
    // The one change set, executed once; what was cut off is neither cancelled nor made again.
    let writes = project.watch().writes();
    let executed = writes[made..].iter().filter(|call| *call == "cloudformation:ExecuteChangeSet").count();
    assert_eq!(executed, 1, "{writes:?}");
    assert!(!writes.iter().any(|call| call == "cloudformation:CancelUpdateStack"), "{writes:?}");
}
