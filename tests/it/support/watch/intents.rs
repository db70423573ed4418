//! What the journals of a project say is meant, and not yet done.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Whether a call is intended by a step, on disk, and its outcome is not on record yet.
pub(super) fn is_meant(project: &Path, call: &str) -> bool {
    let runs = fs::read_dir(project.join(".checkride/runs")).into_iter().flatten();
    runs.map(|run| run.unwrap().path().join("journal.jsonl")).any(|journal| open(&journal).iter().any(|it| it == call))
}

/// The calls of a journal that are open. Its last line may be under way.
fn open(journal: &Path) -> Vec<String> {
    let text = fs::read_to_string(journal).unwrap_or_default();
    let mut calls = BTreeMap::new();
    for line in text.lines() {
        let Ok(record) = serde_json::from_str::<Value>(line) else { continue };
        let event = &record["event"];
        let effect = format!("{} {} {}", event["step"], event["attempt"], event["n"]);
        match event["kind"].as_str() {
            Some("effect_intended") => calls.insert(effect, event["call"].as_str().unwrap_or_default().to_owned()),
            Some("effect_settled") => calls.remove(&effect),
            _ => None,
        };
    }
    calls.into_values().collect()
}
