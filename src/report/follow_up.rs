//! What is left to do after a run, for people: each item with who answers for it, and by when where that is known.

use std::collections::BTreeSet;

use crate::event::{Choice, DeviationKind, LeftOver, Outcome, SteadyChange, Works};
use crate::id::{Phase, StepId};
use crate::report::view::{RunView, StepView};
use crate::report::words::{effect_words, moment};

/// One thing to do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct FollowUp {
    /// What, in a sentence.
    pub(super) what: String,
    /// What it is about: ARNs, calls that were made.
    pub(super) about: Vec<String>,
    /// The calls to make by hand, as far as they are known.
    pub(super) by_hand: Vec<String>,
    /// The step that it comes from.
    pub(super) step: Option<StepId>,
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// By when: a time, or the author's words.
    pub(super) due: Option<String>,
}

/// All of it, what stands first.
pub(super) fn follow_up(view: &RunView) -> Vec<FollowUp> {
    let mut items: Vec<FollowUp> = view.residue.iter().flatten().map(|left| still_stands(view, left)).collect();
    items.extend(view.steps.iter().flat_map(|step| unknown(view, step)));
    items.extend(undos(view));
    items.extend(steady(view));
    items.extend(deviations(view));
    items.extend(notes(view));
    items.extend(gaps(view));
    items.extend(recommendations(view));
    items
}

/// An item of a step: its owner answers for it, by the time that it names.
fn of_step(view: &RunView, step: &StepId, what: String) -> FollowUp {
    let label = view.step(step).map(|step| &step.label);
    FollowUp {
        what,
        step: Some(step.clone()),
        owner: label.and_then(|label| label.owner.clone()),
        due: label.and_then(|label| label.due.clone()),
        ..FollowUp::default()
    }
}

fn title<'a>(view: &'a RunView, step: &'a StepId) -> &'a str {
    view.step(step).map_or(step.as_str(), |step| &step.label.title)
}

fn still_stands(view: &RunView, left: &LeftOver) -> FollowUp {
    let what = format!("What “{}” changed still stands: {}", title(view, &left.step), left.why);
    let about = left.stays.iter().chain(&left.effects).cloned().collect();
    FollowUp { about, by_hand: left.by_hand.clone(), ..of_step(view, &left.step, what) }
}

fn unknown(view: &RunView, step: &StepView) -> Vec<FollowUp> {
    let of = |call: &str, target: &str| {
        let what = format!("Find out whether this happened, for “{}”", step.label.title);
        FollowUp { about: vec![effect_words(call, target)], ..of_step(view, &step.label.id, what) }
    };
    let told = view.residue.iter().flatten().any(|left| left.step == step.label.id);
    step.unknown_effects().filter(|_| !told).map(|(_, effect)| of(&effect.call, &effect.target)).collect()
}

/// Undo steps that were left out, or that ended with something to look at, where what still stands does not say it.
fn undos(view: &RunView) -> Vec<FollowUp> {
    let told: BTreeSet<&StepId> = view.residue.iter().flatten().filter_map(|left| left.undo.as_ref()).collect();
    let skipped_by_person = |step: &StepId| {
        let skips = view.deviations.iter().filter(|it| it.what == DeviationKind::Skipped);
        skips.filter_map(|it| it.step.as_ref()).any(|skipped| skipped == step)
    };
    let item = |step: &StepView| {
        let id = &step.label.id;
        let why = step.reason.clone().unwrap_or_default();
        let what = match step.outcome? {
            Outcome::Skipped if skipped_by_person(id) => format!("The undo “{}” was left out: {why}", step.label.title),
            Outcome::Warned => format!("Look at what the undo “{}” says: {why}", step.label.title),
            Outcome::Skipped | Outcome::Passed | Outcome::Failed | Outcome::Declined | Outcome::Unknown => return None,
        };
        (!told.contains(id)).then(|| of_step(view, id, what))
    };
    view.steps_of(Phase::Rollback).filter_map(item).collect()
}

fn steady(view: &RunView) -> Vec<FollowUp> {
    let compared = view.compared();
    let ill = compared.iter().filter(|it| matches!(it.change, Some(SteadyChange::Worse | SteadyChange::Undecided)));
    ill.map(|it| of_step(view, it.step, format!("The steady state of “{}” is {}", it.title, it.words()))).collect()
}

fn deviations(view: &RunView) -> Vec<FollowUp> {
    let item = |kind: DeviationKind, step: Option<&StepId>, reason: &str, due: Option<String>| match kind {
        DeviationKind::BreakGlass => Some(match step {
            // What it passed.
            Some(step) => of_step(view, step, format!("Give “{}” a way back: {reason}", title(view, step))),
            None => FollowUp {
                what: format!("Go through the use of --break-glass: {reason}"),
                owner: view.steps.iter().find_map(|step| step.label.owner.clone()),
                due,
                ..FollowUp::default()
            },
        }),
        DeviationKind::SettledByPerson => {
            let step = step?;
            let what = format!("Make sure of “{}”, which was settled by a person's word: {reason}", title(view, step));
            Some(of_step(view, step, what))
        }
        DeviationKind::LeftOut
        | DeviationKind::Skipped
        | DeviationKind::PlanChanged
        | DeviationKind::TornEnd
        | DeviationKind::Waived
        | DeviationKind::BelowSeverity
        | DeviationKind::KnownBefore => None,
    };
    let all = view.deviations.iter();
    all.filter_map(|it| item(it.what, it.step.as_ref(), &it.reason, it.review_due().map(moment))).collect()
}

/// Notes of the operator that begin with `todo`.
fn notes(view: &RunView) -> Vec<FollowUp> {
    let item = |by: &str, note: &str| {
        let begins = note.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("todo"));
        let what =
            begins.then(|| note[4..].trim_start_matches([':', ' ']).to_owned()).filter(|what| !what.is_empty())?;
        Some(FollowUp { what, owner: Some(by.to_owned()), ..FollowUp::default() })
    };
    let answers = view.questions().into_iter().filter_map(|exchange| exchange.answer.as_ref());
    let notes = answers.filter(|(answer, _)| answer.choice == Choice::Note);
    notes.filter_map(|(answer, _)| item(&answer.by, answer.reason.as_deref()?)).collect()
}

/// What people miss in a step that was talked through.
fn gaps(view: &RunView) -> Vec<FollowUp> {
    let item = |step: &StepView| {
        let walked = step.walked.as_ref()?;
        let word = match walked.works {
            Works::Yes => return None,
            Works::Gap => "Close the gap in",
            Works::No => "Make it work:",
        };
        let missing = walked.missing.as_deref().unwrap_or_default();
        Some(of_step(view, &step.label.id, format!("{word} “{}”: {missing}", step.label.title)))
    };
    view.steps.iter().filter_map(item).collect()
}

/// What was recommended after a drill, and is not done.
fn recommendations(view: &RunView) -> Vec<FollowUp> {
    let open = view.drill.remarks.recommendations().filter(|(_, _, done)| done.is_none());
    open.map(|(_, remark, _)| FollowUp {
        what: remark.text.clone(),
        owner: remark.owner.clone(),
        due: remark.due.map(|due| due.to_string()),
        ..FollowUp::default()
    })
    .collect()
}
