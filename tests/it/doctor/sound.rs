//! Sound set-ups; what is called, and that nothing is written.

use insta::assert_snapshot;

use crate::doctor::cloud::{Cloud, KEY, Looks, SECRET, STEPS, Sky};
use crate::support::project::Project;

/// What differs from machine to machine.
const FILTERS: [(&str, &str); 4] = [
    (r"\d+ MiB are free", "[ROOM] are free"),
    (r"in \d+ ms", "in [TIME]"),
    (r"\S+/git: git version [\w.-]+", "[GIT]"),
    (r"as AWS's, to the second|\d+ s (ahead of|behind) AWS's", "[CLOCK]"),
];

#[test]
fn everything_is_well_on_the_way_to_aws() {
    let sky = Sky::over(Cloud::default(), STEPS);
    let said = sky.project.checkride(&["doctor", "-p", "dev", "r"]).exits(0);
    let said = said.never_says(SECRET).never_says(KEY).never_says("watchword");
    let shown = sky.project.steady(&said.stdout);
    insta::with_settings!({ filters => FILTERS.to_vec() }, {
        assert_snapshot!(shown, @r#"
        ok       project            [PROJECT]
        ok       runbooks           1 runbook, no faults
        ok       records            [PROJECT]/.checkride is made by the first run, [ROOM] are free
        ok       runs               none yet
        ok       terminal           none here: a run stops at its first question, exit code 11; UTF-8
        ok       tool git           [GIT]
        ok       profile            dev (development): account [ACCOUNT] in us-east-1
        ok       region             us-east-1, of partition aws
        ok       proxy              HTTPS_PROXY=127.0.0.1:[PORT]
        ok       endpoint sts       https://sts.us-east-1.amazonaws.com/ by proxy 127.0.0.1:[PORT]: status 302 in [TIME]
        ok       endpoint dynamodb  https://dynamodb.us-east-1.amazonaws.com/ by proxy 127.0.0.1:[PORT]: status 302 in [TIME]
        ok       clock              [CLOCK]
        ok       credentials        by the environment, key …MPLE; no end is told
        ok       identity           arn:aws:iam::[ACCOUNT]:user/ana of account [ACCOUNT]
        ok       permissions        all of 1 permission allowed, by simulation: policies of resources, sessions and organizations may decide otherwise
        "#);
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
    let said = sky.project.checkride(&["doctor", "-p", "dev", "--format", "json"]).exits(0);
    let shown = sky.project.steady(&said.stdout);
    insta::with_settings!({ filters => FILTERS.to_vec() }, {
        assert_snapshot!(shown, @r#"
        {
          "format": 1,
          "runbooks": [
            "r"
          ],
          "profile": "dev",
          "state": "ok",
          "looks": [
            {
              "look": "project",
              "about": null,
              "state": "ok",
              "found": "[PROJECT]",
              "details": [],
              "remedy": null
            },
            {
              "look": "runbooks",
              "about": null,
              "state": "ok",
              "found": "1 runbook, no faults",
              "details": [],
              "remedy": null
            },
            {
              "look": "records",
              "about": null,
              "state": "ok",
              "found": "[PROJECT]/.checkride is made by the first run, [ROOM] are free",
              "details": [],
              "remedy": null
            },
            {
              "look": "runs",
              "about": null,
              "state": "ok",
              "found": "none yet",
              "details": [],
              "remedy": null
            },
            {
              "look": "terminal",
              "about": null,
              "state": "ok",
              "found": "none here: a run stops at its first question, exit code 11; UTF-8",
              "details": [],
              "remedy": null
            },
            {
              "look": "tool",
              "about": "git",
              "state": "ok",
              "found": [GIT]",
              "details": [],
              "remedy": null
            },
            {
              "look": "profile",
              "about": null,
              "state": "ok",
              "found": "dev (development): account [ACCOUNT] in us-east-1",
              "details": [],
              "remedy": null
            },
            {
              "look": "region",
              "about": null,
              "state": "ok",
              "found": "us-east-1, of partition aws",
              "details": [],
              "remedy": null
            },
            {
              "look": "proxy",
              "about": null,
              "state": "ok",
              "found": "HTTPS_PROXY=127.0.0.1:[PORT]",
              "details": [],
              "remedy": null
            },
            {
              "look": "endpoint",
              "about": "sts",
              "state": "ok",
              "found": "https://sts.us-east-1.amazonaws.com/ by proxy 127.0.0.1:[PORT]: status 302 in [TIME]",
              "details": [],
              "remedy": null
            },
            {
              "look": "endpoint",
              "about": "dynamodb",
              "state": "ok",
              "found": "https://dynamodb.us-east-1.amazonaws.com/ by proxy 127.0.0.1:[PORT]: status 302 in [TIME]",
              "details": [],
              "remedy": null
            },
            {
              "look": "clock",
              "about": null,
              "state": "ok",
              "found": "[CLOCK]",
              "details": [],
              "remedy": null
            },
            {
              "look": "credentials",
              "about": null,
              "state": "ok",
              "found": "by the environment, key …MPLE; no end is told",
              "details": [],
              "remedy": null
            },
            {
              "look": "identity",
              "about": null,
              "state": "ok",
              "found": "arn:aws:iam::[ACCOUNT]:user/ana of account [ACCOUNT]",
              "details": [],
              "remedy": null
            },
            {
              "look": "permissions",
              "about": null,
              "state": "ok",
              "found": "all of 1 permission allowed, by simulation: policies of resources, sessions and organizations may decide otherwise",
              "details": [],
              "remedy": null
            }
          ]
        }
        "#);
    });
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
fn the_simulation_is_asked_about_the_caller_in_the_region() {
    let cloud = Cloud { decisions: [("dynamodb:DescribeContinuousBackups", "allowed")].into(), ..Cloud::default() };
    let sky = Sky::over(cloud, STEPS);
    sky.looks(0).says("permissions", "all of 1 permission allowed");
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
