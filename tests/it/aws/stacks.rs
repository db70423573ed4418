//! Stacks, change sets and events, by replayed answers.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;

use crate::aws::events::event;
use crate::support::replay::{Replay, Turn, error, ok};
use checkride::aws::stacks::{
    ChangeSetKind, ChangeSetSpec, MASKED, NoEcho, ParameterChoice, ParameterSource, Readiness, Replacement,
    StackCapture, StackDescription, StackDiff, StackEnd, StackRefusal, TemplateParameter, TemplateSource,
    TemplateSummary, TemplateText, choose_parameters, end, missing_capabilities, readiness, shown_digest,
};

fn stack(status: &str) -> String {
    format!(
        "<Stacks><member><StackName>mte</StackName><StackId>arn:stack/mte/1</StackId>\
         <StackStatus>{status}</StackStatus><StackStatusReason>because</StackStatusReason>\
         <CreationTime>2026-11-21T10:00:00.000Z</CreationTime>\
         <EnableTerminationProtection>true</EnableTerminationProtection>\
         <Parameters><member><ParameterKey>Password</ParameterKey><ParameterValue>****</ParameterValue></member></Parameters>\
         <Outputs><member><OutputKey>Table</OutputKey><OutputValue>sessions</OutputValue></member></Outputs>\
         </member></Stacks>"
    )
}

async fn described(status: &str) -> StackDescription {
    let replay = Replay::of(vec![ok("DescribeStacks", &stack(status))]);
    replay.aws().reads().stacks().describe("mte").await.unwrap().value.unwrap()
}

#[tokio::test]
async fn a_missing_stack_is_none() {
    let replay = Replay::of(vec![error(400, "ValidationError", "Stack with id mte does not exist")]);
    let reply = replay.aws().reads().stacks().describe("mte").await.unwrap();
    assert_eq!(reply.value, None);
    assert_eq!(reply.request_ids, ["req-1"]);
    let replay = Replay::of(vec![error(400, "ValidationError", "1 validation error detected")]);
    assert!(replay.aws().reads().stacks().describe("m_te").await.is_err());
}

#[tokio::test]
async fn each_status_allows_what_it_should() {
    for (status, expected) in [
        ("CREATE_COMPLETE", "update"),
        ("UPDATE_COMPLETE", "update"),
        ("UPDATE_ROLLBACK_COMPLETE", "update"),
        ("IMPORT_COMPLETE", "update"),
        ("REVIEW_IN_PROGRESS", "create over a left-over"),
        ("DELETE_COMPLETE", "create"),
        ("CREATE_IN_PROGRESS", "stack mte is being changed (CREATE_IN_PROGRESS)"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "stack mte is being changed (UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)"),
        ("ROLLBACK_COMPLETE", "stack mte is in ROLLBACK_COMPLETE: its creation failed, and it must be deleted first"),
        ("ROLLBACK_FAILED", "stack mte is in ROLLBACK_FAILED: its creation failed, and it must be deleted first"),
        ("UPDATE_ROLLBACK_FAILED", "stack mte is in UPDATE_ROLLBACK_FAILED: because"),
        ("DELETE_FAILED", "stack mte is in DELETE_FAILED: because"),
        ("UPDATE_FAILED", "stack mte is in UPDATE_FAILED: it failed and was not rolled back"),
        ("BRAND_NEW_STATE", "stack mte is in BRAND_NEW_STATE, which checkride does not know"),
    ] {
        let found = described(status).await;
        let words = match readiness(Some(&found), None) {
            Readiness::Create { left_over: true } => "create over a left-over".to_owned(),
            Readiness::Create { left_over: false } => "create".to_owned(),
            Readiness::Update => "update".to_owned(),
            Readiness::Refused(refusal) => {
                assert!(!refusal.remedy().is_empty());
                refusal.to_string()
            }
        };
        assert_eq!(words, expected);
    }
    assert_eq!(readiness(None, None), Readiness::Create { left_over: false });
}

