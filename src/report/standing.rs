//! How a run stands: passed, not passed, not finished; and what happened, in a sentence. Every report begins with it.

use crate::event::{Outcome, SessionEnd, SteadyChange, Verdict, Works};
use crate::id::{Phase, StepId};
use crate::report::exercise::walked_steps;
use crate::report::view::{RunView, StepView};
use crate::report::words::{count, duration};

/// How a run stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Standing {
    /// As an outcome, for its colour and its sign.
    pub(super) outcome: Outcome,
    /// `PASSED`, `ROLLED BACK`, `NOT PASSED`, `NOT FINISHED`.
    pub(super) word: &'static str,
    /// Why; empty when it passed.
    pub(super) why: String,
}

impl Standing {
    /// Reads it off the verdict, or off the last session's end.
    pub(super) fn of(view: &RunView) -> Self {
        match (view.verdict, view.sessions.last().and_then(|session| session.end.as_ref())) {
            (Some((Verdict::Passed, _)), _) => {
                let done = view.steps_shown().any(|step| step.outcome == Some(Outcome::Passed));
                let why = if done { String::new() } else { "no step had anything to do".to_owned() };
                Self { outcome: Outcome::Passed, word: "PASSED", why }
            }
            (Some((verdict @ (Verdict::Walked | Verdict::WouldNotWork), code)), _) => {
                let gaps = view.steps.iter().any(|step| step.walked.as_ref().is_some_and(|it| it.works == Works::Gap));
                let (outcome, code) = if verdict == Verdict::WouldNotWork {
                    (Outcome::Failed, format!(" (exit code {code})"))
                } else {
                    (if gaps { Outcome::Warned } else { Outcome::Passed }, String::new())
                };
                let why = format!("nothing was done, and nothing is proved{code}");
                Self { outcome, word: "TALKED THROUGH", why }
            }
            (Some((Verdict::RolledBack, _)), _) => {
                let whole = view.residue.as_ref().is_none_or(Vec::is_empty);
                let outcome = if whole { Outcome::Passed } else { Outcome::Warned };
                let why = if whole { "" } else { "not all of it: some of the run still stands" };
                Self { outcome, word: "ROLLED BACK", why: why.to_owned() }
            }
            (Some((verdict @ (Verdict::VerificationFailed | Verdict::VerificationUnknown), code)), _)
                if view.rollback.is_some() && is_unsteady(view) =>
            {
                let failed = verdict == Verdict::VerificationFailed;
                let outcome = if failed { Outcome::Failed } else { Outcome::Unknown };
                let how = if failed { "is worse than before" } else { "could not be compared with before" };
                Self { outcome, word: "ROLLED BACK", why: format!("but the steady state {how} (exit code {code})") }
            }
            (Some((verdict, code)), _) => {
                let outcome = if verdict == Verdict::VerificationUnknown { Outcome::Unknown } else { Outcome::Failed };
                let why = format!("{} (exit code {code})", verdict.describe());
                Self { outcome, word: "NOT PASSED", why }
            }
            (None, Some((end, _))) => {
                let unknown = *end == SessionEnd::UnknownEffect || unsettled(view) > 0;
                let outcome = if unknown { Outcome::Unknown } else { Outcome::Warned };
                Self { outcome, word: "NOT FINISHED", why: end_words(*end).to_owned() }
            }
            (None, None) => {
                let why = "the last session has no end on record: it was killed, or is still under way";
                Self { outcome: Outcome::Unknown, word: "NOT FINISHED", why: why.to_owned() }
            }
        }
    }

    /// The word and the reason.
    pub(super) fn words(&self) -> String {
        if self.why.is_empty() { self.word.to_owned() } else { format!("{}: {}", self.word, self.why) }
    }
}

