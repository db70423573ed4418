//! What is said about each event: the lines that scroll up and stay. They are the same with and without a terminal, but
//! that without one there is no live area, so beginnings and effects are said, too.

use crate::event::{
    Answer, AnswerSource, DeviationKind, EffectResult, Event, EventKind, Failure, FailureKind, IdentityReason,
    LeftOver, Outcome, Participant, Progress, Question, RunHeader,
};
use crate::id::{Phase, StepId};
use crate::report::drill::{countdown, objective_lines};
use crate::report::failure::{failure_lines, sight_words, value_text};
use crate::report::look::{Look, Tone, fold_line, level_tone, tone, wrap};
use crate::report::plain::output_lines;
use crate::report::rehearsal::rehearsal_lines;
use crate::report::steady::steady_lines;
use crate::report::strip::strips;
use crate::report::surface::Mode;
use crate::report::told::{remark_lines, tabletop_words, walked_lines};
use crate::report::view::{DeviationView, RunView, StepView};
use crate::report::words::{count, duration, effect_words, moment};

/// How lines are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// What the screen can show.
    pub(super) look: Look,
    /// Its width in columns.
    pub(super) width: usize,
    /// What shows without being said: a live area what runs, a prompt what is asked and answered.
    pub(super) mode: Mode,
}

