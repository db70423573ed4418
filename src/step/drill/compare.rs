//! A `compare` step with all its values known: what it compares decides who does it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::event::{Failure, FailureKind};
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

/// How many of what is not the same are named.
const EXAMPLES: usize = 5;

/// The first 16 bytes of a SHA-256: of two million things no two have the same by chance.
pub(super) type Hash = [u8; 16];

/// The hash of what something holds.
pub(super) fn hash(what: impl AsRef<[u8]>) -> Hash {
    let whole = Sha256::digest(what);
    let mut first = Hash::default();
    first.copy_from_slice(&whole[..16]);
    first
}

/// What two places have alike, and what not.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) same: u64,
    pub(super) missing: u64,
    pub(super) different: u64,
    pub(super) extra: u64,
    examples: Vec<Value>,
}

impl Differences {
    /// Names one that is not the same, if it is of the first of its kind.
    pub(super) fn example(&mut self, what: &str, key: impl Into<Value>) {
        let named = self.examples.iter().filter(|it| it["what"] == what).count();
        if named < EXAMPLES {
            self.examples.push(json!({ "what": what, "key": key.into() }));
        }
    }

    /// Of two numbers alone: what the one has more than the other is missing.
    pub(super) fn of_numbers((one, other): (u64, u64)) -> Self {
        let (missing, extra) = (one.saturating_sub(other), other.saturating_sub(one));
        Self { same: one.min(other), missing, extra, ..Self::default() }
    }

    /// How a comparison ends. `out`: what else it gives; `empty`: what holds nothing, for then nothing was compared;
    /// `not_held`: the beginning of the message when more differ than are tolerated.
    pub(super) fn judged(&self, mut out: Value, tolerance: u64, empty: Option<String>, not_held: &str) -> Ran {
        let differ = self.missing + self.different + self.extra;
        for (name, count) in [
            ("compared", self.same + differ),
            ("same", self.same),
            ("missing", self.missing),
            ("different", self.different),
            ("extra", self.extra),
        ] {
            out[name] = json!(count);
        }
        out["examples"] = json!(self.examples);
        if differ <= tolerance {
            // That nothing is as nothing proves little.
            let warning = empty.map(|which| format!("{which}: nothing was compared"));
            return Ran { warning, ..Ran::well(out) };
        }
        let counted = [(self.missing, "missing"), (self.different, "different"), (self.extra, "too many")];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = counted.map(|(count, word)| format!("{count} {word}")).collect();
        let message = format!("{not_held}: {}", words.join(", "));
        let examples = self.examples.iter().map(Value::to_string);
        Ran { out, ..Ran::failed(Failure::new(FailureKind::Expectation, message).caused_by(examples.collect())) }
    }
}
