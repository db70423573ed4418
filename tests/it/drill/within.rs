//! What is within the fence of a drill, and what is not, although the drill was about to make something of that name.

use std::fs;

use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::timed::GO;
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
