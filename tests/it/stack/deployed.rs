//! A run of a stack step against the emulator, and its undo.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use checkride::aws::stacks::{StackDescription, StackParameter, StackTag};
use checkride::event::{Choice, Question};
use checkride::id::StepId;
use checkride::step::stack::{StackRestoreTask, StackSource, StackTask, Undone};
use checkride::step::{Ran, StepStop};

use crate::support::attempt::{Attempt, Files, Seen};
use crate::support::sandbox::Sandboxed;

/// What every operator of these tests says to a change set.
pub(super) const YES: fn(&Question) -> Option<Choice> = |_| Some(Choice::Execute);
/// Nobody is asked anything here.
pub(super) const NOBODY: fn(&Question) -> Option<Choice> = |_| None;

/// A queue with its retention; `more` are further resources.
pub(super) fn template(seconds: u32, more: &str) -> String {
    format!(
        "Parameters:\n  Size: {{ Type: String, Default: '10' }}\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n    \
         Properties:\n      MessageRetentionPeriod: {seconds}\n      Tags: [{{ Key: size, Value: !Ref Size }}]\n{more}"
    )
}

/// Waits for a signal that never comes, and fails after so many seconds.
pub(super) fn slow(limit: u32) -> String {
    format!(
        "  Handle: {{ Type: 'AWS::CloudFormation::WaitConditionHandle' }}\n  Wait:\n    \
         Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Queue\n    \
         Properties: {{ Handle: !Ref Handle, Timeout: '{limit}', Count: 1 }}\n"
    )
}

/// A run of a stack step, and what the run would keep of it.
pub(super) struct Deploy<'a> {
    pub(super) aws: &'a Sandboxed,
    pub(super) files: Files,
}

impl<'a> Deploy<'a> {
    pub(super) fn new(aws: &'a Sandboxed) -> Self {
        Self { aws, files: Files::default() }
    }

    pub(super) fn task(stack: &str) -> StackTask {
        StackTask {
            stack: stack.into(),
            source: StackSource::Template { path: PathBuf::from("stack.yaml"), planned: None },
            parameters: BTreeMap::new(),
            capabilities: Vec::new(),
            tags: Some(BTreeMap::from([("owner".to_owned(), "platform".to_owned())])),
            role_arn: None,
            notification_arns: None,
            upload_bucket: None,
            on_failure: None,
            earlier: Vec::new(),
        }
    }

    /// Deploys; the template's file is gone afterwards.
    pub(super) async fn run(&self, text: &str, task: &StackTask) -> (Ran, Seen) {
        let (ended, seen) = self.attempt(text, task, None).await;
        (ended.unwrap(), seen)
    }

    pub(super) async fn attempt(
        &self,
        text: &str,
        task: &StackTask,
        cancel_at: Option<&str>,
    ) -> (Result<Ran, StepStop>, Seen) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stack.yaml"), text).unwrap();
        let attempt = Attempt { files: self.files.clone(), cancel_at, ..Attempt::new(self.aws, folder.path()) };
        attempt.run(task, YES).await
    }

    /// The undo of what was seen.
    pub(super) fn undo(seen: &Seen) -> StackRestoreTask {
        StackRestoreTask {
            parameters: BTreeMap::new(),
            undone: Undone {
                step: StepId::new("stack").unwrap(),
                captured: seen.captured.clone(),
                effects: seen.states.clone(),
            },
            upload_bucket: None,
            skip_resources: Vec::new(),
            earlier: Vec::new(),
        }
    }

    pub(super) async fn back(&self, task: &StackRestoreTask) -> (Ran, Seen) {
        let (ended, seen) = self.back_with(task, NOBODY).await;
        (ended.unwrap(), seen)
    }

    pub(super) async fn back_with(
        &self,
        task: &StackRestoreTask,
        answer: impl FnMut(&Question) -> Option<Choice>,
    ) -> (Result<Ran, StepStop>, Seen) {
        let nowhere = Path::new("/nowhere");
        let attempt = Attempt { files: self.files.clone(), unasked: true, ..Attempt::new(self.aws, nowhere) };
        attempt.run(task, answer).await
    }

    pub(super) async fn state(&self, stack: &str) -> State {
        let reads = self.aws.reads().stacks();
        let found = reads.describe(stack).await.unwrap().value.unwrap();
        State {
            template: reads.template(&found.id).await.unwrap().value,
            parameters: found.parameters,
            tags: found.tags,
        }
    }

    pub(super) async fn find(&self, stack: &str) -> Option<StackDescription> {
        self.aws.reads().stacks().describe(stack).await.unwrap().value
    }
}

/// What must be as it was.
#[derive(Debug, PartialEq)]
pub(super) struct State {
    pub(super) template: String,
    pub(super) parameters: Vec<StackParameter>,
    pub(super) tags: Vec<StackTag>,
}
