//! What comes after a run, in Markdown: the steady state compared, what is left to do, and the timeline for the review.

use crate::event::Outcome;
use crate::report::follow_up::{FollowUp, follow_up};
use crate::report::page::{Page, code, maybe_code, text};
use crate::report::review::{Review, ReviewRow};
use crate::report::steady::Compared;
use crate::report::view::RunView;
use crate::report::words::moment;

/// The probes of the steady state, before and now.
pub(super) fn steady_table(page: &mut Page, view: &RunView) {
    let row = |it: &Compared<'_>| {
        let now = it.now.as_ref().map_or("not looked at", |now| now.look.outcome.as_str());
        vec![
            format!("{} {}", code(it.step.as_str()), text(it.title)),
            it.before.look.outcome.to_string(),
            now.to_owned(),
            text(&it.words()),
        ]
    };
    let rows: Vec<_> = view.compared().iter().map(row).collect();
    if !rows.is_empty() {
        page.heading(2, "Steady state");
        page.table(&["Probe", "Before the first change", "Now", "Compared"], &rows);
    }
}

/// What is left to do.
pub(super) fn follow_up_list(page: &mut Page, view: &RunView) {
    let items = follow_up(view);
    if items.is_empty() {
        return;
    }
    page.heading(2, "Follow-up");
    for item in items {
        let FollowUp { what, about, by_hand, step: _, owner, due } = item;
        let owner = owner.map(|owner| format!(" Owner: {}.", text(&owner))).unwrap_or_default();
        let due = due.map(|due| format!(" Due: {}.", text(&due))).unwrap_or_default();
        page.line(&format!("- [ ] {}.{owner}{due}", text(&what)));
        for about in about {
            page.line(&format!("  - {}", code(&about)));
        }
        for line in by_hand {
            page.line(&format!("  - By hand: {}", code(&line)));
        }
    }
}

/// What happened, in order.
pub(super) fn timeline(page: &mut Page, view: &RunView) {
    let Some(Review { zero, since, rows, left_out }) = Review::of(view) else { return };
    page.heading(2, "Timeline for the review");
    page.line(&format!("Offsets count from {}, when {}.", code(&moment(zero)), text(&since)));
    page.gap();
    let row = |it: &ReviewRow| {
        let outcome = it.outcome.map_or("", Outcome::as_str);
        vec![code(&moment(it.at)), it.offset(), text(&it.what), maybe_code(it.who.as_deref()), outcome.to_owned()]
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    page.table(&["Time", "Offset", "What", "Who", "Outcome"], &rows);
    if left_out > 0 {
        page.line(&format!("\n{left_out} more in the middle are in the journal."));
    }
}
