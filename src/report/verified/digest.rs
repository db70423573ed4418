//! A verification as Markdown for GitHub: the summary of a job, and a comment on a pull request. Both are the same page
//! within different limits: what failed stands first, details are folded, and what does not fit is left out by whole rows,
//! with a last line that counts it.
//!
//! Escaping alone does not do here: GitHub makes mentions and references of `@name` and `#1` after Markdown is read, out of
//! entities, too. It leaves code alone, so text with such signs stands as code.

use crate::report::failure::failure_lines;
use crate::report::look::Look;
use crate::report::page::{Page, code, text};
use crate::report::plain::plain;
use crate::report::verified::bounded::Bounded;
use crate::report::verified::finding::{Class, Finding, findings, findings_of};
use crate::report::verified::model::Verification;
use crate::report::verified::tally::Tally;
use crate::report::verified::words::{compared_words, emulator_words, notes, unused_words, verdict_words, where_words};
use crate::report::words::duration;

/// The most bytes of a job summary: GitHub refuses a larger one (its documentation of workflow commands: 1 MiB a step).
pub const SUMMARY_LIMIT: usize = 1024 * 1024;
/// The most characters of a comment: GitHub's API answers 422 to a longer body ("maximum is 65536 characters").
pub const COMMENT_LIMIT: usize = 65_536;

/// The width of text in code blocks.
const WIDTH: usize = 100;
/// The most characters of a text in a cell.
const CELL: usize = 300;
/// The most bytes of the details of one check.
const DETAILS: usize = 6_000;
/// The most items of a `for_each` in the details.
const ITEMS: usize = 10;

/// The Markdown for `$GITHUB_STEP_SUMMARY`.
pub fn job_summary(all: &Verification<'_>) -> String {
    page(all, SUMMARY_LIMIT)
}

/// The Markdown for a comment. It begins with a line that does not show, by which a later run finds it again.
pub fn comment(all: &Verification<'_>) -> String {
    let ours = |c: char| if c.is_ascii_alphanumeric() || "./_-".contains(c) { c } else { '_' };
    // Two hyphens would end it.
    let name = all.runbook.chars().take(200).map(ours).collect::<String>().replace("--", "-_");
    let mark = format!("<!-- checkride: {name} -->\n");
    let rest = page(all, COMMENT_LIMIT - mark.len());
    mark + &rest
}

fn page(all: &Verification<'_>, limit: usize) -> String {
    let found = findings(all);
    let of = |class: Class| found.iter().filter(move |finding| finding.class == class);
    let mut page = Bounded::new(limit);
    page.push(&format!("## {}\n\n", shown(all.title)));
    page.push(&format!("**{}**\n\n{}.\n", text(&verdict_words(all)), Tally::of(&found).words()));
    if let Some(words) = compared_words(all, &found) {
        page.push(&format!("\n{}.\n", shown(&words)));
    }
    let emulated = all.targets.iter().filter_map(|target| {
        Some(format!("> {}\n", shown(&format!("{}: {}", target.name(), emulator_words(target)?))))
    });
    page.list("\n", emulated, "");
    let troubles = all.targets.iter().flat_map(|target| {
        let name = target.name();
        target.troubles().into_iter().map(move |trouble| format!("- {}: {}\n", shown(&name), shown(&trouble)))
    });
    page.list("\n### Not verified\n\n", troubles, "");
    for class in [Class::Failed, Class::Unknown, Class::Person, Class::NotRun, Class::Tolerated, Class::Waived] {
        let head = format!(
            "\n### {} ({})\n\n| Check | Target | Severity | Line | Why |\n| --- | --- | --- | --- | --- |\n",
            capital(class.as_str()),
            of(class).count()
        );
        page.list(&head, of(class).map(|finding| row(finding, all)), "");
    }
    let unused = all.unused_waivers.iter().map(|it| format!("- {}\n", shown(&unused_words(it))));
    page.list("\n### Waivers without use\n\n", unused, "");
    for class in [Class::Failed, Class::Unknown] {
        let head = format!("\n### {}: what was found\n", capital(class.as_str()));
        page.list(&head, of(class).map(|finding| details(finding, all)), "");
    }
    let targets = all.targets.iter().map(|target| {
        let tally = Tally::of(&findings_of(target)).words();
        format!("| {} | {tally} | {} |\n", shown(&target.name()), shown(&where_words(target)))
    });
    page.list("\n### Targets\n\n| Target | Checks | Where |\n| --- | --- | --- |\n", targets, "");
    for class in [Class::Warned, Class::Skipped, Class::Passed] {
        let head = format!(
            "\n<details><summary>{} ({})</summary>\n\n| Check | Target | Time | Why |\n| --- | --- | --- | --- |\n",
            capital(class.as_str()),
            of(class).count()
        );
        page.list(&head, of(class).map(|finding| short_row(finding, all)), "\n</details>\n");
    }
    page.end("The JSON of the verification has all of them.")
}

