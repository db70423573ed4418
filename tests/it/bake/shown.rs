//! What of a hold is planned, and what every report tells of it.

use serde_json::json;

use crate::bake::alarms::{alarms, baking, playing, refused, told};
use crate::support::project::Project;

const ACCOUNT: &str = "123456789012";

const KEYS: &str = r#"for = "30m"
every = "1m"
alarms = ["mte-errors", "${step.made.name}"]
alarm_prefix = "mte-${aws.region}-"
checks = [{ check = "dynamodb-pitr", with = { table = "orders" } }]"#;

fn planned() -> Project {
    let made = "[[deploy]]\nid = \"made\"\ntitle = \"Make\"\nkind = \"command\"\neffect = \"write\"\n\
                run = [\"echo\"]\noutputs = { name = \"out.stdout\" }\n\n";
    let web = playing(ACCOUNT, &[told(json!({}))], told(json!({})));
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    project.runbook("r", &format!("{made}{}", baking("deploy", KEYS)))
}

#[test]
fn a_plan_shows_what_is_watched_and_what_may_be_called() {
    let project = planned();
    let said = project.checkride(&["plan", "r", "-p", "fake"]).exits(0);
    for line in [
        "bake [read]",
        "holds for 30m, and looks every 1m at",
        "alarm mte-errors",
        "alarm (known after made)",
        "each alarm whose name begins with mte-us-east-1-",
        "check dynamodb-pitr: ",
    ] {
        assert!(said.stdout.contains(line), "`{line}` is not in:\n{}", said.stdout);
    }
    let shown = project.checkride(&["show", "r"]).exits(0).stdout;
    assert!(shown.contains("holds for 30m"), "{shown}");
    let policy = project.checkride(&["plan", "r", "-p", "fake", "--iam-policy"]).exits(0).stdout;
    for action in ["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory", "dynamodb:DescribeContinuousBackups"]
    {
        assert!(policy.contains(action), "{action} is not in:\n{policy}");
    }
}

#[test]
fn a_check_that_is_watched_is_pinned_by_the_plan() {
    let project = planned();
    let own = |title: &str| {
        format!(
            "format = 1\n\n[[check]]\nid = \"ours\"\ntitle = \"{title}\"\nseverity = \"low\"\nabout = \"It.\"\n\
             remedy = \"none\"\nreference = \"https://example.com\"\n\n[[check.call]]\nid = \"who\"\n\
             call = \"sts:GetCallerIdentity\"\n\n[[check.expect]]\nthat = \"call.who.Account == aws.account\"\n"
        )
    };
    let digest = |title: &str| {
        project.write("checks/ours.toml", &own(title));
        let said = project.checkride(&["plan", "own", "-p", "fake", "--format", "json"]).exits(0);
        said.json()["digest"].clone()
    };
    let keys = "for = \"1s\"\nchecks = [{ check = \"ours\" }]";
    let head = "format = 1\n\n[runbook]\ntitle = \"A test\"\nowner = \"platform\"\n\n";
    project.write("runbooks/own.toml", &format!("{head}{}", baking("verify", keys)));
    let first = digest("One");
    assert!(first.is_string());
    assert_eq!(first, digest("One"));
    assert_ne!(first, digest("Another"));
}

#[test]
fn every_report_tells_how_the_hold_went() {
    let at = "2026-11-01T00:00:00Z";
    let tripped = alarms(&[("errors", "ALARM", "2026-11-21T18:15:30Z")]);
    let looks = [alarms(&[("errors", "OK", at)]), refused("AccessDeniedException"), tripped];
    let web = playing(ACCOUNT, &looks, told(json!({})));
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &baking("verify", "for = \"1h\"\nevery = \"100ms\"\nalarms = [\"errors\"]"));
    project.checkride(&["run", "r", "-p", "fake"]).exits(4).says("█·····························  held 0.");
    let run = project.only_run();
    let name = run.file_name().unwrap().to_str().unwrap();
    let report = |format: &str| project.checkride(&["report", name, "--format", format]).exits(0).stdout;
    let strip = "█·····························";
    let markdown = report("md");
    assert!(markdown.contains(&format!("`{strip}` held 0.")), "{markdown}");
    let html = report("html");
    assert!(html.contains(&format!("<code>{strip}</code> held 0.")), "{html}");
    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    let steps = json["phases"].as_array().unwrap().iter().flat_map(|phase| phase["steps"].as_array().unwrap());
    let step = steps.into_iter().find(|step| step["id"] == "bake").unwrap();
    let attempt = &step["attempts"][0];
    assert_eq!((&attempt["holds"][0]["strip"], &attempt["holds"][0]["worst"]), (&json!(strip), &json!("alarm")));
    let levels: Vec<_> =
        attempt["changes"].as_array().unwrap().iter().map(|change| change["hold"]["level"].clone()).collect();
    assert_eq!(levels, ["well", "dim", "alarm"]);
}
