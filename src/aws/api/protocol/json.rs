//! Bodies of JSON, and the `json` protocol.

use serde_json::{Map, Value};

use super::input::{InputFault, Within, given, list, map, text};
use super::request::Request;
use super::scalar::{Float, boolean, bytes, float, integer, moment};
use super::time;
use crate::aws::api::model::{Member, Operation, Service, ShapeKind, ShapeRef, TimestampFormat};

/// The `json` protocol.
pub(super) fn serialize(service: &Service, operation: &Operation, input: &Value) -> Result<Request, InputFault> {
    let mut request = Request::new(&operation.method);
    let target = service.metadata.target_prefix.as_deref().unwrap_or_default();
    let version = service.metadata.json_version.as_deref().unwrap_or("1.0");
    request.set_header("X-Amz-Target", format!("{target}.{}", operation.name));
    request.set_header("Content-Type", format!("application/x-amz-json-{version}"));
    if service.metadata.query_compatible {
        request.set_header("x-amzn-query-mode", "true");
    }
    let body = match service.input(operation) {
        Some(shape) => write(shape, input)?,
        None => Value::Object(Map::new()),
    };
    request.body = body.to_string().into_bytes();
    Ok(request)
}

/// Members as a JSON object.
pub(super) fn members(members: &[(&Member, ShapeRef<'_>, &Value)]) -> Result<Value, InputFault> {
    let mut object = Map::new();
    for (member, shape, value) in members {
        let name = shape.location_name().unwrap_or(&member.name);
        object.insert(name.to_owned(), write(*shape, value).below(&member.name)?);
    }
    Ok(Value::Object(object))
}

/// A value as JSON on the wire.
pub(super) fn write(shape: ShapeRef<'_>, value: &Value) -> Result<Value, InputFault> {
    Ok(match shape.kind() {
        ShapeKind::Structure(structure) if structure.document => value.clone(),
        ShapeKind::Structure(_) => members(&given(shape, value)?)?,
        ShapeKind::List(item) => {
            let items = list(value)?.iter().enumerate();
            items
                .map(|(index, value)| nullable(shape.follow(item), value).below_item(index))
                .collect::<Result<Vec<_>, _>>()?
                .into()
        }
        ShapeKind::Map { value: of, .. } => {
            let mut object = Map::new();
            for (key, value) in map(value)? {
                object.insert(key.clone(), nullable(shape.follow(of), value).below(key)?);
            }
            Value::Object(object)
        }
        ShapeKind::Text(_) => text(value)?.into(),
        ShapeKind::Integer | ShapeKind::Long => Value::Number(integer(value)?),
        ShapeKind::Float | ShapeKind::Double => match float(value)? {
            Float::Number(number) => Value::Number(number.clone()),
            Float::Word(word) => word.into(),
        },
        ShapeKind::Boolean => boolean(value)?.into(),
        ShapeKind::Blob => {
            bytes(value)?;
            value.clone()
        }
        ShapeKind::Timestamp => {
            time::write_json(moment(value)?, shape.timestamp_format().unwrap_or(TimestampFormat::Unix))
        }
    })
}

/// Items and entries may be null: sparse ones mean something by it.
fn nullable(shape: ShapeRef<'_>, value: &Value) -> Result<Value, InputFault> {
    if value.is_null() { Ok(Value::Null) } else { write(shape, value) }
}
