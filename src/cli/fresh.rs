//! How fresh the drills are: what is on record of each, what it proves, and what is due. Nothing is read here.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::event::{Measured, Objective, Remark};
use crate::id::RunId;
use crate::report::{WhyNot, count};
use crate::step::Refused;

/// How many drills the trend is made of, at most: the last ones that proved something.
pub(crate) const TREND: usize = 20;

/// What is on record of a drill that was held.
#[derive(Clone, Debug)]
pub(crate) struct DrillFact {
    /// Its run.
    pub run: RunId,
    /// The runbook's path, relative to the project.
    pub runbook: String,
    /// The profile that it ran with.
    pub profile: Option<String>,
    /// The profiles for which it proves something.
    pub covers: Vec<String>,
    /// When it was over; none: it is not.
    pub finished: Option<DateTime<Utc>>,
    /// What was measured.
    pub measured: Vec<Measured>,
    /// Why it proves nothing; none: it proves that the recovery works.
    pub proves_nothing: Option<WhyNot>,
    /// What it has made and not removed, a line each. Empty, too, while it is not over.
    pub left: Vec<String>,
    /// Until when that is kept; none: nobody said that it is.
    pub kept_until: Option<DateTime<Utc>>,
    /// What was recommended after it and is not done.
    pub open: Vec<Remark>,
}

impl DrillFact {
    /// How what it has left stands: kept until then, overdue, or left behind; none when nothing is.
    pub(crate) fn standing(&self, now: DateTime<Utc>) -> Option<Left> {
        match self.kept_until {
            _ if self.left.is_empty() => None,
            None => Some(Left::Behind),
            Some(until) if until > now => Some(Left::Kept(until)),
            Some(until) => Some(Left::Overdue(age(until, now))),
        }
    }

    /// When it proved something for a profile; none: it did not.
    pub(crate) fn proved(&self, profile: &str) -> Option<DateTime<Utc>> {
        let covers = self.covers.iter().any(|covered| covered == profile);
        self.finished.filter(|_| covers && self.proves_nothing.is_none())
    }

    /// What was recommended, should be done by now, and is not.
    pub(crate) fn overdue(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Remark> {
        let today = now.date_naive();
        self.open.iter().filter(move |remark| remark.due.is_some_and(|due| due < today))
    }

    /// What was measured of an objective.
    pub(crate) fn of(&self, objective: Objective) -> Option<&Measured> {
        self.measured.iter().rev().find(|measured| measured.objective == objective)
    }
}

/// How what a drill has left stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Left {
    /// It could not be removed.
    Behind,
    /// It is kept until then.
    Kept(DateTime<Utc>),
    /// It was to be kept, and that was over so long ago.
    Overdue(Duration),
}

/// A runbook of the project that is a drill.
#[derive(Clone, Debug)]
pub(crate) struct DrillRunbook {
    /// Its name.
    pub name: String,
    /// Its path, relative to the project.
    pub path: String,
    /// Its title.
    pub title: String,
    /// The profile it runs with when none is named.
    pub profile: Option<String>,
    /// The profiles for which it says that it proves something.
    pub covers: Vec<String>,
    /// Whether a step of it changes something: one that only looks recovers nothing.
    pub recovers: bool,
}

impl DrillRunbook {
    /// The profiles that it covers: those that it names, else the ones that it runs with.
    pub(crate) fn covered(&self, facts: &[DrillFact]) -> Vec<String> {
        let mut covered = self.covers.clone();
        if covered.is_empty() {
            let ran =
                facts.iter().filter(|fact| fact.runbook == self.path).flat_map(|fact| fact.covers.iter().cloned());
            covered.extend(self.profile.iter().cloned().chain(ran));
        }
        covered.sort();
        covered.dedup();
        covered
    }

