//! What is within the fence of a drill, and what is not, although the drill was about to make something of that name.

use std::fs;

use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::databases::drill;
use super::rds::{Rds, states};
use super::timed::GO;
use super::world::World;
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};

fn call(account: &str, operation: &str, input: &Value) -> Value {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let operation = resolve(operation).unwrap();
    runtime.block_on(aws_of(account).api().call(operation, input, None)).unwrap().value
}

/// A stack as it is: its id, what its queue keeps messages for, and its change sets that wait.
fn stack(account: &str) -> (String, String, Vec<Value>) {
    let of = json!({ "StackName": "mte" });
    let found =
        call(account, "cloudformation:DescribeStacks", &of)["Stacks"][0]["StackId"].as_str().unwrap().to_owned();
    let template = call(account, "cloudformation:GetTemplate", &of)["TemplateBody"].to_string();
    let sets = call(account, "cloudformation:ListChangeSets", &of)["Summaries"].as_array().cloned().unwrap_or_default();
    let waiting = sets.into_iter().filter(|set| set["ExecutionStatus"] == "AVAILABLE").collect();
    (found, template, waiting)
}

fn template(seconds: u32) -> String {
    format!("Resources:\n  Queue: {{ Type: 'AWS::SQS::Queue', Properties: {{ MessageRetentionPeriod: {seconds} }} }}\n")
}

/// A project whose drill changes a stack that was deployed before it, and puts it back. `id`: the stack is named by its whole
/// ARN, with its id.
fn touched(account: &str, id: bool, answer: &str) -> Project {
    let step = "id = \"stack\"\ntitle = \"Change\"\nkind = \"stack\"\nstack = \"mte\"\ntemplate = \"stack.yaml\"\n";
    let project = Project::sandboxed(account)
        .file("stack.yaml", &template(600))
        .runbook("deploy", &format!("[[deploy]]\n{step}"))
        .answers("phase.deploy = yes\nstack.change_set = execute");
    project.checkride(&["run", "deploy", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let whole = stack(account).0;
    let arn = if id { whole.as_str() } else { whole.rsplit_once('/').unwrap().0 };
    let drill = format!(
        "[phase.drill]\nrto = \"10m\"\ntouches = [\"{arn}\"]\n\n[[drill]]\n{step}\n\
         [[rollback]]\nid = \"back\"\ntitle = \"Back\"\nkind = \"stack-restore\"\nundoes = [\"stack\"]\n"
    );
    project.write("stack.yaml", &template(900));
    project.runbook("r", &drill).answers(&format!(
        "phase.drill = yes\nphase.rollback = yes\nstack.change_set = {answer}\nback.change_set = execute"
    ))
}

#[test]
fn a_stack_that_is_touched_is_changed_and_put_back() {
    for id in [false, true] {
        let account = account();
        let project = touched(&account, id, "execute");
        let before = stack(&account);
        let said = project.checkride(GO);
        assert!(!said.stderr.contains("held back"), "{}", said.stderr);
        said.exits(0);
        let journal = fs::read_to_string(project.last_run().join("journal.jsonl")).unwrap();
        let intended = journal.lines().filter(|line| line.contains("\"kind\":\"effect_intended\""));
        let executed = intended.filter(|line| line.contains("\"call\":\"cloudformation:ExecuteChangeSet\""));
        assert_eq!(executed.count(), 2, "changed, and put back");
        assert_eq!(stack(&account), before);
    }
}

#[test]
fn a_change_that_is_declined_leaves_no_change_set_that_waits() {
    let account = account();
    let project = touched(&account, false, "decline");
    let before = stack(&account);
    let said = project.checkride(GO);
    assert!(!said.stderr.contains("held back"), "{}", said.stderr);
    assert_eq!(stack(&account), before);
    assert_eq!(before.2, [] as [Value; 0]);
}

/// Deletes an instance that the drill was about to make, when all else is over.
const AIM: &str = "\n[[rollback]]\nid = \"aim\"\ntitle = \"Aim\"\nkind = \"aws\"\ncall = \"rds:DeleteDBInstance\"\n\
                   with = { DBInstanceIdentifier = \"app-1\", SkipFinalSnapshot = true }\n";

#[test]
fn what_a_refused_call_was_about_to_make_is_somebodys() {
    let rds = Rds::new();
    rds.refuses("CreateDBInstance", 99, "DBInstanceAlreadyExists");
    let steps = drill("cluster = \"orders\"\nas = \"app\"\n") + AIM;
    let project = || rds.project(&steps).answers("phase.drill = yes\nphase.rollback = yes\naim.run = run");
    project().checkride(GO).exits(8).says("was held back").says("db:app-1` is none of that");
    assert_eq!((rds.count("CreateDBInstance"), rds.count("DeleteDBInstance")), (1, 0));
    // Nor is it the drill's in a later session.
    let project = project();
    project.checkride(&[GO, &["--keep", "a test"]].concat());
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let said = project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]);
    said.says("was held back").says("db:app-1` is none of that");
    assert_eq!((rds.count("CreateDBInstance"), rds.count("DeleteDBInstance")), (2, 0));
}

#[test]
fn a_name_of_an_instance_that_is_taken_is_refused_before_anything_is_made() {
    let rds = Rds::new();
    rds.change("db:app-2", |it| it.states = states(&["available"]));
    let project = rds.project(&drill("cluster = \"orders\"\nas = \"app\"\ninstances = 2\n"));
    project.checkride(GO).exits(5).says("there is instance app-2 already, available");
    assert_eq!(project.events().iter().filter(|event| event["kind"] == "effect_intended").count(), 0);
}

/// Nothing comes of a table whose key cannot be used, or that is not there any more: nobody waits six hours for it.
#[test]
fn a_restored_table_of_which_nothing_comes_ends_the_wait() {
    let ends = [("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "`INACCESSIBLE_ENCRYPTION_CREDENTIALS`"), ("", "not there")];
    for (status, told) in ends {
        let world = World::new(2);
        world.restored_ends(status);
        let steps = drill("table = \"orders\"\nas = \"copy\"\n");
        world.project(&steps).checkride(GO).says(&format!("table copy is {told}: nothing comes of it"));
    }
}
