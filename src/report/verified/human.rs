//! A verification for a log: a line for each check in the order of the runbook, then what did not pass, each with its line
//! of the runbook, what was found and what to do. What could not be decided stands apart, and what failed comes last, where
//! a person looks who opens the log of a job that is red.

use std::borrow::Cow;

use crate::report::failure::failure_lines;
use crate::report::look::{Look, Tone, wrap};
use crate::report::verified::finding::{Class, Finding, findings, findings_of};
use crate::report::verified::model::{Verification, Verified};
use crate::report::verified::tally::Tally;
use crate::report::verified::words::{compared_words, emulator_words, notes, unused_words, verdict_words, where_words};
use crate::report::words::duration;

/// The most items of a `for_each` that are shown under a check; the journal has all.
const ITEMS: usize = 20;

/// The verification as lines, at most `width` columns wide where words allow it.
pub fn human(all: &Verification<'_>, look: Look, width: usize) -> String {
    let mut page = Lines { out: String::new(), look, width };
    page.line(&look.paint(Tone::Strong, &look.plain(&format!("{} ({})", all.title, all.runbook))));
    for target in &all.targets {
        page.target(target);
    }
    let waivers = all.unused_waivers.iter().map(|unused| {
        let place = unused.place.as_ref().map(|place| format!(" ({}:{})", place.path, place.line)).unwrap_or_default();
        format!("! {}{place}", unused_words(unused))
    });
    let waivers: Vec<String> = waivers.collect();
    if !waivers.is_empty() {
        page.line("");
        page.notes("", waivers);
    }
    let found = findings(all);
    // The worst class comes last.
    for class in Class::ALL.iter().rev().filter(|class| is_told(**class)) {
        let told: Vec<&Finding<'_>> = found.iter().filter(|finding| finding.class == *class).collect();
        if told.is_empty() {
            continue;
        }
        page.section(*class, told.len());
        for finding in told {
            page.told(finding, all);
        }
    }
    page.line("");
    if all.targets.len() > 1 {
        for target in &all.targets {
            let tally = Tally::of(&findings_of(target)).words();
            page.hung("  ", &format!("{}: {tally}", target.name()));
        }
    }
    page.notes("", compared_words(all, &found).into_iter().collect());
    page.line(&Tally::of(&found).words());
    let tone = if all.verdict.is_some_and(|(_, code)| code == 0) { Tone::Good } else { Tone::Bad };
    page.line(&look.paint(tone, &verdict_words(all)));
    page.out
}

/// Whether more is told of it than its line.
fn is_told(class: Class) -> bool {
    match class {
        Class::Failed | Class::Unknown | Class::Person | Class::NotRun | Class::Waived | Class::Tolerated => true,
        Class::Warned | Class::Skipped | Class::Passed => false,
    }
}

fn tone(class: Class) -> Tone {
    match class {
        Class::Failed | Class::Unknown => Tone::Bad,
        Class::Person | Class::NotRun | Class::Waived | Class::Tolerated | Class::Warned => Tone::Warn,
        Class::Skipped => Tone::Dim,
        Class::Passed => Tone::Good,
    }
}

struct Lines {
    out: String,
    look: Look,
    width: usize,
}

impl Lines {
    fn line(&mut self, line: &str) {
        self.out.push_str(&inert(line.trim_end()));
        self.out.push('\n');
    }

    /// Text from outside, wrapped; what follows the first line stands two columns further in.
    fn hung(&mut self, indent: &str, text: &str) {
        let text = self.look.plain(text);
        for (at, line) in wrap(&text, self.width.saturating_sub(indent.len() + 2)).into_iter().enumerate() {
            self.line(&format!("{indent}{}{line}", if at == 0 { "" } else { "  " }));
        }
    }

    fn notes(&mut self, indent: &str, notes: Vec<String>) {
        for note in notes {
            self.hung(indent, &note);
        }
    }