#[tokio::test]
async fn who_is_changing_a_stack_is_said() {
    let found = described("UPDATE_IN_PROGRESS").await;
    let last = event("mte", "Table", "AWS::DynamoDB::Table", "UPDATE_IN_PROGRESS", None, 65);
    let Readiness::Refused(refusal) = readiness(Some(&found), Some(&last)) else { panic!() };
    assert_eq!(
        refusal.to_string(),
        "stack mte is being changed (UPDATE_IN_PROGRESS); last event: Table UPDATE_IN_PROGRESS at 00:01:05 UTC"
    );
}

#[test]
fn ends_are_told_from_ways() {
    for (status, expected) in [
        ("UPDATE_COMPLETE", StackEnd::Succeeded),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackEnd::Running),
        ("UPDATE_ROLLBACK_COMPLETE", StackEnd::RolledBack),
        ("ROLLBACK_COMPLETE", StackEnd::RolledBack),
        ("UPDATE_ROLLBACK_FAILED", StackEnd::Failed),
        ("CREATE_FAILED", StackEnd::Failed),
        ("BRAND_NEW", StackEnd::Running),
    ] {
        assert_eq!(end(status), expected, "{status}");
    }
}

#[test]
fn capabilities_are_compared_as_aws_does() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (needed, given, missing) in [
        (&["CAPABILITY_IAM"][..], &[][..], &["CAPABILITY_IAM"][..]),
        (&["CAPABILITY_IAM"], &["CAPABILITY_NAMED_IAM"], &[]),
        (&["CAPABILITY_NAMED_IAM"], &["CAPABILITY_IAM"], &["CAPABILITY_NAMED_IAM"]),
        (&["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"], &[], &["CAPABILITY_NAMED_IAM"]),
        (&["CAPABILITY_AUTO_EXPAND"], &[], &[]),
    ] {
        assert_eq!(missing_capabilities(&names(needed), &names(given)), names(missing));
    }
}

fn declared(name: &str, default: Option<&str>, no_echo: bool) -> TemplateParameter {
    TemplateParameter {
        name: name.into(),
        default: default.map(str::to_owned),
        has_default: default.is_some(),
        parameter_type: "String".into(),
        no_echo,
        description: None,
    }
}

#[tokio::test]
async fn parameters_come_from_the_step_then_the_stack_then_the_template() {
    let found = described("UPDATE_COMPLETE").await;
    let parameters =
        [declared("Stage", Some("dev"), false), declared("Password", None, true), declared("Size", Some("10"), false)];
    let given = BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]);
    let chosen = choose_parameters(&parameters, &given, &found.parameters).unwrap();
    let lines: Vec<String> = chosen.iter().map(ParameterChoice::line).collect();
    assert_eq!(lines, ["Stage = prod", "Password = **** (previous value)", "Size = 10 (default)"]);

    let refusal = choose_parameters(&parameters, &BTreeMap::new(), &[]).unwrap_err();
    assert_eq!(refusal.to_string(), "no value, no previous value and no default for Password");
    let wrong = BTreeMap::from([("Stag".to_owned(), "prod".to_owned())]);
    let refusal = choose_parameters(&parameters, &wrong, &[]).unwrap_err();
    assert_eq!(refusal.to_string(), "the template does not declare Stag");
    assert_eq!(refusal.remedy(), "the template declares Stage, Password, Size");
}

#[test]
fn a_given_secret_is_in_no_debug_output() {
    let given = BTreeMap::from([("Password".to_owned(), "hunter2".to_owned())]);
    let chosen = choose_parameters(&[declared("Password", None, true)], &given, &[]).unwrap();
    assert!(matches!(&chosen[0].source, ParameterSource::Given(value) if value == "hunter2"));
    assert!(!format!("{chosen:?} {:?}", chosen[0].source).contains("hunter2"));
    let summary = TemplateSummary { parameters: vec![declared("Password", None, true)], ..TemplateSummary::default() };
    assert!(!format!("{:?}", NoEcho::of(&summary).with_value("Password", "hunter2")).contains("hunter2"));
}

fn change(action: &str, id: &str, replacement: &str, rest: &str) -> String {
    let replacement =
        if replacement.is_empty() { String::new() } else { format!("<Replacement>{replacement}</Replacement>") };
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action>\
         <LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>phys-{id}</PhysicalResourceId>\
         <ResourceType>AWS::DynamoDB::Table</ResourceType>{replacement}{rest}</ResourceChange></member>"
    )
}

