//! Reading a file of checks.

use std::sync::LazyLock;

use serde_json::Number;

use crate::aws::api::client::Operation;
use crate::aws::api::validate::Given;
use crate::catalog::call::{refuse_input, resolve_call};
use crate::catalog::codes::CHECK_CALL_WRITES;
use crate::catalog::keys::{CALL_KEYS, CHECK_KEYS, EXPECT_KEYS, FILE_KEYS};
use crate::catalog::members::check_members;
use crate::catalog::model::{AllowEmpty, Call, Check, Expectation, Origin, Severity};
use crate::catalog::names::check_names;
use crate::catalog::params::{is_name, read_params};
use crate::source::reader::{Document, Entry, KeySpec, Node, NodeValue, Reader, Table, Tree};
use crate::source::{Diagnostic, INVALID_VALUE, Located, Span, UNSUPPORTED_FORMAT, WRONG_TYPE};
use crate::value::{InputType, Template, condition, expression, template, template_of, value_entries};

/// The version of the format.
const FORMAT: i64 = 1;

/// How many pages are read when a call does not say.
const PAGES: usize = 100;

/// What became of a file.
#[derive(Debug, Default)]
pub(super) struct ReadFile {
    /// The checks with no fault.
    pub(super) checks: Vec<Check>,
    /// The ids of those with one.
    pub(super) broken: Vec<String>,
}

/// Reads the checks of a file. `hold`: against AWS's models, too. All faults go to the reader.
pub(super) fn read_file(document: &Document, origin: &Origin, hold: bool, reader: &Reader<'_>) -> ReadFile {
    let start = Span::new(document.source, 0, 0);
    let top = Table::new(&document.root, start, "the file of checks", FILE_KEYS, reader);
    let mut read = ReadFile::default();
    if let Some(entry) = top.entry("format")
        && !matches!(entry.node.value, NodeValue::Integer(FORMAT))
    {
        let found = reader.sources().text(entry.node.span);
        let fault = Diagnostic::error(UNSUPPORTED_FORMAT, format!("format {found} is not read by this version"));
        reader.push(fault.at(entry.node.span, "").help(format!("write `format = {FORMAT}`")));
        return read;
    }
    let nodes = top.list("check").unwrap_or_default();
    for (index, node) in nodes.iter().enumerate() {
        let own = Reader::new(reader.sources());
        let end = nodes.get(index + 1).map(|next| next.span.start);
        let (id, check) = read_check(node, end, origin, hold, &own);
        let faulty = own.has_errors();
        reader.extend(own.into_diagnostics());
        match check {
            Some(check) if !faulty => read.checks.push(check),
            Some(_) | None => read.broken.extend(id),
        }
    }
    top.finish();
    read
}

/// The ids of the checks of a file, in its order; nothing else is read.
pub(super) fn ids_of(document: &Document) -> Vec<String> {
    let id = |node: &Node| match &tree_of(node)?.get("id")?.node.value {
        NodeValue::Text(id) => Some(id.clone()),
        NodeValue::Integer(_)
        | NodeValue::Float(_)
        | NodeValue::Boolean(_)
        | NodeValue::Datetime(_)
        | NodeValue::List(_)
        | NodeValue::Table(_) => None,
    };
    nodes_of(document).iter().map(|node| id(node).unwrap_or_default()).collect()
}

/// One check of a file, not held against AWS's models.
pub(super) fn read_one(document: &Document, position: usize, origin: &Origin, reader: &Reader<'_>) -> Option<Check> {
    let nodes = nodes_of(document);
    let end = nodes.get(position + 1).map(|next| next.span.start);
    read_check(nodes.get(position)?, end, origin, false, reader).1
}

fn nodes_of(document: &Document) -> &[Node] {
    match document.root.get("check").map(|entry| &entry.node.value) {
        Some(NodeValue::List(nodes)) => nodes,
        Some(_) | None => &[],
    }
}

