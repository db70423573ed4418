//! The way back in Markdown.

use crate::event::WayBack;
use crate::report::page::{Page, code, text};
use crate::report::view::{RunView, SessionView};
use crate::report::words::moment;

/// When the rollback began and why, and what still stands.
pub(super) fn way_back(page: &mut Page, view: &RunView) {
    if let Some(rollback) = &view.rollback {
        let steps: Vec<_> = rollback.steps.iter().map(|step| code(step.as_str())).collect();
        page.gap();
        page.line(&format!(
            "- The rollback began at {}, because {}; its steps: {}.",
            code(&moment(rollback.started.at)),
            text(&rollback.cause),
            steps.join(", ")
        ));
        for left in view.residue.iter().flatten() {
            let effects: Vec<_> = left.stays.iter().chain(&left.effects).map(|effect| code(effect)).collect();
            let by_hand: Vec<_> = left.by_hand.iter().map(|line| code(line)).collect();
            let by_hand = if by_hand.is_empty() { String::new() } else { format!(" By hand: {}.", by_hand.join(", ")) };
            let (step, why) = (code(left.step.as_str()), text(&left.why));
            page.line(&format!("- Still stands: {step} ({}), because {why}.{by_hand}", effects.join(", ")));
        }
        if view.residue.as_ref().is_some_and(Vec::is_empty) {
            page.line("- Nothing of the run still stands.");
        }
    }
}

/// How a session ended, and that it was for a rollback.
pub(super) fn for_rollback(session: &SessionView, end: String) -> String {
    match &session.back {
        Some(WayBack { incident: Some(incident), .. }) => format!("rollback for incident {}; {end}", code(incident)),
        Some(_) => format!("rollback; {end}"),
        None => end,
    }
}