    /// The command that holds it.
    fn command(&self, profile: &str) -> String {
        // A drill that names what it covers may run elsewhere.
        let with = match (&self.profile, self.covers.is_empty()) {
            (Some(_), _) => String::new(),
            (None, true) => format!(" -p {profile}"),
            (None, false) => " -p PROFILE".to_owned(),
        };
        format!("checkride drill {}{with}", self.name)
    }
}

/// How a drill stands for a profile.
#[derive(Clone, Debug)]
pub(crate) struct Freshness<'a> {
    /// The drills that proved something, at most [`TREND`], oldest first.
    pub proved: Vec<&'a DrillFact>,
    /// Of those since that proved nothing: why, and how many, the most frequent first.
    pub in_vain: Vec<(String, usize)>,
    /// What is due; none: the profile sets no age.
    pub due: Option<Due>,
}

/// What is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Due {
    /// Nothing was ever proved.
    Never,
    /// In so long.
    In(Duration),
    /// It was due so long ago.
    Overdue(Duration),
}

impl Due {
    /// What is due of what was proved last. An age of exactly the limit is still good.
    pub(crate) fn of(proved: Option<DateTime<Utc>>, limit: Duration, now: DateTime<Utc>) -> Self {
        let Some(proved) = proved else { return Self::Never };
        let age = age(proved, now);
        match limit.checked_sub(age) {
            Some(left) => Self::In(left),
            None => Self::Overdue(age.saturating_sub(limit)),
        }
    }

    /// The words for it.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Never => "due now".to_owned(),
            Self::In(left) => format!("due in {}", days(left)),
            Self::Overdue(over) => format!("overdue by {}", days(over)),
        }
    }
}

/// How a runbook's drills stand for a profile.
pub(crate) fn freshness<'a>(
    facts: &'a [DrillFact],
    runbook: &str,
    profile: &str,
    limit: Option<Duration>,
    now: DateTime<Utc>,
) -> Freshness<'a> {
    let of_runbook = || facts.iter().filter(|fact| fact.runbook == runbook);
    let mut proved: Vec<&DrillFact> = of_runbook().filter(|fact| fact.proved(profile).is_some()).collect();
    proved.sort_by_key(|fact| (fact.finished, fact.run.clone()));
    proved.drain(..proved.len().saturating_sub(TREND));
    let last = proved.last().and_then(|fact| fact.finished);
    let mut in_vain: BTreeMap<String, usize> = BTreeMap::new();
    let since = |fact: &&DrillFact| fact.finished.is_none_or(|at| last.is_none_or(|last| at > last));
    for why in of_runbook().filter(since).filter_map(|fact| fact.proves_nothing.as_ref()) {
        *in_vain.entry(why.words()).or_default() += 1;
    }
    let mut in_vain: Vec<(String, usize)> = in_vain.into_iter().collect();
    in_vain.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    Freshness { proved, in_vain, due: limit.map(|limit| Due::of(last, limit, now)) }
}

/// Whether a deployment is refused: no drill that covers the profile proved something within the limit.
pub(crate) fn refusal(
    facts: &[DrillFact],
    runbooks: &[DrillRunbook],
    profile: &str,
    limit: Duration,
    now: DateTime<Utc>,
) -> Option<Refused> {
    let proved = facts.iter().filter_map(|fact| fact.proved(profile));
    if let Due::In(_) = Due::of(proved.max(), limit, now) {
        return None;
    }
    let covering: Vec<&DrillRunbook> =
        runbooks.iter().filter(|book| book.recovers && book.covered(facts).iter().any(|it| it == profile)).collect();
    let each: Vec<String> = covering
        .iter()
        .map(|book| {
            let fresh = freshness(facts, &book.path, profile, None, now);
            let last = fresh.proved.last().and_then(|fact| fact.finished);
            let stands =
                last.map_or_else(|| "never did".to_owned(), |last| format!("did {} ago", days(age(last, now))));
            let in_vain = in_vain(&fresh.in_vain).map(|words| format!(" ({words})")).unwrap_or_default();
            format!("`{}` {stands}{in_vain}", book.name)
        })
        .collect();
    let message = format!("no drill that covers profile {profile} proved anything in the last {}", days(limit));
    let (message, first) = if covering.is_empty() {
        let message = format!("{message}, and no runbook of the project is a drill for it");
        (message, format!("write one, with `covers = [\"{profile}\"]` in [phase.drill], and hold it"))
    } else {
        let commands: Vec<String> = covering.iter().map(|book| format!("`{}`", book.command(profile))).collect();
        (format!("{message}: {}", each.join(", ")), format!("hold one: {}", commands.join(" or ")))
    };
    let remedy = format!("{first}, then resume the run: it looks again. --break-glass REASON goes on without one");
    Some(Refused { guard: "drill", message, remedy })
}

