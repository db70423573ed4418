//! A secret lost and taken back, in the emulator: its value is in no file and on no screen.

use std::fs;
use std::path::Path;

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::timed::{GO, outputs};
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};
use crate::support::sweep::{killed_at, records};

const OLD: &str = "hunter2-the-old-one";
const NEW: &str = "hunter3-the-new-one";

fn call(aws: &Aws, operation: &str, input: &Value) -> Value {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let operation = resolve(operation).unwrap();
    runtime.block_on(aws.api().call(operation, input, None)).unwrap().value
}

/// A secret that was changed once.
fn secret(account: &str) {
    let aws = aws_of(account);
    call(&aws, "secretsmanager:CreateSecret", &json!({ "Name": "mte/dev/api-token", "SecretString": OLD }));
    call(&aws, "secretsmanager:PutSecretValue", &json!({ "SecretId": "mte/dev/api-token", "SecretString": NEW }));
}

/// All secrets with their values, those on their way out among them.
fn everything(account: &str) -> Value {
    let aws = aws_of(account);
    let list = call(&aws, "secretsmanager:ListSecrets", &json!({ "IncludePlannedDeletion": true }));
    let value = |secret: &Value| {
        let value = call(&aws, "secretsmanager:GetSecretValue", &json!({ "SecretId": secret["Name"] }));
        json!([secret["Name"], value["SecretString"], value["VersionId"]])
    };
    json!(list["SecretList"].as_array().unwrap().iter().map(value).collect::<Vec<_>>())
}

fn drill(more: &str) -> String {
    format!(
        "[phase.drill]\nrto = \"10m\"\n\n\
         [[drill]]\nid = \"restore\"\ntitle = \"Recover\"\nkind = \"restore\"\nsecret = \"mte/dev/api-token\"\n{more}\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"restore\"]\n"
    )
}

fn project(account: &str, more: &str) -> Project {
    Project::sandboxed(account).runbook("r", &drill(more)).answers("phase.drill = yes\nphase.rollback = yes")
}

fn unseen(project: &Project, said: &crate::support::binary::Said) {
    for value in [OLD, NEW] {
        assert!(!said.stdout.contains(value) && !said.stderr.contains(value));
        for (path, bytes) in project.all_files() {
            assert!(!String::from_utf8_lossy(&bytes).contains(value), "{}", path.display());
        }
    }
}

#[test]
fn a_secret_is_lost_and_taken_back_and_its_value_is_seen_by_nobody() {
    for (stage, version) in [("", 1), ("stage = \"AWSPREVIOUS\"\n", 0)] {
        let account = account();
        secret(&account);
        let before = everything(&account);
        let project = project(&account, stage);
        let said = project.checkride(GO).exits(0).says("nothing of the run still stands");
        let out = outputs(&project, "restore");
        assert_eq!(out["same"], true, "{out}");
        assert!(out["secret"].as_str().unwrap().starts_with("mte/dev/api-token-checkride-"), "{out}");
        let current = before[0][2] == out["version"];
        assert_eq!(current, version == 1, "{out}");
        assert_eq!(everything(&account), before);
        unseen(&project, &said);
    }
}

#[test]
fn what_is_no_drill_is_refused() {
    let account = account();
    secret(&account);
    let refused = |more: &str| project(&account, more).checkride(GO).exits(5);
    refused("stage = \"AWSPENDING\"\n").says("has no version AWSPENDING");
    let aws = aws_of(&account);
    call(&aws, "secretsmanager:CreateSecret", &json!({ "Name": "taken", "SecretString": "x" }));
    refused("as = \"taken\"\n").says("there is a secret taken already");
    call(&aws, "secretsmanager:DeleteSecret", &json!({ "SecretId": "mte/dev/api-token" }));
    refused("").says("is scheduled for deletion").says("aws secretsmanager restore-secret");
}

/// A secret of the same name that has come since is none of the run's.
#[test]
fn a_secret_that_carries_another_tag_stays() {
    let account = account();
    secret(&account);
    let project = project(&account, "as = \"drilled\"\n");
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    let aws = aws_of(&account);
    let tags = json!([{ "Key": "checkride:run", "Value": "somebody-else" }]);
    call(&aws, "secretsmanager:TagResource", &json!({ "SecretId": "drilled", "Tags": tags }));
    let before = everything(&account);
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let said = project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]).exits(8);
    said.says("secret drilled is not of this run: it carries the tag of somebody-else");
    assert_eq!(everything(&account), before);
}

/// The fence: by name and by ARN, whole and in part.
#[test]
fn no_other_secret_can_be_changed() {
    let account = account();
    secret(&account);
    let aws = aws_of(&account);
    let arn = call(&aws, "secretsmanager:DescribeSecret", &json!({ "SecretId": "mte/dev/api-token" }))["ARN"].clone();
    let arn = arn.as_str().unwrap();
    let before = everything(&account);
    for name in ["mte/dev/api-token", arn, arn.rsplit_once('-').unwrap().0] {
        for operation in ["DeleteSecret", "PutSecretValue", "UpdateSecret", "RestoreSecret", "RotateSecret"] {
            let steps = format!(
                "[[drill]]\nid = \"aim\"\ntitle = \"Aim\"\nkind = \"aws\"\ncall = \"secretsmanager:{operation}\"\n\
                 with = {{ SecretId = \"{name}\" }}\neffect = \"irreversible\"\nway_forward = \"none\"\n"
            );
            let project = Project::sandboxed(&account).runbook("r", &steps).answers("phase.drill = yes\naim.run = run");
            project.checkride(GO).exits(5).says("was held back: a drill changes only what it made");
        }
    }
    assert_eq!(everything(&account), before);
}

#[test]
fn a_recovery_that_was_killed_at_any_record_leaves_nothing_behind() {
    let whole = {
        let account = account();
        secret(&account);
        let project = project(&account, "");
        project.checkride(GO).exits(0);
        records(&project)
    };
    assert!(whole > 20, "{whole} records");
    for at in 2..whole {
        let account = account();
        secret(&account);
        let before = everything(&account);
        let project = project(&account, "");
        if let Some(said) = killed_at(&project, GO, at) {
            assert!([0, 4, 5].contains(&said.code), "killed at {at} of {whole}: {} {}", said.code, said.stderr);
            unseen(&project, &said);
        }
        assert_eq!(everything(&account), before, "killed at {at} of {whole}");
    }
}

/// The shipped runbook, to its end.
#[test]
fn the_shipped_drill_of_a_secret_passes() {
    let account = account();
    secret(&account);
    let before = everything(&account);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/drill-secret.toml");
    let text = fs::read_to_string(path).unwrap();
    let project = Project::sandboxed(&account)
        .file("runbooks/drill-secret.toml", &text)
        .answers("phase.drill = yes\nusers = done");
    let said =
        project.checkride(&["drill", "drill-secret", "-p", "sandbox", "-i", "stage=dev", "--answers", "answers.toml"]);
    let said = said.exits(0).says("RTO").says("nothing of the run still stands");
    assert_eq!(everything(&account), before);
    unseen(&project, &said);
}
