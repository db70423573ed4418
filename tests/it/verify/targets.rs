//! Many targets in one process: accounts, regions, inputs; each a run of its own.

use checkride::aws::api::client::resolve;

use crate::support::project::Project;
use crate::support::sandbox;

const STEPS: &str = r#"
[inputs]
table = { text = {} }

[[verify]]
id = "here"
title = "The account and region are those of the target"
kind = "aws"
call = "sts:GetCallerIdentity"
expect = ["out.Account == aws.account"]

[[verify]]
id = "table"
title = "The table is there"
kind = "aws"
call = "dynamodb:DescribeTable"
with = { TableName = "${input.table}" }
expect = ["error.code == '' && out.Table.TableArn.contains(aws.region)"]
"#;

#[tokio::test]
async fn each_target_has_its_own_account_region_and_inputs() {
    let (one, two) = (sandbox::account(), sandbox::account());
    let mut project = Project::new();
    let endpoint = project.watched(&sandbox::endpoint());
    let profile = format!(
        "[profile]\ntitle = \"Fleet\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{one}\"\nregion = \"us-east-1\"\n\
         emulator = true\nendpoint_url = \"{endpoint}\"\n\n[inputs]\ntable = \"orders\"\n\n\
         [[target]]\nname = \"us\"\n\n[[target]]\nname = \"eu\"\naccount = \"{two}\"\nregion = \"eu-west-1\"\n\
         inputs = {{ table = \"bestellungen\" }}\n"
    );
    let project = project.runbook("r", STEPS).file("profiles/fleet.toml", &profile);
    let make = |account: &str, region: &str, table: &str| {
        let aws = sandbox::aws_of(account).in_region(region).unwrap();
        let with = serde_json::json!({
            "TableName": table,
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        async move { aws.api().call(resolve("dynamodb:CreateTable").unwrap(), &with, None).await.unwrap() }
    };
    make(&one, "us-east-1", "orders").await;
    let said = project.checkride(&["verify", "r", "-p", "fleet"]).exits(4);
    assert!(said.stdout.contains("us: 2 checks: 2 passed"), "{}", said.stdout);
    assert!(said.stdout.contains("eu: 2 checks: 1 failed, 1 passed"), "{}", said.stdout);
    make(&two, "eu-west-1", "bestellungen").await;
    project.checkride(&["verify", "r", "-p", "fleet", "--compare", "last"]).exits(0);
    assert_eq!(project.runs().len(), 4, "a run a target, twice");
    for run in project.runs() {
        let name = run.file_name().unwrap().to_str().unwrap().to_owned();
        project.checkride(&["evidence", "verify", &name]).exits(0);
    }
    project.checkride(&["verify", "r", "-p", "fleet", "-i", "table=x"]).exits(2);
}