    fn target(&mut self, target: &Verified<'_>) {
        self.line("");
        let name = target.target.map(|name| format!("{name}: ")).unwrap_or_default();
        self.hung("", &format!("{name}{}", where_words(target)));
        if let Some(words) = emulator_words(target) {
            let words = self.look.plain(&words);
            self.line(&self.look.paint(Tone::Warn, &words));
        }
        for trouble in target.troubles() {
            self.hung("", &format!("! {trouble}"));
        }
        for finding in findings_of(target) {
            self.one(&finding);
        }
    }

    /// The check's line.
    fn one(&mut self, finding: &Finding<'_>) {
        let step = finding.step;
        let (look, class) = (self.look, finding.class);
        let took = step.spent_ms().map(|ms| format!(" ({})", duration(ms))).unwrap_or_default();
        let why = match class {
            Class::Skipped | Class::Warned => finding.why(),
            Class::Failed
            | Class::Unknown
            | Class::Person
            | Class::NotRun
            | Class::Waived
            | Class::Tolerated
            | Class::Passed => String::new(),
        };
        let why = if why.is_empty() { why } else { format!(": {why}") };
        let rest = look.plain(&format!("[{}] {}{took}{why}", step.label.id, step.label.title));
        // A line a check, whatever its length: what reads a log goes by lines.
        let word = format!("{:<14}", class.as_str());
        self.line(&format!("  {}  {rest}", look.paint(tone(class), &word)));
    }

    fn section(&mut self, class: Class, many: usize) {
        let (look, dash) = (self.look, self.look.sign("──", "--"));
        let title = format!("{dash} {} {} {many} ", class.as_str(), look.dot());
        let rest = self.width.min(80).saturating_sub(title.chars().count());
        self.line("");
        self.line(&look.paint(Tone::Strong, &format!("{title}{}", look.sign("─", "-").repeat(rest))));
    }

    /// A check that did not pass, with all that helps.
    fn told(&mut self, finding: &Finding<'_>, all: &Verification<'_>) {
        let label = &finding.step.label;
        let look = self.look;
        let target = if all.targets.len() > 1 { format!("{}: ", finding.target.name()) } else { String::new() };
        let severity = finding.severity().map(|it| format!(" ({})", it.as_str())).unwrap_or_default();
        self.line("");
        let head = look.plain(&format!("{target}[{}] {}{severity}", label.id, label.title));
        self.line(&look.paint(tone(finding.class), &head));
        self.notes("  ", notes(finding, all));
        if let Some(failure) = finding.failure() {
            for line in failure_lines(&failure, look, self.width.saturating_sub(2)) {
                self.line(&format!("  {line}"));
            }
        } else {
            self.hung("  ", &finding.why());
            if let Some(place) = finding.place() {
                self.hung("    ", &format!("--> {place}"));
            }
        }
        let bad: Vec<_> = finding.bad_items().collect();
        for item in bad.iter().take(ITEMS) {
            self.hung("  ", &format!("item {} {}: {}", item.index, item.item, item.outcome));
            let width = self.width.saturating_sub(4);
            for line in item.failure.iter().flat_map(|failure| failure_lines(failure, look, width)) {
                self.line(&format!("    {line}"));
            }
        }
        if bad.len() > ITEMS {
            self.line(&format!("  and {} items more", bad.len() - ITEMS));
        }
        self.notes("  ", label.owner.iter().map(|owner| format!("owner: {owner}")).collect());
    }
}

/// A line in which the log of a pipeline finds no command: `::set-output` (GitHub, at the beginning), `##[error]` (GitHub
/// and Azure, anywhere), `##vso[`, `##teamcity[`. Text from outside may begin a line where it was wrapped.
fn inert(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    let line = match text.strip_prefix("::") {
        Some(rest) => Cow::Owned(format!("{indent}\\x3a:{rest}")),
        None => Cow::Borrowed(line),
    };
    if line.contains("##") { Cow::Owned(line.replace("##", "#\\x23")) } else { line }
}