fn page(changes: &str, next: &str) -> Turn {
    let next = if next.is_empty() { String::new() } else { format!("<NextToken>{next}</NextToken>") };
    ok(
        "DescribeChangeSet",
        &format!(
            "<ChangeSetId>arn:cs</ChangeSetId><ChangeSetName>cs</ChangeSetName><StackId>arn:stack/mte/1</StackId>\
             <StackName>mte</StackName><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>\
             <Parameters><member><ParameterKey>Password</ParameterKey><ParameterValue>hunter2</ParameterValue></member>\
             </Parameters><Changes>{changes}</Changes>{next}"
        ),
    )
}

fn detail(name: &str, before: &str, after: &str, recreation: &str, cause: &str) -> String {
    let cause = if cause.is_empty() { String::new() } else { format!("<CausingEntity>{cause}</CausingEntity>") };
    format!(
        "<member><Target><Attribute>Properties</Attribute><Name>{name}</Name><Path>/Properties/{name}</Path>\
         <RequiresRecreation>{recreation}</RequiresRecreation><BeforeValue>{before}</BeforeValue>\
         <AfterValue>{after}</AfterValue></Target><Evaluation>Static</Evaluation>\
         <ChangeSource>DirectModification</ChangeSource>{cause}</member>"
    )
}

#[tokio::test]
async fn a_change_set_is_read_to_its_last_page_and_shows_losses_first() {
    let renamed = format!("<Details>{}</Details>", detail("TableName", "old", "new", "Always", "Stage"));
    let replay = Replay::of(vec![
        page(&(change("Add", "Queue", "", "") + &change("Modify", "Role", "False", "")), "more"),
        page(
            &(change("Modify", "Sessions", "True", &renamed)
                + &change("Remove", "Messages", "", "<PolicyAction>Delete</PolicyAction>")
                + &change("Modify", "Alarm", "Conditional", "")
                + &change("Reshape", "Novel", "Perhaps", "")),
            "",
        ),
    ]);
    let reply = replay.aws().reads().stacks().change_set("arn:cs", &NoEcho::default()).await.unwrap();
    assert_eq!(reply.request_ids, ["req-1", "req-2"]);
    assert!(replay.sent()[0].body.contains("IncludePropertyValues=true"));
    assert!(replay.sent()[1].body.contains("NextToken=more"));
    let protected = described("UPDATE_COMPLETE").await;
    let diff = StackDiff::of(&reply.value, Some(&protected));
    let order: Vec<&str> = diff.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(order, ["Messages", "Sessions", "Alarm", "Novel", "Role", "Queue"]);
    assert_eq!((diff.removed(), diff.replaced(), diff.maybe_replaced()), (1, 1, 2));
    assert_eq!(diff.losses(), ["This removes Messages; REPLACES Sessions; may replace Alarm, Novel."]);
    assert!(diff.lines().iter().chain(&diff.losses()).all(|line| line.chars().count() <= 80));
    assert_eq!(
        diff.lines(),
        [
            "Stack mte: 1 removed, 1 replaced, 2 perhaps replaced, 1 changed, 1 added",
            "-   remove  Messages AWS::DynamoDB::Table, data deleted",
            "      is phys-Messages",
            "-/+ REPLACE Sessions AWS::DynamoDB::Table",
            "      is phys-Sessions",
            "      TableName: old -> new [replaces] (by Stage)",
            "-/~ maybe   Alarm    AWS::DynamoDB::Table",
            "      is phys-Alarm",
            "-/~ maybe   Novel    AWS::DynamoDB::Table",
            "      is phys-Novel",
            "~   change  Role     AWS::DynamoDB::Table",
            "+   add     Queue    AWS::DynamoDB::Table",
            "Note: Termination protection is on. It keeps the stack from being deleted, not",
            "      its resources: 2 of them will be removed or replaced.",
        ]
    );
    let shown = shown_digest("arn:cs", &diff.lines());
    assert_eq!(shown, shown_digest("arn:cs", &StackDiff::of(&reply.value, Some(&protected)).lines()));
    assert_ne!(shown, shown_digest("arn:cs", &StackDiff::of(&reply.value, None).lines()), "it covers what was shown");
    assert_ne!(shown, shown_digest("arn:other", &diff.lines()));
}