/// Whether a probe of the steady state is worse than before, or undecided, when all that was to be undone is.
pub(super) fn is_unsteady(view: &RunView) -> bool {
    let undone = view
        .rollback
        .iter()
        .flat_map(|rollback| &rollback.steps)
        .all(|undo| view.step(undo).and_then(|step| step.outcome).is_some_and(Outcome::satisfies));
    let forward = view.steps.iter().filter(|step| step.label.phase != Phase::Rollback);
    let by_itself = view.sessions.last().is_some_and(|session| session.back.is_some());
    let changes = |it: &Option<SteadyChange>| matches!(it, Some(SteadyChange::Worse | SteadyChange::Undecided));
    undone && (by_itself || !forward.clone().any(is_bad)) && view.compared().iter().any(|it| changes(&it.change))
}

/// Why a session ended.
pub(super) fn end_words(end: SessionEnd) -> &'static str {
    match end {
        SessionEnd::Finished => "finished",
        SessionEnd::Interrupted => "interrupted",
        SessionEnd::TerminalLost => "the terminal was lost",
        SessionEnd::NeedsPerson => "a person was needed and none was there",
        SessionEnd::UnknownEffect => "an effect is unknown and needs a person",
        SessionEnd::Declined => "the operator declined to roll back",
        SessionEnd::Refused => "refused by a guard",
    }
}

/// What happened, in a sentence or two.
pub(super) fn story(view: &RunView) -> String {
    let counts = view.counts();
    let done = counts.passed + counts.warned;
    let all = view.steps_shown().filter(|step| step.label.phase != Phase::Rollback).count();
    let undo = view.steps_of(Phase::Rollback).filter(|step| step.outcome.is_some());
    let undone = undo.filter(|step| step.outcome.is_some_and(Outcome::satisfies)).count();
    let mut parts = vec![format!("{} of {} passed", done - undone.min(done), count(all, "step"))];
    if view.header.tabletop {
        parts = vec![talked(view)];
    }
    let failed: Vec<_> = view.steps_shown().filter(|step| is_bad(step)).collect();
    if let Some(first) = failed.first() {
        let more = if failed.len() > 1 { format!(" and {} more", failed.len() - 1) } else { String::new() };
        let word = first.outcome.map_or("stopped", Outcome::as_str);
        parts.push(format!("“{}”{more} {word}", first.label.title));
    }
    if let Some(rollback) = &view.rollback {
        let passed = |id: &StepId| view.step(id).and_then(|step| step.outcome).is_some_and(Outcome::satisfies);
        let undone = rollback.steps.iter().filter(|id| passed(id)).count();
        parts.push(format!("{undone} of {} passed on the way back", count(rollback.steps.len(), "undo step")));
    }
    if counts.skipped > 0 {
        parts.push(format!("{} skipped", counts.skipped));
    }
    let unknown = unsettled(view);
    if unknown > 0 {
        parts.push(format!("{} may have happened, and nobody knows", count(unknown, "effect")));
    }
    if counts.open > 0 && !view.header.tabletop {
        parts.push(format!("{} did not run", count(counts.open, "step")));
    }
    if !view.deviations.is_empty() {
        parts.push(count(view.deviations.len(), "deviation"));
    }
    let sessions =
        if view.sessions.len() > 1 { format!(" in {} sessions", view.sessions.len()) } else { String::new() };
    parts.push(format!("{} on the clock{sessions}", duration(view.spent_ms())));
    format!("{}.", parts.join("; "))
}

/// How much of a drill was talked through, and what was found.
pub(super) fn talked(view: &RunView) -> String {
    let said = || walked_steps(view).filter_map(|step| Some(step.walked.as_ref()?.works));
    let of = |works: Works| said().filter(|it| *it == works).count();
    let [yes, gaps, no] = Works::ALL.map(of);
    let all = count(walked_steps(view).count(), "step");
    format!("{} of {all}: {yes} would work, {gaps} with a gap, {no} would not", said().count())
}

/// Whether a step ended as nobody wished.
pub(super) fn is_bad(step: &StepView) -> bool {
    match step.outcome {
        Some(Outcome::Failed | Outcome::Declined | Outcome::Unknown) => true,
        Some(Outcome::Passed | Outcome::Warned | Outcome::Skipped) | None => false,
    }
}

/// How many effects may have happened.
pub(super) fn unsettled(view: &RunView) -> usize {
    view.steps.iter().map(|step| step.unknown_effects().count()).sum()
}
