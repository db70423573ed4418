//! `aws`: any operation of the AWS API.

use crate::aws::api::client::{Operation, ResolveFault, resolve};
use crate::aws::api::validate::{Fault, FaultKind, Given, OutputType, output_type, validate};
use crate::aws::api::{Path, PathPart};
use crate::source::reader::{Entry, KeySpec, KeyType, Node, NodeValue, Table};
use crate::source::{Diagnostic, Located, Span, suggest};
use crate::step::Effect;
use crate::step::kind::codes::{AWS_INPUT, AWS_INPUT_DOUBTFUL, AWS_OPERATION};
use crate::value::{RefAt, ValueTemplate, value_entries};

/// The keys of `aws`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("call", KeyType::Text, "The operation: `service:Operation`, as in `dynamodb:DescribeTable`."),
    KeySpec::optional(
        "with",
        KeyType::Map(&KeyType::Any),
        "",
        "Its parameters, by the names of the AWS API. Bytes are base64, moments ISO 8601.",
    ),
    KeySpec::optional(
        "pages",
        KeyType::Integer,
        "100",
        "How many pages of an answer are read and put together, at most; 1 gives one page as the service sends it.",
    ),
];

/// How many pages are read when the step does not say.
const PAGES: usize = 100;

/// Any operation of the AWS API.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsCall {
    /// The operation.
    pub operation: Operation,
    /// Its parameters, in the order of the file.
    pub with: Vec<(String, ValueTemplate)>,
    /// How many pages of an answer are read, at most.
    pub pages: usize,
}

impl AwsCall {
    /// Reads the keys of `aws`, and holds the parameters against the model of the service.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let call = table.text("call");
        let with = value_entries(table, "with");
        let pages = table.integer("pages", 1, 10_000).map_or(PAGES, |pages| usize::try_from(pages.value).unwrap_or(1));
        let call = call?;
        let operation = match resolve(&call.value) {
            Ok(operation) => operation,
            Err(fault) => {
                table.reader().push(unresolved(&call, &fault));
                return None;
            }
        };
        let with = with?;
        let given = Given::Map(with.iter().map(|(name, value)| (name.as_str(), given(value))).collect());
        let nodes = table.map("with").unwrap_or_default();
        for fault in validate(operation.service(), operation.model(), &given) {
            table.reader().push(refused(operation, &call, nodes, &fault));
        }
        Some(Self { operation, with, pages })
    }

    /// What it may change when the step does not say.
    pub fn effect(&self) -> Effect {
        if self.operation.read().is_some() { Effect::Read } else { Effect::Write }
    }

    /// What the step may say that it changes: a read reads.
    pub fn effects(&self) -> &'static [Effect] {
        match self.operation.read() {
            Some(_) => &[Effect::Read],
            None => &[Effect::Write, Effect::Irreversible],
        }
    }

    /// What `out` looks like.
    pub fn output(&self) -> OutputType<'static> {
        output_type(self.operation.service(), self.operation.model())
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        self.with.iter().flat_map(|(_, value)| value.refs()).collect()
    }
}

/// A value, as far as it is known before the run.
fn given(value: &ValueTemplate) -> Given<'_> {
    match value {
        ValueTemplate::Fixed(value) => Given::from(value),
        ValueTemplate::Text(template) => match template.literal() {
            Some(text) => Given::Text(text),
            None if template.is_whole() => Given::Unknown,
            None => Given::SomeText,
        },
        ValueTemplate::List(items) => Given::List(items.iter().map(given).collect()),
        ValueTemplate::Map(entries) => {
            Given::Map(entries.iter().map(|(name, value)| (name.as_str(), given(value))).collect())
        }
    }
}

fn unresolved(call: &Located<String>, fault: &ResolveFault) -> Diagnostic {
    let diagnostic = Diagnostic::error(AWS_OPERATION, fault.to_string());
    match fault {
        ResolveFault::Form(_) => diagnostic.at(call.span, "").help("as in `dynamodb:DescribeTable`"),
        ResolveFault::Service { name, known } => {
            diagnostic.at(call.span, "unknown service").maybe_help(suggest::help(name, known.iter().copied()))
        }
        ResolveFault::Ambiguous { candidates, .. } => {
            diagnostic.at(call.span, "which one?").help(format!("write {}", suggest::list(candidates)))
        }
        ResolveFault::Operation { name, known, .. } => {
            diagnostic.at(call.span, "unknown operation").maybe_help(suggest::help(name, known.iter().copied()))
        }
        ResolveFault::Model(_) => diagnostic.at(call.span, ""),
    }
}

/// A parameter that the model does not take. The service's own words are not waited for.
fn refused(operation: Operation, call: &Located<String>, entries: &[Entry], fault: &Fault) -> Diagnostic {
    let name = if fault.path.0.is_empty() { operation.call() } else { format!("`{}`", fault.path) };
    let message = match &fault.kind {
        FaultKind::Unknown { .. } => format!("{} has no parameter {name}", operation.call()),
        FaultKind::Missing { name: missing } if fault.path.0.is_empty() => {
            format!("{} needs `{missing}`", operation.call())
        }
        FaultKind::Missing { name: missing } => format!("{name} needs `{missing}`"),
        kind @ (FaultKind::WrongType { .. }
        | FaultKind::NotInEnum { .. }
        | FaultKind::TooSmall { .. }
        | FaultKind::TooLarge { .. }
        | FaultKind::EmptyLabel
        | FaultKind::NotBase64
        | FaultKind::NotTime
        | FaultKind::UnionCount { .. }
        | FaultKind::EventStream
        | FaultKind::TooDeep) => format!("{name}: {kind}"),
    };
    let diagnostic = if fault.is_warning() {
        Diagnostic::warning(AWS_INPUT_DOUBTFUL, message)
    } else {
        Diagnostic::error(AWS_INPUT, message)
    };
    let last = fault.path.0.last().and_then(|part| match part {
        PathPart::Name(name) => Some(name.as_str()),
        PathPart::Index(_) => None,
    });
    let is_key = matches!(fault.kind, FaultKind::Unknown { .. });
    let span = place(entries, &fault.path, is_key).unwrap_or(call.span);
    match (&fault.kind, last) {
        (FaultKind::Unknown { known }, Some(name)) => {
            diagnostic.at(span, "unknown parameter").maybe_help(suggest::help(name, known.iter().map(String::as_str)))
        }
        (FaultKind::NotInEnum { choices }, _) => {
            let words: Vec<&str> = choices.iter().map(String::as_str).collect();
            diagnostic.at(span, "").help(format!("the model knows {}", suggest::list(&words)))
        }
        _ => diagnostic.at(span, ""),
    }
}

/// Where something stands in the file. `is_key`: the last name itself, not its value.
fn place(entries: &[Entry], path: &Path, is_key: bool) -> Option<Span> {
    let (first, rest) = path.0.split_first()?;
    let PathPart::Name(name) = first else { return None };
    let entry = entries.iter().find(|entry| entry.key.value == *name)?;
    if rest.is_empty() {
        return Some(if is_key { entry.key.span } else { entry.node.span });
    }
    within(&entry.node, rest, is_key)
}

fn within(node: &Node, path: &[PathPart], is_key: bool) -> Option<Span> {
    let Some((first, rest)) = path.split_first() else { return Some(node.span) };
    match (first, &node.value) {
        (PathPart::Index(index), NodeValue::List(items)) => within(items.get(*index)?, rest, is_key),
        (PathPart::Name(_), NodeValue::Table(tree)) => place(&tree.entries, &Path(path.to_vec()), is_key),
        _ => Some(node.span),
    }
}
