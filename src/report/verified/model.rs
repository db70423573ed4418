//! What the renderers are given: the runs, and what is known of their steps beside them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::catalog::Severity;
use crate::event::{Outcome, Verdict};
use crate::id::StepId;
use crate::report::annex::Annex;
use crate::report::view::RunView;
use crate::source::SourceRef;

/// A verification: one process, one run a target.
#[derive(Clone, Debug, Default)]
pub struct Verification<'a> {
    /// The runbook's title.
    pub title: &'a str,
    /// The runbook's path, relative to the project.
    pub runbook: &'a str,
    /// The targets, in the order in which they were asked for.
    pub targets: Vec<Verified<'a>>,
    /// How all of it ended, with its exit code; none: it is not over.
    pub verdict: Option<(Verdict, u8)>,
    /// `--fail-on`: what is less severe does not decide the exit code.
    pub fail_on: Option<Severity>,
    /// `--compare`: the run that it is held against, in words.
    pub compared: Option<&'a str>,
    /// Waivers that no check had use for.
    pub unused_waivers: Vec<UnusedWaiver>,
    /// Where the project stands in its repository, `deploy/aws`; none: at the top. GitHub and SARIF name files from there.
    pub folder: Option<&'a str>,
}

/// One target's part.
#[derive(Clone, Debug, Default)]
pub struct Verified<'a> {
    /// The target's name; none when there is only one, without a name.
    pub target: Option<&'a str>,
    /// Its run; none when it did not come to one.
    pub view: Option<&'a RunView>,
    /// Its run's files; none: only the view is known.
    pub annex: Option<&'a Annex<'a>>,
    /// Why the target was not verified, or not to its end.
    pub trouble: Option<&'a str>,
    /// What is known of its steps beside the run.
    pub asides: BTreeMap<StepId, Aside>,
}

/// What is known of a step beside its run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aside {
    /// Where the step stands in the runbook.
    pub place: Option<SourceRef>,
    /// How bad a failure of it is.
    pub severity: Option<Severity>,
    /// The check of the catalogue that it uses.
    pub check: Option<NamedCheck>,
    /// What to do when it fails, where the failure itself does not say.
    pub remedy: Option<String>,
    /// The waiver for it on this target.
    pub waiver: Option<Waived>,
    /// How it was in the run that this one is held against; none: nothing was compared.
    pub before: Option<Before>,
    /// Why a failure of it does not decide the exit code.
    pub lenient: Option<Lenient>,
}

/// A check of the catalogue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedCheck {
    /// Its name: `dynamodb-pitr`.
    pub id: String,
    /// What holds when it passes, in one line.
    pub title: String,
    /// What it looks at and why, Markdown.
    pub about: String,
    /// Where to read more.
    pub reference: Option<String>,
}

/// Somebody's word that a check may fail for a time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Waived {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: NaiveDate,
    /// Whether that day is over: then the check fails as without it.
    pub expired: bool,
}

/// A waiver that no check had use for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnusedWaiver {
    /// The check or step that it names.
    pub check: String,
    /// The target that it names.
    pub target: Option<String>,
    /// What it says.
    pub waiver: Waived,
    /// Where it is written.
    pub place: Option<SourceRef>,
    /// Why it had no use: the check passed, there is no such check.
    pub why: String,
}

/// How a step was in the run that this one is held against.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Before {
    /// It was not there, or did not run.
    Absent,
    /// It ended so.
    Was(Outcome),
}

/// Why a failure does not decide the exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lenient {
    /// It is less severe than `--fail-on` asks for.
    Below,
    /// `--new-only`: it failed in the compared run, too.
    Known,
}

impl Verified<'_> {
    /// What is known of a step.
    pub fn aside(&self, step: &StepId) -> Option<&Aside> {
        self.asides.get(step)
    }

    /// The target's name for a page: the name that it was given, else its account and region, else its profile.
    pub fn name(&self) -> String {
        if let Some(name) = self.target {
            return name.to_owned();
        }
        let header = self.view.map(|view| &view.header);
        let target = header.and_then(|header| header.target.as_ref());
        match (target, header.and_then(|header| header.profile.as_ref())) {
            (Some(target), _) => format!("{} {}", target.account, target.region),
            (None, Some(profile)) => profile.clone(),
            (None, None) => "the target".to_owned(),
        }
    }

    /// Why it was not verified, or not to its end: the trouble that is known of it, and what a guard refused.
    pub fn troubles(&self) -> Vec<String> {
        let refusals = self.view.into_iter().flat_map(|view| &view.refusals);
        let refused = refusals.map(|it| {
            let remedy = it.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
            format!("refused by the {} guard: {}{remedy}", it.guard, it.message)
        });
        let mut all: Vec<String> = self.trouble.map(str::to_owned).into_iter().chain(refused).collect();
        if self.view.is_none() && all.is_empty() {
            all.push("there is no run of it".to_owned());
        }
        all
    }
}
