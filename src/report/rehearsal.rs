//! The rollback rehearsal, shown: as it happens, and as a part of the report.

use crate::event::{Need, NeedState, Outcome};
use crate::report::look::{Look, Tone, wrap};
use crate::report::page::{Page, code, text};
use crate::report::view::{RehearsalView, RunView};
use crate::report::words::{count, moment};

/// How an undo stands in a few words: `ready: 4 needs met`, `not ready: 1 missing, 2 unknown`.
pub(super) fn standing_words(needs: &[Need]) -> String {
    let with = |state: NeedState| needs.iter().filter(|need| need.state == state).count();
    let (there, later) = (with(NeedState::There), with(NeedState::Later));
    let bad = [NeedState::Missing, NeedState::Unknown].map(|state| (with(state), state.as_str()));
    let part = |(number, word): (usize, &str)| (number > 0).then(|| format!("{number} {word}"));
    if bad.iter().any(|(number, _)| *number > 0) {
        let parts: Vec<String> = bad.into_iter().chain([(later, "known later")]).filter_map(part).collect();
        return format!("not ready: {}", parts.join(", "));
    }
    match (there, later) {
        (0, 0) => "nothing to look for".to_owned(),
        (there, 0) => format!("ready: {} met", count(there, "need")),
        (0, later) => format!("{} known when it runs", count(later, "need")),
        (there, later) => format!("ready: {} met, {later} known when it runs", count(there, "need")),
    }
}

/// What one need came to: `missing  the previous template: the stack has none`.
pub(super) fn need_words(need: &Need) -> String {
    let detail = need.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{}{detail}", need.what)
}

/// The lines of one rehearsal: the undo, then what it lacks, the worst first. What is there is only counted, and so is what
/// is known later, when nothing is lacking: the report has it all.
pub(super) fn rehearsal_lines(undo: &str, change: &str, needs: &[Need], look: Look, width: usize) -> Vec<String> {
    if needs.is_empty() {
        return Vec::new();
    }
    let ready = needs.iter().all(Need::is_ready);
    let (outcome, tone) = if ready { (Outcome::Passed, Tone::Good) } else { (Outcome::Failed, Tone::Bad) };
    let rows = Rows { look, width };
    let mark = format!("{} way back  ", look.mark(outcome));
    let mut lines = rows.row(tone, &mark, &format!("{undo} undoes {change}: {}", standing_words(needs)));
    for need in needs.iter().filter(|_| !ready) {
        let tone = match need.state {
            NeedState::There => continue,
            NeedState::Missing | NeedState::Unknown => Tone::Bad,
            NeedState::Later => Tone::Dim,
        };
        lines.extend(rows.row(tone, &format!("  {:<8}  ", need.state.as_str()), &need_words(need)));
        if let Some(remedy) = need.remedy.as_ref().filter(|_| !need.is_ready()) {
            lines.extend(rows.row(Tone::Strong, "      help  ", remedy));
        }
    }
    lines
}

/// Words with a head, wrapped under themselves.
struct Rows {
    look: Look,
    width: usize,
}

impl Rows {
    fn row(&self, tone: Tone, head: &str, text: &str) -> Vec<String> {
        let hang = " ".repeat(head.chars().count());
        let lines = wrap(&self.look.plain(text), self.width.saturating_sub(hang.len()));
        let line = |(at, line): (usize, String)| {
            let head = if at == 0 { self.look.paint(tone, head) } else { hang.clone() };
            format!("{head}{line}")
        };
        lines.into_iter().enumerate().map(line).collect()
    }
}

/// The rehearsal in Markdown.
pub(super) fn rehearsal(page: &mut Page, view: &RunView) {
    if view.rehearsals.is_empty() {
        return;
    }
    page.heading(2, "Rollback rehearsal");
    page.line("What each undo step will need, looked for before anything was changed.");
    page.gap();
    let mut rows = Vec::new();
    for RehearsalView { when, undo, change, needs } in &view.rehearsals {
        let head = [code(undo.as_str()), code(change.as_str())];
        let at = code(&moment(when.at));
        for need in needs {
            let (found, remedy) = (need.detail.as_deref().map(text), need.remedy.as_deref().map(text));
            let row = [text(&need.what), need.state.as_str().to_owned(), found.unwrap_or_default()];
            rows.push([&head[..], &row[..], &[remedy.unwrap_or_default(), at.clone()][..]].concat());
        }
        if needs.is_empty() {
            let row = ["–".to_owned(), "nothing to look for".to_owned(), String::new(), String::new(), at];
            rows.push([&head[..], &row[..]].concat());
        }
    }
    page.table(&["Undo", "Of", "Needs", "State", "Found", "Remedy", "Looked"], &rows);
}