fn row(finding: &Finding<'_>, all: &Verification<'_>) -> String {
    let severity = finding.severity().map_or("", |it| it.as_str());
    let place = finding.place().map(|it| place(&cut(&format!("{}:{}", it.path, it.line)))).unwrap_or_default();
    let mut why = vec![finding.why()];
    why.extend(notes(finding, all));
    let why: Vec<String> = why.iter().filter(|it| !it.is_empty()).map(|it| shown(it)).collect();
    format!("| {} | {} | {severity} | {place} | {} |\n", name(finding), target(finding), why.join("; "))
}

/// A path as code; one that code cannot hold is no less harmless.
fn place(from_outside: &str) -> String {
    let code = code(from_outside);
    if code.starts_with('`') { code } else { shown(from_outside) }
}

fn short_row(finding: &Finding<'_>, all: &Verification<'_>) -> String {
    let mut why = vec![finding.why()];
    why.extend(notes(finding, all));
    let why: Vec<String> = why.iter().filter(|it| !it.is_empty()).map(|it| shown(it)).collect();
    let time = finding.step.spent_ms().map(duration).unwrap_or_default();
    format!("| {} | {} | {time} | {} |\n", name(finding), target(finding), why.join("; "))
}

fn name(finding: &Finding<'_>) -> String {
    let label = &finding.step.label;
    format!("{} {}", code(label.id.as_str()), shown(&label.title))
}

fn target(finding: &Finding<'_>) -> String {
    shown(&finding.target.name())
}

/// All that is known of a check that did not pass, folded.
fn details(finding: &Finding<'_>, all: &Verification<'_>) -> String {
    let label = &finding.step.label;
    let look = Look { color: false, unicode: true };
    let mut lines = match finding.failure() {
        Some(failure) => failure_lines(&failure, look, WIDTH),
        None => vec![look.plain(&finding.why())],
    };
    let bad: Vec<_> = finding.bad_items().collect();
    for item in bad.iter().take(ITEMS) {
        lines.push(look.plain(&format!("item {} {}: {}", item.index, item.item, item.outcome)));
        let failure = item.failure.iter().flat_map(|failure| failure_lines(failure, look, WIDTH));
        lines.extend(failure.map(|line| format!("  {line}")));
    }
    if bad.len() > ITEMS {
        lines.push(format!("and {} items more", bad.len() - ITEMS));
    }
    lines.extend(notes(finding, all).iter().map(|note| look.plain(note)));
    lines.extend(label.owner.iter().map(|owner| look.plain(&format!("owner: {owner}"))));
    let mut fence = Page(String::new());
    fence.fence(&within(lines, DETAILS));
    let head = format!("{}: [{}] {}", finding.target.name(), label.id, label.title);
    format!("\n<details><summary>{}</summary>\n\n{}\n</details>\n", in_html(&cut(&head)), fence.0)
}

/// As many lines as fit.
fn within(lines: Vec<String>, limit: usize) -> Vec<String> {
    let mut room = limit;
    let mut kept = Vec::new();
    let all = lines.len();
    for line in lines {
        if line.len() + 1 > room {
            kept.push(format!("[cut: {} lines more]", all - kept.len()));
            break;
        }
        room -= line.len() + 1;
        kept.push(line);
    }
    kept
}

/// Text from outside, in a cell or a line: harmless to Markdown, and to what GitHub makes of a page after it.
fn shown(from_outside: &str) -> String {
    let cut = cut(from_outside);
    let escaped = text(&cut);
    let refers = cut.contains(['@', '#']) || cut.to_ascii_uppercase().contains("GH-");
    if refers { format!("<code>{escaped}</code>") } else { escaped }
}

/// Text from outside between tags, where Markdown is not read.
fn in_html(from_outside: &str) -> String {
    let mut out = String::new();
    for c in plain(from_outside).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    let refers = from_outside.contains(['@', '#']) || from_outside.to_ascii_uppercase().contains("GH-");
    if refers { format!("<code>{out}</code>") } else { out }
}

fn cut(from_outside: &str) -> String {
    let plain = plain(from_outside);
    match plain.char_indices().nth(CELL) {
        Some((at, _)) => format!("{}…", &plain[..at]),
        None => plain,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
