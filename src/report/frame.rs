//! The live area: what runs just now, as at most as many lines as the screen has room for.
//!
//! [`frame`] is a pure function of what is known and the time, so a test can look at any moment.

use std::collections::{BTreeMap, VecDeque};

use console::measure_text_width;

use crate::event::Progress;
use crate::id::StepId;
use crate::report::drill::countdown;
use crate::report::failure::sight_words;
use crate::report::look::{Look, Tone, level_tone};
use crate::report::plain::output_lines;
use crate::report::strip::strips;
use crate::report::view::{RunView, StepView};
use crate::report::words::duration;

/// How many of a program's last lines are shown.
const TAIL: usize = 3;

/// How many lines of a stack's resources are shown.
const RESOURCES: usize = 10;

/// A resource of a stack, as last heard of.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Resource {
    stack: String,
    logical_id: String,
    kind: String,
    status: String,
    reason: Option<String>,
}

impl Resource {
    /// What failed first, then what moves, then what is done.
    fn rank(&self) -> u8 {
        if self.status.contains("FAILED") {
            0
        } else if self.status.contains("IN_PROGRESS") {
            1
        } else {
            2
        }
    }
}

/// News about one running step.
#[derive(Clone, Debug, Default)]
struct Activity {
    tail: VecDeque<String>,
    message: Option<String>,
    resources: Vec<Resource>,
    silent: Option<u64>,
}

/// News about all running steps: the last of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct News(BTreeMap<StepId, Activity>);

impl News {
    /// Takes one more in.
    pub(super) fn note(&mut self, progress: &Progress) {
        match progress {
            Progress::Output { step, line, .. } => {
                let activity = self.about(step);
                // A line of brackets, as JSON ends in, says nothing about where a program stands.
                for line in output_lines(line).into_iter().filter(|line| line.contains(char::is_alphanumeric)) {
                    activity.tail.push_back(line);
                }
                while activity.tail.len() > TAIL {
                    activity.tail.pop_front();
                }
            }
            Progress::Message { step, text } => self.about(step).message = Some(text.clone()),
            Progress::Resource { step, stack, logical_id, resource_type, status, reason, at: _ } => {
                let resources = &mut self.about(step).resources;
                // The last to move comes first among its equals.
                resources.retain(|it| it.stack != *stack || it.logical_id != *logical_id);
                resources.insert(
                    0,
                    Resource {
                        stack: stack.clone(),
                        logical_id: logical_id.clone(),
                        kind: resource_type.clone(),
                        status: status.clone(),
                        reason: reason.clone(),
                    },
                );
            }
            Progress::Look { step, look, values, trouble, limit_ms } => {
                let limit = limit_ms.map(|limit| format!(", {} at most", duration(limit))).unwrap_or_default();
                let text = format!("look {look}{limit}: {}", sight_words(values, trouble.as_deref()));
                self.about(step).message = Some(text);
            }
            Progress::Silent { step, seconds } => {
                self.0.entry(step.clone()).or_default().silent = Some(*seconds);
            }
        }
    }

    /// A step turns to something else: what it said of itself before is history, what its program and resources did is not.
    pub(super) fn turn(&mut self, step: &StepId) {
        if let Some(activity) = self.0.get_mut(step) {
            activity.message = None;
        }
    }

    /// A step's attempt began or ended: what was heard of it is history.
    pub(super) fn forget(&mut self, step: &StepId) {
        self.0.remove(step);
    }

    fn about(&mut self, step: &StepId) -> &mut Activity {
        let activity = self.0.entry(step.clone()).or_default();
        activity.silent = None;
        activity
    }
}

/// The live area, at most `height` lines of at most `width` columns. `now_ms` counts from the session's beginning.
///
/// Of several running steps each has one line of details: where reads run together, each program's last words come and go
/// too fast to be read.
pub(super) fn frame(view: &RunView, news: &News, look: Look, now_ms: u64, width: usize, height: usize) -> Vec<String> {
    let mut lines = vec![look.fit(&run_line(view, look, now_ms), width)];
    let active: Vec<&StepView> = view.steps.iter().filter(|step| is_active(step)).collect();
    let room = height.saturating_sub(1);
    if room == 0 {
        return lines;
    }
    let shown = if active.len() > room { room - 1 } else { active.len() };
    let mut spare = room - shown - usize::from(shown < active.len());
    for (at, step) in active[..shown].iter().enumerate() {
        lines.push(step_line(step, look, now_ms, width));
        let share = spare.div_ceil(shown - at).min(if active.len() > 1 { 1 } else { spare });
        let details = news.0.get(&step.label.id).map(|activity| details(step, activity, look, now_ms, share));
        let details = details.unwrap_or_else(|| details_of_record(step, look, now_ms, share));
        spare -= details.len();
        lines.extend(details.iter().map(|line| look.fit(&format!("    {line}"), width)));
    }
    if active.is_empty() {
        // Nothing runs, and yet something is looked at: a rehearsal.
        let said = news.0.iter().filter_map(|(step, activity)| Some((step, activity.message.as_ref()?)));
        let spinner = look.paint(Tone::Act, look.spinner(now_ms));
        let line = |(step, text): (&StepId, &String)| format!("{spinner} {step}: {}", look.plain(text));
        lines.extend(said.map(line).take(room).map(|line| look.fit(&line, width)));
    }
    if shown < active.len() {
        lines.push(look.fit(&look.paint(Tone::Dim, &format!("  and {} more running", active.len() - shown)), width));
    }
    lines
}

fn is_active(step: &StepView) -> bool {
    let waits = step.attempts.last().is_some_and(|attempt| attempt.retry_in_ms.is_some() && !attempt.cut);
    step.running().is_some() || (step.outcome.is_none() && waits)
}

