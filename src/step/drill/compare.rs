//! A `compare` step with all its values known: what it compares decides who does it.

use crate::step::drill::{BucketCompareTask, ClusterCompareTask, TableCompareTask};
use crate::step::kind::Compare;
use crate::step::{Ran, ReadAction, ReadContext, StepStop, TaskFault};
use crate::value::Scope;

/// What a `compare` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum CompareTask {
    /// Compare two tables.
    Tables(TableCompareTask),
    /// Compare two Aurora clusters.
    Clusters(ClusterCompareTask),
    /// Compare the objects of two buckets.
    Buckets(BucketCompareTask),
}

impl CompareTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or that is not what its key takes.
    pub fn of(compare: &Compare, scope: &Scope) -> Result<Self, TaskFault> {
        match compare {
            Compare::Tables(compare) => TableCompareTask::of(compare, scope).map(Self::Tables),
            Compare::Clusters(compare) => ClusterCompareTask::of(compare, scope).map(Self::Clusters),
            Compare::Buckets(compare) => BucketCompareTask::of(compare, scope).map(Self::Buckets),
        }
    }

    /// What it will do, as far as its values are known.
    pub fn preview(compare: &Compare, scope: &Scope) -> Vec<String> {
        match compare {
            Compare::Tables(compare) => TableCompareTask::preview(compare, scope),
            Compare::Clusters(compare) => ClusterCompareTask::preview(compare, scope),
            Compare::Buckets(compare) => BucketCompareTask::preview(compare, scope),
        }
    }

    /// What it will do.
    pub fn describe(&self) -> Vec<String> {
        match self {
            Self::Tables(compare) => compare.describe(),
            Self::Clusters(compare) => compare.describe(),
            Self::Buckets(compare) => compare.describe(),
        }
    }
}

impl ReadAction for CompareTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        match self {
            Self::Tables(compare) => compare.run(cx).await,
            Self::Clusters(compare) => compare.run(cx).await,
            Self::Buckets(compare) => compare.run(cx).await,
        }
    }
}
