//! Kinds whose step is about one of several things: a table, a cluster, a bucket. The key that names it says which.

use crate::source::reader::{KeySpec, Table};
use crate::source::{Code, Diagnostic};

/// Something that a step can be about.
pub(super) struct Subject<T: 'static> {
    /// The key that names it.
    pub(super) key: &'static str,
    /// The keys that it cannot do without.
    pub(super) required: &'static [&'static str],
    /// The keys that it takes beside them.
    pub(super) keys: &'static [&'static str],
    /// Reads a step that is about it.
    pub(super) read: fn(&Table<'_>) -> Option<T>,
}

/// Reads a step by what it is about. Nothing or several, and keys that are for another subject, are faults. `does`: what the
/// step does with it, `restores`.
pub(super) fn read_subject<T>(
    subjects: &'static [Subject<T>],
    keys: &[KeySpec],
    code: Code,
    does: &str,
    table: &Table<'_>,
) -> Option<T> {
    let given: Vec<&str> = keys.iter().map(|key| key.name).filter(|name| table.has(name)).collect();
    let named: Vec<_> = subjects.iter().filter(|subject| given.contains(&subject.key)).collect();
    let all = subjects.iter().map(|subject| format!("`{}`", subject.key)).collect::<Vec<_>>().join(", ");
    let fault = |key: Option<&str>, message: String, help: String| {
        let span = key.and_then(|key| table.key_span(key)).unwrap_or(table.span());
        table.reader().push(Diagnostic::error(code, message).at(span, "").help(help));
    };
    let subject = match named.as_slice() {
        [one] => *one,
        [] => {
            fault(None, format!("the step does not say what it {does}"), format!("give {all}"));
            return None;
        }
        [_, second, ..] => {
            fault(Some(second.key), format!("a step {does} one thing"), format!("one of {all} to a step"));
            return None;
        }
    };
    for spec in keys.iter().filter(|spec| subject.required.contains(&spec.name)) {
        table.require(spec);
    }
    let takes = |name: &str| name == subject.key || subject.required.contains(&name) || subject.keys.contains(&name);
    for other in given.into_iter().filter(|name| !takes(name)) {
        let message = format!("`{other}` is not for a step that {does} a `{}`", subject.key);
        fault(Some(other), message, "leave it out".to_owned());
    }
    (subject.read)(table)
}
