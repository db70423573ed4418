//! The last words of a session: how it stands, what did not pass, what was not run, where the report is, how to go on.

use crate::event::{Outcome, SessionEnd, SteadyChange, Verdict, Walked, Works};
use crate::report::counts::OutcomeCounts;
use crate::report::exercise::{Estimate, walked_steps};
use crate::report::lines::{deviation_words, review_words};
use crate::report::look::{Look, Tone, tone, wrap};
use crate::report::standing::talked;
use crate::report::told::outcome_of;
use crate::report::view::{RunView, StepView};
use crate::report::words::{count, duration, effect_words};

/// How many steps that did not run are named.
const NAMED: usize = 8;

/// What the view cannot know.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ending {
    /// Where the report was written.
    pub report: Option<String>,
    /// The exact command that goes on with the run, when it can go on.
    pub resume: Option<String>,
    /// Other things to say, one a line: an unused answer, a file that could not be written.
    pub notes: Vec<String>,
}

/// The summary as lines.
pub fn summary(view: &RunView, ending: &Ending, look: Look, width: usize) -> Vec<String> {
    let mut rows = Rows { look, width, lines: vec![String::new()] };
    let (outcome, words) = standing(view);
    let words = format!("{} {words}", look.mark(outcome));
    rows.lines.extend(wrap(&words, width).iter().map(|line| look.paint(tone(outcome), line)));
    if let Some(next) = next_move(view) {
        rows.row("next", Tone::Act, &next);
    }
    if view.emulator().is_some() {
        rows.lines.extend(
            wrap("EMULATOR: this is no evidence about AWS", width).iter().map(|line| look.paint(Tone::Warn, line)),
        );
    }
    if let Some(target) = &view.header.target {
        let profile = view.header.profile.as_ref().map(|profile| format!(", profile {profile}")).unwrap_or_default();
        rows.row("where", Tone::Strong, &format!("account {} in {}{profile}", target.account, target.region));
    }
    if view.header.tabletop {
        rows.row("tabletop", Tone::Strong, "nothing was called; this proves nothing, and meets no objective");
    }
    rows.row(
        "steps",
        Tone::Strong,
        &format!(
            "{} {} {}",
            if view.header.tabletop { talked(view) } else { counted(view.counts()) },
            look.dot(),
            duration(view.spent_ms())
        ),
    );
    for step in view.steps_shown() {
        if let Some(outcome) = step.outcome.filter(|outcome| *outcome != Outcome::Passed) {
            rows.row(outcome.as_str(), tone(outcome), &step_text(step));
            if let Some(remedy) = step.failure.as_ref().and_then(|failure| failure.remedy.as_ref()) {
                let mut lines = remedy.lines();
                rows.row("", tone(outcome), &format!("help: {}", lines.next().unwrap_or_default()));
                lines.for_each(|line| rows.whole("", tone(outcome), line));
            }
        }
    }
    if let Some((_, stop)) = &view.drill.stopped {
        rows.row("stopped", Tone::Bad, &stop.words());
    }
    for step in walked_steps(view) {
        if let Some(Walked { works: works @ (Works::Gap | Works::No), missing, .. }) = &step.walked {
            let (word, outcome) = (if *works == Works::Gap { "gap" } else { "no" }, outcome_of(*works));
            let missing = missing.as_deref().unwrap_or_default();
            rows.row(word, tone(outcome), &format!("{}: {missing}", step.label.title));
        }
    }
    if let Some(estimate) = Estimate::of(view) {
        let tone = if estimate.is_over() { Tone::Warn } else { Tone::Strong };
        rows.row("estimate", tone, &estimate.words());
    }
    for row in view.drill.objective_rows() {
        rows.row(row.name, row.tone(), &row.words());
    }
    for it in view.compared() {
        if let (Some(outcome), Some(_)) = (it.standing(), &view.rollback) {
            rows.row("steady", tone(outcome), &format!("{}: {}", it.title, it.words()));
        }
    }
    if let Some(rollback) = &view.rollback {
        let undone = rollback.steps.iter().filter_map(|id| view.step(id)?.outcome).filter(|it| it.satisfies()).count();
        let all = count(rollback.steps.len(), "undo step");
        let tone = if undone == rollback.steps.len() { Tone::Good } else { Tone::Bad };
        rows.row("rollback", tone, &format!("{undone} of {all} passed"));
    }
    for left in view.residue.iter().flatten() {
        rows.row("remains", Tone::Bad, &format!("{}: {}", left.step, left.why));
        for stays in &left.stays {
            rows.row("", Tone::Bad, stays);
        }
    }
    for step in view.steps_shown() {
        for (_, effect) in step.unknown_effects() {
            let what = effect_words(&effect.call, &effect.target);
            let text = format!("{}: {what} may have happened", step.label.title);
            rows.row("unsettled", Tone::Bad, &text);
        }
    }
    let open: Vec<_> = view
        .steps_shown()
        .filter(|step| step.outcome.is_none() && step.walked.is_none())
        .map(|it| it.label.id.as_str())
        .collect();
    if !open.is_empty() {
        rows.row("not run", Tone::Warn, &named(&open));
    }
    for deviation in &view.deviations {
        let text = deviation_words(deviation.what, deviation.step.as_ref(), &deviation.reason);
        let due = review_words(deviation).unwrap_or_default();
        rows.row("deviation", Tone::Warn, &format!("{text}{due}"));
    }
    for refusal in view.refusals.iter().filter(|it| Some(it.when.session) == view.last.map(|last| last.session)) {
        rows.row("refused", Tone::Bad, &format!("by the {} guard: {}", refusal.guard, refusal.message));
    }
    if let Some((_, Some(waits_for))) = view.sessions.last().and_then(|session| session.end.as_ref()) {
        let title = view.open_question().filter(|open| open.question.id == *waits_for);
        let title = title.map(|open| format!(": {}", open.question.title)).unwrap_or_default();
        rows.row("waits for", Tone::Warn, &format!("`{waits_for}`{title}"));
    }
    for note in &ending.notes {
        rows.row("note", Tone::Warn, note);
    }
    if let Some(report) = &ending.report {
        rows.whole("report", Tone::Strong, report);
    }
    if let Some(resume) = &ending.resume {
        rows.whole("resume", Tone::Act, resume);
    }
    rows.lines
}

