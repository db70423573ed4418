//! The README's recipes for pipelines do what they say: what stands in them is run, once when all is well and once when it is
//! not, and what they collect is there and can be read.

use std::collections::BTreeMap;
use std::fs;

use checkride::aws::api::client::resolve;
use regex::Regex;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};

use super::readme::fences_of;
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox::{self, account};

/// The one recipe whose first line names a file.
fn recipe(language: &str, file: &str) -> String {
    let all = fences_of(language);
    let mut found = all.into_iter().filter(|text| text.lines().next().unwrap().ends_with(file));
    let recipe = found.next().unwrap_or_else(|| panic!("the README has no recipe for {file}"));
    assert!(found.next().is_none(), "several recipes for {file}");
    assert!(recipe.lines().count() <= 15, "a recipe is short");
    recipe
}

/// What the recipes verify, as the README itself writes such a step: `verify-security` in a project with a profile `prod`.
async fn project() -> Project {
    let all = fences_of("toml");
    let step = all.iter().find(|text| text.contains("id = \"pitr\"")).expect("the README verifies a table");
    let account = account();
    let project = Project::new().emulated("prod", &account, &sandbox::endpoint()).runbook("verify-security", step);
    let table = json!({
        "TableName": "mte-sessions", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    call(&account, "dynamodb:CreateTable", &table).await;
    switch(&project, true).await;
    project
}

async fn call(account: &str, call: &str, input: &Value) {
    sandbox::aws_of(account).api().call(resolve(call).unwrap(), input, None).await.unwrap();
}

/// Turns on or off what is verified.
async fn switch(project: &Project, on: bool) {
    let profile: toml::Table = project.read("profiles/prod.toml").parse().unwrap();
    let input = json!({
        "TableName": "mte-sessions",
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": on },
    });
    call(profile["aws"]["account"].as_str().unwrap(), "dynamodb:UpdateContinuousBackups", &input).await;
}

/// A YAML document as JSON; what is no text, number, list or mapping has no place in a recipe.
fn yaml(text: &str) -> Value {
    fn convert(node: &Yaml<'_>) -> Value {
        match node {
            Yaml::Value(Scalar::Null) => Value::Null,
            Yaml::Value(Scalar::Boolean(yes)) => json!(yes),
            Yaml::Value(Scalar::Integer(number)) => json!(number),
            Yaml::Value(Scalar::String(text)) => json!(text),
            Yaml::Sequence(items) => items.iter().map(convert).collect(),
            Yaml::Mapping(pairs) => pairs
                .iter()
                .map(|(key, value)| (key.as_str().expect("keys are text").to_owned(), convert(value)))
                .collect(),
            other => panic!("{other:?}"),
        }
    }
    let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [document] = documents.as_slice() else { panic!("one document") };
    convert(document)
}

/// Runs lines as a runner does: a shell that ends at the first one that fails.
fn script(project: &Project, shell: &str, lines: &str) -> Said {
    project.write("script", lines);
    project.shell(&format!("exec {shell} script"))
}

/// That something is there under a path, which may end with `/**`.
#[track_caller]
fn is_there(project: &Project, path: &str) {
    let path = project.path(path.trim_end_matches("/**"));
    let some = if path.is_dir() {
        fs::read_dir(&path).unwrap().next().is_some()
    } else {
        fs::metadata(&path).is_ok_and(|file| file.len() > 0)
    };
    assert!(some, "{} is not there", path.display());
}

/// What a reader of `JUnit` counts: tests, failures, errors.
#[track_caller]
fn junit(text: &str) -> (u32, u32, u32) {
    let count = |name: &str| {
        let found = Regex::new(&format!("<testsuites [^>]*\\b{name}=\"(\\d+)\"")).unwrap();
        found.captures(text).unwrap_or_else(|| panic!("{text}"))[1].parse().unwrap()
    };
    (count("tests"), count("failures"), count("errors"))
}

#[tokio::test]
async fn the_workflow_of_github() {
    let workflow = yaml(&recipe("yaml", ".github/workflows/verify.yml"));
    let job = &workflow["jobs"]["verify"];
    let steps = job["steps"].as_array().unwrap();
    let project = project().await;
    for (on, code) in [(true, 0), (false, 4)] {
        switch(&project, on).await;
        let summary = project.path(if on { "well.md" } else { "bad.md" });
        let (mut failed, mut collected) = (false, 0);
        for step in steps {
            if failed && step["if"] != "always()" {
                continue;
            }
            if let Some(lines) = step["run"].as_str() {
                let lines = format!("export GITHUB_STEP_SUMMARY={}\n{lines}", summary.display());
                let said = script(&project, "bash --noprofile --norc -eo pipefail", &lines).exits(code);
                failed |= said.code != 0;
                let annotated =
                    said.stdout.contains("::error title=pitr failed,file=runbooks/verify-security.toml,line=");
                assert_eq!(annotated, !on, "{}", said.stdout);
            }
            let uses = step["uses"].as_str().unwrap_or_default().split('@').next().unwrap_or_default();
            collected += usize::from(!uses.is_empty());
            match uses {
                "github/codeql-action/upload-sarif" => {
                    let log: Value =
                        serde_json::from_str(&project.read(step["with"]["sarif_file"].as_str().unwrap())).unwrap();
                    assert_eq!(log["version"], "2.1.0");
                    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), usize::from(!on));
                    assert_eq!(workflow["permissions"]["security-events"], "write", "the upload asks for it");
                }
                "actions/upload-artifact" => {
                    let path = step["with"]["path"].as_str().unwrap();
                    is_there(&project, path);
                    assert!(!path.starts_with('.') || step["with"]["include-hidden-files"] == json!(true));
                }
                "aws-actions/configure-aws-credentials" => assert_eq!(workflow["permissions"]["id-token"], "write"),
                "actions/checkout" | "" => {}
                other => panic!("what does `{other}` do here?"),
            }
        }
        assert_eq!(failed, !on);
        assert_eq!(collected, 4, "also when it is red, all is collected");
        let summary = fs::read_to_string(summary).unwrap();
        assert!(summary.contains("Point-in-time recovery is on"), "{summary}");
        assert_eq!(junit(&project.read("results.xml")), (1, u32::from(!on), 0));
    }
}

