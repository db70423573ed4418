//! The README is true: its runbooks check, its commands parse, its files are there, its exit codes are those of the program.

use std::os::unix::fs::PermissionsExt;

use checkride::aws::api::client::resolve;
use checkride::cli::{AnswersFile, Arguments, ExitCode};
use checkride::source::Sources;
use checkride::step::kind::KINDS;
use clap::{CommandFactory, Parser};
use regex::Regex;
use serde_json::json;

use super::files::{read, root};
use crate::support::project::{Project, logged};
use crate::support::sandbox;

/// The fenced parts of the README: language and text.
fn fences() -> Vec<(String, String)> {
    let text = read("README.md");
    let mut fences = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => fences.extend(open.take()),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    assert_eq!(open, None, "a fence is not closed");
    fences
}

pub(super) fn fences_of(language: &str) -> Vec<String> {
    let found: Vec<String> = fences().into_iter().filter(|(it, _)| it == language).map(|(_, body)| body).collect();
    assert!(!found.is_empty(), "the README has no {language}");
    found
}

/// The lines of the shell parts, without comments.
fn commands() -> Vec<String> {
    let comment = Regex::new(r"(^|\s)#.*$").unwrap();
    let lines: Vec<String> =
        fences_of("sh").iter().flat_map(|body| body.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.iter().map(|line| comment.replace(line, "").trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// The words of a command, with single and double quotes as a shell reads them.
fn words(line: &str) -> Vec<String> {
    let word = Regex::new(r#"(?:[^\s'"]|'[^']*'|"[^"]*")+"#).unwrap();
    word.find_iter(line).map(|it| it.as_str().replace(['\'', '"'], "")).collect()
}

#[track_caller]
fn parses(line: &str) {
    if let Err(error) = Arguments::try_parse_from(words(line)) {
        assert!(!error.use_stderr(), "`{line}`: {error}");
    }
}

#[test]
fn its_runbooks_check_and_run() {
    let whole: Vec<String> = fences_of("toml").into_iter().filter(|text| text.contains("[runbook]")).collect();
    assert!(!whole.is_empty());
    for (number, text) in whole.iter().enumerate() {
        let name = format!("readme-{number}");
        let project = Project::new().local().file(&format!("runbooks/{name}.toml"), text).answers("ready = done");
        project.checkride(&["check", &name]).exits(0);
        project.checkride(&["plan", &name]).exits(0);
        project.checkride(&["run", &name, "--answers", "answers.toml"]).exits(0);
    }
}

/// What it adds to a profile, in one.
#[test]
fn its_targets_and_waivers_are_read() {
    let parts: Vec<String> = fences_of("toml").into_iter().filter(|text| text.contains("[[target]]")).collect();
    let [part] = parts.as_slice() else { panic!("{parts:?}") };
    let head =
        "[profile]\ntitle = \"All\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"123456789012\"\nregion = \"us-east-1\"\n";
    let project =
        Project::new().runbook("r", &logged("one", "", "")).file("profiles/all.toml", &format!("{head}{part}"));
    project.checkride(&["check"]).exits(0).never_says("RB0");
    project.write("profiles/all.toml", &format!("{head}{}", part.replace("target = \"eu\"", "target = \"us\"")));
    project.checkride(&["check"]).exits(3).says("RB062");
}

/// Parts of a runbook that are no whole one: the step that looks at a table fails until the table is as it says.
#[tokio::test]
async fn its_step_decides() {
    let is_part = |text: &String| !text.contains("format = ") && !text.contains("[[target]]");
    let steps: Vec<String> = fences_of("toml").into_iter().filter(is_part).collect();
    let [step, _] = steps.as_slice() else { panic!("another part: give it a test: {steps:?}") };
    let account = sandbox::account();
    let project = Project::sandboxed(&account).runbook("r", step);
    project.checkride(&["check", "r"]).exits(0);
    let verified = |code| drop(project.checkride(&["run", "r", "-p", "sandbox"]).exits(code));
    let api = sandbox::aws_of(&account).api();
    verified(13);
    let table = json!({
        "TableName": "mte-sessions", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    api.call(resolve("dynamodb:CreateTable").unwrap(), &table, None).await.unwrap();
    verified(4);
    let on = json!({
        "TableName": "mte-sessions", "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
    });
    api.call(resolve("dynamodb:UpdateContinuousBackups").unwrap(), &on, None).await.unwrap();
    verified(0);
}

/// The steps of named checks, with the check that is the project's own.
#[tokio::test]
async fn its_checks_decide() {
    let (whole, parts): (Vec<String>, Vec<String>) =
        fences_of("toml").into_iter().partition(|text| text.contains("format = "));
    let own = whole.iter().find(|text| text.contains("[[check]]")).unwrap();
    let account = sandbox::account();
    let project = Project::sandboxed(&account).runbook("r", &parts[1]).file("checks/tables.toml", own);
    project.checkride(&["check"]).exits(0).says("1 runbook, 1 profile, 1 own check: 0 errors, 0 warnings");
    let verified = |code| project.checkride(&["run", "r", "-p", "sandbox"]).exits(code);
    verified(4).says("is empty: nothing was looked at");
    let api = sandbox::aws_of(&account).api();
    let change = async |call: &str, input: serde_json::Value| {
        api.call(resolve(call).unwrap(), &input, None).await.unwrap();
    };
    for name in ["mte-sessions", "mte-orders", "others"] {
        let table = json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": name == "mte-orders",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        });
        change("dynamodb:CreateTable", table).await;
    }
    verified(4).says("mte-sessions: expected `answer.table.Table.DeletionProtectionEnabled`");
    change("dynamodb:UpdateTable", json!({ "TableName": "mte-sessions", "DeletionProtectionEnabled": true })).await;
    let on = json!({ "PointInTimeRecoveryEnabled": true });
    let on = json!({ "TableName": "mte-sessions", "PointInTimeRecoverySpecification": on });
    change("dynamodb:UpdateContinuousBackups", on).await;
    verified(0);
}

/// The answers of a drill that is talked through are read, and each is of a question that there is.
#[test]
fn its_answers_are_answers() {
    let answers: Vec<String> = fences_of("toml").into_iter().filter(|text| text.contains("[answer.")).collect();
    let [text] = answers.as_slice() else { panic!("another answers file: give it a test: {answers:?}") };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.toml");
    std::fs::write(&path, text).unwrap();
    let file = AnswersFile::read(&path, "answers.toml", &mut Sources::new()).unwrap();
    let ids: Vec<&str> = file.questions().map(|(id, _)| id).collect();
    assert_eq!(ids, ["drill.observation.1", "drill.recommendation.1", "mark.walk"]);
}

#[test]
fn its_commands_are_commands() {
    let mut seen = 0;
    for line in commands() {
        let program = words(&line).remove(0);
        match program.as_str() {
            "checkride" => {
                parses(&line);
                seen += 1;
            }
            "aws" | "cargo" | "export" | "eval" => {}
            script if script.starts_with("scripts/") => {}
            other => panic!("`{other}` is no program that the README may name"),
        }
    }
    assert!(seen > 8, "only {seen}");
}

#[test]
fn the_commands_in_its_sentences_are_commands() {
    let code = Regex::new(r"`(checkride [^`]+)`").unwrap();
    let text = read("README.md");
    let mut seen = 0;
    for found in code.captures_iter(&text) {
        parses(&found[1]);
        seen += 1;
    }
    assert!(seen >= 9, "only {seen}");
}

#[test]
fn it_names_every_command_and_every_kind() {
    let text = read("README.md");
    let arguments = Arguments::command();
    let commands: Vec<_> = arguments.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    for command in &commands {
        let name = command.get_name();
        assert!(text.contains(&format!("| `checkride {name}")), "the table of commands lacks `{name}`");
    }
    let rows = text.lines().filter(|line| line.starts_with("| `checkride ")).count();
    assert_eq!(rows, commands.len());
    let kinds: Vec<String> = KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("of a `kind`: {}.", kinds.join(", "))), "{}", kinds.join(", "));
}

#[test]
fn its_files_are_there() {
    let text = read("README.md");
    let path = Regex::new(r"\b(?:runbooks|profiles|scripts|src|tests)/[A-Za-z0-9_./-]*[A-Za-z0-9_]").unwrap();
    let mut seen = 0;
    for found in path.find_iter(&text).map(|it| it.as_str()) {
        // A name in capitals stands for any.
        if found.contains("NAME") || found.contains("://") {
            continue;
        }
        let file = root().join(found);
        assert!(file.exists(), "{found} is not there");
        if found.starts_with("scripts/") && file.extension().is_none() && file.is_file() {
            assert_ne!(file.metadata().unwrap().permissions().mode() & 0o111, 0, "{found} cannot be run");
        }
        seen += 1;
    }
    assert!(seen > 15, "only {seen}");
    let link = Regex::new(r"\]\(([^)]+)\)").unwrap();
    for found in link.captures_iter(&text).map(|found| found[1].to_owned()) {
        assert!(found.starts_with("https://") || root().join(&found).exists(), "{found} leads nowhere");
    }
}

#[test]
fn its_exit_codes_are_those_of_the_program() {
    let text = read("README.md");
    let row = Regex::new(r"(?m)^\| (\d+) \| (.+) \|$").unwrap();
    let rows: Vec<(String, String)> =
        row.captures_iter(&text).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    let codes: Vec<(String, String)> =
        ExitCode::ALL.iter().map(|it| (it.code().to_string(), it.meaning().to_owned())).collect();
    assert_eq!(rows, codes);

    let order = text.split("the first of ").nth(1).unwrap().split('.').next().unwrap();
    let order: Vec<u8> = order.split(", ").map(|code| code.parse().unwrap()).collect();
    let of = |number: u8| ExitCode::ALL.into_iter().find(|it| it.code() == number).unwrap();
    for pair in order.windows(2) {
        assert_eq!(ExitCode::of_all([of(pair[1]), of(pair[0])]), of(pair[0]), "{pair:?}");
    }
    // Nothing ran with 2 and 3, and 0 holds only when no other does.
    assert_eq!(order.len(), ExitCode::ALL.len() - 3);
}

#[test]
fn its_versions_are_those_of_the_manifest() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let rust = manifest["package"]["rust-version"].as_str().unwrap();
    let text = read("README.md");
    assert!(text.contains(&format!("Rust ({rust} or newer)")), "{rust}");
    for licence in manifest["package"]["license"].as_str().unwrap().split(" OR ") {
        assert!(text.contains(licence));
    }
}
