//! A call of the AWS API in a file, held against the models: the operation, and what it is given.

use crate::aws::api::client::{Operation, ResolveFault, resolve};
use crate::aws::api::validate::{Fault, FaultKind, Given, validate};
use crate::aws::api::{Path, PathPart};
use crate::catalog::codes::{AWS_INPUT, AWS_INPUT_DOUBTFUL, AWS_OPERATION};
use crate::source::reader::{Entry, Node, NodeValue, Reader};
use crate::source::{Diagnostic, Located, Span, suggest};
use crate::value::{Template, ValueTemplate};

/// The operation of a name. One that is none goes to the reader as a fault.
pub fn resolve_call(call: &Located<String>, reader: &Reader<'_>) -> Option<Operation> {
    match resolve(&call.value) {
        Ok(operation) => Some(operation),
        Err(fault) => {
            reader.push(unresolved(call, &fault));
            None
        }
    }
}

/// Holds the parameters of a call against the model of its operation; `entries` are the same in the file. `known` says what
/// is known before the run of a string that is one `${…}`. What does not fit goes to the reader.
pub fn refuse_input<'a>(
    operation: Operation,
    call: &Located<String>,
    with: &'a [(String, ValueTemplate)],
    entries: &[Entry],
    reader: &Reader<'_>,
    known: &impl Fn(&'a Template) -> Given<'a>,
) {
    let given = Given::Map(with.iter().map(|(name, value)| (name.as_str(), given(value, known))).collect());
    for fault in validate(operation.service(), operation.model(), &given) {
        let replaced = node(entries, &fault.path).is_some_and(is_replaced);
        let of_size = matches!(fault.kind, FaultKind::TooSmall { .. } | FaultKind::TooLarge { .. });
        // Of what is replaced only the type is known.
        if !(replaced && of_size) {
            reader.push(refused(operation, call, entries, &fault));
        }
    }
}

/// A value, as far as it is known before the run.
fn given<'a>(value: &'a ValueTemplate, known: &impl Fn(&'a Template) -> Given<'a>) -> Given<'a> {
    match value {
        ValueTemplate::Fixed(value) => Given::from(value),
        ValueTemplate::Text(template) => match template.literal() {
            Some(text) => Given::Text(text),
            None if template.is_whole() => known(template),
            None => Given::SomeText,
        },
        ValueTemplate::List(items) => Given::List(items.iter().map(|item| given(item, known)).collect()),
        ValueTemplate::Map(entries) => {
            Given::Map(entries.iter().map(|(name, value)| (name.as_str(), given(value, known))).collect())
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
    if is_key
        && let Some((PathPart::Name(name), before)) = path.0.split_last()
        && let Some(entry) = entries_at(entries, before)?.iter().find(|entry| entry.key.value == *name)
    {
        return Some(entry.key.span);
    }
    node(entries, path).map(|node| node.span)
}

fn entries_at<'a>(entries: &'a [Entry], path: &[PathPart]) -> Option<&'a [Entry]> {
    if path.is_empty() {
        return Some(entries);
    }
    match &node(entries, &Path(path.to_vec()))?.value {
        NodeValue::Table(tree) => Some(&tree.entries),
        NodeValue::Text(_)
        | NodeValue::Integer(_)
        | NodeValue::Float(_)
        | NodeValue::Boolean(_)
        | NodeValue::Datetime(_)
        | NodeValue::List(_) => None,
    }
}

/// What stands at a path; the nearest that holds it, where it is made by an expression.
fn node<'a>(entries: &'a [Entry], path: &Path) -> Option<&'a Node> {
    let (first, rest) = path.0.split_first()?;
    let PathPart::Name(name) = first else { return None };
    let mut at = &entries.iter().find(|entry| entry.key.value == *name)?.node;
    for part in rest {
        at = match (part, &at.value) {
            (PathPart::Index(index), NodeValue::List(items)) => items.get(*index)?,
            (PathPart::Name(name), NodeValue::Table(tree)) => &tree.get(name)?.node,
            _ => return Some(at),
        };
    }
    Some(at)
}

fn is_replaced(node: &Node) -> bool {
    matches!(&node.value, NodeValue::Text(text) if text.contains("${"))
}
