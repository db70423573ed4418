//! A drill changes only what it made: what aims at anything else is held back before it leaves.

use super::timed::GO;
use super::world::World;

/// A drill whose one step calls an operation.
fn calls(operation: &str, with: &str, more: &str) -> String {
    format!(
        "[[drill]]\nid = \"aim\"\ntitle = \"Aim\"\nkind = \"aws\"\ncall = \"{operation}\"\nwith = {with}\n\
         effect = \"irreversible\"\nway_forward = \"none\"\n{more}"
    )
}

const KEY: &str = "Key = { pk = { S = \"x\" } }";

const SCALED: &str = "{ ServiceNamespace = \"dynamodb\", ResourceId = \"table/orders\", \
                      ScalableDimension = \"dynamodb:table:ReadCapacityUnits\" }";

const SAML: &str = "{ RoleArn = \"arn:aws:iam::111122223333:role/orders\", \
                    PrincipalArn = \"arn:aws:iam::111122223333:saml-provider/ours\", SAMLAssertion = \"abcd\" }";

/// The calls that have reached the world and change something.
fn changes(world: &World) -> Vec<String> {
    let reads = ["Describe", "Get", "List", "Scan", "Simulate", "GET ", "HEAD "];
    world.calls().into_iter().filter(|call| !reads.iter().any(|read| call.starts_with(read))).collect()
}

