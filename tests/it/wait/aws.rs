//! Waits on the emulator.

use crate::support::project::Project;
use crate::support::sandbox;
use crate::wait::fake::{changes, events_of};

const STEPS: &str = r#"
[inputs]
password = { secret = { env = "DB_PASSWORD" } }

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
id = "active"
title = "It is active"
kind = "wait"
on = { kind = "aws", call = "dynamodb:DescribeTable", with = { TableName = "${step.table.TableDescription.TableName}" } }
until = "out.Table.TableStatus == 'ACTIVE'"

[[deploy]]
id = "secret"
title = "Keep a secret"
kind = "aws"
call = "secretsmanager:CreateSecret"
with = { Name = "db", SecretString = "${input.password}" }

[[verify]]
id = "exists"
title = "So says the waiter"
kind = "wait"
on = { kind = "aws", call = "dynamodb:DescribeTable", with = { TableName = "sessions" } }
waiter = "TableExists"

[[verify]]
id = "free"
title = "There is no such bucket"
kind = "wait"
on = { kind = "aws", call = "s3:HeadBucket", with = { Bucket = "none-such-${aws.account}" } }
waiter = "BucketNotExists"

[[verify]]
id = "kept"
title = "The secret is kept"
kind = "wait"
on = { kind = "aws", call = "secretsmanager:GetSecretValue", with = { SecretId = "db" } }
until = "out.SecretString == 'wren' + '-lantern-48'"
"#;

#[tokio::test]
async fn a_change_is_waited_for_and_no_secret_is_told() {
    let account = sandbox::account();
    let project = Project::sandboxed(&account).runbook("r", STEPS).answers("phase.deploy = yes");
    let project = project.variable("DB_PASSWORD", "wren-lantern-48");
    let said = project.checkride(&["run", "r", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    said.says("[active] look 1: out.Table.TableStatus = \"ACTIVE\"").never_says("wren-lantern-48");
    for step in ["active", "exists", "free", "kept"] {
        assert_eq!(events_of(&project, "step_finished", step)[0]["outcome"], "passed", "{step}");
    }
    let kept = changes(&project, "kept");
    assert_eq!(kept[0].1[0][1], "[secret]");
    assert_eq!(project.kept_with("wren-lantern-48"), Vec::<std::path::PathBuf>::new());
}
