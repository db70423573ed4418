//! The steady state before and after, compared: what a run's probes found before it changed anything, and what they find now.

use std::fmt::Write;

use serde_json::Value;

use crate::event::{ArtifactRef, Event, EventKind, Outcome, SteadyChange, SteadyLook, SteadyWhen};
use crate::id::StepId;
use crate::report::failure::value_text;
use crate::report::lines::{Layout, block, title, toned};
use crate::report::look::{Tone, tone};
use crate::report::view::{Moment, RunView};

/// What a probe found, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct SteadyFound {
    /// When; none: the verification itself is the look.
    pub when: Option<Moment>,
    /// What.
    pub look: SteadyLook,
    /// Why it was not looked at, or what there is to say.
    pub reason: Option<String>,
    /// Its files.
    pub artifacts: Vec<ArtifactRef>,
    /// The ids under which AWS has recorded its calls.
    pub requests: Vec<String>,
}

/// The looks of one probe.
#[derive(Clone, Debug, PartialEq)]
pub struct SteadyView {
    /// The step that is the probe.
    pub step: StepId,
    /// Before the first change.
    pub before: Option<SteadyFound>,
    /// After the last way back.
    pub after: Option<SteadyFound>,
}

/// One probe, before and now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compared<'a> {
    pub(super) step: &'a StepId,
    pub(super) title: &'a str,
    pub(super) before: &'a SteadyFound,
    /// After the way back; of a run that did not go back, what its verification found.
    pub(super) now: Option<SteadyFound>,
    /// How both compare, once there are both.
    pub(super) change: Option<SteadyChange>,
}

impl RunView {
    /// Takes one look of a probe in.
    pub(super) fn look_steady(&mut self, event: &Event) {
        let EventKind::SteadyState { when, step, outcome, failure, reason, outputs, artifacts, requests } = &event.kind
        else {
            return;
        };
        let look = SteadyLook { outcome: *outcome, failure: failure.clone(), outputs: outputs.clone() };
        let found = SteadyFound {
            when: Some(Moment::of(event)),
            look,
            reason: reason.clone(),
            artifacts: artifacts.clone(),
            requests: requests.clone(),
        };
        let at = self.steady.iter().position(|it| it.step == *step).unwrap_or_else(|| {
            self.steady.push(SteadyView { step: step.clone(), before: None, after: None });
            self.steady.len() - 1
        });
        match when {
            SteadyWhen::Before => self.steady[at].before = Some(found),
            SteadyWhen::After => self.steady[at].after = Some(found),
        }
    }

    /// Each probe that looked before the first change, compared with now.
    pub(super) fn compared(&self) -> Vec<Compared<'_>> {
        self.steady.iter().filter_map(|it| self.compare(it)).collect()
    }

    fn compare<'a>(&'a self, it: &'a SteadyView) -> Option<Compared<'a>> {
        let before = it.before.as_ref()?;
        let now = match (&it.after, &self.rollback) {
            (Some(after), _) => Some(after.clone()),
            (None, Some(_)) => None,
            (None, None) => self.verified(&it.step),
        };
        let change = now.as_ref().map(|now| SteadyChange::of(&before.look, &now.look));
        let title = self.step(&it.step).map_or(it.step.as_str(), |step| &step.label.title);
        Some(Compared { step: &it.step, title, before, now, change })
    }

    /// What the verification itself found.
    fn verified(&self, step: &StepId) -> Option<SteadyFound> {
        let step = self.step(step)?;
        let look = SteadyLook { outcome: step.outcome?, failure: step.failure.clone(), outputs: step.outputs.clone() };
        let (reason, artifacts, requests) = (step.reason.clone(), step.artifacts.clone(), step.requests.clone());
        Some(SteadyFound { when: step.finished, look, reason, artifacts, requests })
    }
}

impl Compared<'_> {
    /// The comparison in words: `worse: passed before, failed now: it does not answer`.
    pub(super) fn words(&self) -> String {
        let before = self.before.look.outcome;
        let (Some(now), Some(change)) = (&self.now, self.change) else {
            return format!("{before} before the first change{}", why(self.before));
        };
        let is = now.look.outcome;
        let why = if is == Outcome::Passed { String::new() } else { why(now) };
        let mut words = match change {
            SteadyChange::Same => format!("same: {is}, as before{why}"),
            SteadyChange::Better | SteadyChange::Worse | SteadyChange::Undecided | SteadyChange::NotCompared => {
                format!("{}: {before} before, {is} now{why}", change.as_str())
            }
        };
        for (name, was, is) in self.differing() {
            write!(words, "; {name} was {was}, is {is}").expect("writing to a string does not fail");
        }
        words
    }

    /// The outputs that both looks have and that differ.
    fn differing(&self) -> Vec<(&str, String, String)> {
        let Some(now) = &self.now else { return Vec::new() };
        let outputs = self.before.look.outputs.iter();
        let both = outputs.filter_map(|(name, was)| Some((name.as_str(), was, now.look.outputs.get(name)?)));
        let differ = both.filter(|(_, was, is): &(&str, &Value, &Value)| was != is);
        differ.map(|(name, was, is)| (name, value_text(was), value_text(is))).collect()
    }

    /// As an outcome, for its colour and its sign.
    pub(super) fn standing(&self) -> Option<Outcome> {
        self.change.map(|change| match change {
            SteadyChange::Same | SteadyChange::Better => Outcome::Passed,
            SteadyChange::Worse => Outcome::Failed,
            SteadyChange::Undecided => Outcome::Unknown,
            SteadyChange::NotCompared => Outcome::Skipped,
        })
    }
}

fn why(found: &SteadyFound) -> String {
    let because = found.look.failure.as_ref().map(|failure| failure.message.as_str()).or(found.reason.as_deref());
    because.map(|because| format!(": {because}")).unwrap_or_default()
}

/// What a probe of the steady state found: before the first change, or compared with that.
pub(super) fn steady_lines(
    when: SteadyWhen,
    step: &StepId,
    outcome: Outcome,
    view: &RunView,
    layout: Layout,
) -> Vec<String> {
    let look = layout.look;
    let compared = view.compared();
    let Some(compared) = compared.iter().find(|it| it.step == step) else { return Vec::new() };
    let outcome = match when {
        SteadyWhen::Before => outcome,
        SteadyWhen::After => compared.standing().unwrap_or(outcome),
    };
    let text = format!("{} steady    {}: {}", look.mark(outcome), title(view, step), compared.words());
    // What is ill before the run is news; it does not stop the run.
    let tone = if when == SteadyWhen::Before && !outcome.satisfies() { Tone::Warn } else { tone(outcome) };
    let mut lines = toned(tone, &look.plain(&text), "  ", layout);
    let found = compared.now.as_ref().filter(|_| when == SteadyWhen::After && !outcome.satisfies());
    lines.extend(found.and_then(|found| found.look.failure.as_ref()).iter().flat_map(|it| block(it, layout)));
    lines
}