#[tokio::test]
async fn the_pipeline_of_gitlab() {
    let pipeline = yaml(&recipe("yaml", ".gitlab-ci.yml"));
    let job = &pipeline["verify-production"];
    let lines: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let artifacts = &job["artifacts"];
    assert_eq!(artifacts["when"], "always", "without it a red job keeps nothing");
    let project = project().await;
    for (on, code) in [(true, 0), (false, 4)] {
        switch(&project, on).await;
        script(&project, "bash -eo pipefail", &lines.join("\n")).exits(code);
        assert_eq!(junit(&project.read(artifacts["reports"]["junit"].as_str().unwrap())), (1, u32::from(!on), 0));
        for path in artifacts["paths"].as_array().unwrap() {
            is_there(&project, path.as_str().unwrap());
        }
        assert!(project.read("comment.md").contains("Point-in-time recovery is on"), "{}", project.read("comment.md"));
        for made in ["results.xml", "comment.md"] {
            fs::remove_file(project.path(made)).unwrap();
        }
    }
    // What it allows is the code of a person who is needed, and no other.
    let person = "\n[[verify]]\nid = \"person\"\ntitle = \"A person looks\"\nkind = \"confirm\"\n";
    project
        .write("runbooks/verify-security.toml", &format!("{}{person}", project.read("runbooks/verify-security.toml")));
    switch(&project, true).await;
    let said = script(&project, "bash -eo pipefail", &lines.join("\n"));
    assert_eq!(job["allow_failure"]["exit_codes"], json!([said.code]), "{}", said.stderr);
    assert_eq!(said.code, 11);
}

#[tokio::test]
async fn the_pipeline_of_jenkins() {
    let file = recipe("groovy", "Jenkinsfile");
    let all = |word: &str| -> Vec<String> {
        let step = Regex::new(&format!(r"(?m)^ *{word} '([^']+)'$")).unwrap();
        step.captures_iter(&file).map(|found| found[1].to_owned()).collect()
    };
    let (lines, results, kept) = (all("sh"), all("junit"), all("archiveArtifacts"));
    assert_eq!((lines.len(), results.len(), kept.len()), (1, 1, 1), "{file}");
    let (stages, post) = file.split_once("post { always {").expect("what is collected is, whatever the outcome");
    assert!(stages.contains("sh '") && post.contains("junit '") && post.contains("archiveArtifacts '"));
    assert_eq!(file.matches('{').count(), file.matches('}').count());
    let project = project().await;
    for (on, code) in [(true, 0), (false, 4)] {
        switch(&project, on).await;
        script(&project, "sh -xe", &lines[0]).exits(code);
        assert_eq!(junit(&project.read(&results[0])), (1, u32::from(!on), 0));
        is_there(&project, &kept[0]);
        fs::remove_file(project.path(&results[0])).unwrap();
    }
}

#[tokio::test]
async fn the_nightly_cron() {
    let line = line_of_cron();
    let project = project().await;
    // As cron runs a line: by a bare shell, in the home. What is said is mailed, if anything is.
    let mail = || {
        let line = line.replace("/srv/deployment", project.path("").to_str().unwrap());
        let said = project.shell(&format!("cd \"$HOME\" && exec /bin/sh -c '{line}'"));
        format!("{}{}", said.stdout, said.stderr)
    };
    let first = mail();
    assert!(first.contains("there is no earlier run") && first.contains("without --compare"), "{first}");
    let by_hand = line.split("$(").nth(1).unwrap().split(" --compare").next().unwrap();
    project.shell(by_hand).exits(0);
    assert_eq!(mail(), "", "all is well, and nobody is disturbed");
    switch(&project, false).await;
    let found = mail();
    assert!(found.contains("[pitr]") && found.contains("exit code 4"), "{found}");
    assert_eq!(mail(), "", "it was there the night before");
    switch(&project, true).await;
    assert_eq!(mail(), "");
    project.write("runbooks/verify-security.toml", "format = 1\n");
    assert!(mail().contains("RB0"), "a runbook that cannot be read is no quiet night");
}

/// What the crontab runs every night; the variables that it sets are held against what cron takes.
fn line_of_cron() -> String {
    let [text] = fences_of("crontab").try_into().expect("one crontab");
    let (mut variables, mut lines) = (BTreeMap::new(), Vec::new());
    let variable = Regex::new(r"^([A-Z]+)=(\S+)$").unwrap();
    let entry = Regex::new(r"^([0-5]?\d) ([01]?\d|2[0-3]) \* \* \* (.+)$").unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(found) = variable.captures(line) {
            variables.insert(found[1].to_owned(), found[2].to_owned());
        } else {
            let found = entry.captures(line).unwrap_or_else(|| panic!("no line of a crontab: {line}"));
            lines.push(found[3].to_owned());
        }
    }
    assert!(variables.contains_key("MAILTO") && variables["PATH"].split(':').all(|it| it.starts_with('/')));
    let [line] = lines.try_into().expect("one line");
    // cron takes `%` for the end of the line, and the test puts the line between these quotes.
    assert!(!line.contains(['%', '\'']), "{line}");
    line
}