/// The lines for an event that `view` has taken in.
pub(super) fn event_lines(event: &Event, view: &RunView, layout: Layout) -> Vec<String> {
    let Layout { look, width, mode } = layout;
    let live = mode == Mode::Live;
    match &event.kind {
        EventKind::SessionStarted { .. } => session_lines(view, event.session, layout),
        EventKind::IdentityVerified { why, account, region, arn, emulator, .. } => {
            let why = match why {
                IdentityReason::Start => "",
                IdentityReason::Resume => " (again, to resume)",
                IdentityReason::Credentials => " (again, with new credentials)",
            };
            let text = format!("account {account}, {region}, as {arn}{why}");
            let mut lines = hung(&look.plain(&text), "  ", layout);
            if let Some(endpoint) = emulator {
                let text = format!("EMULATOR at {endpoint}: this is no evidence about AWS");
                lines.extend(toned(Tone::Warn, &look.plain(&text), "  ", layout));
            }
            lines
        }
        EventKind::GuardRefused { guard, message, remedy } => {
            let text = format!("{} refused by the {guard} guard: {message}", look.mark(Outcome::Failed));
            let mut lines = toned(Tone::Bad, &look.plain(&text), "  ", layout);
            if let Some(remedy) = remedy {
                lines.extend(indented("  help: ", &look.plain(remedy), layout));
            }
            lines
        }
        EventKind::Deviation { what, step, reason } => {
            let words = deviation_words(*what, step.as_ref(), reason);
            let due = view.deviations.last().and_then(review_words).unwrap_or_default();
            let text = format!("! deviation: {words}{due}");
            toned(Tone::Warn, &look.plain(&text), "  ", layout)
        }
        EventKind::PhaseStarted { phase } => {
            let steps = count(view.steps_of(*phase).count(), "step");
            let dash = look.sign("──", "--");
            let title = format!("{dash} {phase} {} {steps} ", look.dot());
            let rest = width.min(80).saturating_sub(title.chars().count());
            vec![String::new(), look.paint(Tone::Strong, &format!("{title}{}", look.sign("─", "-").repeat(rest)))]
        }
        EventKind::Asked { question } => {
            if mode != Mode::Log {
                return Vec::new();
            }
            let mut lines = toned(Tone::Act, &look.plain(&format!("? {}", question.title)), "  ", layout);
            lines.extend(question_lines(question, layout));
            lines
        }
        EventKind::Answered { question, answer, .. } => answer_lines(question, answer, layout),
        EventKind::StepStarted { step, attempt } => {
            if live {
                return Vec::new();
            }
            let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
            hung(&look.plain(&format!("[{step}] begins: {}{again}", title(view, step))), "  ", layout)
        }
        // Of a step that goes on behind the others no more is told than that it does, and how it ends.
        EventKind::EffectIntended { step, .. } if goes_on_behind(view, step) => Vec::new(),
        EventKind::EffectSettled { step, .. } if goes_on_behind(view, step) => Vec::new(),
        EventKind::RunsOn { step, through, .. } => {
            let text = format!("[{step}] goes on behind the steps that follow, until `{through}` has ended");
            toned(Tone::Dim, &look.plain(&text), "  ", layout)
        }
        EventKind::EffectIntended { step, call, target, .. } => {
            if live {
                return Vec::new();
            }
            let verb = if call == "command" { "runs" } else { "calls" };
            hung(&look.plain(&format!("[{step}] {verb} {}", effect_words(call, target))), "  ", layout)
        }
        EventKind::EffectSettled { step, result, detail, .. } => {
            let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            match result {
                EffectResult::Done if live => Vec::new(),
                EffectResult::Done => hung(&look.plain(&format!("[{step}] done{detail}")), "  ", layout),
                EffectResult::UnderWay => hung(&look.plain(&format!("[{step}] still runs{detail}")), "  ", layout),
                EffectResult::Refused => hung(&look.plain(&format!("[{step}] had no effect{detail}")), "  ", layout),
                EffectResult::Unknown => {
                    let text = format!("? [{step}] it may have happened; nobody knows{detail}");
                    toned(Tone::Bad, &look.plain(&text), "  ", layout)
                }
            }
        }
        EventKind::AttemptFailed { step, attempt, failure, retry_in_ms, .. } => {
            let Some(wait) = retry_in_ms else {
                return failed(step, failure, view, layout);
            };
            let text = format!(
                "! {}: attempt {attempt} failed: {}; the next one follows in {}",
                title(view, step),
                failure.message,
                duration(*wait)
            );
            toned(Tone::Warn, &look.plain(&text), "  ", layout)
        }
        EventKind::ItemSettled { step, item, outcome, failure, .. } => {
            if live && outcome.satisfies() {
                return Vec::new();
            }
            let text = format!("{} {outcome:<8} [{step}] {item}", look.mark(*outcome));
            let mut lines = toned(tone(*outcome), &look.plain(&text), "  ", layout);
            lines.extend(failure.iter().flat_map(|failure| block(failure, layout)));
            lines
        }
        EventKind::LookChanged { step, look: number, values, trouble, .. } => {
            if live {
                return Vec::new();
            }
            let text = format!("[{step}] look {number}: {}", sight_words(values, trouble.as_deref()));
            let mut lines = hung(&look.plain(&text), "  ", layout);
            let attempt = view.step(step).and_then(StepView::running);
            let hold = attempt.and_then(|attempt| strips(attempt, Some(event.elapsed_ms)).pop());
            lines.extend(hold.map(|hold| format!("    {}  {}", hold.text(look.unicode), hold.words_left())));
            lines
        }
        EventKind::Captured { step, captured, .. } => {
            if live {
                return Vec::new();
            }
            let text = format!("[{step}] was: {}", value_text(&captured.before));
            hung(&look.plain(&text), "  ", layout)
        }
        EventKind::StepFinished { step, outcome, failure, reason, .. } => {
            let attempt = view.step(step).and_then(|step| step.attempts.last());
            let shown = attempt.and_then(|attempt| Some((attempt.failure.as_ref()?, attempt.ended?.session)));
            let said = failure.as_ref().zip(shown).is_some_and(|(failure, (shown, _))| failure == shown);
            // The failed attempt has said all of it in this session: that the step ends so needs no second telling.
            if said
                && matches!(outcome, Outcome::Failed | Outcome::Declined | Outcome::Unknown)
                && shown.is_some_and(|(_, session)| session == event.session)
            {
                return Vec::new();
            }
            let mut lines = finished(step, *outcome, reason.as_deref(), view, layout);
            if let Some(failure) = failure.as_ref().filter(|_| !said) {
                lines.extend(block(failure, layout));
            }
            // Where a live area is, it stands there.
            let of_drill = view.step(step).is_some_and(|step| step.label.phase == Phase::Drill);
            if let Some((tone, words)) = countdown(view, event.elapsed_ms).filter(|_| of_drill && !live) {
                lines.push(format!("  {}", look.paint(tone, &words)));
            }
            lines
        }
        EventKind::Rehearsed { undo, change, needs } => {
            rehearsal_lines(undo.as_str(), change.as_str(), needs, look, width)
        }
        EventKind::RollbackStarted { cause, steps } => {
            let steps: Vec<_> = steps.iter().map(StepId::as_str).collect();
            let text = if cause.starts_with("the drill ") {
                format!("{cause}; what it made is removed by: {}", steps.join(", "))
            } else {
                format!("rolling back, because {cause}; undo steps: {}", steps.join(", "))
            };
            let mut lines = vec![String::new()];
            lines.extend(toned(Tone::Warn, &look.plain(&text), "  ", layout));
            lines
        }
        EventKind::DrillMoment { moment, at, .. } => {
            let at = at.map(|at| format!(" at {}", self::moment(at))).unwrap_or_default();
            vec![format!("  drill: {}{at}", moment.as_str())]
        }
        EventKind::DrillStopped { stop } => {
            let text =
                format!("! the drill is stopped: {}; no further step starts, and what it made is removed", stop.what);
            toned(Tone::Bad, &look.plain(&text), "  ", layout)
        }
        EventKind::ObjectiveMeasured { measured } => objective_lines(measured, layout),
        EventKind::Participant { participant: Participant { name, role } } => {
            hung(&look.plain(&format!("{role}: {name}")), "  ", layout)
        }
        EventKind::StepWalked { step, walked } => walked_lines(title(view, step), walked, layout),
        EventKind::Remarked { remark } => remark_lines(remark, layout),
        EventKind::SteadyState { when, step, outcome, .. } => steady_lines(*when, step, *outcome, view, layout),
        EventKind::ResidualState { left } => left_over_lines(left, layout),
        EventKind::Interrupted { signal, stopping } => {
            let session = view.sessions.last().map(|session| session.number);
            let stops = view.interruptions.iter().filter(|it| it.stopping && Some(it.when.session) == session);
            let text = if *stopping && stops.count() > 1 {
                format!("! interrupted once more ({signal}): the running step is killed")
            } else if *stopping {
                format!("! interrupted again ({signal}): the running step is being stopped; once more kills it")
            } else {
                format!("! interrupted ({signal}): no further step starts; what runs may end. Once more stops it")
            };
            toned(Tone::Warn, &look.plain(&text), "  ", layout)
        }
        // The end of a phase shows in its steps, that of a session in the summary.
        EventKind::PhaseFinished { .. } | EventKind::SessionEnded { .. } | EventKind::RunFinished { .. } => Vec::new(),
    }
}

