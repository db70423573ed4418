//! A file of `tests/checks/`: what is made in the emulator, in order, and what each check says of it.
//!
//! In texts, `@{account}`, `@{now}` and `@{NAME}` of what an earlier call kept are filled in; a table with the one key
//! `json` becomes its text, as AWS wants policies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use checkride::world::clock::{Clock, rfc3339};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sheet {
    make: Vec<Make>,
    #[serde(rename = "row")]
    pub(super) rows: Vec<Row>,
}

/// A call that makes something, or mends it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Make {
    pub(super) call: String,
    /// Where, if not in the region of the tests.
    pub(super) region: Option<String>,
    #[serde(default)]
    pub(super) with: Map<String, Value>,
    /// What is kept of its answer: a name, and where it stands.
    #[serde(default)]
    keep: BTreeMap<String, String>,
    /// It is made again until this stands in its answer.
    until: Option<Until>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Until {
    path: String,
    is: Value,
}

/// A check with parameters, and what it must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) check: String,
    #[serde(default)]
    pub(super) with: Map<String, Value>,
    pub(super) outcome: Outcome,
    /// The case: it begins with `passes`, `fails`, `empty` or `absent` where it is one of the table's.
    pub(super) why: String,
    /// What is played back where the emulator cannot say it.
    #[serde(default, rename = "answer")]
    pub(super) answers: Vec<Answer>,
    /// The calls of somebody who has the remedy of the failed check before them, in order. It passes then.
    #[serde(default)]
    pub(super) fix: Vec<Make>,
    /// What is played back while the remedy is followed and after, where the emulator cannot say it.
    #[serde(default, rename = "after")]
    pub(super) afters: Vec<Answer>,
    /// Why it is played back, or what else the emulator does not do as AWS does.
    pub(super) because: Option<String>,
}

/// What was made.
#[derive(Debug)]
pub(super) struct Made {
    /// The rows with what was kept filled in; but for their fixes.
    pub(super) rows: Vec<Row>,
    /// What was kept.
    pub(super) kept: Kept,
}

/// What earlier calls kept, by its name.
pub(super) type Kept = BTreeMap<String, String>;

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Passed,
    Warned,
    Failed,
    Unknown,
}

/// An answer of AWS to an operation, as it comes on the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(super) to: String,
    pub(super) status: u16,
    pub(super) body: String,
}

/// The folder of the files.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

impl Sheet {
    pub(super) fn read(service: &str) -> Self {
        let path = folder().join(format!("{service}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The names of all files.
    pub(super) fn names() -> Vec<String> {
        let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = files.filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect();
        names.sort();
        names
    }

    /// Makes all of it in an account.
    pub(super) async fn make(&self, aws: &Aws) -> Made {
        let account = aws.settings().account.clone();
        let now = rfc3339(Clock::System.now());
        let mut kept = BTreeMap::from([("account".to_owned(), account), ("now".to_owned(), now)]);
        for make in &self.make {
            make.call(aws, &mut kept).await;
        }
        let answer = |answer: &Answer| Answer { body: fill(&answer.body, &kept), ..answer.clone() };
        let row = |row: &Row| Row {
            with: filled_in(&row.with, &kept),
            answers: row.answers.iter().map(answer).collect(),
            afters: row.afters.iter().map(answer).collect(),
            ..row.clone()
        };
        Made { rows: self.rows.iter().map(row).collect(), kept }
    }
}

impl Make {
    /// What it is called with.
    pub(super) fn input(&self, kept: &Kept) -> Map<String, Value> {
        filled_in(&self.with, kept)
    }

    /// Makes it, and keeps what it says.
    pub(crate) async fn call(&self, aws: &Aws, kept: &mut Kept) {
        let input = Value::Object(self.input(kept));
        let aws = aws.in_region(self.region.as_ref().unwrap_or(&aws.settings().region)).unwrap();
        for _ in 0..100 {
            let reply = aws.api().call(resolve(&self.call).unwrap(), &input, None).await;
            let answer = reply.unwrap_or_else(|error| panic!("{} {input}: {error}", self.call)).value;
            let found: BTreeMap<_, _> =
                self.keep.iter().filter_map(|(name, path)| Some((name, answer.pointer(path)?.as_str()?))).collect();
            let is_met = self.until.as_ref().is_none_or(|until| answer.pointer(&until.path) == Some(&until.is));
            if found.len() == self.keep.len() && is_met {
                kept.extend(found.into_iter().map(|(name, value)| (name.clone(), value.to_owned())));
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{} never said what was waited for: {:?} {:?}", self.call, self.keep, self.until);
    }
}

pub(crate) fn filled_in(with: &Map<String, Value>, kept: &Kept) -> Map<String, Value> {
    with.iter().map(|(name, value)| (name.clone(), filled(value, kept))).collect()
}

fn filled(value: &Value, kept: &Kept) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, kept)),
        Value::Array(items) => items.iter().map(|item| filled(item, kept)).collect(),
        Value::Object(members) => {
            let members = filled_in(members, kept);
            match members.get("json") {
                Some(document) if members.len() == 1 => Value::String(document.to_string()),
                _ => Value::Object(members),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A text with what was kept filled in.
pub(crate) fn fill(text: &str, kept: &Kept) -> String {
    let text = kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("@{{{name}}}"), value));
    assert!(!text.contains("@{"), "nothing of this name was kept: {text}");
    text
}
