//! Credentials that expire in the night: before the first question of a rollback, and in the middle of it. The person logs in
//! in another window; who they are is asked again, and the rollback goes on.

use std::io::Write;
use std::path::{Path, PathBuf};

use assert_cmd::cargo::cargo_bin_cmd;

use crate::pty::support::{Desk, Project};
use crate::support::web::{Heard, Web, reply};

const ACCOUNT: &str = "123456789012";

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Limit the function"
owner = "platform"
reviewed = 2026-11-21

[[deploy]]
id = "limit"
title = "Limit it"
kind = "aws"
call = "lambda:PutFunctionConcurrency"
with = { FunctionName = "api", ReservedConcurrentExecutions = 10 }

[[rollback]]
id = "limit_back"
title = "The limit of before"
kind = "aws-restore"
undoes = ["limit"]
"#;

const ANSWERS: &str = "format = 1\n\n[answer.\"phase.deploy\"]\nchoose = \"yes\"\nby = \"ana\"\nreason = \"a test\"\n";

/// A service with one function. While there is a file `expired` beside its limit, no token is good.
fn answer(place: &Path, heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
    let limit = place.join("limit");
    let is_form = heard.body.contains("Action=GetCallerIdentity");
    let (status, body) = if place.join("expired").exists() && (is_form || heard.line.starts_with("PUT")) {
        let body = if is_form {
            "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error>\
             <RequestId>r-1</RequestId></ErrorResponse>"
        } else {
            "{\"code\":\"ExpiredTokenException\",\"message\":\"The security token is expired\"}"
        };
        ("403 Forbidden", body.to_owned())
    } else if is_form {
        let caller = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/ana</Arn>\
             <UserId>A</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        ("200 OK", caller)
    } else {
        if heard.line.starts_with("PUT") {
            std::fs::write(&limit, &heard.body)?;
        }
        ("200 OK", std::fs::read_to_string(&limit)?)
    };
    reply(to, status, "Content-Type: text/xml\r\nConnection: close\r\n", body.as_bytes())
}

/// A function whose limit was 7 and is 10, by a run.
fn limited() -> (Project, Web) {
    let project = Project::new(&[("runbooks/limit.toml", RUNBOOK), ("answers.toml", ANSWERS)]);
    let place: PathBuf = project.path().to_path_buf();
    std::fs::write(place.join("limit"), "{\"ReservedConcurrentExecutions\":7}").unwrap();
    let web = Web::serving(move |heard, to| answer(&place, heard, to));
    let profile = format!(
        "[profile]\ntitle = \"A fake\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{ACCOUNT}\"\nregion = \"us-east-1\"\n\
         emulator = true\nendpoint_url = \"{}\"\n",
        web.url("")
    );
    std::fs::create_dir_all(project.path().join("profiles")).unwrap();
    std::fs::write(project.path().join("profiles/sandbox.toml"), profile).unwrap();
    let mut command = cargo_bin_cmd!("checkride");
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(project.path());
    command.args(["run", "limit", "-p", "sandbox", "--answers", "answers.toml"]).assert().success();
    assert!(limit(&project).contains("10"));
    (project, web)
}

fn limit(project: &Project) -> String {
    std::fs::read_to_string(project.path().join("limit")).unwrap()
}

fn expire(project: &Project) {
    project.append("expired", "\n");
}

fn log_in(project: &Project) {
    std::fs::remove_file(project.path().join("expired")).unwrap();
}

const BACK: &[&str] = &["rollback", "--last", "-p", "sandbox", "--incident", "INC-42"];

#[test]
fn what_expired_before_the_first_question_is_had_again_elsewhere() {
    let (project, _web) = limited();
    expire(&project);
    let mut desk = Desk::new(&project, BACK);
    desk.sees("Log in in another window, then go on\n  sts GetCallerIdentity: the credentials have expired");
    desk.sees_row(|row| row == "  aws sso login");
    desk.answers("Answer", "y");
    // Not yet.
    desk.sees("✘ sts GetCallerIdentity: the credentials have expired");
    desk.prompts("Answer");
    log_in(&project);
    desk.answers("Answer", "y");
    desk.sees("Roll back: incident INC-42");
    desk.answers("Answer", "y");
    desk.ends_well(0);
    assert!(limit(&project).contains('7'));
}

#[test]
fn what_expires_in_the_middle_is_had_again_elsewhere() {
    let (project, _web) = limited();
    let mut desk = Desk::new(&project, BACK);
    desk.sees("Roll back: incident INC-42");
    desk.prompts("Answer");
    expire(&project);
    desk.types("y\r");
    desk.sees("The credentials have expired. Log in in another window, then go on\n  aws sso login\n");
    // Not yet: the question stays.
    desk.answers("Answer", "y");
    desk.sees("the credentials have expired: The security token is expired (looked in");
    desk.prompts("Answer");
    log_in(&project);
    desk.answers("Answer", "y");
    desk.ends_well(0);
    assert!(limit(&project).contains('7'));
    let journal = project.journal();
    assert!(journal.contains("\"why\":\"credentials\""), "who came back is on record: {journal}");
}