/// The lines for a piece of news, where there is no live area.
pub(super) fn progress_lines(progress: &Progress, layout: Layout) -> Vec<String> {
    let look = layout.look;
    match progress {
        Progress::Output { step, line, .. } => {
            output_lines(line).iter().map(|line| format!("[{step}] | {}", look.ours(line))).collect()
        }
        Progress::Message { step, text } => vec![look.plain(&format!("[{step}] {text}"))],
        Progress::Resource { step, logical_id, resource_type, status, reason, .. } => {
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            vec![look.plain(&format!("[{step}] {status} {logical_id} {resource_type}{reason}"))]
        }
        // What has changed is told as an event; that nothing has, is told by silence.
        Progress::Look { .. } => Vec::new(),
        Progress::Silent { step, seconds } => {
            vec![format!("[{step}] silent for {}", duration(seconds.saturating_mul(1000)))]
        }
    }
}

/// What a departure from the runbook was.
pub(super) fn deviation_words(what: DeviationKind, step: Option<&StepId>, reason: &str) -> String {
    let step = step.map(|step| format!(" `{step}`")).unwrap_or_default();
    let what = match what {
        DeviationKind::LeftOut
        | DeviationKind::Skipped
        | DeviationKind::BreakGlass
        | DeviationKind::Waived
        | DeviationKind::BelowSeverity
        | DeviationKind::KnownBefore => {
            format!("{}{step}", deviation_kind(what))
        }
        DeviationKind::SettledByPerson => format!("an unknown effect{step} was settled by a person's word"),
        DeviationKind::PlanChanged | DeviationKind::TornEnd => deviation_kind(what).to_owned(),
    };
    if reason.is_empty() { what } else { format!("{what}: {reason}") }
}

