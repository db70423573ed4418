//! A verification as workflow commands of GitHub Actions: an annotation on the runbook's line for each check that did not
//! pass.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step, and drops the rest without a word. So the tenth says how
//! many there are that have none. Escapes are those of `@actions/core` (`toCommandValue`): `%`, carriage return and line
//! feed in the message, `:` and `,` in a property, too. No text from outside can begin a line, hence none can be a command.

use std::fmt::Write as _;

use crate::report::plain::{plain, plain_lines};
use crate::report::verified::finding::{Class, Finding, findings};
use crate::report::verified::model::Verification;
use crate::report::verified::tally::Tally;
use crate::report::verified::words::{compared_words, notes, unused_words, verdict_words};
use crate::report::words::count;
use crate::source::SourceRef;

/// How many annotations of a kind GitHub shows of a step.
const OF_A_KIND: usize = 10;
/// The longest message, in characters; GitHub cuts an annotation at 64 KiB, and nobody reads that far.
const MESSAGE: usize = 4_000;

/// The workflow commands, one a line.
pub fn annotations(all: &Verification<'_>) -> String {
    let found = findings(all);
    let mut errors: Vec<Command> = of_class(&found, Class::Failed, all);
    let troubles = all.targets.iter().flat_map(|target| {
        let title = format!("{} was not verified", target.name());
        target.troubles().into_iter().map(move |message| Command { title: title.clone(), place: None, message })
    });
    errors.extend(troubles);
    for class in [Class::Unknown, Class::Person, Class::NotRun] {
        errors.extend(of_class(&found, class, all));
    }
    let mut warnings: Vec<Command> = Vec::new();
    for class in [Class::Tolerated, Class::Waived, Class::Warned] {
        warnings.extend(of_class(&found, class, all));
    }
    warnings.extend(all.unused_waivers.iter().map(|unused| Command {
        title: "a waiver without use".to_owned(),
        place: unused.place.clone(),
        message: unused_words(unused),
    }));
    let mut said = vec![Tally::of(&found).words(), verdict_words(all)];
    said.extend(compared_words(all, &found));
    let end = Command { title: format!("checkride: {}", all.title), place: None, message: said.join("\n") };
    let mut out = String::new();
    put(&mut out, "error", &errors, all.folder);
    put(&mut out, "warning", &warnings, all.folder);
    put(&mut out, "notice", &[end], all.folder);
    out
}

struct Command {
    title: String,
    place: Option<SourceRef>,
    message: String,
}

fn of_class(found: &[Finding<'_>], class: Class, all: &Verification<'_>) -> Vec<Command> {
    found.iter().filter(|finding| finding.class == class).map(|finding| command(finding, all)).collect()
}

fn command(finding: &Finding<'_>, all: &Verification<'_>) -> Command {
    let label = &finding.step.label;
    let target = if all.targets.len() > 1 { format!(" on {}", finding.target.name()) } else { String::new() };
    let severity = finding.severity().map(|it| format!(" ({})", it.as_str())).unwrap_or_default();
    let mut lines = vec![label.title.clone()];
    lines.push(finding.why());
    let failure = finding.step.failure.as_ref();
    lines.extend(failure.into_iter().flat_map(|it| &it.values).map(|(path, value)| format!("{path} = {value}")));
    lines.extend(finding.bad_items().take(OF_A_KIND).map(|item| {
        let why = item.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
        format!("item {}: {} {why}", item.item, item.outcome)
    }));
    lines.extend(notes(finding, all));
    lines.extend(finding.remedy().map(|remedy| format!("help: {remedy}")));
    lines.retain(|line| !line.is_empty());
    Command {
        title: format!("{} {}{target}{severity}", label.id, finding.class.as_str()),
        place: finding.place().cloned(),
        message: lines.join("\n"),
    }
}

fn put(out: &mut String, kind: &str, commands: &[Command], folder: Option<&str>) {
    let shown = if commands.len() > OF_A_KIND { OF_A_KIND - 1 } else { commands.len() };
    for command in &commands[..shown] {
        one(out, kind, command, folder);
    }
    if shown < commands.len() {
        let more = count(commands.len() - shown, kind);
        let message = format!("{more} without an annotation: GitHub shows {OF_A_KIND} of a step. The log has all.");
        one(out, kind, &Command { title: format!("{more} more"), place: None, message }, folder);
    }
}

fn one(out: &mut String, kind: &str, command: &Command, folder: Option<&str>) {
    let Command { title, place, message } = command;
    // In the order in which the toolkit writes them.
    write!(out, "::{kind} title={}", property(title)).expect("writing to a string does not fail");
    if let Some(at) = place {
        let path = in_repository(folder, &at.path);
        write!(out, ",file={},line={},col={}", property(&path), at.line, at.column)
            .expect("writing to a string does not fail");
    }
    let message: Vec<String> = plain_lines(message);
    let message = message.join("\n");
    let end = message.char_indices().nth(MESSAGE).map_or(message.len(), |(at, _)| at);
    let cut = if end < message.len() { " [cut]" } else { "" };
    writeln!(out, "::{}{cut}", data(&message[..end])).expect("writing to a string does not fail");
}

/// A file of the project, as its repository names it.
pub(super) fn in_repository(folder: Option<&str>, path: &str) -> String {
    match folder.map(|folder| folder.trim_matches('/')).filter(|folder| !folder.is_empty()) {
        Some(folder) if !path.starts_with('/') => format!("{folder}/{path}"),
        Some(_) | None => path.to_owned(),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&plain(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, in_repository, property};

    #[test]
    fn the_escapes_are_those_of_the_toolkit() {
        assert_eq!(data("100% of a\r\nb: c, d"), "100%25 of a%0D%0Ab: c, d");
        assert_eq!(property("a: 50%, b\n::error::x"), "a%3A 50%25%2C b\\n%3A%3Aerror%3A%3Ax");
    }

    #[test]
    fn a_file_is_named_from_the_top_of_the_repository() {
        assert_eq!(in_repository(Some("deploy/aws/"), "runbooks/a.toml"), "deploy/aws/runbooks/a.toml");
        assert_eq!(in_repository(Some(""), "a.toml"), "a.toml");
        assert_eq!(in_repository(None, "/etc/a.toml"), "/etc/a.toml");
    }
}
