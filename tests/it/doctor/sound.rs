//! Sound set-ups; what is called, and that nothing is written.

use insta::assert_snapshot;

use crate::doctor::cloud::{Cloud, KEY, Looks, SECRET, STEPS, Sky};
use crate::support::project::Project;

#[test]
fn everything_is_well_on_the_way_to_aws() {
    let sky = Sky::over(Cloud::default(), STEPS);
    let said = sky.project.checkride(&["doctor", "-p", "dev", "r"]).exits(0);
    let said = said.never_says(SECRET).never_says(KEY).never_says("watchword");
    let shown = sky.project.steady(&said.stdout);
    let filters = [
        (r"\d+ MiB are free", "[ROOM] are free"),
        (r"in \d+ ms", "in [TIME]"),
        (r"tool git  .*", "tool git  [GIT]"),
        (r"clock  .*", "clock  [CLOCK]"),
    ];
    insta::with_settings!({ filters => filters }, {
        assert_snapshot!(shown, @"");
    });
    said.says("looks: all is well");
    let calls = sky.calls();
    assert_eq!(
        calls,
        [
            "dynamodb.us-east-1.amazonaws.com GET /",
            "iam.amazonaws.com SimulatePrincipalPolicy",
            "sts.us-east-1.amazonaws.com GET /",
            "sts.us-east-1.amazonaws.com GetCallerIdentity",
        ],
        "nothing else was asked"
    );
}

#[test]
fn the_json_form_is_versioned() {
    let sky = Sky::over(Cloud::default(), STEPS);
    let looks = sky.looks(0);
    looks.are(&[], &[]).warn(&[]);
    let document = &looks.0;
    assert_eq!(document["format"], 1);
    assert_eq!(document["state"], "ok");
    assert_eq!(document["profile"], "dev");
    assert_eq!(document["runbooks"], serde_json::json!(["r"]));
    let names: Vec<&str> =
        document["looks"].as_array().unwrap().iter().map(|it| it["look"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "project",
            "runbooks",
            "records",
            "runs",
            "terminal",
            "tool",
            "profile",
            "region",
            "proxy",
            "endpoint",
            "endpoint",
            "clock",
            "credentials",
            "identity",
            "permissions",
        ]
    );
    let keys: Vec<&String> = looks.line("clock").as_object().unwrap().keys().collect();
    assert_eq!(keys, ["about", "details", "found", "look", "remedy", "state"]);
    let region = serde_json::json!({ "look": "region", "about": null, "state": "ok",
        "found": "us-east-1, of partition aws", "details": [], "remedy": null });
    assert_eq!(looks.line("region"), &region);
}

#[test]
fn an_emulator_knows_no_permissions_and_all_else_is_well() {
    let project = Project::sandboxed("774400000001").runbook("r", STEPS);
    let before = project.all_files();
    let said = project.checkride(&["doctor", "-p", "sandbox", "r", "--format", "json"]).exits(13);
    let looks = Looks::of(&said);
    looks.are(&[], &["permissions"]).warn(&[]);
    looks.says("emulator", "MiniStack").says("permissions", "the root user of the account");
    looks.says("permissions", "checkride plan r -p sandbox --iam-policy").says("credentials", "fake");
    assert_eq!(project.watch().passed(), ["sts:GetCallerIdentity"], "STS was asked who it is, and nothing else");
    assert_eq!(project.all_files(), before, "nothing was written");
}

#[test]
fn the_simulation_of_an_emulator_is_asked_for_a_user() {
    // MiniStack takes any key for the root of its account: the caller is replayed, IAM is real.
    let cloud = Cloud { decisions: [("dynamodb:DescribeContinuousBackups", "allowed")].into(), ..Cloud::default() };
    let sky = Sky::over(cloud, STEPS);
    sky.looks(0).says("permissions", "all of 1 action allowed");
    let body = sky.web.heard().into_iter().find(|heard| heard.body.contains("SimulatePrincipalPolicy")).unwrap().body;
    for part in ["PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Auser%2Fana", "aws%3ARequestedRegion", "us-east-1"]
    {
        assert!(body.contains(part), "`{part}` is not in {body}");
    }
    assert!(!body.contains("ResourceArns"), "{body}");
}

#[test]
fn without_a_profile_the_machine_alone_is_looked_at() {
    let project = Project::new().local().runbook("r", "[[checklist]]\nid = \"a\"\ntitle = \"A\"\nkind = \"confirm\"\n");
    let looks = Looks::of(&project.checkride(&["doctor", "--format", "json"]).exits(0));
    looks.are(&[], &[]).warn(&["profile"]).says("profile", "name one with -p: local");
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "local", "--format", "json"]).exits(0));
    looks.are(&[], &[]).warn(&[]).says("profile", "names no account");
}

#[test]
fn the_runbook_names_its_profile() {
    let project = Project::new().local().file(
        "runbooks/r.toml",
        "format = 1\n\n[runbook]\ntitle = \"A test\"\nowner = \"platform\"\nprofile = \"local\"\n\n[[checklist]]\n\
         id = \"a\"\ntitle = \"A\"\nkind = \"confirm\"\n",
    );
    let looks = Looks::of(&project.checkride(&["doctor", "r", "--format", "json"]).exits(0));
    assert_eq!(looks.0["profile"], "local");
    let project = project.variable("CHECKRIDE_PROFILE", "local");
    let looks = Looks::of(&project.checkride(&["doctor", "--format", "json"]).exits(0));
    assert_eq!(looks.0["profile"], "local");
}
