//! A failure on the page: what was expected against what was found, the line that asked, causes, and what to do.

use crate::event::{Failure, FailureKind};
use crate::report::failure::{kind_words, value_text_within};
use crate::report::plain::plain_lines;

/// The longest value on the page, in characters. The journal has all of it.
const VALUE_MAX: usize = 4000;

/// A failure, for the templates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct FailurePart {
    pub(super) kind: String,
    pub(super) message: String,
    /// The expression that should have held.
    pub(super) expected: Option<String>,
    /// Each path in it, and its value.
    pub(super) actual: Vec<(String, String)>,
    /// `path:line:column`.
    pub(super) place: Option<String>,
    pub(super) line: Option<LinePart>,
    pub(super) causes: Vec<String>,
    pub(super) remedy: Vec<String>,
    pub(super) request_id: Option<String>,
}

/// A line of the runbook, parted where the failure points.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct LinePart {
    pub(super) number: u32,
    pub(super) before: String,
    pub(super) marked: String,
}

impl FailurePart {
    pub(super) fn of(failure: &Failure) -> Self {
        let expression = failure.message.strip_prefix("expected `").and_then(|rest| rest.strip_suffix('`'));
        let expected = expression.filter(|_| failure.kind == FailureKind::Expectation).map(str::to_owned);
        let values = failure.values.iter();
        Self {
            kind: kind_words(&failure.kind),
            message: failure.message.clone(),
            expected,
            actual: values.map(|(path, value)| (path.clone(), value_text_within(value, VALUE_MAX))).collect(),
            place: failure.at.as_ref().map(|at| format!("{}:{}:{}", at.path, at.line, at.column)),
            line: LinePart::of(failure),
            causes: failure.causes.clone(),
            remedy: failure.remedy.as_deref().map(plain_lines).unwrap_or_default(),
            request_id: failure.request_id.clone(),
        }
    }
}

impl LinePart {
    fn of(failure: &Failure) -> Option<Self> {
        let at = failure.at.as_ref()?;
        // A step's head says no more than the place does.
        let line = failure.line.as_ref().filter(|line| !line.trim_start().starts_with("[["))?;
        let column = usize::try_from(at.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let split = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        Some(Self { number: at.line, before: line[..split].to_owned(), marked: line[split..].to_owned() })
    }
}
