//! The terminal.

use crate::cli::command::doctor::finding::Finding;
use crate::cli::screen::Screen;

/// What is narrower than this folds nearly every line.
const NARROW: usize = 60;

pub(super) fn terminal(screen: &Screen) -> Finding {
    let settings = screen.settings();
    let text = if settings.utf8 { "UTF-8" } else { "no UTF-8: signs are ASCII" };
    if screen.tty().is_none() {
        return Finding::ok("terminal", format!("none here: a run stops at its first question, exit code 11; {text}"));
    }
    let (surface, color) = (screen.surface(), screen.surface().look().color);
    let color = if color { "colour" } else { "no colour" };
    let found = format!("{} by {}, {color}, {text}", surface.columns(), surface.rows());
    if surface.columns() < NARROW {
        return Finding::warn(
            "terminal",
            found,
            format!("make it {NARROW} columns wide or more: a plan is read on it"),
        );
    }
    Finding::ok("terminal", found)
}
