//! Sentences that several formats say.

use crate::event::Outcome;
use crate::report::verified::finding::{Change, Class, Finding};
use crate::report::verified::model::{Before, Lenient, UnusedWaiver, Verification, Verified, Waived};

/// How all of it ended: `NOT PASSED: a verification failed (exit code 4)`.
pub(super) fn verdict_words(all: &Verification<'_>) -> String {
    match all.verdict {
        Some((_, 0)) => "PASSED".to_owned(),
        Some((verdict, code)) => format!("NOT PASSED: {} (exit code {code})", verdict.describe()),
        None => "NOT FINISHED".to_owned(),
    }
}

/// Which run of which target: `account 123456789012, eu-central-1, profile prod, run 2026…`.
pub(super) fn where_words(target: &Verified<'_>) -> String {
    let Some(view) = target.view else { return "no run".to_owned() };
    let header = &view.header;
    let mut parts = Vec::new();
    if let Some(target) = &header.target {
        parts.push(format!("account {}", target.account));
        parts.push(target.region.clone());
    }
    parts.extend(header.profile.iter().map(|profile| format!("profile {profile}")));
    parts.push(format!("run {}", header.run));
    parts.join(", ")
}

/// That an emulator was asked.
pub(super) fn emulator_words(target: &Verified<'_>) -> Option<String> {
    let endpoint = target.view?.emulator()?;
    Some(format!("EMULATOR at {endpoint}: this is no evidence about AWS"))
}

/// Why a failure is not red, or no longer excused; what it was before.
pub(super) fn notes(finding: &Finding<'_>, all: &Verification<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(finding.waiver().map(|waiver| waiver_words(waiver, finding.class)));
    if finding.class == Class::Tolerated {
        notes.extend(finding.aside.and_then(|aside| aside.lenient).map(|why| lenient_words(why, all)));
    }
    notes.extend(change_words(finding));
    notes
}

fn waiver_words(waiver: &Waived, class: Class) -> String {
    let Waived { owner, reason, until, expired } = waiver;
    let stands = match (expired, class) {
        (true, _) => format!("the waiver of {owner} has expired on {until}"),
        (false, Class::Waived) => format!("waived by {owner} until {until}"),
        (false, Class::Unknown) => {
            format!("{owner} has waived it until {until}, but nobody knows what there is to waive")
        }
        (false, _) => format!("{owner} has waived it until {until}"),
    };
    format!("{stands}: {reason}")
}

fn lenient_words(why: Lenient, all: &Verification<'_>) -> String {
    match (why, all.fail_on) {
        (Lenient::Below, Some(severity)) => format!("less severe than --fail-on {}", severity.as_str()),
        (Lenient::Below, None) => "less severe than what fails".to_owned(),
        (Lenient::Known, _) => "it failed before, too (--new-only)".to_owned(),
    }
}

fn change_words(finding: &Finding<'_>) -> Option<String> {
    let before = match finding.aside?.before? {
        Before::Absent => "was not there",
        Before::Was(Outcome::Passed) => "passed",
        Before::Was(Outcome::Warned) => "warned",
        Before::Was(Outcome::Failed) => "failed",
        Before::Was(Outcome::Skipped) => "was skipped",
        Before::Was(Outcome::Declined) => "was declined",
        Before::Was(Outcome::Unknown) => "was unknown",
    };
    match finding.change()? {
        Change::Same => None,
        Change::New | Change::Worse => Some(format!("new: it {before} before")),
        Change::Mended => Some(format!("mended: it {before} before")),
        Change::Other => Some(format!("it {before} before")),
    }
}

/// A waiver that had no use.
pub(super) fn unused_words(unused: &UnusedWaiver) -> String {
    let target = unused.target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
    let Waived { owner, until, .. } = &unused.waiver;
    format!("the waiver of {owner} for `{}`{target}, until {until}, was not used: {}", unused.check, unused.why)
}

/// What has changed since the compared run, in a line.
pub(super) fn compared_words(all: &Verification<'_>, findings: &[Finding<'_>]) -> Option<String> {
    let with = all.compared?;
    let many = |change: Change| findings.iter().filter(|it| it.change() == Some(change)).count();
    let (worse, mended) = (many(Change::Worse), many(Change::Mended));
    let new = findings.iter().filter(|it| it.change() == Some(Change::New) && it.class.is_bad()).count();
    // What is waived or tolerated is as bad as it was, too.
    let bad = |class: Class| class.is_bad() || matches!(class, Class::Waived | Class::Tolerated);
    let still = findings.iter().filter(|it| bad(it.class) && matches!(it.change(), Some(Change::Same | Change::Other)));
    Some(format!("Compared with {with}: {} worse, {mended} mended, {} as bad as before", worse + new, still.count()))
}
