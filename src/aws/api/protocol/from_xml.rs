//! Outputs of XML.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

use super::output::{LEVELS, Odd, Within, from_text};
use super::reply::{Answer, ParseFault};
use crate::aws::api::model::{Flag, Location, ShapeKind, ShapeRef};

/// More elements than any page of any service has.
const NODES: u32 = 4_000_000;

/// Reads a body. Document types, and with them entities, are refused.
pub(super) fn document<'a>(answer: &Answer<'a>) -> Result<Document<'a>, ParseFault> {
    let text = std::str::from_utf8(answer.body).map_err(|_| answer.foreign("the body is no XML: it is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| answer.foreign(format!("the body is no XML: {error}")))?;
    if tag(document.root_element()).eq_ignore_ascii_case("html") {
        return Err(answer.foreign("the body is a page of HTML"));
    }
    Ok(document)
}

/// The local name of an element.
pub(super) fn tag<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

/// The elements in an element.
pub(super) fn elements<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The first element of that name in an element.
pub(super) fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|child| tag(*child) == name)
}

/// The text of an element, with what comments part put together again.
pub(super) fn text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|part| part.text()).collect()
}

/// The members of a structure that stand in an element.
pub(super) fn members(shape: ShapeRef<'_>, node: Node<'_, '_>, levels: usize) -> Result<Map<String, Value>, Odd> {
    let levels = levels.checked_sub(1).ok_or_else(|| Odd::new("fewer levels", format!("more than {LEVELS}")))?;
    let children: Vec<Node<'_, '_>> = elements(node).collect();
    let mut output = Map::new();
    // Members come in the model's order, mostly: the search for the next begins where the last one was found.
    let mut last = 0;
    for member in shape.members() {
        let of = shape.follow(&member.reference);
        if matches!(of.location(), Some(Location::Header | Location::Headers | Location::StatusCode)) {
            continue;
        }
        let name = of.location_name().unwrap_or(&member.name);
        if of.has(Flag::XmlAttribute) {
            let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
            if let Some(attribute) = node.attributes().find(|attribute| attribute.name() == local) {
                output.insert(member.name.to_string(), from_text(of, attribute.value()).below(&member.name)?);
            }
            continue;
        }
        let find = |name: &str| {
            let (before, after) = children.split_at(last);
            let later = after.iter().position(|child| tag(*child) == name).map(|position| position + last);
            later.or_else(|| before.iter().position(|child| tag(*child) == name))
        };
        // The items of a flattened list have the list's name, or in old models a name of their own.
        let item = of.item().filter(|_| of.has(Flag::Flattened)).and_then(ShapeRef::location_name);
        let names = [Some(name), item];
        let Some((first, name)) = names.into_iter().flatten().find_map(|name| Some((find(name)?, name))) else {
            continue;
        };
        last = first;
        let value = if of.has(Flag::Flattened) {
            let same: Vec<Node<'_, '_>> = children.iter().copied().filter(|child| tag(*child) == name).collect();
            flattened(of, &same, levels)
        } else {
            read(of, children[first], levels)
        };
        output.insert(member.name.to_string(), value.below(&member.name)?);
    }
    if shape.structure().is_some_and(|structure| structure.union)
        && output.is_empty()
        && let Some(unknown) = children.first()
    {
        // A newer service knows more choices than the model. The AWS CLI shows them so.
        output.insert("SDK_UNKNOWN_MEMBER".to_owned(), serde_json::json!({ "name": tag(*unknown) }));
    }
    Ok(output)
}

fn flattened(shape: ShapeRef<'_>, nodes: &[Node<'_, '_>], levels: usize) -> Result<Value, Odd> {
    match shape.kind() {
        ShapeKind::List(item) => items(shape.follow(item), nodes.iter().copied(), levels),
        ShapeKind::Map { .. } => entries(shape, nodes.iter().copied(), levels),
        ShapeKind::Structure(_)
        | ShapeKind::Text(_)
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Blob
        | ShapeKind::Timestamp => nodes.first().map_or(Ok(Value::Null), |node| read(shape, *node, levels)),
    }
}

/// A value from an element.
pub(super) fn read(shape: ShapeRef<'_>, node: Node<'_, '_>, levels: usize) -> Result<Value, Odd> {
    match shape.kind() {
        ShapeKind::Structure(_) => members(shape, node, levels).map(Value::Object),
        ShapeKind::List(_) if shape.has(Flag::Flattened) => flattened(shape, &[node], levels),
        ShapeKind::List(item) => items(shape.follow(item), elements(node), levels),
        ShapeKind::Map { .. } if shape.has(Flag::Flattened) => entries(shape, std::iter::once(node), levels),
        ShapeKind::Map { .. } => entries(shape, elements(node), levels),
        ShapeKind::Text(_)
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Blob
        | ShapeKind::Timestamp => from_text(shape, &text(node)),
    }
}

fn items<'a, 'i: 'a>(
    item: ShapeRef<'_>,
    nodes: impl Iterator<Item = Node<'a, 'i>>,
    levels: usize,
) -> Result<Value, Odd> {
    let levels = levels.checked_sub(1).ok_or_else(|| Odd::new("fewer levels", format!("more than {LEVELS}")))?;
    nodes.enumerate().map(|(index, node)| read(item, node, levels).below_item(index)).collect()
}

fn entries<'a, 'i: 'a>(
    shape: ShapeRef<'_>,
    nodes: impl Iterator<Item = Node<'a, 'i>>,
    levels: usize,
) -> Result<Value, Odd> {
    let levels = levels.checked_sub(1).ok_or_else(|| Odd::new("fewer levels", format!("more than {LEVELS}")))?;
    let Some((key, value)) = shape.entry() else { return Ok(Value::Null) };
    let mut map = Map::new();
    for node in nodes {
        let name = child(node, key.location_name().unwrap_or("key"));
        let of = child(node, value.location_name().unwrap_or("value"));
        let (Some(name), Some(of)) = (name, of) else { return Err(Odd::new("a key and a value", tag(node))) };
        let name = text(name);
        let of = read(value, of, levels).below(&name)?;
        map.insert(name, of);
    }
    Ok(Value::Object(map))
}
