//! The one home of stdout and stderr. Data leaves by stdout, all words by stderr.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use console::Term;

use crate::cli::tty::Tty;
use crate::report::{Look, Mode, Surface};
use crate::world::secret::Redactor;

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless the environment says no.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What decides how the screen is used: from the command line and the environment.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the surroundings")]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ScreenSettings {
    /// `--color`.
    pub color: ColorWhen,
    /// `NO_COLOR` is there and not empty.
    pub no_color: bool,
    /// `CI` is there and not empty: no live area, whatever the terminal says.
    pub ci: bool,
    /// `TERM=dumb`, or none at all.
    pub dumb: bool,
    /// The locale is UTF-8.
    pub utf8: bool,
    /// `--no-input`: nobody is asked.
    pub no_input: bool,
}

impl ScreenSettings {
    /// Reads the environment through `var`, which gives a variable's value.
    pub fn from_environment(color: ColorWhen, no_input: bool, var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| var(name).filter(|it| !it.is_empty()));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        Self {
            color,
            no_color: set("NO_COLOR"),
            ci: set("CI"),
            dumb: var("TERM").is_none_or(|term| term.is_empty() || term == "dumb"),
            utf8: locale.ends_with("utf-8") || locale.ends_with("utf8"),
            no_input,
        }
    }
}

/// Why data could not leave.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// The reader went away (`| head`): no fault of anybody's.
    #[error("the reader of stdout went away")]
    ReaderGone,
    /// Something else.
    #[error("could not write to stdout")]
    Stdout(#[source] io::Error),
}

/// The screen.
#[derive(Debug)]
pub struct Screen {
    settings: ScreenSettings,
    surface: Surface,
    tty: Option<Tty>,
    stdout_look: Look,
    stdout: Mutex<io::Stdout>,
    redactor: Redactor,
}

impl Screen {
    /// Looks at the streams once.
    #[expect(clippy::disallowed_methods, reason = "this is the streams' one home")]
    pub fn open(settings: ScreenSettings) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let color = |is_terminal: bool| match settings.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !settings.no_color && !settings.dumb,
        };
        // A pipe or a file is read by tools that know UTF-8, whatever the locale of this process says.
        let look = |is_terminal: bool| Look { color: color(is_terminal), unicode: settings.utf8 || !is_terminal };
        let on_screen = stderr.is_terminal();
        let tty = if on_screen && !settings.no_input { Tty::stdin() } else { None };
        let mode = match (on_screen, &tty) {
            (true, _) if settings.dumb || settings.ci => {
                if tty.is_some() {
                    Mode::Dumb
                } else {
                    Mode::Log
                }
            }
            (true, _) => Mode::Live,
            (false, _) => Mode::Log,
        };
        let size = || Term::stderr().size_checked().map(|(rows, columns)| (columns, rows));
        let stdout_look = look(stdout.is_terminal());
        let asked = tty.clone();
        let taken = move || asked.as_ref().is_some_and(Tty::in_background);
        let surface = Surface::shared(Box::new(stderr), look(on_screen), mode, Box::new(size), Box::new(taken));
        Self { settings, surface, tty, stdout_look, stdout: Mutex::new(stdout), redactor: Redactor::default() }
    }

    /// What it was opened with.
    pub fn settings(&self) -> ScreenSettings {
        self.settings
    }

    /// Where words go: stderr. The terminal thread gets a copy.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// The terminal that a person answers at; none when stdin or stderr is no terminal, or nobody is to be asked.
    pub fn tty(&self) -> Option<&Tty> {
        self.tty.as_ref()
    }

    /// What data may look like.
    pub fn stdout_look(&self) -> Look {
        self.stdout_look
    }

    /// How wide stdout is, in columns, when it is a terminal.
    pub fn stdout_columns(&self) -> Option<usize> {
        Term::stdout().size_checked().map(|(_, columns)| usize::from(columns).max(20))
    }

    /// The registry of the process's secrets: the one that everything is cut with, from the moment a secret is known.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Says lines on stderr, with secrets cut.
    pub fn say(&self, lines: &[String]) {
        if !lines.is_empty() {
            self.surface.text(&self.redactor.cut(&format!("{}\n", lines.join("\n"))));
        }
    }

    /// Says a last word on stderr from a panic: past every lock, for the one who panicked may hold it.
    #[expect(clippy::disallowed_methods, reason = "this is the streams' one home")]
    pub(super) fn last_word(text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match nix::unistd::write(io::stderr(), rest) {
                Ok(written) => rest = &rest[written..],
                Err(nix::errno::Errno::EINTR) => {}
                // Nobody hears it.
                Err(_) => break,
            }
        }
    }

    /// Writes data to stdout, with secrets cut.
    pub fn data(&self, text: &str) -> Result<(), ScreenError> {
        let text = self.redactor.cut(text);
        let mut stdout = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => ScreenError::ReaderGone,
            _ => ScreenError::Stdout(error),
        })
    }

    /// Stdout as a stream, for `--events -`.
    #[expect(clippy::disallowed_methods, reason = "this is the streams' one home")]
    pub fn stdout(&self) -> impl Write + Send + 'static {
        io::stdout()
    }
}

#[cfg(test)]
mod tests {
    use super::{ColorWhen, ScreenSettings};

    #[test]
    fn the_environment_is_heard() {
        let read = |pairs: &'static [(&str, &str)]| {
            ScreenSettings::from_environment(ColorWhen::Auto, false, |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let usual = read(&[("TERM", "xterm-256color"), ("LANG", "de_DE.UTF-8")]);
        assert!(usual.utf8 && !usual.dumb && !usual.no_color && !usual.ci);
        let bare = read(&[]);
        assert!(!bare.utf8 && bare.dumb);
        assert!(!read(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).utf8);
        assert!(read(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]).utf8);
        assert!(!read(&[("NO_COLOR", "")]).no_color && read(&[("NO_COLOR", "1")]).no_color);
        assert!(read(&[("CI", "true")]).ci && read(&[("TERM", "dumb")]).dumb);
    }
}
