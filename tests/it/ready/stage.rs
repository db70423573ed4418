//! A stack that is there, and the rehearsal of what a deployment would do to it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use checkride::aws::AwsReads;
use checkride::aws::api::client::resolve;
use checkride::event::{Choice, Need, NeedState};
use checkride::id::StepId;
use checkride::step::stack::{StackRestoreTask, StackSource, StackTask, Undone};
use checkride::step::{CancelHandle, ReadContext, Task, rehearse};
use checkride::value::Scope;
use checkride::world::process::Environment;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::support::attempt::{Attempt, Files};
use crate::support::sandbox::{self, Sandboxed};

/// An account and a project of its own.
pub(super) struct Stage {
    pub(super) aws: Sandboxed,
    pub(super) project: TempDir,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self { aws: sandbox::aws(), project: tempfile::tempdir().unwrap() }
    }

    /// A call that changes something, as a step before would make it.
    pub(super) async fn call(&self, call: &str, with: Value) -> Value {
        let reply = self.aws.api().call(resolve(call).unwrap(), &with, None).await;
        reply.unwrap_or_else(|failure| panic!("{call}: {failure}")).value
    }

    /// A name that nobody else has.
    pub(super) fn bucket(&self, of: &str) -> String {
        format!("{of}-{}", self.aws.settings().account)
    }

    /// A bucket with an object in it.
    pub(super) async fn object(&self, bucket: &str, key: &str, base64: &str) {
        self.call("s3:CreateBucket", json!({ "Bucket": bucket })).await;
        self.call("s3:PutObject", json!({ "Bucket": bucket, "Key": key, "Body": base64 })).await;
    }

    /// Deploys a template for good.
    pub(super) async fn deploy(&self, text: &str, task: &StackTask) {
        self.write(text);
        let attempt = Attempt { files: Files::default(), ..Attempt::new(&self.aws, self.project.path()) };
        let (ended, _) = attempt.run(task, |_| Some(Choice::Execute)).await;
        assert_eq!(ended.unwrap().failure, None);
    }

    /// The template of the next deployment.
    pub(super) fn write(&self, text: &str) {
        std::fs::write(self.project.path().join("stack.yaml"), text).unwrap();
    }

    /// Rehearses the undo of what a task would do with a template.
    pub(super) async fn needs(&self, text: &str, change: &StackTask, undo: &StackRestoreTask) -> Vec<Need> {
        self.write(text);
        let cx = reading(self.aws.reads(), self.project.path().to_owned());
        needs(&Task::Stack(Box::new(change.clone())), &Task::StackRestore(Box::new(undo.clone())), &cx).await
    }
}

/// A rehearsal, twice: it finds the same in the same order.
pub(super) async fn needs(change: &Task, undo: &Task, cx: &ReadContext) -> Vec<Need> {
    let first = rehearse(change, undo, cx).await;
    let ids = regex::Regex::new(r"\[request [^\]]*\]").unwrap();
    let plain = |needs: &[Need]| ids.replace_all(&format!("{needs:#?}"), "[request]").into_owned();
    assert_eq!(plain(&first), plain(&rehearse(change, undo, cx).await));
    for need in &first {
        assert!(need.detail.is_some(), "{need:?}");
        assert!(need.state != NeedState::Missing || need.remedy.is_some(), "{need:?}");
    }
    first
}

/// What a rehearsal may touch.
pub(super) fn reading(aws: AwsReads, project: PathBuf) -> ReadContext {
    let (line, _) = mpsc::unbounded_channel();
    let (handle, cancel) = CancelHandle::new();
    // Nobody cancels it; without its handle it counts as cancelled by nobody.
    drop(handle);
    ReadContext {
        step: StepId::new("stack").unwrap(),
        attempt: 1,
        scope: Scope::default(),
        aws: Some(aws),
        answers: None,
        deciding: project.clone(),
        project,
        deadline: None,
        cancel,
        artifacts: Arc::new(Files::default()),
        environment: Arc::new(Environment::new([("PATH".into(), "/usr/bin:/bin".into())])),
        line,
    }
}

pub(super) fn change(stack: &str) -> StackTask {
    StackTask {
        stack: stack.into(),
        source: StackSource::Template { path: PathBuf::from("stack.yaml"), planned: None },
        parameters: BTreeMap::new(),
        capabilities: Vec::new(),
        tags: None,
        role_arn: None,
        notification_arns: None,
        upload_bucket: None,
        on_failure: None,
        earlier: Vec::new(),
    }
}

/// The same with parameters.
pub(super) fn with(change: StackTask, parameters: &[(&str, &str)]) -> StackTask {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    StackTask { parameters: parameters.collect(), ..change }
}

pub(super) fn undo() -> StackRestoreTask {
    StackRestoreTask {
        parameters: BTreeMap::new(),
        undone: Undone { step: StepId::new("stack").unwrap(), captured: None, effects: Vec::new() },
        upload_bucket: None,
        skip_resources: Vec::new(),
        earlier: Vec::new(),
    }
}

/// A need in a line.
pub(super) fn line(need: &Need) -> String {
    let state = match need.state {
        NeedState::There => "there",
        NeedState::Missing => "missing",
        NeedState::Unknown => "unknown",
        NeedState::Later => "later",
    };
    format!("{state}: {}: {}", need.what, need.detail.as_deref().unwrap_or_default())
}

/// The needs that begin so.
pub(super) fn about<'a>(needs: &'a [Need], what: &str) -> &'a Need {
    let found: Vec<&Need> = needs.iter().filter(|need| need.what.starts_with(what)).collect();
    assert_eq!(found.len(), 1, "{what}: {needs:#?}");
    found[0]
}

/// Those that hold a deployment up.
pub(super) fn not_ready(needs: &[Need]) -> Vec<String> {
    needs.iter().filter(|need| !need.is_ready()).map(line).collect()
}
