//! What stays of the run although its stack is put back, or gone: on record before the call that leaves it, so that a later
//! attempt knows it, too.

use serde::{Deserialize, Serialize};

use crate::aws::stacks::{DriftedResource, arn_of};
use crate::event::Captured;
use crate::step::effect::Halt;
use crate::step::stack::restore::task::{Story, Way};

/// What is known of it so far.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Stays {
    /// What is left behind when the stack goes.
    pub(super) retained: Vec<String>,
    /// What is left out of the rollback of an update.
    pub(super) skipped: Vec<String>,
    /// The stack was guarded against deletion, until this step took that off.
    pub(super) unguarded: bool,
}

impl Way<'_> {
    /// What this step's attempts have put on record.
    pub(super) fn remembered(&self) -> Stays {
        let captured = self.cx.befores.get(&self.cx.read.step);
        captured.and_then(|captured| serde_json::from_value(captured.before).ok()).unwrap_or_default()
    }

    /// Puts it on record, when it is not there yet.
    pub(super) async fn remember(&self, story: &Story) -> Result<(), Halt> {
        if story.stays != self.remembered() {
            let before = serde_json::to_value(&story.stays).expect("they are plain data");
            self.cx.capture(Captured { before, ..Captured::default() }).await?;
        }
        Ok(())
    }
}

impl Story {
    /// What still stands, one a line, when the step goes well; `gone`: the stack is no more.
    pub(super) fn standing(&self, gone: bool) -> Vec<String> {
        let left = if gone { &self.stays.retained } else { &self.stays.skipped };
        let drifted = self.drift.iter().flatten().map(DriftedResource::line);
        left.iter().cloned().chain(drifted).chain(self.differs.iter().cloned()).collect()
    }
}

/// A resource for a person: `Data (AWS::S3::Bucket) arn:aws:s3:::data`; its physical id where the ARN is not known.
pub(super) fn named(stack: &str, logical_id: &str, resource_type: &str, physical_id: Option<&str>) -> String {
    let arn = physical_id.and_then(|physical| arn_of(stack, resource_type, physical));
    let known = arn.as_deref().or(physical_id).unwrap_or("(no id)");
    format!("{logical_id} ({resource_type}) {known}")
}