#[tokio::test]
async fn the_value_of_a_no_echo_parameter_is_nowhere() {
    let template = TemplateText::new(
        r#"{"Parameters":{"Password":{"Type":"String","NoEcho":true}},
            "Resources":{"Db":{"Type":"AWS::RDS::DBCluster","Properties":{"MasterUserPassword":{"Ref":"Password"}}}}}"#,
    );
    let summary = TemplateSummary { parameters: vec![declared("Password", None, true)], ..TemplateSummary::default() };
    let details = format!(
        "<Details>{}{}{}{}</Details>",
        // By the parameter that causes it, and the same property once more without a cause.
        detail("A", "old-secret", "hunter2", "Never", "Password"),
        detail("A", "old-secret", "x", "Never", ""),
        // By its value inside another.
        detail("B", "x", "postgres://u:hunter2@db", "Never", ""),
        // By the template.
        detail("MasterUserPassword", "old-secret", "y", "Never", ""),
    );
    let replay = Replay::of(vec![page(&change("Modify", "Db", "False", &details), "")]);
    let no_echo = NoEcho::of(&summary).with_template(&template).with_value("Password", "hunter2");
    let found = replay.aws().reads().stacks().change_set("arn:cs", &no_echo).await.unwrap().value;
    assert_eq!(found.parameters[0].value, MASKED);
    let diff = StackDiff::of(&found, None);
    let everything = format!("{found:?} {} {}", serde_json::to_string(&found).unwrap(), diff.lines().join("\n"));
    assert!(!everything.contains("hunter2") && !everything.contains("old-secret"), "{everything}");
    assert!(diff.lines().contains(&"      MasterUserPassword: value not shown (NoEcho)".to_owned()));
}

fn nested(arn: &str, stack: &str, changes: &str) -> Turn {
    ok(
        "DescribeChangeSet",
        &format!(
            "<ChangeSetId>{arn}</ChangeSetId><StackId>arn:stack/{stack}/1</StackId><StackName>{stack}</StackName>\
             <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{changes}</Changes>"
        ),
    )
}

fn nested_change(id: &str, change_set: &str) -> String {
    format!(
        "<member><ResourceChange><Action>Modify</Action><LogicalResourceId>{id}</LogicalResourceId>\
         <ResourceType>AWS::CloudFormation::Stack</ResourceType><Replacement>False</Replacement>{change_set}\
         </ResourceChange></member>"
    )
}

#[tokio::test]
async fn what_changes_inside_nested_stacks_is_shown_with_the_rest() {
    let to = |arn: &str| format!("<ChangeSetId>{arn}</ChangeSetId>");
    let replay = Replay::of(vec![
        page(&(nested_change("App", &to("arn:cs/app")) + &nested_change("Data", &to("arn:cs/data"))), ""),
        nested("arn:cs/app", "app", &change("Add", "Queue", "", "")),
        nested("arn:cs/data", "data", &nested_change("Tables", &to("arn:cs/tables"))),
        nested("arn:cs/tables", "tables", &change("Modify", "Sessions", "True", "")),
    ]);
    let found = replay.aws().reads().stacks().change_set("arn:cs", &NoEcho::default()).await.unwrap();
    assert_eq!(found.request_ids.len(), 4);
    let diff = StackDiff::of(&found.value, None);
    let order: Vec<&str> = diff.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(order, ["Data/Tables/Sessions", "App", "Data", "Data/Tables", "App/Queue"]);
    assert_eq!(diff.replaced(), 1);
    assert!(diff.notes.is_empty());

    let replay = Replay::of(vec![page(&nested_change("Data", ""), "")]);
    let found = replay.aws().reads().stacks().change_set("arn:cs", &NoEcho::default()).await.unwrap();
    let notes = StackDiff::of(&found.value, None).notes;
    assert_eq!(notes, ["The change set does not tell what changes inside the nested stacks Data."]);
}

