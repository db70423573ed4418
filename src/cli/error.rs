//! The edge: what went wrong, as an exit code, words and hints. Each command turns the errors of the rooms below into this.

use crate::cli::exit::ExitCode;
use crate::report::{Look, Tone, fold_line, wrap};
use crate::source::{Diagnostics, Sources, render};
use crate::world::secret::Redactor;

/// What went wrong.
#[derive(Clone, Debug)]
pub enum ErrorSource {
    /// The tool's own or the world's fault: a sentence, and what caused it, outermost first.
    Words {
        /// A lowercase fragment.
        message: String,
        /// What caused it.
        causes: Vec<String>,
    },
    /// The author's faults, with the texts that they are in.
    Faults(Box<(Diagnostics, Sources)>),
}

/// Why a command did not succeed.
#[derive(Clone, Debug)]
pub struct CommandError {
    /// The exit code.
    pub kind: ExitCode,
    /// What went wrong.
    pub source: ErrorSource,
    /// What to do, one hint a line.
    pub hints: Vec<String>,
}

impl CommandError {
    /// An error in words.
    pub fn new(kind: ExitCode, message: impl Into<String>) -> Self {
        let source = ErrorSource::Words { message: message.into(), causes: Vec::new() };
        Self { kind, source, hints: Vec::new() }
    }

    /// An error of a room below, with the chain of its causes.
    pub fn of(kind: ExitCode, error: &dyn std::error::Error) -> Self {
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        Self { kind, source: ErrorSource::Words { message: error.to_string(), causes }, hints: Vec::new() }
    }

    /// Faults of files: exit code 3.
    pub fn faults(diagnostics: Diagnostics, sources: Sources) -> Self {
        let source = ErrorSource::Faults(Box::new((diagnostics, sources)));
        Self { kind: ExitCode::Invalid, source, hints: Vec::new() }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same with secrets cut: before lines are folded, where a fold would hide one.
    #[must_use]
    pub fn cut(&self, redactor: &Redactor) -> Self {
        let all = |texts: &[String]| texts.iter().map(|text| redactor.cut(text)).collect();
        let source = match &self.source {
            ErrorSource::Words { message, causes } => {
                ErrorSource::Words { message: redactor.cut(message), causes: all(causes) }
            }
            // Rendered with the lines of files, which are not folded; the screen cuts them.
            ErrorSource::Faults(faults) => ErrorSource::Faults(faults.clone()),
        };
        Self { kind: self.kind, source, hints: all(&self.hints) }
    }

    /// The error in one line: what went wrong, what caused it, what to do.
    pub fn sentence(&self) -> String {
        let parts: Vec<String> = match &self.source {
            ErrorSource::Words { message, causes } => std::iter::once(message).chain(causes).cloned().collect(),
            ErrorSource::Faults(faults) => faults.0.iter().map(|fault| fault.message.clone()).collect(),
        };
        let hints = self.hints.join("; ");
        let hints = if hints.is_empty() { hints } else { format!("; {hints}") };
        format!("{}{hints}", parts.join(": "))
    }

    /// The error for a screen.
    pub fn lines(&self, look: Look, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.source {
            ErrorSource::Words { message, causes } => {
                let text = wrap(&look.plain(&format!("error: {message}")), width);
                for line in text {
                    lines.push(match line.strip_prefix("error:") {
                        Some(rest) if lines.is_empty() => format!("{}{rest}", look.paint(Tone::Bad, "error:")),
                        _ => line,
                    });
                }
                for cause in causes {
                    lines.extend(fold_line(&format!("  caused by: {}", look.plain(cause)), width));
                }
            }
            ErrorSource::Faults(faults) => {
                let (diagnostics, sources) = &**faults;
                let text = render(diagnostics, sources, look.color);
                lines.extend(text.lines().map(|line| look.ours(line)));
            }
        }
        for hint in &self.hints {
            for line in fold_line(&format!("hint: {}", look.plain(hint)), width) {
                lines.push(match line.strip_prefix("hint:") {
                    Some(rest) => format!("{}{rest}", look.paint(Tone::Act, "hint:")),
                    None => line,
                });
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use secrecy::SecretString;

    use super::CommandError;
    use crate::cli::exit::ExitCode;
    use crate::report::Look;
    use crate::source::{Diagnostic, Diagnostics, MISSING_KEY, Sources, Span};
    use crate::world::secret::Redactor;

    #[derive(Debug, thiserror::Error)]
    #[error("the journal could not be written")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_are_unrolled_and_hints_follow() {
        let error = CommandError::of(ExitCode::Broken, &Outer(std::io::Error::other("no space left\u{1b}[2J")))
            .hint("make room, then `checkride resume`");
        assert_snapshot!(error.lines(Look::default(), 60).join("\n"), @r"
        error: the journal could not be written
          caused by: no space left\x1b[2J
        hint: make room, then `checkride resume`
        ");
        assert_eq!(error.kind.code(), 9);
    }

    #[test]
    fn a_secret_is_cut_before_lines_are_folded() {
        let redactor = Redactor::default();
        redactor.add("token", &SecretString::from("what pays the bill".to_owned())).unwrap();
        let cause = std::io::Error::other("https://user:what%20pays%20the%20bill@host refused");
        let error = CommandError::of(ExitCode::Unexpected, &Outer(cause)).hint("say what pays the bill").cut(&redactor);
        assert_snapshot!(error.lines(Look::default(), 30).join("\n"), @r"
        error: the journal could not
        be written
          caused by:
            https://user:[secret]@host
            refused
        hint: say [secret]
        ");
    }

    #[test]
    fn faults_are_rendered_with_their_lines() {
        let mut sources = Sources::new();
        let id = sources.add("r.toml".to_owned(), "[runbook]\n".to_owned());
        let fault = Diagnostic::error(MISSING_KEY, "no title").at(Span::new(id, 0, 9), "here");
        let error = CommandError::faults(Diagnostics::from(fault), sources);
        assert_snapshot!(error.lines(Look::default(), 60).join("\n"), @r"
        error[RB013]: no title
         --> r.toml:1:1
          |
        1 | [runbook]
          | ^^^^^^^^^ here

        1 error
        ");
    }
}
