//! Outputs of JSON, and of CBOR, which is read to JSON first.

use serde_json::{Map, Value};

use super::cbor;
use super::input::kind_of;
use super::output::{Odd, Within, blob, from_text, moment};
use super::reply::{Answer, ParseFault};
use crate::aws::api::model::{Flag, Location, Protocol, ShapeKind, ShapeRef};

/// The map that a body is; an empty one for an empty body.
pub(super) fn object(protocol: Protocol, answer: &Answer<'_>) -> Result<Map<String, Value>, ParseFault> {
    match any(protocol, answer)? {
        Some(Value::Object(object)) => Ok(object),
        Some(Value::Null) | None => Ok(Map::new()),
        Some(value) => Err(answer.foreign(format!("expected a map, found {}", kind_of(&value)))),
    }
}

/// The JSON that a body is; none for an empty body.
pub(super) fn any(protocol: Protocol, answer: &Answer<'_>) -> Result<Option<Value>, ParseFault> {
    if protocol == Protocol::Cbor && !answer.body.is_empty() {
        let value = cbor::decode(answer.body);
        return value.map(Some).map_err(|fault| answer.foreign(format!("the body is no CBOR: {fault}")));
    }
    if answer.is_blank() {
        return Ok(None);
    }
    serde_json::from_slice(answer.body)
        .map(Some)
        .map_err(|error| answer.foreign(format!("the body is no JSON: {error}")))
}

/// The members of a structure that stand in a body.
pub(super) fn members(shape: ShapeRef<'_>, mut object: Map<String, Value>) -> Result<Map<String, Value>, Odd> {
    let mut output = Map::new();
    for member in shape.members() {
        let of = shape.follow(&member.reference);
        if matches!(of.location(), Some(Location::Header | Location::Headers | Location::StatusCode)) {
            continue;
        }
        let name = of.location_name().unwrap_or(&member.name);
        let value = object.get_mut(name).map_or(Value::Null, Value::take);
        if !value.is_null() {
            output.insert(member.name.to_string(), read(of, value).below(&member.name)?);
        }
    }
    if shape.structure().is_some_and(|structure| structure.union) && output.is_empty() {
        // A newer service knows more choices than the model. The AWS CLI shows them so.
        let unknown = object.iter().find(|(name, value)| *name != "__type" && !value.is_null());
        if let Some((name, _)) = unknown {
            let name = name.clone();
            output.insert("SDK_UNKNOWN_MEMBER".to_owned(), serde_json::json!({ "name": name }));
        }
    }
    Ok(output)
}

/// A value from a body. Where a service sends another scalar than its model says, that is what it sent.
pub(super) fn read(shape: ShapeRef<'_>, value: Value) -> Result<Value, Odd> {
    let rest = shape.protocol() == Protocol::RestJson;
    Ok(match (shape.kind(), value) {
        (_, Value::Null) => Value::Null,
        (ShapeKind::Structure(structure), value) if structure.document => value,
        (ShapeKind::Structure(_), Value::Object(object)) => Value::Object(members(shape, object)?),
        (ShapeKind::List(item), Value::Array(items)) => {
            let items = items.into_iter().enumerate();
            items.map(|(index, value)| read(shape.follow(item), value).below_item(index)).collect::<Result<_, _>>()?
        }
        (ShapeKind::Map { value: of, .. }, Value::Object(object)) => {
            let of = shape.follow(of);
            let is_whole = matches!(of.kind(), ShapeKind::Structure(_) | ShapeKind::List(_) | ShapeKind::Map { .. });
            let mut map = Map::new();
            for (name, value) in object {
                if value.is_null() && is_whole && !shape.has(Flag::Sparse) {
                    continue;
                }
                let value = read(of, value).below(&name)?;
                map.insert(name, value);
            }
            Value::Object(map)
        }
        (ShapeKind::Blob, Value::String(text)) => blob(&text).ok_or_else(|| Odd::new("base64", "other text"))?,
        (ShapeKind::Timestamp, value) => moment(&value).ok_or_else(|| Odd::new("a time", kind_of(&value)))?,
        (ShapeKind::Float | ShapeKind::Double, Value::Number(number)) if rest => {
            number.as_f64().map_or(Value::Number(number), Value::from)
        }
        (ShapeKind::Integer | ShapeKind::Long, Value::String(text)) if rest => from_text(shape, &text)?,
        (
            ShapeKind::Text(_)
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean,
            value,
        ) => value,
        (ShapeKind::Structure(_) | ShapeKind::Map { .. }, value) => return Err(Odd::new("a map", kind_of(&value))),
        (ShapeKind::List(_), value) => return Err(Odd::new("a list", kind_of(&value))),
        (ShapeKind::Blob, value) => return Err(Odd::new("base64", kind_of(&value))),
    })
}
