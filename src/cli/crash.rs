//! A panic is a bug of ours, and its message may hold anything: it is cut before it is said.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

use crate::cli::screen::Screen;
use crate::world::secret::Redactor;

/// From now on a panic in any thread is told with secrets cut. (A panic that is caught, as those of the expression
/// language's parser are, is told, too: it should not have come.)
pub(super) fn guard_panics(redactor: Redactor) {
    panic::set_hook(Box::new(move |info| {
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
        Screen::last_word(&words(&redactor, info, backtrace.as_deref()));
    }));
}

fn words(redactor: &Redactor, info: &PanicHookInfo<'_>, backtrace: Option<&str>) -> String {
    let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    told(redactor, info.payload_as_str().unwrap_or("no message"), &place, backtrace)
}

fn told(redactor: &Redactor, message: &str, place: &str, backtrace: Option<&str>) -> String {
    let said = |text: &str| redactor.try_cut(text).unwrap_or_else(|| "(not told: it may hold a secret)".to_owned());
    let mut text = format!("error: unexpected: {}{place}\nhint: this is a bug in checkride\n", said(message));
    if let Some(backtrace) = backtrace {
        text.push_str(&said(backtrace));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::told;
    use crate::world::secret::Redactor;

    #[test]
    fn a_panic_is_told_without_the_secret() {
        let redactor = Redactor::default();
        redactor.add("token", &SecretString::from("what-pays-the-bill".to_owned())).unwrap();
        let text = told(&redactor, "bad value \"what-pays-the-bill\"", " at src/x.rs:7", Some("0: what-pays-the-bill"));
        assert_eq!(
            text,
            "error: unexpected: bad value \"[secret]\" at src/x.rs:7\nhint: this is a bug in checkride\n0: [secret]\n"
        );
    }
}
