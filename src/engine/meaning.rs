//! What one look of a `wait` means to what is waited for.

use std::time::Duration;

use serde_json::Value;

use crate::engine::judge::{masked, speaks_of_failure};
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind};
use crate::runbook::StepSpec;
use crate::source::{Located, Span};
use crate::step::kind::{Goal, StepKind, Wait};
use crate::step::{Ran, WaiterSays, ask_waiter, span_words, waiter_sees};
use crate::value::{Expr, Scope};
use crate::world::secret::CUT;

/// What a look means.
pub(super) enum Meaning {
    /// What was waited for is there.
    Come,
    /// It will not come, or no time mends what is wrong.
    Over(Box<Failure>),
    /// Not yet. With a failure: the look could not be held against what is waited for.
    NotYet(Option<Box<Failure>>),
}

impl Steps {
    /// What a look means to what is waited for. `scope` has its result.
    pub(super) fn meaning(&self, spec: &StepSpec, wait: &Wait, scope: &Scope, ran: &Ran) -> Meaning {
        if let Some(failure) = &ran.failure {
            if !time_mends(&wait.on, &failure.kind) {
                return Meaning::Over(Box::new(failure.clone()));
            }
            if !failure.kind.is_answer() {
                return Meaning::NotYet(Some(Box::new(failure.clone())));
            }
        }
        let decides = |expr| ran.failure.is_none() || speaks_of_failure(&wait.on, [expr]);
        let unheld = || ran.failure.clone().map(Box::new);
        let will_not_come = |failure: Failure, span: Span| Meaning::Over(Box::new(self.locate(failure, span)));
        if let Some(fail) = wait.fail.as_ref().filter(|fail| decides(*fail))
            // That it has no value says nothing: what it speaks of may not be there yet.
            && fail.value.eval_bool(scope) == Ok(true)
        {
            let message = format!("it will not come: `{}` holds", fail.value.text());
            let mut failure = Failure::new(FailureKind::Expectation, message);
            failure.values = paths(spec, fail, scope, ran);
            return will_not_come(failure, fail.span);
        }
        match &wait.goal {
            Goal::Until(until) if !decides(until) => Meaning::NotYet(unheld()),
            Goal::Until(until) => match until.value.eval_bool(scope) {
                Ok(true) => Meaning::Come,
                Ok(false) => Meaning::NotYet(None),
                // Nor has this a value yet.
                Err(error) => Meaning::NotYet(Some(Box::new(self.expression(&error, until)))),
            },
            Goal::Waiter { name, waiter } => match ask_waiter(waiter, &ran.out, ran.failure.as_ref()) {
                WaiterSays::Come => Meaning::Come,
                WaiterSays::NotYet => Meaning::NotYet(None),
                WaiterSays::Unnamed => Meaning::NotYet(unheld()),
                WaiterSays::Never(reason) => {
                    let message = format!("it will not come: {reason}, says the waiter `{}`", name.value);
                    let mut failure = Failure::new(FailureKind::Expectation, message);
                    failure.values = values(spec, wait, scope, ran);
                    will_not_come(failure, name.span)
                }
            },
        }
    }

    /// The time is over, and what was waited for is not there.
    /// `scope` has the last look's result; `went` says how often it was looked.
    pub(super) fn too_late(
        &self,
        spec: &StepSpec,
        wait: &Wait,
        scope: &Scope,
        ran: &Ran,
        why: Option<Box<Failure>>,
        (limit, went): (Duration, &str),
    ) -> Failure {
        let (what, span) = match &wait.goal {
            Goal::Until(until) => (format!("expected `{}`", until.value.text()), until.span),
            Goal::Waiter { name, .. } => (format!("expected what the waiter `{}` waits for", name.value), name.span),
        };
        let said = format!("{what} within {}; {went}", span_words(limit));
        let failure = if let Some(why) = why {
            let message = format!("{said}, the last: {}", why.message);
            let failure = Failure { message, ..*why };
            let unnamed = failure.kind.is_answer() && !failure.kind.decides_a_read();
            if unnamed && failure.remedy.is_none() {
                failure.with_remedy("an error that neither `until` nor `fail` names decides nothing: name it in `fail`")
            } else {
                failure
            }
        } else {
            let mut failure = Failure::new(FailureKind::Expectation, said);
            failure.values = values(spec, wait, scope, ran);
            failure
        };
        self.locate(failure, span)
    }
}

/// The paths of a condition with their values.
fn paths(spec: &StepSpec, condition: &Located<Expr>, scope: &Scope, ran: &Ran) -> Vec<(String, Value)> {
    let values = condition.value.paths_with_values(&scope.with("out", masked(&ran.out, &ran.hidden)));
    told(spec, values)
}

/// Values as they may be told: an output that is `sensitive` is a secret only once the wait has passed, and nobody knows from
/// which part of `out` it will be made.
fn told(spec: &StepSpec, values: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let hides = |path: &str| !spec.sensitive.is_empty() && !path.starts_with("error") && path != "out.exit";
    values
        .into_iter()
        .map(|(path, value)| if hides(&path) { (path, Value::from(CUT)) } else { (path, value) })
        .collect()
}

/// What is looked at, with its values.
pub(super) fn values(spec: &StepSpec, wait: &Wait, scope: &Scope, ran: &Ran) -> Vec<(String, Value)> {
    match &wait.goal {
        Goal::Until(until) => paths(spec, until, scope, ran),
        Goal::Waiter { waiter, .. } => {
            told(spec, waiter_sees(waiter, &masked(&ran.out, &ran.hidden), ran.failure.as_ref()))
        }
    }
}

/// Whether the next look may fare better.
pub(super) fn time_mends(on: &StepKind, kind: &FailureKind) -> bool {
    match kind {
        // A call that could not be put together stays so; what a program or a server says may have another form next time.
        FailureKind::Format => !matches!(on, StepKind::Aws(_)),
        // The engine asks for a login, or says that one is needed.
        FailureKind::Expired
        | FailureKind::Spawn
        | FailureKind::Unsupported
        | FailureKind::Guard
        | FailureKind::Expression => false,
        FailureKind::Expectation
        | FailureKind::Exit { .. }
        | FailureKind::Signal { .. }
        | FailureKind::Timeout
        | FailureKind::Cancelled
        | FailureKind::Declined
        | FailureKind::Aws { .. }
        | FailureKind::Http { .. }
        | FailureKind::Access
        | FailureKind::Throttled
        | FailureKind::Transport
        | FailureKind::Io
        | FailureKind::Lost => true,
    }
}
