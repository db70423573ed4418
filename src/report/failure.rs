//! A failure on a screen: what went wrong, the line of the runbook that asked, what the values were, and what to do.

use console::measure_text_width;
use serde_json::Value;

use crate::event::{Failure, FailureKind};
use crate::report::look::{Look, Tone, wrap};

/// The longest value that is shown, in characters; the journal has all of it.
const VALUE_MAX: usize = 400;

/// A failure as lines, at most `width` columns wide where words allow it.
pub fn failure_lines(failure: &Failure, look: Look, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = kind_words(&failure.kind);
    let first = format!("{}: {}", look.plain(&kind), look.plain(&failure.message));
    for (at, line) in wrap(&first, width).into_iter().enumerate() {
        lines.push(if at == 0 { look.paint(Tone::Bad, &line) } else { line });
    }
    if let Some(at) = &failure.at {
        let place = format!("{}:{}:{}", look.plain(&at.path), at.line, at.column);
        lines.push(format!("  {} {place}", look.paint(Tone::Dim, "-->")));
        // A step's head says no more than the place does.
        if let Some(line) = failure.line.as_ref().filter(|line| !line.trim_start().starts_with("[[")) {
            source_line(&mut lines, line, at.line, at.column, look, width);
        }
    }
    for (path, value) in &failure.values {
        labelled(&mut lines, "  ", &format!("{} =", look.plain(path)), &look.plain(&value_text(value)), look, width);
    }
    for cause in &failure.causes {
        labelled(&mut lines, "  ", "caused by:", &look.plain(cause), look, width);
    }
    if let Some(id) = &failure.request_id {
        labelled(&mut lines, "  ", "request id:", &look.plain(id), look, width);
    }
    if let Some(remedy) = &failure.remedy {
        // What follows the first line is a command, or goes on with one: it is left whole, to be copied.
        let mut rest = remedy.lines();
        labelled(&mut lines, "  ", "help:", &look.plain(rest.next().unwrap_or_default()), look, width);
        lines.extend(rest.map(|line| format!("    {}", look.plain(line)).trim_end().to_owned()));
    }
    lines
}

/// The line with a caret under its column. A line that is wider than the screen is shown around the caret.
fn source_line(lines: &mut Vec<String>, text: &str, number: u32, column: u32, look: Look, width: usize) {
    let gutter = number.to_string();
    let blank = " ".repeat(gutter.len());
    let room = width.saturating_sub(gutter.len() + 5).max(10);
    let before = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let head: String = text.chars().take(before).collect();
    let tail: String = text.chars().skip(before).collect();
    // The caret counts what is shown: an escape is longer than the character that it stands for.
    let mut head = look.plain(&head);
    let tail = look.plain(&tail);
    let keep = room / 2;
    if measure_text_width(&head) + measure_text_width(&tail) > room && measure_text_width(&head) > keep {
        let from = head.char_indices().rev().nth(keep.saturating_sub(4)).map_or(0, |(at, _)| at);
        head = format!("{}{}", look.ellipsis(), &head[from..]);
    }
    let shown = look.fit(&format!("{head}{tail}"), room);
    let bar = look.paint(Tone::Dim, "|");
    lines.push(format!("  {} {bar} {shown}", look.paint(Tone::Dim, &gutter)));
    let caret = look.paint(Tone::Bad, "^");
    lines.push(format!("  {blank} {bar} {}{caret}", " ".repeat(measure_text_width(&head))));
}

fn labelled(lines: &mut Vec<String>, indent: &str, label: &str, text: &str, look: Look, width: usize) {
    let inner = width.saturating_sub(indent.len() + 2);
    for (at, line) in wrap(&format!("{label} {text}"), inner).into_iter().enumerate() {
        lines.push(match line.strip_prefix(label) {
            Some(rest) if at == 0 => format!("{indent}{}{rest}", look.paint(Tone::Strong, label)),
            _ if at == 0 => format!("{indent}{line}"),
            _ => format!("{indent}  {line}"),
        });
    }
}

/// A value as JSON on one line, cut when it is long.
pub(super) fn value_text(value: &Value) -> String {
    value_text_within(value, VALUE_MAX)
}

/// A value as it is read: a text without quotes, all else as JSON; cut when it is long.
pub(super) fn value_words(value: &Value) -> String {
    let quoted = value_text(value);
    match value {
        Value::String(text) if text.chars().count() <= VALUE_MAX => text.clone(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            quoted
        }
    }
}

/// A value as JSON on one line, of at most so many characters.
pub(super) fn value_text_within(value: &Value, most: usize) -> String {
    let text = value.to_string();
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} [cut: {} bytes]", &text[..at], text.len()),
        None => text,
    }
}

/// What a look of a `wait` showed: `out.status = 503, out.json.state = "starting"`, and why that decides nothing.
pub(super) fn sight_words(values: &[(String, Value)], trouble: Option<&str>) -> String {
    let mut parts: Vec<String> = values.iter().map(|(path, value)| format!("{path} = {}", value_text(value))).collect();
    parts.extend(trouble.map(str::to_owned));
    if parts.is_empty() { "nothing to see".to_owned() } else { parts.join(", ") }
}

