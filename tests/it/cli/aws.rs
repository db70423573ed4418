//! Steps of kind `aws`: any operation of the API, as a check, as a change, as an answer that decides.

use crate::support::fake::Fake;
use crate::support::project::Project;
use crate::support::sandbox;

const STEPS: &str = r#"
[inputs]
password = { secret = { env = "DB_PASSWORD" } }
[[checklist]]
id = "free"
title = "The table's name is free"
kind = "aws"
call = "dynamodb:DescribeTable"
with = { TableName = "sessions" }
expect = ["error.code == 'ResourceNotFoundException'"]

[[deploy]]
id = "table"
title = "Make the table"
kind = "aws"
call = "dynamodb:CreateTable"

[deploy.with]
TableName = "sessions"
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]

[[deploy]]
id = "secret"
title = "Keep a secret"
kind = "aws"
call = "secretsmanager:CreateSecret"
with = { Name = "db", SecretString = "${input.password}" }

[[verify]]
id = "there"
title = "The table is there"
kind = "aws"
call = "dynamodb:DescribeTable"
with = { TableName = "${step.table.TableDescription.TableName}" }
expect = ["out.Table.TableStatus == 'ACTIVE'", "out.Table.KeySchema[0].AttributeName == 'id'"]
outputs = { arn = "out.Table.TableArn" }

[[verify]]
id = "kept"
title = "The secret is kept"
kind = "aws"
call = "secretsmanager:GetSecretValue"
with = { SecretId = "db" }
expect = ["out.SecretString == 'wren' + '-lantern-48'"]

[[rollback]]
id = "gone"
title = "Remove the table"
kind = "aws"
call = "dynamodb:DeleteTable"
with = { TableName = "sessions" }
undoes = ["table"]
"#;

const GO: &str = "phase.deploy = yes\nphase.rollback = yes";

