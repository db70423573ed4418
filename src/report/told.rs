//! What people told of a drill, as lines on the screen.

use crate::event::{Outcome, Remark, RemarkKind, RunHeader, Walked, Works};
use crate::report::lines::{Layout, toned};
use crate::report::look::Tone;
use crate::report::surface::Mode;
use crate::report::words::duration;

/// A step that was talked through, as an outcome, for its sign and its colour.
pub(super) fn outcome_of(works: Works) -> Outcome {
    match works {
        Works::Yes => Outcome::Passed,
        Works::Gap => Outcome::Warned,
        Works::No => Outcome::Failed,
    }
}

/// `✓ would work, about 10m 00s: Restore`. Who would do it, and what is missing, stands in the prompt where there is one.
pub(super) fn walked_lines(title: &str, walked: &Walked, layout: Layout) -> Vec<String> {
    let look = layout.look;
    let takes = walked.takes_ms.map(|ms| format!(", about {}", duration(ms))).unwrap_or_default();
    let who = walked.who.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
    let missing = walked.missing.as_ref().map(|missing| format!(": {missing}")).unwrap_or_default();
    let more = if layout.mode == Mode::Live { String::new() } else { format!("{who}{missing}") };
    let (mark, words) = (look.mark(outcome_of(walked.works)), walked.works.as_str());
    let text = format!("{mark} {words}{takes}: {title}{more}");
    let tone = match walked.works {
        Works::Yes => Tone::Good,
        Works::Gap => Tone::Warn,
        Works::No => Tone::Bad,
    };
    toned(tone, &look.plain(&text), "    ", layout)
}

/// An observation, a recommendation, or that one is done.
pub(super) fn remark_lines(remark: &Remark, layout: Layout) -> Vec<String> {
    if layout.mode == Mode::Live {
        return Vec::new(); // The prompt has left its own line.
    }
    let text = match remark.remark {
        RemarkKind::Observation => format!("observation: {}", remark.text),
        RemarkKind::Recommendation => format!("recommendation: {}{}", remark.text, owner_and_day(remark)),
        RemarkKind::Done => format!("recommendation {} is done: {}", remark.of.unwrap_or(0), remark.text),
    };
    toned(Tone::Strong, &layout.look.plain(&text), "    ", layout)
}

/// ` (owner, due 2026-12-01)`; nothing where neither is known.
pub(super) fn owner_and_day(remark: &Remark) -> String {
    let due = remark.due.map(|due| format!("due {due}"));
    let known: Vec<String> = remark.owner.clone().into_iter().chain(due).collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

/// What a drill at a table says of itself when it begins: for which account it is, which nobody has asked.
pub(super) fn tabletop_words(header: &RunHeader) -> String {
    let target = header.target.as_ref();
    let target = target.map(|it| format!(" for account {} in {}, as the profile says", it.account, it.region));
    format!("tabletop{}: the steps are talked through, and nothing is called", target.unwrap_or_default())
}