/// How many runs prove nothing, and why: "2 runs prove nothing: sandbox only".
pub(crate) fn in_vain(reasons: &[(String, usize)]) -> Option<String> {
    let all: usize = reasons.iter().map(|(_, times)| times).sum();
    match reasons {
        [] => None,
        [(why, _)] => Some(format!("{} {}: {why}", count(all, "run"), proves(all))),
        many => {
            let each: Vec<String> = many.iter().map(|(why, times)| format!("{times} {why}")).collect();
            Some(format!("{} {}: {}", count(all, "run"), proves(all), each.join(", ")))
        }
    }
}

fn proves(runs: usize) -> &'static str {
    if runs == 1 { "proves nothing" } else { "prove nothing" }
}

/// How long ago it was. What lies ahead, by a clock that went wrong, is no time ago.
pub(crate) fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - at).to_std().unwrap_or_default()
}

/// A long span for a person, whole units, never more than it is: `12 d`, `5 h`, `3 min`, `40 s`.
pub(crate) fn days(span: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let seconds = span.as_secs();
    let unit = UNITS.into_iter().find(|(length, _)| seconds >= *length);
    let (length, name) = unit.unwrap_or((1, "s"));
    format!("{} {name}", seconds / length)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::{DrillFact, DrillRunbook, Due, TREND, days, freshness, in_vain, refusal};
    use crate::event::Verdict;
    use crate::id::RunId;
    use crate::report::WhyNot;

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn fact(runbook: &str, covers: &[&str], days_ago: i64, proves_nothing: Option<WhyNot>) -> DrillFact {
        DrillFact {
            run: RunId::new("20261121T181500Z-restore-7f3a").unwrap(),
            runbook: format!("runbooks/{runbook}.toml"),
            profile: Some("staging".to_owned()),
            covers: covers.iter().map(|&name| name.to_owned()).collect(),
            finished: Some(now() - TimeDelta::days(days_ago)),
            measured: Vec::new(),
            proves_nothing,
            left: Vec::new(),
            kept_until: None,
            open: Vec::new(),
        }
    }

    fn book(name: &str, covers: &[&str]) -> DrillRunbook {
        DrillRunbook {
            name: name.to_owned(),
            path: format!("runbooks/{name}.toml"),
            title: "Restore".to_owned(),
            profile: None,
            covers: covers.iter().map(|&name| name.to_owned()).collect(),
            recovers: true,
        }
    }

    #[test]
    fn only_what_proved_something_for_the_profile_counts() {
        let limit = 90 * DAY;
        let refused = |facts: &[DrillFact]| refusal(facts, &[book("a", &["prod"])], "prod", limit, now()).is_some();
        assert!(refused(&[]));
        assert!(!refused(&[fact("a", &["prod"], 3, None)]));
        assert!(!refused(&[fact("gone", &["x", "prod"], 3, None)]), "any drill that covers it");
        assert!(refused(&[fact("a", &["staging"], 3, None)]), "it covers another one");
        assert!(!refused(&[fact("a", &["prod"], 90, None)]), "the limit itself is good");
        assert!(refused(&[fact("a", &["prod"], 91, None)]));
        assert!(!refused(&[fact("a", &["prod"], 3, None), fact("a", &["prod"], 200, None)]), "the last one counts");
        for why in [
            WhyNot::Tabletop,
            WhyNot::Emulator,
            WhyNot::Kept,
            WhyNot::NotOver,
            WhyNot::Ended(Verdict::VerificationFailed),
            WhyNot::NotVerified,
            WhyNot::NothingRecovered,
            WhyNot::Unreadable,
        ] {
            assert!(refused(&[fact("a", &["prod"], 3, Some(why.clone()))]), "{why:?}");
        }
        let open = DrillFact { finished: None, ..fact("a", &["prod"], 3, None) };
        assert!(refused(&[open]), "what is not over proves nothing");
    }

    #[test]
    fn the_refusal_names_the_drills_and_how_to_hold_one() {
        let facts = [
            fact("a", &["prod"], 93, None),
            fact("b", &["prod"], 2, Some(WhyNot::Emulator)),
            fact("b", &["prod"], 1, Some(WhyNot::Emulator)),
        ];
        let books = [book("a", &["prod"]), book("b", &["prod"]), book("c", &["staging"]), book("d", &[])];
        let refused = refusal(&facts, &books, "prod", 90 * DAY, now()).unwrap();
        assert_eq!(refused.guard, "drill");
        assert_eq!(
            refused.message,
            "no drill that covers profile prod proved anything in the last 90 d: `a` did 93 d ago, \
             `b` never did (2 runs prove nothing: sandbox only)"
        );
        assert!(
            refused.remedy.starts_with("hold one: `checkride drill a -p PROFILE` or `checkride drill b -p PROFILE`, ")
        );
        let nothing = refusal(&[], &[], "prod", DAY, now()).unwrap();
        assert!(nothing.message.ends_with("no runbook of the project is a drill for it"), "{}", nothing.message);
        assert!(nothing.remedy.contains("covers = [\"prod\"]"), "{}", nothing.remedy);
        let own = [DrillFact { covers: vec!["prod".to_owned()], ..fact("d", &[], 99, None) }];
        let refused = refusal(&own, &[book("d", &[])], "prod", 90 * DAY, now()).unwrap();
        assert!(refused.remedy.contains("`checkride drill d -p prod`"), "{}", refused.remedy);
    }

    #[test]
    fn what_is_due_is_told_in_days() {
        let due = |ago: i64| Due::of(Some(now() - TimeDelta::days(ago)), 90 * DAY, now()).words();
        assert_eq!(
            (due(78), due(90), due(93)),
            ("due in 12 d".to_owned(), "due in 0 s".to_owned(), "overdue by 3 d".to_owned())
        );
        assert_eq!(due(-1), "due in 90 d", "a clock that went wrong");
        assert_eq!(Due::of(None, DAY, now()).words(), "due now");
        let spans = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 93 * 86_400].map(|it| days(Duration::from_secs(it)));
        assert_eq!(spans, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "93 d"]);
    }

    #[test]
    fn the_trend_is_of_the_last_that_proved_something() {
        let mut facts: Vec<DrillFact> = (1..=30).map(|ago| fact("a", &["prod"], ago, None)).collect();
        facts.push(fact("a", &["prod"], 0, Some(WhyNot::Ended(Verdict::StepFailed))));
        facts.push(fact("a", &["prod"], 9, Some(WhyNot::Kept)));
        facts.push(fact("b", &["prod"], 0, None));
        let fresh = freshness(&facts, "runbooks/a.toml", "prod", Some(90 * DAY), now());
        let ago: Vec<i64> = fresh.proved.iter().map(|fact| (now() - fact.finished.unwrap()).num_days()).collect();
        let wanted: Vec<i64> = (1..=20).rev().collect();
        assert_eq!((ago, fresh.proved.len()), (wanted, TREND));
        assert_eq!(fresh.due, Some(Due::In(89 * DAY)));
        let since = in_vain(&fresh.in_vain).unwrap();
        assert_eq!(since, format!("1 run proves nothing: {}", Verdict::StepFailed.describe()));
    }
}
