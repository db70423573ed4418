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
    ];
    for (operation, with, more) in cases {
        let project = world.project(&calls(operation, &with, more)).answers("phase.drill = yes\naim.run = run");
        let said = project.checkride(GO).exits(5);
        said.says("was held back: a drill changes only what it made");
        let name = operation.split(':').nth(1).unwrap();
        assert!(!world.calls().iter().any(|call| call == name), "{operation} has left");
    }
    assert_eq!(world.everything(), before);
}

#[test]
fn what_the_runbook_says_that_it_touches_may_be_changed() {
    let world = World::new(2);
    let touches = "[phase.drill]\ntouches = [\"arn:aws:dynamodb:${aws.region}:${aws.account}:table/orders\"]\n\n";
    let put = calls("dynamodb:PutItem", "{ TableName = \"orders\", Item = { pk = { S = \"x\" } } }", "");
    let project = world.project(&(touches.to_owned() + &put)).answers("phase.drill = yes\naim.run = run");
    project.checkride(GO).exits(0);
    assert!(world.calls().contains(&"PutItem".to_owned()));
}
