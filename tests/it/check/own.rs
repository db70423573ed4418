//! A project's own checks as steps; what the plan shows, pins and asks IAM for; what no emulator answers.

use checkride::aws::api::client::resolve;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::check::deny::refusing;
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};

const RUN: &[&str] = &["run", "r", "-p", "sandbox", "--no-input"];

/// Tables, each with its description; what is expected is the test's.
fn tables(expect: &str) -> String {
    format!(
        r#"format = 1

[[check]]
id       = "our-tables"
title    = "Our tables are sound"
severity = "low"
about    = "The tables that our service cannot do without."
remedy   = "deploy ${{param.prefix}} in ${{aws.region}} again"
controls = ["OURS-1"]

[check.params]
prefix = {{ text = true, default = "orders" }}

[[check.call]]
id   = "list"
call = "dynamodb:ListTables"

[[check.call]]
id       = "table"
for_each = "call.list.TableNames"
when     = "item.startsWith(param.prefix)"
call     = "dynamodb:DescribeTable"
with     = {{ TableName = "${{item}}" }}

[[check.call]]
id   = "extra"
call = "dynamodb:DescribeTable"
with = {{ TableName = "extra" }}

{expect}
"#
    )
}

const STEP: &str = "[[verify]]\nid = \"it\"\ntitle = \"It\"\nkind = \"check\"\ncheck = \"our-tables\"\n";

/// An account with three tables, and a project that checks them.
async fn project(expect: &str) -> Project {
    let account = account();
    for name in ["orders-a", "orders-b", "users"] {
        let table = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        });
        aws_of(&account).api().call(resolve("dynamodb:CreateTable").unwrap(), &table, None).await.unwrap();
    }
    Project::sandboxed(&account).runbook("r", STEP).file("checks/ours.toml", &tables(expect))
}

/// What is expected, and how a run ends with it.
#[tokio::test]
async fn expectations_decide() {
    let named = "[[check.expect]]\nthat = \"error.extra.code == 'ResourceNotFoundException'\"\n";
    for (expect, code, says) in [
        (named, 0, ""),
        (
            "[[check.expect]]\nthat = \"error.extra.code == ''\"\n",
            4,
            "error.extra.code = \"ResourceNotFoundException\"",
        ),
        ("[[check.expect]]\nthat = \"error.extra.code == ''\"\nor = \"warn\"\n", 0, "warned"),
        ("[[check.expect]]\nthat = \"call.list.TableNames.size() == 3\"\n", 13, "ResourceNotFoundException"),
        // The same by a `when` that is false: nothing else is expected.
        (
            "[[check.expect]]\nwhen = \"param.prefix == ''\"\nthat = \"error.extra.code == ''\"\n",
            13,
            "ResourceNotFoundException",
        ),
        // A path that is not there.
        (
            &format!("{named}[[check.expect]]\nthat = \"call.table[2].out.Table.TableStatus == ''\"\n"),
            13,
            "could not be evaluated",
        ),
        // An item whose call was not made has no answer; one that was has.
        (
            &format!(
                "{named}[[check.expect]]\nfor_each = \"call.list.TableNames\"\nwhen = \"answer.table != null\"\nthat = \"answer.table.Table.TableStatus == 'ACTIVE'\"\n"
            ),
            0,
            "",
        ),
        (
            &format!(
                "{named}[[check.expect]]\nfor_each = \"call.table\"\nname = \"item.item\"\nthat = \"item.out != null && error.table.code == ''\"\n"
            ),
            4,
            "users: expected `item.out != null",
        ),
        (
            &format!(
                "{named}[[check.expect]]\nfor_each = \"call.list.TableNames.filter(n, n == 'x')\"\nthat = \"item == 'x'\"\nallow_empty = true\n"
            ),
            0,
            "is empty: nothing was looked at, which is allowed",
        ),
        // One that failed says more than one that could not be told.
        (
            &format!(
                "{named}[[check.expect]]\nfor_each = \"call.list.TableNames\"\nthat = \"answer.table.Table.TableName == 'orders-a'\"\n"
            ),
            4,
            "users: not decided",
        ),
    ] {
        let project = project(expect).await;
        let said = project.checkride(RUN);
        assert_eq!(said.code, code, "{expect}{}{}", said.stdout, said.stderr);
        said.says(says);
    }
}

/// In the wrong region there is nothing, and nothing is no pass.
#[tokio::test]
async fn elsewhere_there_is_nothing() {
    let all = "[[check.expect]]\nthat = \"error.extra.code != ''\"\n\n[[check.expect]]\n\
               for_each = \"call.list.TableNames\"\nthat = \"item != ''\"\n";
    let project = project(all).await;
    project.checkride(RUN).exits(0).says("3 items");
    let project = project.runbook("r", &format!("{STEP}region = \"eu-west-1\"\n"));
    let said = project.checkride(RUN).exits(4);
    said.says("`call.list.TableNames` is empty: nothing was looked at").says("deploy orders in eu-west-1 again");
}