/// What kind of departure it was, with no step named.
pub(super) fn deviation_kind(what: DeviationKind) -> &'static str {
    match what {
        DeviationKind::LeftOut => "left out",
        DeviationKind::Skipped => "skipped",
        DeviationKind::SettledByPerson => "an unknown effect was settled by a person's word",
        DeviationKind::PlanChanged => "the plan changed between two sessions and was accepted again",
        DeviationKind::BreakGlass => "--break-glass",
        DeviationKind::Waived => "failed, and waived",
        DeviationKind::BelowSeverity => "failed, below --fail-on",
        DeviationKind::KnownBefore => "failed as before",
        DeviationKind::TornEnd => "a crash tore the end of the journal, and it was set aside",
    }
}

/// By when others must have looked at a departure, if they must.
pub(super) fn review_words(deviation: &DeviationView) -> Option<String> {
    deviation.review_due().map(|due| format!("; review due by {}", moment(due)))
}

/// Who answered, from where.
pub(super) fn answer_origin(answer: &Answer) -> String {
    match &answer.from {
        AnswerSource::Terminal { tty } => format!("by {} at {tty}", answer.by),
        AnswerSource::File { path } => format!("by {}, from the answers file {path}", answer.by),
        AnswerSource::Policy => "by policy: nobody is asked".to_owned(),
    }
}

fn session_lines(view: &RunView, session: u32, layout: Layout) -> Vec<String> {
    let look = layout.look;
    let RunHeader { run, title, profile, tier, plan, change, .. } = &view.header;
    let mut facts = vec![format!("run {run}")];
    if let Some(profile) = profile {
        let tier = tier.as_ref().map(|tier| format!(" ({tier})")).unwrap_or_default();
        facts.push(format!("profile {profile}{tier}"));
    }
    facts.push(format!("plan {}", plan.get(..19).unwrap_or(plan)));
    facts.extend(change.iter().map(|change| format!("change {change}")));
    let mut lines = toned(Tone::Strong, &look.plain(title), "", layout);
    lines.extend(hung(&look.plain(&facts.join(&format!(" {} ", look.dot()))), "  ", layout));
    let after = view.sessions.last().is_some_and(|session| session.after);
    if view.header.tabletop && !after {
        lines.extend(toned(Tone::Warn, &look.plain(&tabletop_words(&view.header)), "  ", layout));
    }
    if after {
        lines.extend(toned(Tone::Warn, "the drill is over: what there is to say of it is added", "  ", layout));
    } else if let Some(back) = view.sessions.last().and_then(|session| session.back.as_ref()) {
        let incident = back.incident.as_ref().map(|id| {
            let since = view.incident().filter(|_| back.declared.is_some());
            let since = since.map(|(_, ms)| format!(", declared {} ago", duration(ms))).unwrap_or_default();
            format!(" for incident {id}{since}")
        });
        let incident = incident.unwrap_or_default();
        lines.extend(toned(Tone::Warn, &look.plain(&format!("rollback{incident}: session {session}")), "  ", layout));
    } else if session > 1 {
        let done = view.steps_shown().filter(|step| step.outcome.is_some() || step.walked.is_some()).count();
        let phase = view.phase_now().map(|phase| format!(", in the {phase} phase")).unwrap_or_default();
        let text = format!("resumed: session {session}, {} ended before{phase}", count(done, "step"));
        lines.extend(toned(Tone::Warn, &text, "  ", layout));
    }
    lines
}

/// What a rollback left, with what is to be done by hand.
fn left_over_lines(left: &[LeftOver], layout: Layout) -> Vec<String> {
    let look = layout.look;
    if left.is_empty() {
        return toned(Tone::Good, "nothing of the run still stands", "  ", layout);
    }
    let text = format!("still stands: {}", count(left.len(), "step"));
    let mut lines = toned(Tone::Bad, &text, "  ", layout);
    for one in left {
        lines.extend(indented("  ", &look.plain(&format!("{}: {}", one.step, one.why)), layout));
        for effect in one.stays.iter().chain(&one.effects) {
            lines.extend(indented("    ", &look.plain(effect), layout));
        }
        for (at, line) in one.by_hand.iter().enumerate() {
            let first = if at == 0 { "    by hand: " } else { "             " };
            lines.extend(indented(first, &look.plain(line), layout));
        }
    }
    lines
}

/// A question's text, where nobody will see a prompt.
fn question_lines(question: &Question, layout: Layout) -> Vec<String> {
    let mut lines = Vec::new();
    for line in &question.body {
        let folded = fold_line(&layout.look.plain(line), layout.width.saturating_sub(4));
        lines.extend(folded.iter().map(|line| format!("    {line}")));
    }
    lines
}

