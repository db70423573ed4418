//! A stack redeployed into a clean one, from what a run has on record, in the emulator: and removed with what it leaves behind.

use std::fs;
use std::time::Duration;

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::timed::GO;
use crate::shipped::read;
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};
use crate::support::sweep::{killed_at, moments, records};

const SECRET: &str = "hunter2-very-secret";

/// A bucket, a table that outlives its stack, and a queue that is named after the stage; `more` resources.
fn template(more: &str) -> String {
    format!(
        "Parameters:\n  Stage: {{ Type: String }}\n  Token: {{ Type: String, NoEcho: true }}\n\
         Resources:\n  Bucket: {{ Type: 'AWS::S3::Bucket', Properties: {{ VersioningConfiguration: {{ Status: Enabled }} }} }}\n  \
         Table:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Retain\n    Properties:\n      BillingMode: PAY_PER_REQUEST\n      \
         AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]\n      KeySchema: [{{ AttributeName: id, KeyType: HASH }}]\n  \
         Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Sub orders-${{Stage}}\n      \
         Tags: [{{ Key: token, Value: !Ref Token }}]\n{more}\
         Outputs:\n  Bucket: {{ Value: !Ref Bucket }}\n  Table: {{ Value: !Ref Table }}\n  Queue: {{ Value: !GetAtt Queue.QueueName }}\n"
    )
}

const DEPLOY: &str = "[inputs]\ntoken = { secret = { env = \"TOKEN\" } }\n\n\
    [[deploy]]\nid = \"stack\"\ntitle = \"Deploy\"\nkind = \"stack\"\nstack = \"orders\"\ntemplate = \"stack.yaml\"\n\
    parameters = { Stage = \"dev\", Token = \"${input.token}\" }\nstack_tags = { team = \"shop\" }\n";

/// Redeploys, and removes. `more`: of the step that redeploys.
fn drill(more: &str) -> String {
    format!(
        "[inputs]\ntoken = {{ secret = {{ env = \"TOKEN\" }} }}\n\n[phase.drill]\nrto = \"10m\"\n\n\
         [[drill]]\nid = \"restore\"\ntitle = \"Redeploy\"\nkind = \"restore\"\nstack = \"orders\"\n{more}\n\
         [[drill]]\nid = \"answers\"\ntitle = \"It is there\"\nkind = \"aws\"\ncall = \"cloudformation:DescribeStacks\"\n\
         with = {{ StackName = \"${{step.restore.arn}}\" }}\nexpect = [\"out.Stacks[0].StackStatus == 'CREATE_COMPLETE'\"]\n\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"restore\"]\n"
    )
}

const OVERRIDES: &str = "parameters = { Stage = \"drill\", Token = \"${input.token}\" }\n";

