//! What is refused before anything is called, and before anything is written.
//!
//! The guard's own table (throttled, denied, an answer that is no XML, another region) stands in `aws/calls.rs`, with
//! replayed answers; here is what reaches a person. STS is a loopback fake where an emulator would not say such a thing.

use insta::assert_snapshot;

use crate::support::binary::Said;
use crate::support::fake::Fake;
use crate::support::project::Project;

/// One write, which leaves a trace, and its undo.
const CHANGE: &str = r#"
[[deploy]]
id = "change"
title = "Change something"
kind = "command"
effect = "write"
run = ["touch", "touched"]

[[rollback]]
id = "back"
title = "Change it back"
kind = "command"
effect = "write"
run = ["rm", "touched"]
undoes = ["change"]
"#;

const GO: &str = "phase.deploy = yes";

/// A profile of a real account, read through an AWS profile or through the default chain.
fn real(profile: &str) -> String {
    format!(
        "[profile]\ntitle = \"Development\"\ntier = \"development\"\n\n[aws]\naccount = \"123456789012\"\n\
         region = \"us-east-1\"\n{profile}"
    )
}

/// Runs, and asserts that nothing ran: no run was begun, and the step left no trace.
#[track_caller]
fn refused(project: &Project, arguments: &[&str], code: i32) -> Said {
    let said = project.checkride(arguments).exits(code);
    assert_eq!(project.runs(), [] as [std::path::PathBuf; 0], "{}", said.stderr);
    assert!(!project.path("touched").exists());
    said
}

