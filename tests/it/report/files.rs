//! A run put on a disk, and rendered from there by the program itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use assert_cmd::cargo::cargo_bin_cmd;
use checkride::id::{Phase, StepId};
use checkride::journal::Writer;
use checkride::report::{ArtifactText, Excerpt, ExcerptLimit, PlanView, RunView, StepLabel};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::report::tale::Run;
use crate::support::story::append;

/// A project with one run in it.
pub(super) struct Kept {
    project: TempDir,
    id: String,
}

impl Kept {
    pub(super) fn of(run: &Run) -> Self {
        let kept = Self { project: tempfile::tempdir().unwrap(), id: run.header.run.to_string() };
        let folder = kept.folder();
        fs::create_dir_all(folder.join("artifacts")).unwrap();
        fs::create_dir_all(kept.project.path().join("runbooks")).unwrap();
        for bytes in &run.files {
            fs::write(folder.join("artifacts").join(name(bytes)), bytes).unwrap();
        }
        fs::write(folder.join("plan.json"), run.plan.to_string()).unwrap();
        append(Writer::create(&folder.join("journal.jsonl"), &run.header).unwrap(), &run.events);
        kept
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.project.path().join(".checkride/runs").join(&self.id)
    }

    /// The report in a format, as `report RUN -o` writes it into the run's folder.
    pub(super) fn report(&self, format: &str) -> String {
        let path = self.folder().join(format!("shown.{format}"));
        let mut command = cargo_bin_cmd!("checkride");
        command.env_clear().current_dir(self.project.path()).env("HOME", self.project.path());
        command.args(["report", &self.id, "--format", format, "-o"]).arg(&path);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str(), output.stdout.len()), (Some(0), "", 0));
        fs::read_to_string(&path).unwrap()
    }

    /// The report on stdout.
    pub(super) fn printed(&self, format: &str) -> String {
        self.said(&["report", &self.id, "--format", format])
    }

    /// What a command that succeeds says on stdout.
    pub(super) fn said(&self, arguments: &[&str]) -> String {
        let mut command = cargo_bin_cmd!("checkride");
        command.env_clear().current_dir(self.project.path()).env("HOME", self.project.path());
        let output = command.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// An artifact's name.
pub(super) fn name(bytes: &[u8]) -> String {
    format!("sha256-{}", hex::encode(Sha256::digest(bytes)))
}

/// A run's view, made of its events and its plan.
pub(super) fn view(run: &Run) -> RunView {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let label = |step: &Value| {
        let phase: Phase = serde_json::from_value(step["phase"].clone()).unwrap();
        let id = StepId::new(step["id"].as_str().unwrap()).unwrap();
        let mut label = StepLabel::new(id, phase, text(&step["title"]).unwrap(), text(&step["kind"]).unwrap());
        label.action = text(&step["action"]);
        label.guide = text(&step["guide"]);
        label.owner = text(&step["owner"]);
        label.effect = text(&step["effect"]);
        label.left_out = text(&step["left_out"]);
        label.controls = step["controls"].as_array().unwrap().iter().filter_map(text).collect();
        label
    };
    let pairs =
        |map: &Value| map.as_object().unwrap().iter().map(|(name, it)| (name.clone(), it.clone())).collect::<Vec<_>>();
    let plan = PlanView {
        inputs: pairs(&run.plan["inputs"]),
        secrets: pairs(&run.plan["secrets"]).into_iter().filter_map(|(name, it)| Some((name, text(&it)?))).collect(),
        files: run.plan["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| Some((text(&it["path"])?, text(&it["sha256"])?)))
            .collect(),
        drill: None,
    };
    let labels = run.plan["steps"].as_array().unwrap().iter().map(label).collect();
    let budget = run.plan["budget_ms"].as_u64().map(std::time::Duration::from_millis);
    let mut view = RunView::new(run.header.clone()).with_steps(labels).with_budget(budget).with_plan(plan);
    for event in &run.events {
        view.apply(event);
    }
    view
}

/// Texts in memory.
pub(super) struct Texts(pub(super) BTreeMap<String, Vec<u8>>);

impl ArtifactText for Texts {
    fn excerpt(&self, digest: &str, limit: ExcerptLimit) -> Option<Excerpt> {
        self.0.get(digest).map(|bytes| Excerpt::of_whole(bytes, limit))
    }
}
