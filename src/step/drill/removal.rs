//! Removing what a run has made. How each thing goes stands in its own room.

use crate::aws::Aws;
use crate::event::{Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::made::Made;
use crate::step::effect::Halt;

/// What became of something.
pub(super) enum Gone {
    /// It was removed, and is gone.
    Removed,
    /// It was not there.
    Absent,
}

/// What it takes to remove something.
#[derive(Clone, Copy)]
pub(super) struct Removal<'a> {
    /// What the step may touch.
    pub(super) cx: &'a WriteContext,
    /// The door to AWS.
    pub(super) aws: &'a Aws,
    /// The run's id: only what is of it is removed.
    pub(super) run: &'a str,
    /// The ARNs of the tables that the run has put its tag on: what is there without it is another one.
    pub(super) tagged: &'a [String],
}

/// What bears the name of something that the run made, and is somebody's: it stays. `what`: the word for it, with its name;
/// `tag`: the run that its tag names.
pub(super) fn foreign(what: &str, tag: Option<&String>) -> Halt {
    let whose = tag.map_or_else(|| "has no tag of it".to_owned(), |run| format!("carries the tag of {run}"));
    Failure::new(FailureKind::Guard, format!("{what} is not of this run: it {whose}"))
        .with_remedy("find out whose it is; checkride does not delete it")
        .into()
}

impl Removal<'_> {
    /// Removes it, and looks until it is gone.
    pub(super) async fn of(&self, made: &Made) -> Result<Gone, Halt> {
        match made {
            Made::Table { arn } => Box::pin(self.table(arn)).await,
            Made::Backup { table, name } => self.backup(table, name).await,
            Made::Marker { table, key } => self.marker(table, key).await,
            Made::Bucket { arn } => self.bucket(arn).await,
            Made::Objects { bucket, prefix } => self.objects(bucket, prefix).await,
            Made::Object { bucket, key, replicas } => self.object(bucket, key, replicas).await,
            Made::Scaling { table, dimension, resource } => self.scaling(table, dimension, resource).await,
            Made::Database(database) => self.database(database).await,
            Made::Stack { arn } => Box::pin(self.stack(arn)).await,
            Made::Secret { arn } => self.secret(arn).await,
        }
    }
}