#[test]
fn the_wrong_account() {
    let fake = Fake::caller_of("999900001111");
    let project = Project::new().emulated("dev", "123456789012", &fake.endpoint).runbook("r", CHANGE).answers(GO);
    let said = refused(&project, &["run", "r", "-p", "dev", "--answers", "answers.toml"], 12);
    assert_snapshot!(said.stderr, @r"
    error: refused by the account guard: wrong account: the profile says 123456789012, the credentials are arn:aws:iam::999900001111:user/somebody of 999900001111
    hint: use a profile whose credentials belong to the account, or correct `account` in the profile file
    ");
    assert_eq!(fake.calls(), ["GetCallerIdentity"], "nothing else was called");
    refused(&project, &["plan", "r", "-p", "dev"], 12);
}

#[test]
fn expired_credentials() {
    let fake = Fake::refusing("ExpiredToken", "The security token included in the request is expired");
    let project = Project::new().emulated("dev", "123456789012", &fake.endpoint).runbook("r", CHANGE).answers(GO);
    let said = refused(&project, &["run", "r", "-p", "dev", "--answers", "answers.toml"], 12);
    assert_snapshot!(said.stderr, @r"
    error: refused by the credentials guard: sts GetCallerIdentity: the credentials have expired: The security token included in the request is expired (looked in the emulator's fake credentials)
    hint: log in again elsewhere (`aws sso login`, or new keys), then retry: the identity is verified again
    ");
    assert_eq!(fake.calls(), ["GetCallerIdentity"]);
}

#[test]
fn no_credentials() {
    let project = Project::new()
        .file("profiles/dev.toml", &real(""))
        .file("profiles/named.toml", &real("profile = \"mte-dev\"\n"))
        .runbook("r", CHANGE)
        .answers(GO);
    let said = refused(&project, &["run", "r", "-p", "dev", "--answers", "answers.toml"], 12);
    assert_snapshot!(said.stderr, @r"
    error: refused by the credentials guard: sts GetCallerIdentity: no usable credentials: the credential provider was not enabled: no credentials found in chain. Attempted: Environment: the credential provider was not enabled: environment variable not set; Profile: the credential provider was not enabled; WebIdentityToken: the credential provider was not enabled: $AWS_WEB_IDENTITY_TOKEN_FILE was not set; EcsContainer: the credential provider was not enabled: ECS provider not configured; Ec2InstanceMetadata: the credential provider was not enabled: IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true` (looked in the default chain: environment, AWS config files, container, instance)
    hint: log in (`aws sso login`), or name a profile that has credentials
    ");
    let said = refused(&project, &["run", "r", "-p", "named", "--answers", "answers.toml"], 12);
    assert_snapshot!(said.stderr, @r"
    error: refused by the credentials guard: sts GetCallerIdentity: no usable credentials: the credential provider was not enabled (looked in profile `mte-dev` of the AWS config files)
    hint: log in (`aws sso login`), or name a profile that has credentials
    ");
}

#[test]
fn a_real_profile_is_not_led_elsewhere_by_the_environment() {
    let fake = Fake::caller_of("123456789012");
    let project = Project::new()
        .file("profiles/dev.toml", &real(""))
        .runbook("r", CHANGE)
        .answers(GO)
        .variable("AWS_ENDPOINT_URL", &fake.endpoint)
        .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "an example of a key");
    let said = refused(&project, &["run", "r", "-p", "dev", "--answers", "answers.toml"], 12);
    assert_snapshot!(project.steady(&said.stderr), @r"
    error: refused by the endpoint guard: the environment or the AWS config file sends calls to `http://127.0.0.1:[PORT]`, the profile does not
    hint: unset AWS_ENDPOINT_URL (or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true), or say `emulator = true` in the profile
    ");
    assert_eq!(fake.calls(), [] as [String; 0]);
}

#[test]
fn a_run_does_not_move_to_another_region() {
    let fake = Fake::caller_of("123456789012");
    let project = Project::new().emulated("dev", "123456789012", &fake.endpoint).runbook("r", CHANGE);
    project.checkride(&["run", "r", "-p", "dev", "--no-input"]).exits(11);
    let profile = project.read("profiles/dev.toml").replace("us-east-1", "eu-west-1");
    let project = project.file("profiles/dev.toml", &profile).answers(GO);
    let before = fake.calls().len();
    let said = project.checkride(&["resume", "--answers", "answers.toml"]).exits(12);
    assert_snapshot!(said.stderr, @r"
    error: the run began in account 123456789012 and region us-east-1; the profile now says 123456789012 and eu-west-1
    hint: a run does not move to another account or region: begin a new one
    ");
    assert_eq!(fake.calls().len(), before, "nothing was called");
    assert!(!project.path("touched").exists());
}

#[test]
fn a_region_that_no_region_is() {
    let project =
        Project::new().file("profiles/dev.toml", &real("").replace("us-east-1", "us-east")).runbook("r", CHANGE);
    let said = refused(&project, &["run", "r", "-p", "dev"], 3);
    assert_snapshot!(said.stderr, @r#"
    error[RB015]: `us-east` is no region
     --> profiles/dev.toml:7:10
      |
    7 | region = "us-east"
      |          ^^^^^^^^^
      |
      = help: such as `us-east-1` or `eu-central-1`

    1 error
    "#);
}

#[test]
fn an_emulator_that_is_not_on_loopback() {
    let project = Project::new().emulated_unwatched("dev", "123456789012", "http://10.0.0.7:4566").runbook("r", CHANGE);
    let said = refused(&project, &["run", "r", "-p", "dev"], 3);
    assert_snapshot!(said.stderr, @r#"
    error[RB060]: `http://10.0.0.7:4566` is not on loopback
     --> profiles/dev.toml:9:16
      |
    9 | endpoint_url = "http://10.0.0.7:4566"
      |                ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: an emulator listens on 127.0.0.1, ::1 or localhost, such as `http://127.0.0.1:4566`

    1 error
    "#);
}

#[test]
fn a_sandbox_that_is_not_up() {
    let profile = "[profile]\ntitle = \"Sandbox\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"123456789012\"\n\
                   region = \"us-east-1\"\nemulator = true\nendpoints_file = \".sandbox/endpoints.toml\"\n";
    let project = Project::new().file("profiles/sandbox.toml", profile).runbook("r", CHANGE).answers(GO);
    let arguments = ["run", "r", "-p", "sandbox", "--answers", "answers.toml"];
    let said = refused(&project, &arguments, 3);
    assert_snapshot!(said.stderr, @r"
    error[RB001]: there is no file `.sandbox/endpoints.toml`

    1 error
    hint: the sandbox is not up: start it with `scripts/sandbox up`
    ");

    // Up once, and gone: the file is still there. Nobody listens on port 1.
    let project = project.file(".sandbox/endpoints.toml", "default = \"http://127.0.0.1:1\"\n");
    let said = refused(&project, &arguments, 12);
    assert_snapshot!(said.stderr, @r"
    error: refused by the endpoint guard: endpoint not reachable: sts GetCallerIdentity: no connection (Connection refused (os error 111))
    hint: check the network and the region's name; in a sandbox, check that the emulator is up
    ");

    let project = project.file(".sandbox/endpoints.toml", "default = \"http://sandbox.example.com\"\n");
    let said = refused(&project, &arguments, 3);
    assert_snapshot!(said.stderr, @r#"
    error[RB060]: `http://sandbox.example.com` is not on loopback
     --> .sandbox/endpoints.toml:1:11
      |
    1 | default = "http://sandbox.example.com"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: an emulator listens on 127.0.0.1, ::1 or localhost, such as `http://127.0.0.1:4566`

    1 error
    "#);
}

#[test]
fn a_secret_with_no_value() {
    let steps = format!(
        "[inputs]\ntoken = {{ secret = {{ env = \"TOKEN\" }} }}\nkey = {{ secret = {{ file = \"key\" }} }}\n{}",
        CHANGE.replacen("run =", "env = { TOKEN = \"${input.token}\", KEY = \"${input.key}\" }\nrun =", 1)
    );
    let project = Project::new().local().runbook("r", &steps).answers(GO);
    let arguments = ["run", "r", "-p", "local", "--answers", "answers.toml"];
    assert_snapshot!(project.shown(&refused(&project, &arguments, 2)), @r"
    exit code 2
    stderr:
    error: secret `key` cannot be read from key: No such file or directory (os error 2)
    ");
    let project = project.file("key", "what-opens-the-door");
    assert_snapshot!(project.shown(&refused(&project, &arguments, 2)), @r"
    exit code 2
    stderr:
    error: secret `token` has no value
    hint: set TOKEN
    ");
    let project = project.variable("TOKEN", "abc");
    assert_snapshot!(project.shown(&refused(&project, &arguments, 2)), @r"
    exit code 2
    stderr:
    error: the secret `token` is shorter than 4 characters, and cannot be cut from output
    hint: use a longer, random value (16 characters or more), or declare the input as no secret if it is none
    ");
    let project = project.variable("TOKEN", "what-pays-the-bill");
    project.checkride(&arguments).exits(0).never_says("what-opens").never_says("what-pays");
}

#[test]
fn inputs_that_are_locked_unknown_or_wrong() {
    let steps = format!(
        "[inputs]\nstage = {{ choice = [\"dev\", \"prod\"] }}\nsize = {{ integer = {{ min = 1, max = 9 }} }}\n{}",
        CHANGE.replacen("touched\"]", "touched\", \"${input.stage}\", \"${input.size}\"]", 1)
    );
    let profile = "[profile]\ntitle = \"Here\"\ntier = \"development\"\n[inputs]\nstage = \"dev\"\n";
    let project = Project::new().file("profiles/local.toml", profile).runbook("r", &steps).answers(GO);
    let refused = |inputs: &[&str]| {
        let arguments = ["run", "r", "-p", "local", "--answers", "answers.toml"].iter().chain(inputs).copied();
        let said = refused(&project, &arguments.collect::<Vec<_>>(), 2);
        project.shown(&said)
    };
    assert_snapshot!(refused(&["-i", "stage=prod"]), @r"
    exit code 2
    stderr:
    error: input `stage` is set by profile `local`, and locked
    ");
    assert_snapshot!(refused(&["-i", "siez=3"]), @r"
    exit code 2
    stderr:
    error: there is no input `siez`; did you mean `size`?
    ");
    assert_snapshot!(refused(&["-i", "size=10"]), @r"
    exit code 2
    stderr:
    error: input `size`: 10 is not an integer from 1 to 9
    ");
    assert_snapshot!(refused(&[]), @r"
    exit code 2
    stderr:
    error: input `size` has no value
    hint: give it: -i size=… (an integer from 1 to 9)
    ");
}

#[test]
fn a_pinned_file_that_holds_a_secret() {
    let steps = format!(
        "[inputs]\ntoken = {{ secret = {{ env = \"TOKEN\" }} }}\n{}",
        CHANGE.replacen("run =", "env = { TOKEN = \"${input.token}\" }\nrun =", 1)
    );
    let project = Project::new()
        .local()
        .runbook("r", &steps)
        .answers(GO)
        .file("settings.json", "{ \"token\": \"what-pays-the-bill\" }")
        .variable("TOKEN", "what-pays-the-bill");
    let runbook = project.read("runbooks/r.toml").replace("owner =", "files = [\"settings.json\"]\nowner =");
    let project = project.file("runbooks/r.toml", &runbook);
    let said = refused(&project, &["run", "r", "-p", "local", "--answers", "answers.toml"], 12);
    assert_snapshot!(project.shown(&said), @r"
    exit code 12
    stderr:
    error: settings.json holds the value of a secret
    hint: a file that is pinned is kept with the run: take the value out, and rotate the secret
    ");
}

#[test]
fn one_run_at_a_time() {
    let project = Project::new().local().answers(GO).runbook(
        "r",
        &CHANGE.replacen(
            r#"["touch", "touched"]"#,
            r#"["sh", "-c", "touch begun; while [ -e begun ]; do sleep 0.02; done"]"#,
            1,
        ),
    );
    let arguments = ["run", "r", "-p", "local", "--answers", "answers.toml"];
    let mut first = project.begin(&arguments);
    first.until_there_is(&project.path("begun"));
    let second = project.checkride(&arguments).exits(12);
    assert_snapshot!(project.shown(&second), @r"
    exit code 12
    stderr:
    error: run [RUN r] holds the lock: process [PID] of [USER] on [HOST], since [TIME]
    hint: one run at a time for an account, region and runbook: wait for it, or end it
    ");
    let third = project.checkride(&["resume", "--answers", "answers.toml"]).exits(12);
    assert_snapshot!(project.shown(&third), @r"
    exit code 12
    stderr:
    error: run [RUN r] holds the lock: process [PID] of [USER] on [HOST], since [TIME]
    hint: one run at a time for an account, region and runbook: wait for it, or end it
    ");
    assert_eq!(project.runs().len(), 1, "the refused ones left nothing");
    std::fs::remove_file(project.path("begun")).unwrap();
    first.end().exits(0);
}