#[test]
fn a_step_that_aims_at_the_source_is_refused_however_it_names_it() {
    let arn = |region: &str, account: &str| format!("arn:aws:dynamodb:{region}:{account}:table/orders");
    let world = World::new(2);
    let before = world.everything();
    let own = world.account.clone();
    let delete = |table: &str| format!("{{ TableName = \"{table}\" }}");
    let cases = [
        ("dynamodb:DeleteTable", delete("orders"), ""),
        ("dynamodb:DeleteTable", delete(&arn("us-east-1", &own)), ""),
        ("dynamodb:DeleteTable", delete(&arn("us-east-1", "999988887777")), ""),
        // A replica is a table of the same name in another region.
        ("dynamodb:DeleteTable", delete("orders"), "region = \"eu-west-1\"\n"),
        ("dynamodb:UpdateTable", "{ TableName = \"orders\", DeletionProtectionEnabled = false }".to_owned(), ""),
        ("dynamodb:PutItem", "{ TableName = \"orders\", Item = { pk = { S = \"x\" } } }".to_owned(), ""),
        ("dynamodb:ExecuteStatement", "{ Statement = \"DELETE FROM orders\" }".to_owned(), ""),
        ("kms:ScheduleKeyDeletion", "{ KeyId = \"alias/orders\" }".to_owned(), ""),
        ("rds:DeleteDBCluster", "{ DBClusterIdentifier = \"orders\", SkipFinalSnapshot = true }".to_owned(), ""),
        ("s3:DeleteObject", "{ Bucket = \"orders\", Key = \"a\" }".to_owned(), ""),
        ("s3:DeleteObject", "{ Bucket = \"orders-alias-s3alias\", Key = \"a\" }".to_owned(), ""),
        ("lambda:DeleteFunction", "{ FunctionName = \"orders:live\" }".to_owned(), ""),
        // The replica, by its ARN.
        ("dynamodb:DeleteTable", delete(&arn("eu-west-1", &own)), ""),
        (
            "dynamodb:TransactWriteItems",
            format!("{{ TransactItems = [{{ Delete = {{ TableName = \"orders\", {KEY} }} }}] }}"),
            "",
        ),
        ("dynamodb:DeleteItem", format!("{{ TableName = \"orders\", {KEY} }}"), ""),
        ("dynamodb:DeleteBackup", format!("{{ BackupArn = \"{}/backup/01\" }}", arn("us-east-1", &own)), ""),
        // A database by its ARN, and by the id that it keeps when it is renamed.
        (
            "rds:DeleteDBCluster",
            format!("{{ DBClusterIdentifier = \"arn:aws:rds:us-east-1:{own}:cluster:orders\" }}"),
            "",
        ),
        ("rds:DeleteDBCluster", "{ DBClusterIdentifier = \"cluster-ABCDEFGHIJKLMNOPQRSTUVWXY\" }".to_owned(), ""),
        ("rds:DeleteDBInstance", "{ DBInstanceIdentifier = \"db-ABCDEFGHIJKLMNOPQRSTUVWXYZ\" }".to_owned(), ""),
        ("rds:FailoverDBCluster", "{ DBClusterIdentifier = \"orders\" }".to_owned(), ""),
        ("rds:RebootDBInstance", "{ DBInstanceIdentifier = \"orders\" }".to_owned(), ""),
        ("kms:ScheduleKeyDeletion", format!("{{ KeyId = \"arn:aws:kms:us-east-1:{own}:alias/orders\" }}"), ""),
        ("kms:DisableKey", "{ KeyId = \"1234abcd-12ab-34cd-56ef-1234567890ab\" }".to_owned(), ""),
        (
            "lambda:UpdateAlias",
            "{ FunctionName = \"orders\", Name = \"live\", FunctionVersion = \"1\" }".to_owned(),
            "capture = false\n",
        ),
        ("lambda:DeleteFunction", "{ FunctionName = \"orders\", Qualifier = \"3\" }".to_owned(), ""),
        ("s3:PutObject", "{ Bucket = \"orders\", Key = \"a\" }".to_owned(), ""),
        ("s3:DeleteBucket", "{ Bucket = \"orders\" }".to_owned(), ""),
        ("cloudformation:DeleteStack", "{ StackName = \"orders\" }".to_owned(), ""),
        (
            "cloudformation:DeleteStack",
            format!("{{ StackName = \"arn:aws:cloudformation:us-east-1:{own}:stack/orders/0123\" }}"),
            "",
        ),
        ("application-autoscaling:DeregisterScalableTarget", SCALED.to_owned(), ""),
        ("cloudwatch:DeleteAlarms", "{ AlarmNames = [\"orders-errors\"] }".to_owned(), ""),
        // These are signed by nobody.
        ("cognito-idp:ForgotPassword", "{ ClientId = \"orders\", Username = \"ann\" }".to_owned(), ""),
        ("sts:AssumeRoleWithSAML", SAML.to_owned(), ""),
        ("sso:Logout", "{ accessToken = \"abc\" }".to_owned(), ""),
    ];
    let mut wrong = Vec::new();
    for (operation, with, more) in cases {
        let project = world.project(&calls(operation, &with, more)).answers("phase.drill = yes\naim.run = run");
        let said = project.checkride(GO);
        let told = ["was held back: a drill changes only what it made", "`touches` of `[phase.drill]`"];
        if said.code != 5 || told.iter().any(|words| !said.stderr.contains(words)) {
            wrong.push(format!("{operation} {with}: {}\n{}", said.code, said.stderr));
        }
        let left = changes(&world);
        assert!(left.is_empty(), "{operation} has left: {left:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(world.everything(), before);
}

/// What a read asks for cannot always be told from its request: it is a read because the tables say so.
#[test]
fn a_drill_reads_whatever_it_likes() {
    let world = World::new(0);
    for (operation, with, sent) in [
        // By POST, and by paths that say nothing.
        ("batch:DescribeJobs", "{ jobs = [\"a\"] }", "POST /v1/describejobs"),
        ("opensearch:DescribeDomains", "{ DomainNames = [\"orders\"] }", "POST /2021-01-01/opensearch/domain-info"),
        ("xray:BatchGetTraces", "{ TraceIds = [\"a\"] }", "POST /Traces"),
        // Signed by another name than the service's own.
        ("emr:DescribeCluster", "{ ClusterId = \"a\" }", "DescribeCluster"),
        ("dynamodbstreams:DescribeStream", STREAM, "DescribeStream"),
        ("service-quotas:GetServiceQuota", "{ ServiceCode = \"ec2\", QuotaCode = \"L-1\" }", "GetServiceQuota"),
    ] {
        let step = "[[drill]]\nid = \"aim\"\ntitle = \"Look\"\nkind = \"aws\"\n";
        let project = world.project(&format!("{step}call = \"{operation}\"\nwith = {with}\n"));
        let said = project.answers("phase.drill = yes").checkride(GO);
        assert!(!said.stderr.contains("held back"), "{operation}: {}", said.stderr);
        let heard = world.calls().into_iter().any(|call| call.starts_with(sent));
        assert!(heard, "{operation}: {:?}\n{}", world.calls(), said.stderr);
    }
}

const STREAM: &str =
    "{ StreamArn = \"arn:aws:dynamodb:us-east-1:111122223333:table/orders/stream/2026-01-01T00:00:00\" }";

#[test]
fn what_the_runbook_says_that_it_touches_may_be_changed() {
    let world = World::new(2);
    let touches = "[phase.drill]\ntouches = [\"arn:aws:dynamodb:${aws.region}:${aws.account}:table/orders\"]\n\n";
    let put = calls("dynamodb:PutItem", "{ TableName = \"orders\", Item = { pk = { S = \"x\" } } }", "");
    let project = world.project(&(touches.to_owned() + &put)).answers("phase.drill = yes\naim.run = run");
    project.checkride(GO).exits(0);
    assert!(world.calls().contains(&"PutItem".to_owned()));
}

/// What is put back is held to the same as what was changed: by what the runbook says that it touches.
#[test]
fn what_puts_a_setting_back_is_held_to_what_the_runbook_touches() {
    let world = World::new(2);
    let change = "[[drill]]\nid = \"protect\"\ntitle = \"Protect\"\nkind = \"aws\"\ncall = \"dynamodb:UpdateTable\"\n\
                  with = { TableName = \"orders\", DeletionProtectionEnabled = true }\n\n\
                  [[rollback]]\nid = \"back\"\ntitle = \"Back\"\nkind = \"aws-restore\"\nundoes = [\"protect\"]\n";
    let project = world.project(change).answers("phase.drill = yes");
    project.checkride(GO).exits(5).says("dynamodb:UpdateTable was held back");
    assert_eq!(changes(&world), Vec::<String>::new());
    let touches = "[phase.drill]\ntouches = [\"arn:aws:dynamodb:${aws.region}:${aws.account}:table/orders\"]\n\n";
    let project = world.project(&(touches.to_owned() + change)).answers("phase.drill = yes");
    project.checkride(GO).exits(0);
    assert_eq!(changes(&world), ["UpdateTable", "UpdateTable"], "changed, and put back");
    assert!(!world.kept("orders").0.protected);
}
