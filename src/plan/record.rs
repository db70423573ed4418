//! The plan as it is kept: `plan.json`, and what its digest covers.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Not;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::id::{Phase, StepId};

/// A file whose bytes decide what happens.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
pub struct PinnedFile {
    /// The path, relative to the project.
    pub path: String,
    /// The SHA-256 of its bytes, in hex.
    pub sha256: String,
}

impl PinnedFile {
    /// A file with these bytes.
    pub fn of(path: impl Into<String>, bytes: &[u8]) -> Self {
        Self { path: path.into(), sha256: hex::encode(Sha256::digest(bytes)) }
    }
}

/// What a step is called, for whoever reads a run.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct StepRecord {
    /// Its id.
    pub id: StepId,
    /// Its phase.
    pub phase: Phase,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// What it does, as the plan puts it.
    pub action: Option<String>,
    /// The author's guide.
    pub guide: Option<String>,
    /// Who keeps it.
    pub owner: Option<String>,
    /// By when a finding is to be settled, in the author's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The controls that it is evidence for.
    pub controls: Vec<String>,
    /// What it may change.
    pub effect: String,
    /// Why it is left out, if it is.
    pub left_out: Option<String>,
}

/// `plan.json`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlanRecord {
    /// The format's version.
    pub format: u32,
    /// The tool's version.
    pub tool: String,
    /// The digest: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The runbook's path, relative to the project.
    pub runbook: String,
    /// The runbook's title.
    pub title: String,
    /// The profile's name.
    pub profile: Option<String>,
    /// The target of the profile, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The phases that run.
    pub phases: Vec<Phase>,
    /// `--only`.
    #[serde(default)]
    pub only: Vec<StepId>,
    /// `--from`.
    #[serde(default)]
    pub from: Option<StepId>,
    /// `--skip`.
    #[serde(default)]
    pub skip: Vec<(StepId, String)>,
    /// The typed inputs.
    pub inputs: BTreeMap<String, Value>,
    /// Secrets: name and source, never a value.
    pub secrets: BTreeMap<String, String>,
    /// The files that are pinned.
    pub files: Vec<PinnedFile>,
    /// The steps.
    pub steps: Vec<StepRecord>,
    /// How long a run may take, in milliseconds.
    pub budget_ms: Option<u64>,
    /// What a drill is held to, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<DrillRecord>,
    /// Whether the drill is only talked through: nothing is called.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub tabletop: bool,
}

/// What a drill is held to, for whoever reads it later.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct DrillRecord {
    /// The recovery time objective, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_ms: Option<u64>,
    /// The recovery point objective, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo_ms: Option<u64>,
    /// After how long it is ended, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_ms: Option<u64>,
    /// Until when what it makes is kept; none: it is removed at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<DateTime<Utc>>,
    /// The profiles for which it proves something.
    pub covers: Vec<String>,
    /// What is supposed to have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// What it is to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// The roles that people have in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// How long its steps may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<u64>,
}

impl PlanRecord {
    /// The format that this version writes.
    pub const FORMAT: u32 = 1;

    /// The digest over everything that decides what happens: files, inputs, the selection, the format and the tool. Not the
    /// titles of steps: they stand in the files.
    pub fn compute_digest(&self) -> String {
        let mut text = format!("checkride plan {}\ntool {}\n", self.format, self.tool);
        let mut line = |name: &str, value: &str| {
            // A length before each value: no value can pretend to be two.
            let _ = writeln!(text, "{name} {} {value}", value.len());
        };
        line("runbook", &self.runbook);
        line("profile", self.profile.as_deref().unwrap_or_default());
        if let Some(target) = &self.target {
            line("target", target);
        }
        let mut files = self.files.clone();
        files.sort();
        for file in &files {
            line("file", &file.path);
            line("sha256", &file.sha256);
        }
        for (name, value) in &self.inputs {
            line("input", name);
            line("value", &sorted(value).to_string());
        }
        for (name, source) in &self.secrets {
            line("secret", name);
            line("source", source);
        }
        for phase in &self.phases {
            line("phase", phase.as_str());
        }
        if self.tabletop {
            line("tabletop", "yes");
        }
        for step in &self.only {
            line("only", step.as_str());
        }
        line("from", self.from.as_ref().map(StepId::as_str).unwrap_or_default());
        for (step, reason) in &self.skip {
            line("skip", step.as_str());
            line("reason", reason);
        }
        format!("sha256:{}", hex::encode(Sha256::digest(text.as_bytes())))
    }
}

/// The value with the keys of every map in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<&String, Value> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(ordered.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{PinnedFile, PlanRecord};
    use crate::id::{Phase, StepId};

    fn record() -> PlanRecord {
        PlanRecord {
            format: 1,
            tool: "0.1.0".to_owned(),
            digest: String::new(),
            runbook: "runbooks/a.toml".to_owned(),
            title: "A".to_owned(),
            profile: Some("prod".to_owned()),
            target: None,
            phases: vec![Phase::Deploy],
            only: Vec::new(),
            from: None,
            skip: Vec::new(),
            inputs: BTreeMap::from([("x".to_owned(), json!({"b": 1, "a": 2}))]),
            secrets: BTreeMap::from([("token".to_owned(), "env:TOKEN".to_owned())]),
            files: vec![PinnedFile::of("runbooks/a.toml", b"a"), PinnedFile::of("t.yaml", b"t")],
            steps: Vec::new(),
            budget_ms: None,
            drill: None,
            tabletop: false,
        }
    }

    #[test]
    fn the_digest_is_stable_and_golden() {
        assert_eq!(
            record().compute_digest(),
            "sha256:55c30500ef328773e8c6c86a14cf95ec01d08d211a2f879479777b9c26b1de34"
        );
        let mut turned = record();
        turned.files.reverse();
        turned.inputs.insert("x".to_owned(), json!({"a": 2, "b": 1}));
        turned.title = "another".to_owned();
        assert_eq!(turned.compute_digest(), record().compute_digest());
    }

    #[test]
    fn whatever_decides_what_happens_changes_it() {
        let changes: [fn(&mut PlanRecord); 11] = [
            |plan| plan.tabletop = true,
            |plan| plan.tool = "0.1.1".to_owned(),
            |plan| plan.profile = None,
            |plan| plan.target = Some("eu".to_owned()),
            |plan| plan.files[1] = PinnedFile::of("t.yaml", b"u"),
            |plan| plan.files[1].path = "u.yaml".to_owned(),
            |plan| drop(plan.inputs.insert("x".to_owned(), json!("1"))),
            |plan| drop(plan.secrets.insert("token".to_owned(), "env:OTHER".to_owned())),
            |plan| plan.phases.push(Phase::Verify),
            |plan| plan.skip.push((StepId::new("a").unwrap(), "b".to_owned())),
            |plan| plan.from = Some(StepId::new("a").unwrap()),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut changed = record();
            change(&mut changed);
            assert_ne!(changed.compute_digest(), record().compute_digest(), "change {at}");
        }
    }
}