fn answer_lines(question: &str, answer: &Answer, layout: Layout) -> Vec<String> {
    let from_terminal = matches!(answer.from, AnswerSource::Terminal { .. });
    if layout.mode != Mode::Log && from_terminal {
        return Vec::new(); // The prompt has left its own line.
    }
    let reason = answer.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let text = format!("[{question}] answered `{}` {}{reason}", answer.choice, answer_origin(answer));
    hung(&layout.look.plain(&text), "  ", layout)
}

/// `✓ passed     12s  Build the application`.
fn finished(step: &StepId, outcome: Outcome, reason: Option<&str>, view: &RunView, layout: Layout) -> Vec<String> {
    let look = layout.look;
    let spent = view.step(step).and_then(StepView::spent_ms).map(duration).unwrap_or_default();
    let head = format!("{} {outcome:<8} {spent:>7}  ", look.mark(outcome));
    let hang = " ".repeat(head.chars().count());
    let room = layout.width.saturating_sub(hang.len());
    let mut lines = Vec::new();
    let clock = view.step(step).filter(|step| step.label.phase == Phase::Rollback).and_then(|_| view.incident());
    let clock = clock.map(|(id, ms)| format!("  ({id}: {})", duration(ms))).unwrap_or_default();
    let text = look.plain(&format!("{}{clock}", title(view, step)));
    for (at, line) in wrap(&text, room).into_iter().enumerate() {
        let head = if at == 0 { look.paint(tone(outcome), &head) } else { hang.clone() };
        lines.push(format!("{head}{line}"));
    }
    if let Some(reason) = reason {
        lines.extend(
            wrap(&look.plain(reason), room).iter().map(|line| format!("{hang}{}", look.paint(Tone::Dim, line))),
        );
    }
    for hold in view.step(step).and_then(|step| step.attempts.last()).iter().flat_map(|attempt| strips(attempt, None)) {
        let strip = look.paint(level_tone(hold.worst()), &hold.text(look.unicode));
        lines.push(format!("{hang}{strip}  {}", look.paint(Tone::Dim, &hold.words())));
    }
    lines
}

/// An attempt that no other follows by itself.
fn failed(step: &StepId, failure: &Failure, view: &RunView, layout: Layout) -> Vec<String> {
    // What a person said needs neither a place in the file nor values.
    if failure.kind == FailureKind::Declined {
        return finished(step, Outcome::Declined, Some(&failure.message), view, layout);
    }
    let reads = view.step(step).is_some_and(|step| step.label.effect.as_deref() == Some("read"));
    let outcome = if reads && !failure.kind.decides_a_read() { Outcome::Unknown } else { Outcome::Failed };
    let mut lines = finished(step, outcome, None, view, layout);
    lines.extend(block(failure, layout));
    lines
}

pub(super) fn block(failure: &Failure, layout: Layout) -> Vec<String> {
    let inner = layout.width.saturating_sub(2);
    failure_lines(failure, layout.look, inner).into_iter().map(|line| format!("  {line}")).collect()
}

fn goes_on_behind(view: &RunView, step: &StepId) -> bool {
    view.step(step).is_some_and(|step| step.behind.is_some() && step.running().is_some())
}

pub(super) fn title<'a>(view: &'a RunView, step: &'a StepId) -> &'a str {
    view.step(step).map_or(step.as_str(), |step| &step.label.title)
}

/// Wraps harmless text, later lines hanging.
fn hung(text: &str, hang: &str, layout: Layout) -> Vec<String> {
    let lines = wrap(text, layout.width.saturating_sub(hang.len()));
    lines.into_iter().enumerate().map(|(at, line)| if at == 0 { line } else { format!("{hang}{line}") }).collect()
}

pub(super) fn toned(tone: Tone, text: &str, hang: &str, layout: Layout) -> Vec<String> {
    hung(text, hang, layout).iter().map(|line| layout.look.paint(tone, line)).collect()
}

fn indented(first: &str, text: &str, layout: Layout) -> Vec<String> {
    let hang = " ".repeat(first.chars().count());
    let lines = wrap(text, layout.width.saturating_sub(hang.len()));
    lines.into_iter().enumerate().map(|(at, line)| format!("{}{line}", if at == 0 { first } else { &hang })).collect()
}