/// What kind of failure, in words.
pub(super) fn kind_words(kind: &FailureKind) -> String {
    match kind {
        FailureKind::Expectation => "an expectation does not hold".to_owned(),
        FailureKind::Exit { code } => format!("ended with exit code {code}"),
        FailureKind::Signal { signal } => format!("ended by signal {signal}"),
        FailureKind::Spawn => "could not be started".to_owned(),
        FailureKind::Timeout => "ran out of time".to_owned(),
        FailureKind::Cancelled => "stopped by the operator".to_owned(),
        FailureKind::Declined => "a person said no".to_owned(),
        FailureKind::Aws { service, operation, code, status } => {
            let code = if code.is_empty() { "an error" } else { code };
            let status = if *status == 0 { String::new() } else { format!(" (HTTP {status})") };
            let call = if operation.is_empty() { service.clone() } else { format!("{service}:{operation}") };
            format!("{call} answered {code}{status}")
        }
        FailureKind::Http { code, .. } => format!("the server answered {code}"),
        FailureKind::Access => "access refused".to_owned(),
        FailureKind::Expired => "the credentials have expired".to_owned(),
        FailureKind::Throttled => "the other side asked to slow down".to_owned(),
        FailureKind::Transport => "no answer".to_owned(),
        FailureKind::Unsupported => "the endpoint does not support the call".to_owned(),
        FailureKind::Guard => "refused by a guard".to_owned(),
        FailureKind::Expression => "an expression could not be evaluated".to_owned(),
        FailureKind::Io => "a file could not be read or written".to_owned(),
        FailureKind::Format => "a file is not in its format".to_owned(),
        FailureKind::Lost => "lost sight of it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::failure_lines;
    use crate::event::{Failure, FailureKind};
    use crate::report::look::Look;
    use crate::source::SourceRef;

    fn failure() -> Failure {
        let mut failure = Failure::new(FailureKind::Expectation, "`out.status == 'ENABLED'` is false")
            .caused_by(vec!["the table was created an hour ago".to_owned()])
            .with_remedy("turn point-in-time recovery on, then retry");
        failure.at = Some(SourceRef { path: "runbooks/deploy-prod.toml".to_owned(), line: 42, column: 11 });
        failure.line = Some("expect = [\"out.status == 'ENABLED'\"]".to_owned());
        failure.values = vec![("out.status".to_owned(), json!("DISABLED"))];
        failure
    }

    #[test]
    fn it_points_at_the_line_that_asked() {
        let look = Look { color: false, unicode: true };
        assert_snapshot!(failure_lines(&failure(), look, 78).join("\n"), @r#"
        an expectation does not hold: `out.status == 'ENABLED'` is false
          --> runbooks/deploy-prod.toml:42:11
          42 | expect = ["out.status == 'ENABLED'"]
             |           ^
          out.status = "DISABLED"
          caused by: the table was created an hour ago
          help: turn point-in-time recovery on, then retry
        "#);
    }

    #[test]
    fn a_remedy_of_several_lines_is_left_whole() {
        let mut failure = failure();
        failure.remedy =
            Some("aws dynamodb update-continuous-backups \\\n    --table-name orders\n\nThen retry.".to_owned());
        let lines = failure_lines(&failure, Look::default(), 30);
        let at = lines.iter().position(|line| line.contains("help:")).unwrap();
        assert_eq!(
            lines[at..],
            [
                "  help: aws dynamodb",
                "    update-continuous-backups",
                "    \\",
                "        --table-name orders",
                "",
                "    Then retry."
            ]
        );
    }

    #[test]
    fn a_long_line_is_shown_around_the_caret() {
        let look = Look { color: false, unicode: true };
        let mut failure = failure();
        failure.line = Some(format!("expect = [{}, \"out.here == 1\", {}]", "\"a == 1\", ".repeat(9), "x".repeat(200)));
        failure.at = Some(SourceRef { path: "r.toml".to_owned(), line: 7, column: 103 });
        let lines = failure_lines(&failure, look, 40);
        let at = lines.iter().position(|line| line.contains("7 |")).unwrap();
        let caret = lines[at + 1].find('^').unwrap();
        assert!(lines[at].chars().skip(caret).collect::<String>().starts_with("\"out.here"), "{lines:#?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{lines:#?}");
    }

    #[test]
    fn the_caret_counts_what_is_shown() {
        let mut failure = failure();
        failure.line = Some("\u{202e}x".to_owned());
        failure.at = Some(SourceRef { path: "r.toml".to_owned(), line: 1, column: 2 });
        let lines = failure_lines(&failure, Look::default(), 80);
        assert_eq!(lines[2], "  1 | \\u{202e}x");
        assert_eq!(lines[3], "    |         ^");
    }
}
