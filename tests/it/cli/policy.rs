//! `plan --iam-policy`: what IAM has to allow for a runbook's own calls.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use regex::Regex;
use serde_json::Value;

use crate::support::project::Project;

const STEPS: &str = r#"
[[checklist]]
id = "ready"
title = "Everybody is ready"
kind = "confirm"

[[deploy]]
id = "stack"
title = "Deploy it"
kind = "stack"
stack = "shop-${aws.region}"
template = "template.json"
role_arn = "arn:aws:iam::123456789012:role/deployer"
upload_bucket = "templates-${run.id}"

[[verify]]
id = "key"
title = "The key is there"
kind = "aws"
call = "s3:HeadObject"
with = { Bucket = "a", Key = "${step.stack.outputs.Url}" }
expect = ["out.ContentLength > 0"]

[[verify]]
id = "look"
title = "It answers"
kind = "command"
effect = "read"
run = ["true", "${step.stack.outputs.Url}"]
"#;

const TEMPLATE: &str =
    r#"{ "Resources": { "Q": { "Type": "AWS::SQS::Queue" } }, "Outputs": { "Url": { "Value": "x" } } }"#;

fn project() -> Project {
    // Nobody answers there: nothing may be called.
    let project = Project::new().emulated("dev", "123456789012", "http://127.0.0.1:9");
    project.runbook("r", STEPS).file("template.json", TEMPLATE)
}

#[test]
fn each_phase_has_its_least() {
    let project = project();
    assert_snapshot!(project.shown(&project.checkride(&["plan", "r", "-p", "dev", "--iam-policy"])), @r#"
    exit code 0
    stdout:
    {
      "deploy": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Action": [
              "cloudformation:GetTemplateSummary",
              "s3:GetObject",
              "s3:PutObject"
            ],
            "Resource": "*"
          },
          {
            "Effect": "Allow",
            "Action": [
              "cloudformation:CreateChangeSet",
              "cloudformation:DeleteChangeSet",
              "cloudformation:DescribeChangeSet",
              "cloudformation:DescribeStackEvents",
              "cloudformation:DescribeStacks",
              "cloudformation:ExecuteChangeSet",
              "cloudformation:GetTemplate",
              "cloudformation:ListStackResources"
            ],
            "Resource": "arn:aws:cloudformation:us-east-1:[ACCOUNT]:stack/shop-us-east-1/*"
          },
          {
            "Effect": "Allow",
            "Action": [
              "iam:PassRole"
            ],
            "Resource": "arn:aws:iam::[ACCOUNT]:role/deployer"
          }
        ]
      },
      "verify": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Action": [
              "s3:GetObject"
            ],
            "Resource": "*"
          },
          {
            "Effect": "Allow",
            "Action": [
              "cloudformation:DescribeStacks"
            ],
            "Resource": "arn:aws:cloudformation:us-east-1:[ACCOUNT]:stack/shop-us-east-1/*"
          }
        ]
      }
    }
    stderr:
    warning[RB070]: nothing undoes step `stack`
      --> runbooks/r.toml:14:6
       |
    14 | id = "stack"
       |      ^^^^^^^ changes the target
       |
       = help: add a `[[rollback]]` step with `undoes = ["stack"]`, or say `effect = "irreversible"`

    1 warning
    note: look runs a program: what that calls is not known to checkride
    note: `*`: to which resources an action can be narrowed is not known to checkride
    "#);
    let skipped = [
        "plan",
        "r",
        "-p",
        "dev",
        "--iam-policy",
        "--skip",
        "stack=no",
        "--skip",
        "look=no",
        "--skip",
        "key=no",
        "--format",
        "json",
    ];
    let said = project.checkride(&skipped).exits(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&document["phases"], &document["notes"]), (&serde_json::json!({}), &serde_json::json!([])));
    project.local().checkride(&["plan", "r", "-p", "local", "--iam-policy"]).exits(3);
}

/// The calls that the typed client makes for stacks, as the source names them: each is in the policy, or is one that no step
/// makes yet.
#[test]
fn no_call_of_a_stack_step_is_forgotten() {
    let call = Regex::new(r#"Call\("cloudformation", "(\w+)"\)"#).unwrap();
    let mut called: BTreeSet<String> = BTreeSet::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws/stacks")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        called.extend(call.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    let back = "[[rollback]]\nid = \"back\"\ntitle = \"Back\"\nkind = \"stack-restore\"\nundoes = [\"stack\"]\n";
    let project = project().runbook("r", &format!("{STEPS}\n{back}"));
    let said = project.checkride(&["plan", "r", "-p", "dev", "--iam-policy"]).exits(0);
    let policy: Value = serde_json::from_str(&said.stdout).unwrap();
    let of_phase = |phase: &str| -> BTreeSet<String> {
        let statements = policy[phase]["Statement"].as_array().unwrap();
        let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
        let actions = actions.filter_map(|action| action.as_str().unwrap().strip_prefix("cloudformation:"));
        actions.map(str::to_owned).collect()
    };
    // Asked for by IAM beside `DetectStackDrift`.
    called.insert("DetectStackResourceDrift".to_owned());
    let (deploy, rollback) = (of_phase("deploy"), of_phase("rollback"));
    assert_eq!(deploy.union(&rollback).cloned().collect::<BTreeSet<_>>(), called);
    let back = rollback.difference(&deploy).cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        back,
        "CancelUpdateStack ContinueUpdateRollback DeleteStack DescribeStackDriftDetectionStatus \
         DescribeStackResourceDrifts DetectStackDrift DetectStackResourceDrift RollbackStack \
         UpdateTerminationProtection"
    );
}

#[test]
fn who_looks_with_a_role_of_its_own_must_be_let_to_assume_it() {
    let role = "arn:aws:iam::123456789012:role/look";
    let profile = format!(
        "[profile]\ntitle = \"Dev\"\ntier = \"development\"\n\n[aws]\naccount = \"123456789012\"\nregion = \"us-east-1\"\n\
         read_role = \"{role}\"\n"
    );
    let project =
        Project::new().runbook("r", STEPS).file("template.json", TEMPLATE).file("profiles/dev.toml", &profile);
    let said = project.checkride(&["plan", "r", "-p", "dev", "--iam-policy"]).exits(0);
    let policy = said.json();
    let assumes = |phase: &str| {
        let statements = policy[phase]["Statement"].as_array().unwrap();
        statements.iter().any(|it| it["Action"][0] == "sts:AssumeRole" && it["Resource"] == role)
    };
    assert!(assumes("verify") && !assumes("deploy"), "{policy:#}");
    said.says(&format!("look as {role}"));
}