fn read_check(
    node: &Node,
    end: Option<u32>,
    origin: &Origin,
    hold: bool,
    reader: &Reader<'_>,
) -> (Option<String>, Option<Check>) {
    let Some(mut table) = table_of(node, "a check", CHECK_KEYS, reader) else { return (None, None) };
    let id = table.text("id");
    if let Some(id) = &id {
        table.rename(format!("check `{}`", id.value));
        if !is_id(&id.value) {
            let help = "a lower-case letter, then lower-case letters, digits and `-`, 64 at most";
            table.invalid(id.span, format!("`{}` is no id of a check", id.value), Some(help.to_owned()));
        }
    }
    let written = id.as_ref().map(|id| id.value.clone());
    let title = line(&table, "title");
    let severity = table.choice("severity").and_then(|word| Severity::of(word.value));
    let about = table.text("about").map(|about| about.value);
    let remedy = template(&table, "remedy");
    let reference = table.text("reference");
    if let Some(reference) = &reference
        && !reference.value.starts_with("https://")
    {
        table.invalid(reference.span, "a reference is an `https` address", None);
    }
    let controls = table.texts("controls").unwrap_or_default().into_iter().map(|control| control.value).collect();
    let params = read_params(&table);
    let calls = several(&table, "call", |call| read_call(call, reader));
    let expects = several(&table, "expect", |expect| read_expect(expect, reader));
    let text = text_of(node, end, reader);
    table.finish();
    let check = (|| {
        Some(Check {
            id: id?,
            title: title?,
            severity: severity?,
            about: about?.trim().to_owned(),
            remedy: remedy?,
            reference: reference.map(|reference| reference.value),
            controls,
            params: params?,
            calls: calls?,
            expects: expects?,
            origin: origin.clone(),
            text,
        })
    })();
    if let Some(check) = &check {
        duplicate_calls(check, reader);
        check_names(check, reader);
        if hold {
            hold_calls(check, node, reader);
        }
    }
    (written, check)
}

/// The bytes of a check: from its header to the next one's.
fn text_of(node: &Node, end: Option<u32>, reader: &Reader<'_>) -> String {
    let text = &reader.sources().get(node.span.source).text;
    let end = end.map_or(text.len(), |end| end as usize);
    text.get(node.span.start as usize..end).unwrap_or_default().trim_end().to_owned()
}

fn table_of<'a>(node: &'a Node, what: &str, keys: &'static [KeySpec], reader: &'a Reader<'a>) -> Option<Table<'a>> {
    if let NodeValue::Table(tree) = &node.value {
        return Some(Table::new(tree, node.span, what, keys, reader));
    }
    let fault = Diagnostic::error(WRONG_TYPE, format!("{what} is a table"));
    reader.push(fault.at(node.span, format!("this is {}", node.type_name())));
    None
}

/// A text of one line.
fn line(table: &Table<'_>, key: &str) -> Option<String> {
    let text = table.text(key)?;
    if text.value.contains('\n') {
        table.invalid(text.span, format!("`{key}` is one line"), Some("use `about`".to_owned()));
        return None;
    }
    Some(text.value)
}

/// The tables of a list that must not be empty; none when one of them has a fault.
fn several<'a, T>(table: &Table<'a>, key: &str, read: impl Fn(&'a Node) -> Option<T>) -> Option<Vec<T>> {
    let nodes = table.list(key)?;
    if nodes.is_empty() {
        let span = table.entry(key).map_or(table.span(), |entry| entry.node.span);
        table.invalid(span, format!("{} has no `{key}`", table.what()), None);
        return None;
    }
    let all: Vec<Option<T>> = nodes.iter().map(read).collect();
    all.into_iter().collect()
}

fn read_call(node: &Node, reader: &Reader<'_>) -> Option<Call> {
    let mut table = table_of(node, "a call", CALL_KEYS, reader)?;
    let id = table.text("id");
    if let Some(id) = &id {
        table.rename(format!("call `{}`", id.value));
        if !is_name(&id.value) {
            let help = "a lower-case letter, then lower-case letters, digits and `_`; not a word of the language";
            table.invalid(id.span, format!("`{}` is no id of a call", id.value), Some(help.to_owned()));
        }
    }
    let call = table.text("call");
    let with = value_entries(&table, "with");
    let pages = table.integer("pages", 1, 10_000).map_or(PAGES, |pages| usize::try_from(pages.value).unwrap_or(1));
    let for_each = expression(&table, "for_each");
    let when = condition(&table, "when");
    table.finish();
    Some(Call { id: id?, call: call?, with: with?, pages, for_each, when })
}

fn read_expect(node: &Node, reader: &Reader<'_>) -> Option<Expectation> {
    let table = table_of(node, "an expectation", EXPECT_KEYS, reader)?;
    let that = condition(&table, "that");
    let for_each = expression(&table, "for_each");
    let name = expression(&table, "name");
    let warns = table.choice("or").is_some_and(|word| word.value == "warn");
    let when = condition(&table, "when");
    let allow_empty = read_allow_empty(&table);
    for key in ["name", "allow_empty"] {
        if table.has(key) && !table.has("for_each") {
            let span = table.key_span(key).unwrap_or(table.span());
            table.invalid(span, format!("`{key}` needs a `for_each`"), None);
        }
    }
    table.finish();
    Some(Expectation { that: that?, for_each, name, warns, when, allow_empty: allow_empty? })
}

