//! What nobody may see: real credentials in a sandbox, declared secrets, parameters that are not to be echoed.

use crate::support::project::Project;
use crate::support::sandbox;

/// Stands in every credential of this person's machine.
const CANARY: &str = "canary-5b1e7d";

/// Every way in which a machine gives credentials to an AWS client, and every way in which it leads one elsewhere.
const AMBIENT: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_LOGIN_CACHE_DIRECTORY",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_CA_BUNDLE",
    "AWS_DATA_PATH",
    "AWS_A_VARIABLE_OF_TOMORROW",
    "aws_access_key_id",
    "BOTO_CONFIG",
    "BOTO_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

#[test]
fn no_child_of_a_sandbox_run_sees_a_real_credential() {
    let look = r#"
[[checklist]]
id = "environment"
title = "What the environment says"
kind = "command"
effect = "read"
run = ["env"]

[[checklist]]
id = "listed"
title = "What the AWS CLI would use"
kind = "command"
effect = "read"
run = ["aws", "configure", "list"]
expect = ["out.stdout.contains('env')"]

[[checklist]]
id = "caller"
title = "Who the AWS CLI is"
kind = "command"
effect = "read"
run = ["aws", "sts", "get-caller-identity", "--output", "json"]
parse = "json"
expect = ["out.json.Account == aws.account"]

[[checklist]]
id = "named"
title = "A profile that is named beats the environment, but not the sandbox"
kind = "command"
effect = "read"
run = ["aws", "--profile", "default", "sts", "get-caller-identity", "--output", "json"]
parse = "json"
expect = ["out.json.Account == aws.account"]

[[checklist]]
id = "real"
title = "The profiles of this machine are not there"
kind = "command"
effect = "read"
run = ["aws", "--profile", "production", "configure", "list"]
exit_codes = [253, 255]
expect = ["out.stderr.contains('could not be found')"]

[[deploy]]
id = "change"
title = "A write sees no more than a read"
kind = "command"
effect = "write"
shell = "env; cat \"$AWS_CONFIG_FILE\" \"$AWS_SHARED_CREDENTIALS_FILE\""
expect = ["out.stdout.contains('Nothing here is real')"]

[[rollback]]
id = "nothing"
title = "Nothing to undo"
kind = "command"
effect = "read"
run = ["env"]
undoes = ["change"]
"#;
    let mut project = Project::sandboxed(&sandbox::account()).runbook("look", look).answers("phase.deploy = yes");
    for name in AMBIENT {
        project = project.variable(name, &format!("http://{CANARY}.example.com/{CANARY}"));
    }
    let keys = |name: &str| {
        format!(
            "[{name}]\naws_access_key_id = {CANARY}\naws_secret_access_key = {CANARY}\naws_session_token = {CANARY}\n"
        )
    };
    let config = format!("[default]\nregion = {CANARY}\n[profile production]\nsso_start_url = https://{CANARY}\n");
    project.write_home(".aws/credentials", &format!("{}{}", keys("default"), keys("production")));
    project.write_home(".aws/config", &config);
    project.write_home(".boto", &keys("Credentials"));

    let said = project.checkride(&["run", "look", "-p", "sandbox", "--answers", "answers.toml", "--events", "-"]);
    let said = said.exits(0).never_says(CANARY);
    // What was looked at was there, and the children did dump it.
    assert!(said.stdout.contains("AWS_SHARED_CREDENTIALS_FILE="), "{}", said.stdout);
    assert_eq!(project.kept_with(CANARY), [] as [std::path::PathBuf; 0]);
    assert!(!project.kept_with("AWS_SHARED_CREDENTIALS_FILE=").is_empty(), "the dumps are kept");

    let run = project.only_run();
    let generated = |name: &str| std::fs::read_to_string(run.join(name)).unwrap();
    insta::assert_snapshot!(project.steady(&generated("aws-config")), @r"
    # Made for the children of one run in a sandbox. Nothing here is real.
    [default]
    region = us-east-1
    endpoint_url = http://127.0.0.1:[PORT]
    services = sandbox
    [profile sandbox]
    region = us-east-1
    endpoint_url = http://127.0.0.1:[PORT]
    services = sandbox
    [services sandbox]
    ");
    insta::assert_snapshot!(project.steady(&generated("aws-credentials")), @r"
    # Made for the children of one run in a sandbox. Nothing here is real.
    [default]
    aws_access_key_id = [ACCOUNT]
    aws_secret_access_key = sandbox
    [sandbox]
    aws_access_key_id = [ACCOUNT]
    aws_secret_access_key = sandbox
    ");
    assert!(!project.report().contains(CANARY));
}

#[test]
fn a_declared_secret_is_cut_everywhere() {
    const TOKEN: &str = "what-pays-the-bill";
    let steps = r#"
[inputs]
token = { secret = { env = "TOKEN" } }

[[checklist]]
id = "ready"
title = "Ready"
kind = "confirm"

[[deploy]]
id = "tell"
title = "Tells it to everybody, and fails with it"
kind = "command"
effect = "write"
env = { GIVEN = "${input.token}" }
shell = "echo \"out $GIVEN\"; echo \"err $GIVEN\" >&2; printf '{\"a\": \"%s\"}' \"$GIVEN\"; exit 3"

[[rollback]]
id = "undo"
title = "Tells it again"
kind = "command"
effect = "write"
stdin = "${input.token}"
run = ["cat"]
undoes = ["tell"]
"#;
    let project = Project::new().local().runbook("tell", steps).variable("TOKEN", TOKEN);
    let project = project.answers("ready = done\nphase.deploy = yes\ntell.failure = roll-back");
    let plan = project.checkride(&["plan", "tell", "-p", "local"]).exits(0).never_says(TOKEN);
    assert!(plan.stdout.contains("input token is secret, from"), "{}", plan.stdout);
    let arguments = ["run", "tell", "-p", "local", "--answers", "answers.toml", "--events", "-"];
    let said = project.checkride(&arguments).exits(5).never_says(TOKEN).says("out [secret]").says("err [secret]");
    assert!(said.stdout.contains("[secret]"));
    assert_eq!(project.kept_with(TOKEN), [] as [std::path::PathBuf; 0]);
    assert!(!project.kept_with("[secret]").is_empty());
    assert!(!project.report().contains(TOKEN));
    project.checkride(&["show", "tell"]).exits(0).never_says(TOKEN);
}

#[test]
fn a_secret_survives_no_crash_either() {
    const TOKEN: &str = "what-pays-the-bill";
    let steps = r#"
[inputs]
token = { secret = { env = "TOKEN" } }

[[deploy]]
id = "tell"
title = "Tells it, and is cut off"
kind = "command"
effect = "write"
env = { GIVEN = "${input.token}" }
shell = "echo \"$GIVEN\"; touch told; while [ -e told ]; do sleep 0.02; done"

[[rollback]]
id = "undo"
title = "Nothing"
kind = "command"
run = ["true"]
undoes = ["tell"]
"#;
    let project = Project::new().local().runbook("tell", steps).variable("TOKEN", TOKEN).answers("phase.deploy = yes");
    let mut running = project.begin(&["run", "tell", "-p", "local", "--answers", "answers.toml"]);
    running.until_it_says("[secret]");
    running.until_there_is(&project.path("told"));
    running.kill().never_says(TOKEN);
    std::fs::remove_file(project.path("told")).unwrap();
    assert_eq!(project.kept_with(TOKEN), [] as [std::path::PathBuf; 0]);

    // On resume the secret is read anew: a run without it is refused.
    let without = project.without("TOKEN");
    without.checkride(&["resume"]).exits(2).says("secret `token` has no value");
}

#[test]
fn a_secret_that_a_step_finds_out_is_looked_for_in_what_was_written_before() {
    let steps = |known: &str| {
        format!(
            r#"
[[deploy]]
id = "told"
title = "Tells what nobody knows to be a secret yet"
kind = "command"
effect = "read"
shell = "yes 'filler of a large output' | head -n 1000; printf 'what-%s-the-bill\n' pays"

[[deploy]]
id = "known"
needs = ["told"]
title = "Finds out that it is one"
kind = "command"
effect = "read"
shell = "printf 'what-%s-the-bill' pays"
{known}
"#
        )
    };
    let sensitive = "sensitive = [\"token\"]\noutputs = { token = \"out.stdout\" }";
    let project = Project::new().local().runbook("late", &steps(sensitive)).answers("phase.deploy = yes");
    let arguments = ["run", "late", "-p", "local", "--answers", "answers.toml"];
    let said = project.checkride(&arguments).exits(9);
    said.says("a secret stands in artifacts/sha256-").says("Rotate the secret");

    // The same run with nothing that is a secret is none of its business.
    let project = Project::new().local().runbook("late", &steps("")).answers("phase.deploy = yes");
    project.checkride(&arguments).exits(0).never_says("a secret stands");
}