/// A project in which `orders` was deployed by a run.
fn deployed(account: &str, restore: &str) -> Project {
    let project = Project::sandboxed(account)
        .file("stack.yaml", &template(""))
        .runbook("deploy", DEPLOY)
        .runbook("r", &drill(restore))
        .variable("TOKEN", SECRET)
        .answers("phase.deploy = yes\nphase.drill = yes\nphase.rollback = yes\nstack.change_set = execute\nrestore.change_set = execute");
    project.checkride(&["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    project
}

fn call(aws: &Aws, operation: &str, input: &Value) -> Value {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let operation = resolve(operation).unwrap();
    runtime.block_on(aws.api().call(operation, input, None)).unwrap().value
}

/// All that there is: stacks that are not deleted, tables, buckets, queues.
fn everything(account: &str) -> Value {
    let aws = aws_of(account);
    let sorted = |value: &Value, member: &str| {
        let mut names: Vec<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one[member].as_str().or(one.as_str()).unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let stacks = call(&aws, "cloudformation:DescribeStacks", &json!({}));
    json!({
        "stacks": sorted(&stacks["Stacks"], "StackId"),
        "tables": sorted(&call(&aws, "dynamodb:ListTables", &json!({}))["TableNames"], ""),
        "buckets": sorted(&call(&aws, "s3:ListBuckets", &json!({}))["Buckets"], "Name"),
        "queues": sorted(&call(&aws, "sqs:ListQueues", &json!({}))["QueueUrls"], ""),
    })
}

/// The events of the run that was written to last.
fn events(project: &Project) -> Vec<Value> {
    let journal = fs::read_to_string(project.last_run().join("journal.jsonl")).unwrap();
    journal.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone()).collect()
}

fn outputs(project: &Project, step: &str) -> Value {
    let events = events(project);
    let finished = |event: &&Value| event["kind"] == "step_finished" && event["step"] == step;
    events.iter().find(finished).map(|event| event["outputs"].clone()).unwrap_or_default()
}

fn no_secret(project: &Project) {
    for (path, bytes) in project.all_files() {
        let whole = String::from_utf8_lossy(&bytes);
        assert!(!whole.contains(SECRET), "{}", path.display());
    }
}

/// A step that deploys is held back in a drill, before its change set: the stack stood before.
#[test]
fn a_stack_that_stood_before_the_drill_is_not_deployed_over() {
    let account = account();
    let over = "[inputs]\ntoken = { secret = { env = \"TOKEN\" } }\n\n\
        [[drill]]\nid = \"over\"\ntitle = \"Deploy over it\"\nkind = \"stack\"\nstack = \"orders\"\ntemplate = \"more.yaml\"\n\
        parameters = { Stage = \"dev\", Token = \"${input.token}\" }\n\n\
        [[rollback]]\nid = \"back\"\ntitle = \"Back\"\nkind = \"stack-restore\"\nundoes = [\"over\"]\n\
        parameters = { Token = \"${input.token}\" }\n";
    let more = template("  More: { Type: 'AWS::SQS::Queue' }\n");
    let answers = "phase.deploy = yes\nphase.drill = yes\nstack.change_set = execute\nover.change_set = execute";
    let project = deployed(&account, OVERRIDES).file("more.yaml", &more).runbook("over", over).answers(answers);
    let list = json!({ "StackName": "orders" });
    let sets = || call(&aws_of(&account), "cloudformation:ListChangeSets", &list)["Summaries"].clone();
    let before = (everything(&account), sets());
    let said = project.checkride(&["drill", "over", "-p", "sandbox", "--answers", "answers.toml"]).exits(5);
    said.says("was held back: a drill changes only what it made");
    assert_eq!((everything(&account), sets()), before, "nor is a change set left");
}

#[test]
fn a_stack_is_redeployed_from_the_evidence_of_its_deployment() {
    let account = account();
    let project = deployed(&account, OVERRIDES);
    let before = everything(&account);
    let deployment = project.last_run().file_name().unwrap().to_str().unwrap().to_owned();
    // The repository has moved on since: what counts is what was deployed.
    let project = project.file("stack.yaml", "Resources: {}\n");
    let said = project.checkride(GO).exits(0);
    said.says("RTO").says("nothing of the run still stands");
    let out = outputs(&project, "restore");
    assert_eq!((out["from"].as_str(), out["source_run"].as_str()), (Some("evidence"), Some(deployment.as_str())));
    assert_eq!(
        (out["status"].as_str(), out["outputs"]["Queue"].as_str()),
        (Some("CREATE_COMPLETE"), Some("orders-drill"))
    );
    assert!(out["stack"].as_str().unwrap().starts_with("orders-checkride-"), "{out}");
    assert_eq!(everything(&account), before);
    let run = project.last_run();
    let report = project.checkride(&["report", run.file_name().unwrap().to_str().unwrap()]).exits(0).stdout;
    assert!(report.contains(&format!("from the evidence of run {deployment}")), "{report}");
    no_secret(&project);
}

/// What counts is the state that a run left: of one that was rolled back, what it found; and a run can be named.
#[test]
fn of_several_runs_the_last_state_counts_or_the_one_that_is_named() {
    let account = account();
    let project = deployed(&account, OVERRIDES);
    let first = project.last_run().file_name().unwrap().to_str().unwrap().to_owned();
    let second =
        template("      VisibilityTimeout: 45\n").replace("Outputs:\n", "Outputs:\n  Version: { Value: two }\n");
    let way_back = "\n[[rollback]]\nid = \"back\"\ntitle = \"Back\"\nkind = \"stack-restore\"\nundoes = [\"stack\"]\n\
        parameters = { Token = \"${input.token}\" }\n";
    let project = project.file("stack.yaml", &second).runbook("deploy", &format!("{DEPLOY}{way_back}"));
    project.checkride(&["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let deployment = project.last_run();
    let deployment = deployment.file_name().unwrap().to_str().unwrap();
    let redeployed = |version: Option<&str>, run: &str| {
        project.checkride(GO).exits(0);
        let out = outputs(&project, "restore");
        assert_eq!((out["outputs"]["Version"].as_str(), out["source_run"].as_str()), (version, Some(run)), "{out}");
    };
    redeployed(Some("two"), deployment);
    project.write(
        "runbooks/named.toml",
        &project.read("runbooks/r.toml").replace("stack = ", &format!("run = \"{first}\"\nstack = ")),
    );
    project.checkride(&["drill", "named", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    assert_eq!(outputs(&project, "restore")["source_run"], first.as_str());
    project.checkride(&["rollback", deployment, "--answers", "answers.toml"]).exits(0);
    redeployed(None, deployment);
}

/// The live stack is gone, with its names: what was deployed can be made again as it was.
#[test]
fn a_stack_that_is_gone_is_redeployed_as_it_was() {
    let account = account();
    let project = deployed(&account, "parameters = { Token = \"${input.token}\" }\n");
    let aws = aws_of(&account);
    call(&aws, "cloudformation:DeleteStack", &json!({ "StackName": "orders" }));
    let queues = || call(&aws, "sqs:ListQueues", &json!({}))["QueueUrls"].as_array().map_or(0, Vec::len);
    for _ in 0..600 {
        if queues() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let before = everything(&account);
    project.checkride(GO).exits(0);
    let out = outputs(&project, "restore");
    assert_eq!(out["outputs"]["Queue"], "orders-dev");
    assert_eq!(everything(&account), before);
}

#[test]
fn what_would_collide_or_is_on_no_record_is_refused_before_anything_is_made() {
    let account = account();
    let project = deployed(&account, "parameters = { Token = \"${input.token}\" }\n");
    let before = everything(&account);
    let said = project.checkride(GO).exits(5);
    said.says("a name of the clean stack is taken: orders-dev (Queue, AWS::SQS::Queue)").says("give `parameters`");
    let project = project.runbook("r", &drill("parameters = { Stage = \"drill\" }\n"));
    project.checkride(GO).exits(5).says("the value of Token is on no record");
    let project =
        project.runbook("r", &drill(&format!("as = \"orders-2\"\n{OVERRIDES}")).replace("\"orders\"", "\"others\""));
    project.checkride(GO).exits(5).says("no run of this project has stack others of");
    assert_eq!(everything(&account), before);
}

#[test]
fn evidence_that_was_changed_is_refused() {
    let account = account();
    let project = deployed(&account, OVERRIDES);
    let before = everything(&account);
    let run = project.last_run();
    let artifacts = fs::read_dir(run.join("artifacts")).unwrap().map(|entry| entry.unwrap().path());
    let template =
        artifacts.into_iter().find(|path| fs::read_to_string(path).unwrap_or_default().contains("orders-${Stage}"));
    let template = template.unwrap();
    let text = fs::read_to_string(&template).unwrap().replace("orders-${Stage}", "others-${Stage}");
    fs::write(&template, text).unwrap();
    let said = project.checkride(GO).exits(5);
    said.says("the evidence of run ").says("is not whole").says("was changed");
    assert_eq!(everything(&account), before);
    // As it stands, it needs no evidence.
    let project = project.runbook("r", &drill(&format!("from = \"live\"\n{OVERRIDES}")));
    project.checkride(GO).exits(0);
    assert_eq!(outputs(&project, "restore")["from"], "live");
    assert_eq!(everything(&account), before);
}

/// What was put into a bucket of the clean stack does not keep it, nor does its guard; and somebody else's stack stays.
#[test]
fn a_stack_that_was_used_and_guarded_is_removed_later() {
    let account = account();
    let project = deployed(&account, OVERRIDES);
    let before = everything(&account);
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "it is looked at by hand"]);
    project.checkride(&keep).exits(0);
    let out = outputs(&project, "restore");
    let aws = aws_of(&account);
    let bucket = out["outputs"]["Bucket"].as_str().unwrap();
    for _ in 0..3 {
        call(&aws, "s3:PutObject", &json!({ "Bucket": bucket, "Key": "a b/ä", "Body": "eA==" }));
    }
    call(&aws, "s3:DeleteObject", &json!({ "Bucket": bucket, "Key": "a b/ä" }));
    let guard = json!({ "StackName": out["stack"], "EnableTerminationProtection": true });
    call(&aws, "cloudformation:UpdateTerminationProtection", &guard);
    let id = project.last_run().file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]).exits(0);
    assert_eq!(everything(&account), before);
    let effects: Vec<Value> = events(&project).into_iter().filter(|event| event["kind"] == "effect_intended").collect();
    let has = |call: &str| effects.iter().any(|effect| effect["call"] == call);
    for wanted in ["s3:DeleteObjects", "cloudformation:UpdateTerminationProtection", "dynamodb:DeleteTable"] {
        assert!(has(wanted), "{wanted}");
    }
}

/// A creation that fails leaves nothing, and says why.
#[test]
fn a_creation_that_fails_is_told_by_its_cause_and_removed() {
    let account = account();
    let wait = "  Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }\n  Wait:\n    \
                Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Table\n    \
                Properties: { Handle: !Ref Handle, Timeout: '1', Count: !If [Drill, 1, 0] }\n";
    let conditional = template(wait)
        .replace("Resources:\n", "Conditions:\n  Drill: !Equals [!Ref Stage, drill]\nResources:\n")
        .replace("    DependsOn: Table\n", "    DependsOn: Table\n    Condition: Drill\n");
    let project = Project::sandboxed(&account)
        .file("stack.yaml", &conditional)
        .runbook("deploy", DEPLOY)
        .runbook("r", &drill(OVERRIDES))
        .variable("TOKEN", SECRET)
        .answers("phase.deploy = yes\nphase.drill = yes\nphase.rollback = yes\nstack.change_set = execute\nrestore.change_set = execute");
    project.checkride(&["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let before = everything(&account);
    let said = project.checkride(GO);
    assert!([4, 5].contains(&said.code), "{} {}", said.code, said.stderr);
    said.says("Wait (AWS::CloudFormation::WaitCondition) CREATE_FAILED");
    assert_eq!(everything(&account), before);
}

/// A creation that takes its time is not waited for when the drill is stopped: it is removed as it stands.
#[test]
fn a_drill_that_is_stopped_removes_what_is_being_created() {
    let account = account();
    let wait = "  Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }\n  Wait:\n    \
                Type: AWS::CloudFormation::WaitCondition\n    Condition: Drill\n    \
                Properties: { Handle: !Ref Handle, Timeout: '600', Count: 1 }\n";
    let conditional =
        template(wait).replace("Resources:\n", "Conditions:\n  Drill: !Equals [!Ref Stage, drill]\nResources:\n");
    let stopped = drill(OVERRIDES).replace("rto = \"10m\"\n", "rto = \"10m\"\nabort = { budget = \"15s\" }\n");
    let project = Project::sandboxed(&account)
        .file("stack.yaml", &conditional)
        .runbook("deploy", DEPLOY)
        .runbook("r", &stopped)
        .variable("TOKEN", SECRET)
        .answers("phase.deploy = yes\nphase.drill = yes\nphase.rollback = yes\nstack.change_set = execute\nrestore.change_set = execute");
    project.checkride(&["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let before = everything(&account);
    let said = project.checkride(GO).exits(5);
    said.says("the drill is stopped: the drill's budget of 15s is used up").says("nothing of the run still stands");
    assert_eq!(everything(&account), before);
    let begun =
        events(&project).into_iter().filter(|event| event["kind"] == "step_started" && event["step"] == "restore");
    assert_eq!(begun.count(), 1, "it was not taken up again");
}

/// The shipped runbook on the shipped template: into another region, with all that outlives a stack removed after it.
#[test]
fn the_shipped_drill_of_a_stack_passes() {
    let account = account();
    let deploy = "[inputs]\ntoken = { secret = { env = \"MTE_API_TOKEN\" } }\n\n\
        [[deploy]]\nid = \"stack\"\ntitle = \"Deploy\"\nkind = \"stack\"\nstack = \"mte-dev\"\ntemplate = \"mte.yaml\"\n\
        capabilities = [\"CAPABILITY_NAMED_IAM\"]\nparameters = { Stage = \"dev\", ApiToken = \"${input.token}\", \
        Replication = \"false\", Emulated = \"true\" }\nstack_tags = { Application = \"mte\" }\n";
    let project = Project::sandboxed(&account)
        .file("mte.yaml", &read("runbooks/templates/mte.yaml"))
        .file("runbooks/drill-stack.toml", &read("runbooks/drill-stack.toml"))
        .runbook("deploy", deploy)
        .variable("MTE_API_TOKEN", SECRET)
        .answers(
            "phase.deploy = yes\nphase.drill = yes\nstack.change_set = execute\nrestore.change_set = execute\nnames_free = done",
        );
    project.checkride(&["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let keys = |region: &str| {
        let aws = aws_of(&account).in_region(region).unwrap();
        let list = call(&aws, "kms:ListKeys", &json!({}))["Keys"].as_array().unwrap().clone();
        let state = |key: &Value| {
            call(&aws, "kms:DescribeKey", &json!({ "KeyId": key["KeyId"] }))["KeyMetadata"]["KeyState"].clone()
        };
        list.iter().map(state).collect::<Vec<_>>()
    };
    let (before, keys_before) = (everything(&account), keys("us-east-1"));
    let there = || {
        let aws = aws_of(&account).in_region("eu-central-1").unwrap();
        let tables = call(&aws, "dynamodb:ListTables", &json!({}))["TableNames"].clone();
        let secrets = call(&aws, "secretsmanager:ListSecrets", &json!({}))["SecretList"].clone();
        let stacks = call(&aws, "cloudformation:DescribeStacks", &json!({}))["Stacks"].as_array().map_or(0, Vec::len);
        (tables, secrets, stacks)
    };
    let go = ["drill", "drill-stack", "-p", "sandbox", "-i", "stage=dev", "--answers", "answers.toml"];
    let said = project.checkride(&go).exits(0);
    said.says("RTO").says("nothing of the run still stands");
    let out = outputs(&project, "restore");
    assert!(out["arn"].as_str().unwrap().contains(":eu-central-1:"), "{out}");
    assert_eq!((everything(&account), keys("us-east-1")), (before, keys_before));
    assert_eq!(there(), (json!([]), json!([]), 0));
    assert!(keys("eu-central-1").iter().all(|state| state == "PendingDeletion"), "{:?}", keys("eu-central-1"));
    no_secret(&project);
}

#[test]
fn a_redeployment_that_was_killed_leaves_nothing_behind() {
    let whole = {
        let project = deployed(&account(), OVERRIDES);
        project.checkride(GO).exits(0);
        records(&project)
    };
    assert!(whole > 25, "{whole} records");
    for at in moments(&(2..whole), 4) {
        let account = account();
        let project = deployed(&account, OVERRIDES);
        let before = everything(&account);
        if let Some(said) = killed_at(&project, GO, at) {
            assert!([0, 4, 5].contains(&said.code), "killed at {at} of {whole}: {} {}", said.code, said.stderr);
        }
        assert_eq!(everything(&account), before, "killed at {at} of {whole}");
    }
}
