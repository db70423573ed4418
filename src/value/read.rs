//! Expressions and templates out of tables.

use std::collections::BTreeMap;

use super::{Expr, ExprFault, FaultKind, Template, ValueTemplate};
use crate::source::reader::{Entry, Node, NodeValue, Reader, Table};
use crate::source::{Diagnostic, Located, Span};

/// Reports the faults of a text that stands in `literal` (quotes included).
pub(crate) fn report(reader: &Reader<'_>, literal: Span, faults: Vec<ExprFault>) {
    for fault in faults {
        let span = reader.sources().within(literal, fault.start, fault.end);
        let label = match fault.kind {
            FaultKind::Function => "no such function",
            FaultKind::Syntax | FaultKind::Arguments | FaultKind::Type | FaultKind::Limit => "",
        };
        reader.push(Diagnostic::error(fault.kind.code(), fault.message).at(span, label).maybe_help(fault.help));
    }
}

/// A text as an expression.
pub fn expression_of(reader: &Reader<'_>, text: &Located<String>) -> Option<Located<Expr>> {
    match Expr::parse(&text.value) {
        Ok(expr) => Some(Located::new(expr, text.span)),
        Err(faults) => {
            report(reader, text.span, faults);
            None
        }
    }
}

fn condition_of(reader: &Reader<'_>, text: &Located<String>) -> Option<Located<Expr>> {
    let expr = expression_of(reader, text)?;
    if let Some(fault) = expr.value.not_a_condition() {
        report(reader, text.span, vec![fault]);
        return None;
    }
    Some(expr)
}

/// A key with an expression.
pub fn expression(table: &Table<'_>, key: &str) -> Option<Located<Expr>> {
    expression_of(table.reader(), &table.text(key)?)
}

/// A key with a condition.
pub fn condition(table: &Table<'_>, key: &str) -> Option<Located<Expr>> {
    condition_of(table.reader(), &table.text(key)?)
}

/// A key with a list of conditions.
pub fn conditions(table: &Table<'_>, key: &str) -> Vec<Located<Expr>> {
    let texts = table.texts(key).unwrap_or_default();
    texts.iter().filter_map(|text| condition_of(table.reader(), text)).collect()
}

/// A key with a table of expressions, in the order of the file.
pub fn expression_map(table: &Table<'_>, key: &str) -> Vec<(Located<String>, Located<Expr>)> {
    let texts = table.text_map(key).unwrap_or_default();
    texts.into_iter().filter_map(|(name, text)| Some((name, expression_of(table.reader(), &text)?))).collect()
}

/// A text as a template.
pub fn template_of(reader: &Reader<'_>, text: &Located<String>) -> Option<Template> {
    match Template::parse(&text.value) {
        Ok(template) => Some(template.at(text.span)),
        Err(faults) => {
            report(reader, text.span, faults);
            None
        }
    }
}

/// A key with a template.
pub fn template(table: &Table<'_>, key: &str) -> Option<Template> {
    template_of(table.reader(), &table.text(key)?)
}

/// A key with a list of templates. None when the key is not there, or one of them has a fault.
pub fn templates(table: &Table<'_>, key: &str) -> Option<Vec<Template>> {
    let expected = table.list(key)?.len();
    let texts = table.texts(key)?;
    let list: Vec<Template> = texts.iter().filter_map(|text| template_of(table.reader(), text)).collect();
    (list.len() == expected).then_some(list)
}

/// A key with a table of templates.
pub fn template_map(table: &Table<'_>, key: &str) -> BTreeMap<String, Template> {
    let texts = table.text_map(key).unwrap_or_default();
    texts.into_iter().filter_map(|(name, text)| Some((name.value, template_of(table.reader(), &text)?))).collect()
}

/// A key with a table of values whose strings are templates.
pub fn value_map(table: &Table<'_>, key: &str) -> BTreeMap<String, ValueTemplate> {
    let entries = table.map(key).unwrap_or_default();
    let value = |node: &Node| value_of(table.reader(), node);
    entries.iter().filter_map(|entry| Some((entry.key.value.clone(), value(&entry.node)?))).collect()
}

/// A key with any value, whose strings are templates.
pub fn value_tree(table: &Table<'_>, key: &str) -> Option<ValueTemplate> {
    value_of(table.reader(), &table.entry(key)?.node)
}

/// A key with a table of values whose strings are templates, in the order of the file. Empty when the key is not there; none
/// when one of the values has a fault.
pub fn value_entries(table: &Table<'_>, key: &str) -> Option<Vec<(String, ValueTemplate)>> {
    let entry = |entry: &Entry| Some((entry.key.value.clone(), value_of(table.reader(), &entry.node)?));
    // Each is read, so that each fault is told.
    let read: Vec<_> = table.map(key).unwrap_or_default().iter().map(entry).collect();
    read.into_iter().collect()
}

fn value_of(reader: &Reader<'_>, node: &Node) -> Option<ValueTemplate> {
    Some(match &node.value {
        NodeValue::Text(text) => ValueTemplate::Text(template_of(reader, &Located::new(text.clone(), node.span))?),
        NodeValue::Integer(_) | NodeValue::Float(_) | NodeValue::Boolean(_) | NodeValue::Datetime(_) => {
            ValueTemplate::Fixed(node.to_json())
        }
        NodeValue::List(items) => {
            ValueTemplate::List(items.iter().map(|item| value_of(reader, item)).collect::<Option<_>>()?)
        }
        NodeValue::Table(tree) => {
            let entry = |entry: &Entry| Some((entry.key.value.clone(), value_of(reader, &entry.node)?));
            ValueTemplate::Map(tree.entries.iter().map(entry).collect::<Option<_>>()?)
        }
    })
}