#[tokio::test]
async fn no_changes_are_told_from_a_failure() {
    for (reason, none) in [
        (
            "The submitted information didn't contain changes. Submit different information to create a change set.",
            true,
        ),
        ("No updates are to be performed.", true),
        ("Parameter validation failed", false),
    ] {
        let replay = Replay::of(vec![ok(
            "DescribeChangeSet",
            &format!("<ChangeSetId>arn:cs</ChangeSetId><Status>FAILED</Status><StatusReason>{reason}</StatusReason>"),
        )]);
        let found = replay.aws().reads().stacks().change_set("arn:cs", &NoEcho::default()).await.unwrap().value;
        assert_eq!(found.has_no_changes(), none, "{reason}");
    }
}

fn spec() -> ChangeSetSpec {
    ChangeSetSpec {
        stack: "mte".into(),
        kind: ChangeSetKind::Create,
        template: TemplateSource::Body("{}".into()),
        parameters: Vec::new(),
        capabilities: vec!["CAPABILITY_NAMED_IAM".into()],
        tags: None,
        role_arn: None,
        notification_arns: None,
        nested: false,
        description: None,
        on_failure: None,
    }
}

#[tokio::test]
async fn a_change_set_made_by_a_lost_attempt_is_adopted() {
    let replay = Replay::of(vec![
        Turn::Lost,
        error(400, "AlreadyExistsException", "ChangeSet [checkride-run-1] already exists"),
        page("", ""),
    ]);
    let made = replay.aws().stacks().create_change_set("run-1", &spec()).await.unwrap().value;
    assert!(made.adopted);
    assert_eq!(made.arn, "arn:cs");
    assert!(replay.sent()[0].body.contains("ClientToken=run-1"));
    assert!(replay.sent()[2].body.contains("ChangeSetName=checkride-run-1&"));
}

#[tokio::test]
async fn only_what_is_left_of_a_failed_creation_is_deleted() {
    for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_FAILED"] {
        let replay = Replay::of(vec![ok("DescribeStacks", &stack(status))]);
        assert!(replay.aws().stacks().delete_stack("t", "arn:stack/mte/1").await.is_err());
        assert_eq!(replay.actions(), ["DescribeStacks"]);
    }
    let replay = Replay::of(vec![ok("DescribeStacks", &stack("ROLLBACK_COMPLETE")), ok("DeleteStack", "")]);
    replay.aws().stacks().delete_stack("t", "arn:stack/mte/1").await.unwrap();
}

#[tokio::test]
async fn continuing_a_rollback_skips_no_resource() {
    let replay = Replay::of(vec![ok("ContinueUpdateRollback", "")]);
    replay.aws().stacks().continue_update_rollback("t-1", "arn:stack/mte/1", &[]).await.unwrap();
    let body = &replay.sent()[0].body;
    assert!(body.contains("ClientRequestToken=t-1") && !body.contains("ResourcesToSkip"), "{body}");
}

#[tokio::test]
async fn a_capture_holds_what_is_needed_to_go_back() {
    let replay = Replay::of(vec![
        ok("DescribeStacks", &stack("UPDATE_COMPLETE")),
        ok("GetTemplate", "<TemplateBody>{\"Resources\":{}}</TemplateBody>"),
    ]);
    let capture = replay.aws().reads().stacks().capture("mte").await.unwrap().value.unwrap();
    assert_eq!(capture.template, "{\"Resources\":{}}");
    assert_eq!(capture.outputs[0].value, "sessions");
    assert!(capture.termination_protection);
    let json = serde_json::to_string(&capture).unwrap();
    assert_eq!(serde_json::from_str::<StackCapture>(&json).unwrap(), capture);
    assert!(replay.sent()[1].body.contains("TemplateStage=Original"));

    let replay = Replay::of(vec![ok("DescribeStacks", &stack("REVIEW_IN_PROGRESS"))]);
    assert_eq!(replay.aws().reads().stacks().capture("mte").await.unwrap().value, None);
}

#[test]
fn a_word_that_is_new_is_not_taken_for_never() {
    assert!(Replacement::Conditional < Replacement::Never);
    let refusal = StackRefusal::MissingCapabilities { missing: vec!["CAPABILITY_IAM".into()] };
    assert_eq!(
        refusal.remedy(),
        "the template creates IAM resources: if that is wanted, add `capabilities = [\"CAPABILITY_IAM\"]` to the step"
    );
}
