//! One exit code, and one reading, of what the targets have given.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Check;
use crate::cli::command::verify::excuses::{Excuses, unused};
use crate::cli::command::verify::order::Order;
use crate::cli::command::verify::session::Held;
use crate::cli::exit::ExitCode;
use crate::event::{DeviationKind, Outcome, Verdict};
use crate::id::{Phase, StepId};
use crate::profile::Waiver;
use crate::report::verified::{Aside, Before, Lenient, NamedCheck, UnusedWaiver, Verification, Verified, Waived};
use crate::runbook::StepSpec;
use crate::source::SourceRef;

/// The exit code of all targets together.
pub(super) fn code(held: &[Held], late: bool) -> ExitCode {
    let late = late.then_some(ExitCode::VerificationUnknown);
    ExitCode::of_all(held.iter().flat_map(|held| held.codes.iter().copied()).chain(late))
}

/// The verdict that an exit code stands for.
pub(super) fn verdict(code: ExitCode) -> Verdict {
    match code {
        ExitCode::Success => Verdict::Passed,
        ExitCode::VerificationFailed => Verdict::VerificationFailed,
        ExitCode::StepFailed => Verdict::NothingDone,
        ExitCode::Declined => Verdict::Declined,
        ExitCode::Interrupted => Verdict::Interrupted,
        ExitCode::Stuck | ExitCode::Unexpected => Verdict::Stuck,
        ExitCode::Broken => Verdict::JournalBroken,
        ExitCode::Changed => Verdict::Changed,
        ExitCode::NeedsPerson => Verdict::NeedsPerson,
        ExitCode::Guarded | ExitCode::Usage | ExitCode::Invalid => Verdict::Guarded,
        ExitCode::VerificationUnknown => Verdict::VerificationUnknown,
    }
}

/// What is known of the steps beside their runs, target by target, and the waivers that had no use.
pub(super) struct Reading {
    asides: Vec<BTreeMap<StepId, Aside>>,
    unused: Vec<UnusedWaiver>,
}

impl Reading {
    /// Reads what was held against what was ordered. `place` tells where a waiver stands.
    pub(super) fn of(order: &Order, held: &[Held], place: impl Fn(&Waiver) -> Option<SourceRef>) -> Self {
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut asides = Vec::new();
        for held in held {
            let target = held.name.as_deref();
            let excuses = Excuses { waivers: &order.waivers, target, today: order.today, fail_on: None, known: None };
            let before = order.baselines.as_ref().map(|all| all.of(target));
            let mut of_target = BTreeMap::new();
            for step in held.runbook.steps.iter().filter(|step| step.phase == Phase::Verify) {
                let id = &step.id.value;
                let outcome = held.view.as_ref().and_then(|view| view.step(id)).and_then(|step| step.outcome);
                let waiver = excuses.waiver(step).filter(|_| outcome == Some(Outcome::Failed));
                if let Some(waiver) = waiver {
                    used.extend(order.waivers.iter().position(|other| std::ptr::eq(other, waiver)));
                }
                let before = before.map(|baseline| {
                    let was = baseline.and_then(|it| it.outcomes.get(id)).copied();
                    was.map_or(Before::Absent, Before::Was)
                });
                // A person's no is no failure: it counts.
                let excuse = held.excuses.get(id).filter(|_| outcome == Some(Outcome::Failed));
                let lenient = excuse.and_then(|excuse| match excuse.what {
                    DeviationKind::BelowSeverity => Some(Lenient::Below),
                    DeviationKind::KnownBefore => Some(Lenient::Known),
                    DeviationKind::LeftOut
                    | DeviationKind::Skipped
                    | DeviationKind::SettledByPerson
                    | DeviationKind::PlanChanged
                    | DeviationKind::BreakGlass
                    | DeviationKind::TornEnd
                    | DeviationKind::Waived => None,
                });
                let aside = Aside {
                    place: held.places.get(id).cloned(),
                    severity: step.severity,
                    check: named(step),
                    remedy: step.remedy.clone(),
                    waiver: waiver.map(|waiver| waived(waiver, order)),
                    before,
                    lenient,
                };
                of_target.insert(id.clone(), aside);
            }
            asides.push(of_target);
        }
        let steps: Vec<&StepSpec> = held.first().map(|held| &held.runbook.steps).into_iter().flatten().collect();
        let verifications: Vec<&StepSpec> = steps.into_iter().filter(|step| step.phase == Phase::Verify).collect();
        let unused = unused(&order.waivers, &used, &verifications).into_iter().map(|(at, why)| {
            let waiver = &order.waivers[at];
            UnusedWaiver {
                check: waiver.check.value.clone(),
                target: waiver.target.as_ref().map(|target| target.value.clone()),
                waiver: waived(waiver, order),
                place: place(waiver),
                why,
            }
        });
        Self { asides, unused: unused.collect() }
    }

    /// The verification, as the renderers take it.
    pub(super) fn verification<'a>(&self, order: &'a Order, held: &'a [Held], code: ExitCode) -> Verification<'a> {
        let targets = held.iter().zip(&self.asides).map(|(held, asides)| Verified {
            target: held.name.as_deref(),
            view: held.view.as_ref(),
            annex: None,
            trouble: held.trouble.as_deref(),
            asides: asides.clone(),
        });
        Verification {
            title: &order.title,
            runbook: &order.runbook,
            targets: targets.collect(),
            verdict: Some((verdict(code), code.code())),
            fail_on: None,
            compared: None,
            unused_waivers: self.unused.clone(),
            folder: None,
        }
    }
}

fn waived(waiver: &Waiver, order: &Order) -> Waived {
    Waived {
        owner: waiver.owner.clone(),
        reason: waiver.reason.clone(),
        until: waiver.until.value,
        expired: waiver.until.value < order.today,
    }
}

/// The check that a step makes, when it makes one.
fn named(step: &StepSpec) -> Option<NamedCheck> {
    let checks = step.kind.checks();
    let check: &Check = checks.first()?.check.as_deref()?;
    Some(NamedCheck {
        id: check.id.value.clone(),
        title: check.title.clone(),
        about: check.about.clone(),
        reference: check.reference.clone(),
    })
}