fn read_allow_empty(table: &Table<'_>) -> Option<AllowEmpty> {
    let Some(entry) = table.entry("allow_empty") else { return Some(AllowEmpty::Fixed(false)) };
    match &entry.node.value {
        NodeValue::Boolean(truth) => Some(AllowEmpty::Fixed(*truth)),
        NodeValue::Text(text) => {
            let given = template_of(table.reader(), &Located::new(text.clone(), entry.node.span))?;
            if given.is_whole() {
                return Some(AllowEmpty::Given(given));
            }
            let help = "`true`, `false`, or a parameter: `\"${param.allow_empty}\"`";
            table.invalid(entry.node.span, "`allow_empty` is no text", Some(help.to_owned()));
            None
        }
        NodeValue::Integer(_)
        | NodeValue::Float(_)
        | NodeValue::Datetime(_)
        | NodeValue::List(_)
        | NodeValue::Table(_) => {
            let fault = Diagnostic::error(WRONG_TYPE, "`allow_empty` takes `true`, `false` or a parameter");
            table.reader().push(fault.at(entry.node.span, format!("this is {}", entry.node.type_name())));
            None
        }
    }
}

fn duplicate_calls(check: &Check, reader: &Reader<'_>) {
    for (index, call) in check.calls.iter().enumerate() {
        if let Some(first) = check.calls[..index].iter().find(|first| first.id == call.id) {
            let fault = Diagnostic::error(INVALID_VALUE, format!("the id `{}` is taken", call.id.value));
            reader.push(fault.at(call.id.span, "a second call").related(first.id.span, "the first one"));
        }
    }
}

/// Holds calls and paths against AWS's models.
fn hold_calls(check: &Check, node: &Node, reader: &Reader<'_>) {
    let mut operations: Vec<Option<Operation>> = Vec::new();
    for (index, call) in check.calls.iter().enumerate() {
        let operation = resolve_call(&call.call, reader);
        if let Some(operation) = operation {
            if operation.read().is_none() {
                reader.push(
                    Diagnostic::error(CHECK_CALL_WRITES, format!("{} is no read", operation.call()))
                        .at(call.call.span, "a check only looks"),
                );
            }
            let known = |template: &Template| known(check, template);
            refuse_input(operation, &call.call, &call.with, entries(node, index), reader, &known);
        }
        operations.push(operation);
    }
    check_members(check, &operations, reader);
}

/// What is known of a parameter before it is given: its type.
fn known(check: &Check, template: &Template) -> Given<'static> {
    static SOME_NUMBER: LazyLock<Number> = LazyLock::new(|| Number::from(1));
    let [reference] = template.references() else { return Given::Unknown };
    let plain = template.text() == format!("${{param.{}}}", reference.path.join("."));
    let Some(param) = reference.path.first().and_then(|name| check.param(name)).filter(|_| plain) else {
        return Given::Unknown;
    };
    let of = |ty: &InputType| match ty {
        InputType::Text { .. } | InputType::Choice(_) => Given::SomeText,
        InputType::Integer { .. } | InputType::OneOf(_) => Given::Number(&SOME_NUMBER),
        InputType::Boolean => Given::Bool(true),
        InputType::List(_) | InputType::Secret { .. } => Given::Unknown,
    };
    match &param.ty {
        InputType::List(item) => Given::List(vec![of(item)]),
        other => of(other),
    }
}

/// The parameters of a call, as they stand in the file.
fn entries(check: &Node, call: usize) -> &[Entry] {
    let calls = tree_of(check).and_then(|check| check.get("call")).map(|entry| &entry.node.value);
    let Some(NodeValue::List(calls)) = calls else { return &[] };
    let with = calls.get(call).and_then(tree_of).and_then(|call| call.get("with"));
    with.and_then(|with| tree_of(&with.node)).map_or(&[], |with| &with.entries)
}

fn tree_of(node: &Node) -> Option<&Tree> {
    if let NodeValue::Table(tree) = &node.value { Some(tree) } else { None }
}

/// Whether a text is an id of a check.
fn is_id(id: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    id.len() <= 64 && id.bytes().all(part) && id.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
}