/// In an incident, the next move in few words.
fn next_move(view: &RunView) -> Option<String> {
    let session = view.sessions.last()?;
    let incident = session.back.as_ref()?.incident.as_ref()?;
    let run = &view.header.run;
    let again = format!("checkride rollback {run} --incident {incident}");
    let ill = |wanted| view.compared().into_iter().find(|it| it.change == Some(wanted)).map(|it| it.title.to_owned());
    let stands = view.residue.as_ref().is_some_and(|left| !left.is_empty());
    Some(match (view.verdict, session.end.as_ref().map(|(end, _)| *end)) {
        (_, Some(SessionEnd::Declined)) => format!("nothing was done; to go back after all: {again}"),
        (Some((Verdict::RolledBack, _)), _) if stands => "see to what remains, below".to_owned(),
        (Some((Verdict::RolledBack, _)), _) => format!("all is undone: say so in {incident}"),
        (Some((Verdict::VerificationFailed, _)), _) => match ill(SteadyChange::Worse) {
            Some(title) => format!("all is undone, and it is worse than before: look at “{title}”"),
            None => "look at what failed, below".to_owned(),
        },
        (Some((Verdict::VerificationUnknown, _)), _) => match ill(SteadyChange::Undecided) {
            Some(title) => format!("all is undone; look yourself at “{title}”"),
            None => "look yourself at what is unknown, below".to_owned(),
        },
        (Some((Verdict::Stuck, _)), _) => format!("repair what failed, then: {again}; or by hand, by the calls above"),
        (Some(_), _) => format!("`checkride report {run}` says how it stands"),
        (None, Some(SessionEnd::NeedsPerson | SessionEnd::UnknownEffect)) => {
            format!("answer the question below at a terminal: {again}")
        }
        (None, Some(SessionEnd::Refused)) => "do what the guard asks for, then once more".to_owned(),
        (None, Some(SessionEnd::Interrupted | SessionEnd::TerminalLost | SessionEnd::Finished) | None) => {
            format!("go on: {again}")
        }
    })
}

/// Labelled rows, wrapped under their text.
struct Rows {
    look: Look,
    width: usize,
    lines: Vec<String>,
}