/// A step adds to what its check expects, and takes nothing back; severity and controls are the check's.
#[tokio::test]
async fn a_step_takes_nothing_back() {
    let fails = "[[check.expect]]\nthat = \"error.extra.code == ''\"\n";
    for expect in ["error.code == 'Expectation'", "error.status == 0", "out.failed == 1"] {
        let project = project(fails).await.runbook("r", &format!("{STEP}expect = [\"{expect}\"]\n"));
        project.checkride(RUN).exits(4).says("help: deploy orders in us-east-1 again");
    }
    let project = project(fails).await;
    project.checkride(RUN).exits(4);
    let run = project.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let report = project.checkride(&["report", run, "--format", "json"]).exits(0).json();
    assert!(report.to_string().contains("OURS-1"), "{report}");
}

/// The plan shows the calls, pins the check, and names what IAM has to allow.
#[test]
fn the_plan_knows_a_check() {
    let expect = "[[check.expect]]\nthat = \"error.extra.code != ''\"\n";
    let steps = format!(
        "{STEP}\n[[verify]]\nid = \"pitr\"\ntitle = \"Pitr\"\nkind = \"check\"\ncheck = \"dynamodb-pitr\"\nwith = {{ table = \"${{run.id}}\" }}\n"
    );
    let account = account();
    let project = Project::sandboxed(&account).runbook("r", &steps).file("checks/ours.toml", &tables(expect));
    let plan =
        |project: &Project| project.checkride(&["plan", "r", "-p", "sandbox", "--format", "json"]).exits(0).json();
    let first = plan(&project);
    let does: Vec<&Value> = first["steps"].as_array().unwrap().iter().map(|step| &step["does"]).collect();
    assert_snapshot!(serde_json::to_string_pretty(&does).unwrap(), @r#"
    [
      [
        "check our-tables: Our tables are sound",
        "  dynamodb:ListTables",
        "  dynamodb:DescribeTable TableName = \"(known after the list)\" for each of call.list.TableNames",
        "  dynamodb:DescribeTable TableName = \"extra\""
      ],
      [
        "check dynamodb-pitr: Point-in-time recovery of the table is on",
        "  dynamodb:DescribeContinuousBackups TableName = \"(known after the run begins)\""
      ]
    ]
    "#);
    let files: Vec<&str> = first["files"].as_array().unwrap().iter().filter_map(|file| file["path"].as_str()).collect();
    assert!(files.contains(&"checks/ours.toml:our-tables") && files.contains(&"checkride:dynamodb-pitr"), "{files:?}");
    let policy = project.checkride(&["plan", "r", "-p", "sandbox", "--iam-policy"]).exits(0).json();
    let policy = policy["verify"].to_string();
    for action in ["dynamodb:ListTables", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups"] {
        assert!(policy.contains(action), "{policy}");
    }
    // Another expectation is another plan; another check of the file is not.
    let project = project.file("checks/ours.toml", &tables(&expect.replace("!=", "==")));
    assert_ne!(plan(&project)["digest"], first["digest"]);
    let two = tables(expect) + &tables(expect).replace("format = 1", "").replace("our-tables", "others");
    let project = project.file("checks/ours.toml", &two);
    assert_eq!(plan(&project)["digest"], first["digest"]);
}

/// Throttled, or broken down: nothing is decided, also where an expectation names errors.
#[tokio::test]
async fn what_is_no_answer_decides_nothing() {
    let names = "[[check.expect]]\nthat = \"error.extra.code != ''\"\n";
    for (status, code) in
        [("500 Internal Server Error", "InternalServerError"), ("400 Bad Request", "ThrottlingException")]
    {
        let account = account();
        let address = refusing("extra", status, code);
        let project = Project::new().emulated("sandbox", &account, &address).runbook("r", STEP);
        project.file("checks/ours.toml", &tables(names)).checkride(RUN).exits(13);
    }
}

/// What a model calls sensitive is judged as it is, and stands nowhere: not in the report, not in the journal.
#[tokio::test]
async fn what_a_service_calls_secret_is_told_nowhere() {
    let own = |expect: &str| {
        let expect = format!("[[check.expect]]\nthat = \"{expect}\"\n");
        tables(&expect).replace(
            "call = \"dynamodb:DescribeTable\"\nwith = { TableName = \"extra\" }",
            "call = \"secretsmanager:GetSecretValue\"\nwith = { SecretId = \"db\" }",
        )
    };
    let account = account();
    let secret = json!({ "Name": "db", "SecretString": "wren-lantern-48" });
    aws_of(&account).api().call(resolve("secretsmanager:CreateSecret").unwrap(), &secret, None).await.unwrap();
    for (expect, code) in
        [("call.extra.SecretString == 'wren' + '-lantern-48'", 0), ("call.extra.SecretString == 'x'", 4)]
    {
        let project = Project::sandboxed(&account).runbook("r", STEP).file("checks/ours.toml", &own(expect));
        let said = project.checkride(RUN).exits(code);
        if code == 4 {
            said.says("call.extra.SecretString = \"[secret]\"");
        }
        assert_eq!(project.kept_with("wren-lantern-48"), Vec::<std::path::PathBuf>::new());
    }
}