#[tokio::test]
async fn any_call_is_a_step() {
    let account = sandbox::account();
    let project = Project::sandboxed(&account).runbook("r", STEPS).answers(GO);
    let project = project.variable("DB_PASSWORD", "wren-lantern-48");
    let said = project.checkride(&["run", "r", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    said.says("[table] calls dynamodb:CreateTable on TableName=sessions");
    let events = project.events();
    let effect = events.iter().find(|event| event["kind"] == "effect_intended").unwrap();
    assert_eq!(effect["call"], "dynamodb:CreateTable");
    assert_eq!(effect["account"], account.as_str());
    let settled = events.iter().find(|event| event["kind"] == "effect_settled").unwrap();
    assert_eq!(settled["result"], "done");
    assert!(settled["request_id"].is_string());
    let read = events.iter().find(|event| event["kind"] == "step_finished" && event["step"] == "there");
    let read = read.unwrap();
    assert_eq!(read["requests"].as_array().unwrap().len(), 1, "a read's request is on record, too");
    assert_eq!(read["outputs"]["arn"], format!("arn:aws:dynamodb:us-east-1:{account}:table/sessions"));
    assert_eq!(project.kept_with("wren-lantern-48"), Vec::<std::path::PathBuf>::new());
    let mut passed = project.watch().passed();
    assert_eq!(project.watch().writes(), ["dynamodb:CreateTable", "secretsmanager:CreateSecret"]);
    // They ran side by side.
    let mut last = passed.split_off(passed.len() - 2);
    last.sort();
    assert_eq!(last, ["dynamodb:DescribeTable", "secretsmanager:GetSecretValue"], "{passed:?}");
}

#[tokio::test]
async fn what_a_verification_finds_decides_its_exit_code() {
    let account = sandbox::account();
    let check = |call: &str, with: &str, expect: &str| {
        format!(
            "[[verify]]\nid = \"it\"\ntitle = \"It\"\nkind = \"aws\"\ncall = \"{call}\"\nwith = {{ {with} }}\n\
             expect = [\"{expect}\"]\n"
        )
    };
    for (call, with, expect, code, says) in [
        ("sts:GetCallerIdentity", "", "out.Account == aws.account", 0, ""),
        ("sts:GetCallerIdentity", "", "out.Account == '1'", 4, "expected `out.Account == '1'`"),
        (
            "dynamodb:DescribeTable",
            "TableName = 'none'",
            "out.Table.TableName == 'none'",
            13,
            "ResourceNotFoundException",
        ),
        (
            "dynamodb:DescribeTable",
            "TableName = 'none'",
            "out.Table.TableName == 'none'",
            13,
            "help: an error that no `expect` names decides nothing: `error.code == ''` makes it a failure",
        ),
        (
            "dynamodb:DescribeTable",
            "TableName = 'none'",
            "error.code == ''",
            4,
            "error.code = \"ResourceNotFoundException\"",
        ),
        ("s3:HeadBucket", "Bucket = 'none-such'", "error.status == 404", 0, ""),
        // A path that is not in the answer: it cannot be told.
        ("lambda:GetAccountSettings", "", "out.AccountLimit.Unreserved == 1", 3, "has no `Unreserved`"),
    ] {
        let project = Project::sandboxed(&account).runbook("r", &check(call, with, expect));
        project.checkride(&["run", "r", "-p", "sandbox", "--no-input"]).exits(code).says(says);
    }
}

/// Nothing is deployed on a checklist that was not decided; a write that was refused has failed, whoever names its error.
#[tokio::test]
async fn an_error_that_nobody_names_decides_no_read_and_every_write() {
    let look = "[[checklist]]\nid = \"look\"\ntitle = \"Look\"\nkind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\n\
                with = { TableName = \"none\" }\n\n";
    let act = "[[deploy]]\nid = \"act\"\ntitle = \"Act\"\nkind = \"aws\"\ncall = \"dynamodb:DeleteTable\"\n\
               with = { TableName = \"none\" }\neffect = \"irreversible\"\n";
    let run = ["run", "r", "-p", "sandbox", "--answers", "answers.toml", "--no-input"];
    let project = Project::sandboxed(&sandbox::account()).runbook("r", &format!("{look}{act}"));
    project.answers("phase.deploy = yes").checkride(&run).exits(13).says("? unknown");
    let project = Project::sandboxed(&sandbox::account()).runbook("r", act).answers("phase.deploy = yes");
    project.checkride(&run).exits(5).says("ResourceNotFoundException").never_says("decides nothing");
    assert_eq!(project.watch().writes(), ["dynamodb:DeleteTable"]);
}

#[test]
fn what_could_not_be_decided_is_unknown() {
    let caller = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                  <Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>A</UserId><Account>123456789012</Account>\
                  </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\
                  </GetCallerIdentityResponse>";
    // STS is answered; to all else this is no answer: another protocol.
    let fake = Fake::answering("200 OK", caller.to_owned());
    let steps = "[[verify]]\nid = \"it\"\ntitle = \"It\"\nkind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\n\
                 with = { TableName = \"t\" }\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]\n";
    let project = Project::new().emulated("dev", "123456789012", &fake.endpoint).runbook("r", steps);
    project.checkride(&["run", "r", "-p", "dev", "--no-input"]).exits(13).says("? unknown");
}

/// A value that the service calls secret and that is too short to be cut by its text: an expectation sees it as it is, what
/// is told of it is cut, and it is no output.
#[tokio::test]
async fn what_is_too_short_to_be_cut_is_judged_and_not_told() {
    let account = sandbox::account();
    let keep = "[[deploy]]\nid = \"keep\"\ntitle = \"Keep\"\nkind = \"aws\"\ncall = \"secretsmanager:CreateSecret\"\n\
                with = { Name = \"s\", SecretString = \"qz\" }\neffect = \"irreversible\"\n";
    let look = |more: &str| {
        format!(
            "{keep}[[verify]]\nid = \"it\"\ntitle = \"It\"\nkind = \"aws\"\ncall = \"secretsmanager:GetSecretValue\"\n\
             with = {{ SecretId = \"s\" }}\n{more}\n"
        )
    };
    let run = ["run", "r", "-p", "sandbox", "--answers", "answers.toml"];
    for (more, code) in [
        ("expect = [\"out.SecretString == 'q' + 'z'\"]", 0),
        ("expect = [\"out.SecretString == '[secret]'\"]", 4),
        ("expect = [\"out.Name == 's'\"]\noutputs = { it = \"out.SecretString\" }", 13),
    ] {
        let account = if code == 0 { account.clone() } else { sandbox::account() };
        let project = Project::sandboxed(&account).runbook("r", &look(more)).answers("phase.deploy = yes");
        let said = project.checkride(&run).exits(code);
        said.never_says("\"qz\"");
        let journal = std::fs::read_to_string(project.only_run().join("journal.jsonl")).unwrap();
        assert!(!journal.contains("\"qz\""), "{journal}");
    }
}
