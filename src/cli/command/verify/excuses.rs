//! Which failure would not count, and why: waivers, `--fail-on`, `--new-only`.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::catalog::Severity;
use crate::cli::command::verify::baseline::Baseline;
use crate::event::{DeviationKind, Outcome};
use crate::plan::Excuse;
use crate::profile::Waiver;
use crate::runbook::StepSpec;

/// What is lenient about a verification of one target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excuses<'a> {
    /// The waivers of the profile.
    pub(super) waivers: &'a [Waiver],
    /// The target.
    pub(super) target: Option<&'a str>,
    /// Today, in UTC.
    pub(super) today: NaiveDate,
    /// `--fail-on`.
    pub(super) fail_on: Option<Severity>,
    /// `--new-only`: the run whose failures are known.
    pub(super) known: Option<&'a Baseline>,
}

impl Excuses<'_> {
    /// Why a failure of the step would not count, if it would not. A waiver comes first: it names who answers for it.
    pub(super) fn of(&self, step: &StepSpec) -> Option<Excuse> {
        if let Some(waiver) = self.waiver(step).filter(|waiver| waiver.until.value >= self.today) {
            let Waiver { owner, reason, until, .. } = waiver;
            let reason = format!("{owner}: {reason} (until {})", until.value);
            return Some(Excuse { what: DeviationKind::Waived, reason });
        }
        if let (Some(least), Some(severity)) = (self.fail_on, step.severity)
            && severity < least
        {
            let reason = format!("{} is less than {}", severity.as_str(), least.as_str());
            return Some(Excuse { what: DeviationKind::BelowSeverity, reason });
        }
        let known = self.known.filter(|it| it.outcomes.get(&step.id.value) == Some(&Outcome::Failed))?;
        Some(Excuse { what: DeviationKind::KnownBefore, reason: format!("it failed in {}, too", known.run) })
    }

    /// The waiver that is about the step here: one that still counts before one that does not.
    pub(super) fn waiver(&self, step: &StepSpec) -> Option<&Waiver> {
        let here = |waiver: &&Waiver| {
            let target = waiver.target.as_ref().is_none_or(|it| self.target == Some(it.value.as_str()));
            target && names(waiver, step)
        };
        self.waivers.iter().filter(here).max_by_key(|waiver| waiver.until.value)
    }
}

/// Whether a waiver is about a step: by its id, or by a check that it makes.
pub(super) fn names(waiver: &Waiver, step: &StepSpec) -> bool {
    let check = waiver.check.value.as_str();
    step.id.value.as_str() == check || step.kind.checks().iter().any(|own| own.id.value == check)
}

/// Why a waiver had no use, of those that had none: each with its place among the profile's.
pub(super) fn unused(waivers: &[Waiver], used: &BTreeSet<usize>, steps: &[&StepSpec]) -> Vec<(usize, String)> {
    let why = |waiver: &Waiver| {
        if steps.iter().any(|step| names(waiver, step)) {
            "what it names did not fail".to_owned()
        } else {
            format!("no verification of the runbook is or makes `{}`", waiver.check.value)
        }
    };
    let rest = waivers.iter().enumerate().filter(|(at, _)| !used.contains(at));
    rest.map(|(at, waiver)| (at, why(waiver))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Baseline, Excuses, unused};
    use crate::catalog::Severity;
    use crate::event::{DeviationKind, Outcome};
    use crate::id::StepId;
    use crate::profile::Waiver;
    use crate::runbook::{Limits, Runbook, load_runbook};
    use crate::source::{Diagnostics, Located, Sources, Span};

    const RUNBOOK: &str = r#"
format = 1
[runbook]
title = "R"
[[verify]]
id = "pitr"
title = "P"
kind = "check"
check = "dynamodb-pitr"
with = { table = "t" }
severity = "medium"
[[verify]]
id = "bare"
title = "B"
kind = "command"
effect = "read"
run = ["true"]
"#;

    fn runbook() -> Runbook {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.toml");
        std::fs::write(&path, RUNBOOK).unwrap();
        let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
        load_runbook(&path, folder.path(), &mut sources, &mut faults, Limits { max_steps: 9 }).unwrap()
    }

    fn waiver(check: &str, target: Option<&str>, until: &str) -> Waiver {
        let at = Span::new(Sources::new().add("p".into(), String::new()), 0, 0);
        Waiver {
            check: Located::new(check.to_owned(), at),
            target: target.map(|it| Located::new(it.to_owned(), at)),
            reason: "moved soon".to_owned(),
            owner: "ana".to_owned(),
            until: Located::new(until.parse().unwrap(), at),
        }
    }

    #[test]
    fn a_waiver_counts_for_its_check_its_target_and_its_time() {
        let runbook = runbook();
        let step = runbook.step("pitr").unwrap();
        let today = "2026-11-22".parse().unwrap();
        let says = |waiver: Waiver, target| {
            let waivers = [waiver];
            let excuses = Excuses { waivers: &waivers, target, today, fail_on: None, known: None };
            excuses.of(step).map(|it| it.reason)
        };
        let good = Some("ana: moved soon (until 2026-11-22)".to_owned());
        assert_eq!(says(waiver("dynamodb-pitr", None, "2026-11-22"), None), good, "its last day is a day of it");
        assert_eq!(says(waiver("pitr", Some("eu"), "2026-11-22"), Some("eu")), good);
        assert_eq!(says(waiver("pitr", Some("eu"), "2026-11-22"), Some("us")), None, "another target");
        assert_eq!(says(waiver("pitr", Some("eu"), "2026-11-22"), None), None);
        assert_eq!(says(waiver("pitr", None, "2026-11-21"), None), None, "its time is over");
        assert_eq!(says(waiver("bare", None, "2026-11-22"), None), None, "another check");
    }

    #[test]
    fn severity_and_the_past_excuse_what_they_name() {
        let runbook = runbook();
        let today = "2026-11-22".parse().unwrap();
        let known = Baseline {
            run: "R1".to_owned(),
            outcomes: BTreeMap::from([(StepId::new("bare").unwrap(), Outcome::Failed)]),
        };
        let of = |step: &str, fail_on, known| {
            let excuses = Excuses { waivers: &[], target: None, today, fail_on, known };
            excuses.of(runbook.step(step).unwrap()).map(|it| it.what)
        };
        assert_eq!(of("pitr", Some(Severity::High), None), Some(DeviationKind::BelowSeverity));
        assert_eq!(of("pitr", Some(Severity::Medium), None), None);
        assert_eq!(of("bare", Some(Severity::Critical), None), None, "what says no severity counts");
        assert_eq!(of("bare", None, Some(&known)), Some(DeviationKind::KnownBefore));
        assert_eq!(of("pitr", None, Some(&known)), None);
    }

    #[test]
    fn a_waiver_without_use_is_named_with_why() {
        let runbook = runbook();
        let waivers = [waiver("pitr", None, "2026-11-22"), waiver("s3-tls", None, "2026-11-22")];
        let steps: Vec<_> = runbook.steps.iter().collect();
        let found = unused(&waivers, &[0].into(), &steps);
        assert_eq!(found, [(1, "no verification of the runbook is or makes `s3-tls`".to_owned())]);
        let found = unused(&waivers, &[1].into(), &steps);
        assert_eq!(found, [(0, "what it names did not fail".to_owned())]);
    }
}
