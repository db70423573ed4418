//! The contract of a kind: what it can be asked to do.

use std::future::Future;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::event::{ArtifactRef, EffectResult, EffectState, Failure};
use crate::step::{NoAnswer, ReadContext, WriteContext};
use crate::value::Scope;

/// What an attempt gave. It is judged by the engine: `expect` may turn a failure into what was expected, or the other way
/// round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    /// `out` in expressions.
    pub out: Value,
    /// Why it did not go well, if it did not. `error` in expressions.
    pub failure: Option<Failure>,
    /// Files that belong to it.
    pub artifacts: Vec<ArtifactRef>,
    /// Something to say although all is well: "no change was needed".
    pub note: Option<String>,
    /// Something to look at: it makes a pass a warning.
    pub warning: Option<String>,
    /// What still stands although an undo went well: a resource that was kept, a field that no call puts back. One a line, by
    /// ARN where there is one.
    pub stays: Vec<String>,
    /// The ids under which AWS has recorded its calls.
    pub requests: Vec<String>,
    /// How many of its answers are those of the same calls, made earlier in the run.
    pub shared: usize,
    /// Whether `out` is a part of a longer answer: what is not in it may be all the same.
    pub part: bool,
    /// Texts in `out` that are secret: the service's model says so.
    pub hidden: Vec<Hidden>,
}

/// A text in `out` that is secret.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// Where it stands: names, and numbers of list items.
    pub path: Vec<String>,
    /// The text.
    pub text: SecretString,
}

impl Hidden {
    /// Where it stands, as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |text, part| text + "/" + &part.replace('~', "~0").replace('/', "~1"))
    }
}

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.text.expose_secret() == other.text.expose_secret()
    }
}

impl Ran {
    /// All went well.
    pub fn well(out: Value) -> Self {
        Self { out, ..Self::default() }
    }

    /// It did not.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

/// Why an attempt ends with no result to judge.
#[derive(Clone, Debug, PartialEq)]
pub enum StepStop {
    /// The operator declined what was shown.
    Declined {
        /// Their words, or none.
        reason: Option<String>,
    },
    /// The operator left the step out.
    Skipped {
        /// Their words.
        reason: String,
    },
    /// The operator aborted the run.
    Aborted,
    /// The operator interrupted the run, and nothing is lost by doing the step anew when it is resumed.
    Left,
    /// A question has no answer; the run stops here, resumable.
    NoAnswer(NoAnswer),
    /// The journal could not be written, or the engine is gone: do nothing more.
    EngineGone,
}

/// What the world says of an effect that may have happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Probed {
    /// It ended, as the run's own files say.
    Ended {
        /// What the effect became.
        result: EffectResult,
        /// What is worth knowing.
        detail: String,
        /// The result of the attempt.
        ran: Box<Ran>,
    },
    /// It happened; with this result.
    Done(Box<Ran>),
    /// It happened: a probe of the author's says so. What it gave is not there any more.
    Happened(Box<Ran>),
    /// It is still happening: wait for it, do not start it again.
    UnderWay,
    /// It did not happen.
    NotDone,
    /// It cannot be told.
    CannotTell {
        /// Why.
        why: String,
    },
}

/// A kind that only reads. Its context holds no write.
pub trait ReadAction {
    /// Does it once. The engine owns time-out and retry.
    fn run(&self, cx: &mut ReadContext) -> impl Future<Output = Result<Ran, StepStop>>;
}

/// A kind that may change something.
pub trait WriteAction {
    /// The exact call, line by line, as far as it is known: for the plan, and for `show` at the prompt.
    fn describe(&self, scope: &Scope) -> Vec<String>;

    /// Whether the kind asks for its own confirmation, bound to what it shows. Then the engine does not ask before it.
    fn confirms_itself(&self) -> bool {
        false
    }

    /// Does it once. Every single effect goes through [`WriteContext::intend`] before and [`WriteContext::settle`] after.
    fn run(&self, cx: &mut WriteContext) -> impl Future<Output = Result<Ran, StepStop>>;

    /// Gives the outputs by reading, with nothing changed: what makes `--from` and `verify` work on a live system. `None`:
    /// the kind cannot.
    fn observe(&self, cx: &mut ReadContext) -> impl Future<Output = Option<Ran>>;

    /// Looks whether an effect that was intended and never settled has happened.
    fn probe(&self, cx: &mut ReadContext, effect: &EffectState) -> impl Future<Output = Probed>;
}
