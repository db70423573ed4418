//! Permissions, by IAM's simulation.

use crate::doctor::cloud::{ACCOUNT, Cloud, STEPS, Sky};

const ACTION: &str = "dynamodb:DescribeContinuousBackups";

/// A stack is one thing with an ARN of its own.
const STACK: &str = r#"
[[deploy]]
id = "stack"
title = "Deploy"
kind = "stack"
stack = "mte-dev"
template = "t.yaml"
role_arn = "arn:aws:iam::123456789012:role/cfn"

[[rollback]]
id = "back"
title = "Back"
kind = "confirm"
undoes = ["stack"]
"#;

fn with_a_stack(cloud: Cloud) -> Sky {
    Sky::over(cloud, &format!("{STACK}{STEPS}")).with(|it| it.file("t.yaml", "Resources: {}\n"))
}

#[test]
fn an_action_that_is_denied() {
    let cloud = Cloud { decisions: [(ACTION, "explicitDeny")].into(), ..Cloud::default() };
    let looks = with_a_stack(cloud).looks(4);
    looks.are(&["permissions"], &[]);
    looks.says("permissions", "dynamodb:DescribeContinuousBackups (step `pitr` of r): explicitDeny");
    looks.says("permissions", "checkride plan r -p dev --iam-policy");
}

#[test]
fn an_action_that_is_not_allowed_on_the_one_stack() {
    let cloud = Cloud { decisions: [("cloudformation:ExecuteChangeSet", "implicitDeny")].into(), ..Cloud::default() };
    let sky = with_a_stack(cloud);
    let looks = sky.looks(4);
    looks.are(&["permissions"], &[]);
    looks.says("permissions", "cloudformation:ExecuteChangeSet (step `stack` of r): implicitDeny");
    let bodies: Vec<String> = sky.web.heard().into_iter().map(|heard| heard.body).collect();
    let on_stack = format!("cloudformation%3Aus-east-1%3A{ACCOUNT}%3Astack%2Fmte-dev%2F%2A");
    assert!(bodies.iter().any(|body| body.contains("ExecuteChangeSet") && body.contains(&on_stack)), "{bodies:#?}");
    assert!(bodies.iter().any(|body| body.contains("iam%3APassRole") && body.contains("role%2Fcfn")), "{bodies:#?}");
}

/// A policy that names single tables allows nothing on `*`: that it denies that says nothing of the one table.
#[test]
fn an_action_that_is_not_allowed_on_everything_is_not_known() {
    let cloud = Cloud { decisions: [(ACTION, "implicitDeny")].into(), ..Cloud::default() };
    let looks = with_a_stack(cloud).looks(13);
    looks.are(&[], &["permissions"]).says("permissions", "allowed on single resources at most");
}

#[test]
fn a_simulation_that_is_refused() {
    let looks = with_a_stack(Cloud { no_simulation: true, ..Cloud::default() }).looks(13);
    looks.are(&[], &["permissions"]).says("permissions", "the caller may not simulate its policies");
    looks.says("permissions", "checkride plan r -p dev --iam-policy");
}

/// The ARN of a session is none that IAM simulates; only IAM knows the path of its role.
#[test]
fn the_session_of_a_role_is_simulated_as_the_role() {
    let caller = || format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ana");
    let simulated = |role: Option<&'static str>| {
        let sky = Sky::over(Cloud { caller: caller(), role, ..Cloud::default() }, STEPS);
        sky.looks(0).are(&[], &[]);
        let heard = sky.web.heard().into_iter().find(|heard| heard.body.contains("SimulatePrincipalPolicy")).unwrap();
        let mut form = url::form_urlencoded::parse(heard.body.as_bytes());
        form.find(|(name, _)| name == "PolicySourceArn").unwrap().1.into_owned()
    };
    let with_path = "arn:aws:iam::123456789012:role/x/deployer";
    assert_eq!(simulated(Some(with_path)), with_path);
    assert_eq!(simulated(None), "arn:aws:iam::123456789012:role/deployer", "GetRole was denied");
}

#[test]
fn a_federated_user_is_not_simulated() {
    let caller = format!("arn:aws:sts::{ACCOUNT}:federated-user/ana");
    let looks = Sky::over(Cloud { caller, ..Cloud::default() }, STEPS).looks(13);
    looks.are(&[], &["permissions"]).says("permissions", "a federated user");
}

#[test]
fn the_role_of_a_step_is_asked_about_for_itself() {
    let steps = STEPS.replace("call =", "role = \"arn:aws:iam::123456789012:role/reader\"\ncall =");
    let cloud = Cloud { decisions: [("sts:AssumeRole", "explicitDeny")].into(), ..Cloud::default() };
    let sky = Sky::over(cloud, &steps);
    sky.looks(4).are(&["permissions"], &[]).says("permissions", "sts:AssumeRole (step `pitr` of r): explicitDeny");
    let bodies: Vec<String> = sky.web.heard().into_iter().map(|heard| heard.body).collect();
    let of_role = |body: &&String| body.contains("DescribeContinuousBackups") && body.contains("role%2Freader");
    assert_eq!(bodies.iter().filter(of_role).count(), 1, "{bodies:#?}");
}

#[test]
fn what_programs_call_is_said_not_to_be_known() {
    let step = "[[verify]]\nid = \"p\"\ntitle = \"P\"\nkind = \"command\"\neffect = \"read\"\nrun = [\"sh\"]\n\
                expect = [\"true\"]\n";
    let looks = Sky::over(Cloud::default(), &format!("{STEPS}{step}")).looks(0);
    looks.are(&[], &[]).says("permissions", "p runs a program: what that calls is not known to checkride");
}