impl Rows {
    fn row(&mut self, label: &str, tone: Tone, text: &str) {
        let head = format!("  {label:<9}  ");
        let room = self.width.saturating_sub(head.len());
        for (at, line) in wrap(&self.look.plain(text), room).into_iter().enumerate() {
            let head = if at == 0 { self.look.paint(tone, &head) } else { " ".repeat(head.len()) };
            self.lines.push(format!("{head}{line}"));
        }
    }

    /// A row to copy from: the screen breaks it where it must, and gives it back in one piece.
    fn whole(&mut self, label: &str, tone: Tone, text: &str) {
        self.lines.push(format!("{}{}", self.look.paint(tone, &format!("  {label:<9}  ")), self.look.plain(text)));
    }
}

/// The first steps by name, the others as a number.
fn named(steps: &[&str]) -> String {
    let shown = if steps.len() > NAMED + 1 { NAMED } else { steps.len() };
    let rest = steps.len() - shown;
    let names = steps[..shown].join(", ");
    if rest == 0 { names } else { format!("{names} and {rest} more") }
}

/// How it stands: as an outcome, for its sign, and in words. A session that stopped and can go on is no failure.
fn standing(view: &RunView) -> (Outcome, String) {
    let declined = view.sessions.last().is_some_and(|it| matches!(it.end, Some((SessionEnd::Declined, _))));
    if let Some((verdict, code)) = view.verdict.filter(|_| !declined) {
        let good = matches!(verdict, Verdict::Passed | Verdict::RolledBack | Verdict::Walked);
        let code = if code == 0 { String::new() } else { format!(" (exit code {code})") };
        let none =
            good && !view.header.tabletop && view.steps_shown().all(|step| step.outcome != Some(Outcome::Passed));
        let words = if none { "no step had anything to do" } else { verdict.describe() };
        let outcome = if good { Outcome::Passed } else { Outcome::Failed };
        return (outcome, format!("the run is over: {words}{code}"));
    }
    let end = view.sessions.last().and_then(|session| session.end.as_ref()).map(|(end, _)| *end);
    let unknown = view.steps.iter().any(|step| step.unknown_effects().next().is_some());
    let (outcome, words) = match end {
        Some(SessionEnd::Finished) => (Outcome::Warned, "the session is over"),
        Some(SessionEnd::Interrupted) if unknown => {
            (Outcome::Failed, "interrupted, and an effect is unknown: the run can be resumed")
        }
        Some(SessionEnd::Interrupted) => (Outcome::Warned, "interrupted: the run can be resumed"),
        Some(SessionEnd::TerminalLost) => (Outcome::Warned, "the terminal was lost: the run can be resumed"),
        Some(SessionEnd::NeedsPerson) => {
            (Outcome::Warned, "a person is needed and none is here: the run can be resumed")
        }
        Some(SessionEnd::UnknownEffect) => {
            (Outcome::Failed, "stuck: an effect is unknown, and a person must settle it")
        }
        Some(SessionEnd::Declined) => (Outcome::Warned, "declined: the run stands where it stood"),
        Some(SessionEnd::Refused) => (Outcome::Failed, "refused: a guard does not let the run go on"),
        None => (Outcome::Failed, "the session did not end by itself"),
    };
    (outcome, words.to_owned())
}

/// How many of these steps ended how, in words.
pub(super) fn counted_steps<'a>(steps: impl Iterator<Item = &'a StepView>) -> String {
    let mut counts = OutcomeCounts::default();
    for step in steps {
        counts.add(step.outcome);
    }
    counted(counts)
}

/// The counts that are not zero, in words.
pub(super) fn counted(counts: OutcomeCounts) -> String {
    let OutcomeCounts { passed, warned, failed, skipped, declined, unknown, open } = counts;
    let all = [
        (passed, "passed"),
        (warned, "warned"),
        (failed, "failed"),
        (skipped, "skipped"),
        (declined, "declined"),
        (unknown, "unknown"),
        (open, "not run"),
    ];
    let some: Vec<_> =
        all.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if some.is_empty() { count(0, "step") } else { some.join(", ") }
}

fn step_text(step: &StepView) -> String {
    let why = step.reason.as_deref().or_else(|| step.failure.as_ref().map(|failure| failure.message.as_str()));
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("{}{why}", step.label.title)
}