/// `deploy · 3/8 steps · 2m 14s of 45m`.
fn run_line(view: &RunView, look: Look, now_ms: u64) -> String {
    let total = view.steps_shown().count();
    let done = view.steps_shown().filter(|step| step.outcome.is_some()).count();
    let earlier: u64 = match view.sessions.split_last() {
        Some((_, earlier)) => earlier.iter().map(|session| session.last.elapsed_ms).sum(),
        None => 0,
    };
    let spent = earlier + now_ms;
    let mut parts = Vec::new();
    if let Some(phase) = view.phase_now() {
        parts.push(look.paint(Tone::Strong, phase.as_str()));
    }
    parts.push(format!("{done}/{total} steps"));
    parts.push(match view.budget {
        None => duration(spent),
        Some(budget) => {
            let budget = u64::try_from(budget.as_millis()).unwrap_or(u64::MAX);
            let text = format!("{} of {}", duration(spent), duration(budget));
            if spent > budget { look.paint(Tone::Warn, &format!("{text}: over budget")) } else { text }
        }
    });
    parts.extend(countdown(view, now_ms).map(|(tone, words)| look.paint(tone, &words)));
    if view.emulator().is_some() {
        parts.push(look.paint(Tone::Warn, "EMULATOR"));
    }
    parts.join(&format!(" {} ", look.dot()))
}

/// `⠹ Deploy through a reviewed change set    1m 02s`, the time at the right edge.
fn step_line(step: &StepView, look: Look, now_ms: u64, width: usize) -> String {
    let last = step.attempts.last().expect("an active step has an attempt");
    let mut right = match (last.ended, last.retry_in_ms) {
        (Some(ended), Some(wait)) => {
            let left = (ended.elapsed_ms + wait).saturating_sub(now_ms);
            format!("again in {}", duration(left))
        }
        _ => duration(now_ms.saturating_sub(last.started.elapsed_ms)),
    };
    if last.number > 1 {
        right = format!("attempt {} {} {right}", last.number, look.dot());
    }
    let room = width.saturating_sub(measure_text_width(&right) + 4).max(8);
    let title = look.fit(&look.plain(&step.label.title), room);
    let pad = " ".repeat(room.saturating_sub(measure_text_width(&title)) + 2);
    let spinner = look.paint(Tone::Act, look.spinner(now_ms));
    look.fit(&format!("{spinner} {title}{pad}{}", look.paint(Tone::Dim, &right)), width)
}

fn details(step: &StepView, activity: &Activity, look: Look, now_ms: u64, room: usize) -> Vec<String> {
    let mut lines = details_of_record(step, look, now_ms, room);
    if let Some(text) = &activity.message {
        lines.push(look.plain(text));
    }
    if let Some(seconds) = activity.silent {
        let text = format!("silent for {}", duration(seconds.saturating_mul(1000)));
        lines.push(look.paint(Tone::Warn, &text));
    }
    lines.truncate(room);
    let room = room - lines.len();
    if activity.resources.is_empty() {
        let from = activity.tail.len().saturating_sub(room);
        let bar = look.paint(Tone::Dim, look.sign("│", "|"));
        lines.extend(activity.tail.iter().skip(from).map(|line| format!("{bar} {}", look.ours(line))));
    } else {
        lines.extend(resource_lines(&activity.resources, look, room));
    }
    lines
}

/// What the journal knows of a running step: where its hold stands, and the effect that is under way.
fn details_of_record(step: &StepView, look: Look, now_ms: u64, room: usize) -> Vec<String> {
    let effect = step.running().and_then(|attempt| attempt.effects.iter().rev().find(|it| it.result.is_none()));
    let arrow = look.sign("→", "->");
    let line = effect.map(|effect| look.plain(&format!("{} {}", effect.call, effect.target)));
    let effect = line.map(|line| look.paint(Tone::Dim, &format!("{arrow} {line}")));
    let hold = step.running().and_then(|attempt| strips(attempt, Some(now_ms)).pop());
    let hold = hold.map(|hold| {
        let words = format!("{} {} {}", hold.words_left(), look.dot(), hold.text(look.unicode));
        look.paint(level_tone(hold.worst()), &words)
    });
    hold.into_iter().chain(effect).take(room).collect()
}

fn resource_lines(resources: &[Resource], look: Look, room: usize) -> Vec<String> {
    let room = room.min(RESOURCES);
    let mut sorted: Vec<&Resource> = resources.iter().collect();
    sorted.sort_by_key(|it| it.rank());
    let shown = if sorted.len() > room { room.saturating_sub(1) } else { sorted.len() };
    let wide = sorted[..shown].iter().map(|it| measure_text_width(&look.plain(&it.status))).max().unwrap_or(0);
    let mut lines = Vec::new();
    for it in &sorted[..shown] {
        let status = look.plain(&it.status);
        let pad = " ".repeat(wide - measure_text_width(&status));
        let tone = match it.rank() {
            0 => Tone::Bad,
            1 => Tone::Act,
            _ => Tone::Good,
        };
        let reason = it.reason.as_ref().map(|reason| format!("  {}", look.plain(reason))).unwrap_or_default();
        let name = look.plain(&it.logical_id);
        let kind = look.paint(Tone::Dim, &look.plain(&it.kind));
        lines.push(format!("{}{pad}  {name}  {kind}{reason}", look.paint(tone, &status)));
    }
    if shown < sorted.len() && room > 0 {
        let (rest, done) = (&sorted[shown..], sorted[shown..].iter().filter(|it| it.rank() == 2).count());
        lines.push(look.paint(Tone::Dim, &format!("and {} more resources, {done} of them done", rest.len())));
    }
    lines
}
