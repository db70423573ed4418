//! The `smithy-rpc-v2-cbor` protocol: the operation in the path, CBOR in the body.

use serde_json::Value;

use super::cbor::Writer;
use super::input::{InputFault, Within, given, list, map, text};
use super::request::Request;
use super::scalar::{Float, boolean, bytes, float, integer, moment};
use super::time;
use crate::aws::api::model::{Member, Operation, Service, ShapeKind, ShapeRef, TimestampFormat};

/// The `smithy-rpc-v2-cbor` protocol.
pub(super) fn serialize(service: &Service, operation: &Operation, input: &Value) -> Result<Request, InputFault> {
    let mut request = Request::new("POST");
    let target = service.metadata.target_prefix.as_deref().unwrap_or_default();
    request.path = format!("/service/{target}/operation/{}", operation.name);
    request.set_header("smithy-protocol", "rpc-v2-cbor");
    if service.metadata.query_compatible {
        request.set_header("x-amzn-query-mode", "true");
    }
    request.set_header("Accept", "application/cbor");
    if let Some(shape) = service.input(operation) {
        let mut writer = Writer::default();
        write(&mut writer, shape, input)?;
        request.body = writer.0;
        request.set_header("Content-Type", "application/cbor");
    }
    Ok(request)
}

fn members(writer: &mut Writer, members: &[(&Member, ShapeRef<'_>, &Value)]) -> Result<(), InputFault> {
    writer.map(members.len());
    for (member, shape, value) in members {
        writer.text(&member.name);
        write(writer, *shape, value).below(&member.name)?;
    }
    Ok(())
}

fn write(writer: &mut Writer, shape: ShapeRef<'_>, value: &Value) -> Result<(), InputFault> {
    match shape.kind() {
        _ if value.is_null() => writer.null(),
        ShapeKind::Structure(structure) if structure.document => any(writer, value),
        ShapeKind::Structure(_) => members(writer, &given(shape, value)?)?,
        ShapeKind::List(item) => {
            let items = list(value)?;
            writer.list(items.len());
            for (index, value) in items.iter().enumerate() {
                write(writer, shape.follow(item), value).below_item(index)?;
            }
        }
        ShapeKind::Map { value: of, .. } => {
            let entries = map(value)?;
            writer.map(entries.len());
            for (name, value) in entries {
                writer.text(name);
                write(writer, shape.follow(of), value).below(name)?;
            }
        }
        ShapeKind::Text(_) => writer.text(text(value)?),
        ShapeKind::Integer | ShapeKind::Long => writer.integer(&integer(value)?),
        ShapeKind::Float | ShapeKind::Double => match float(value)? {
            Float::Number(number) => writer.float(number.as_f64().unwrap_or(f64::NAN)),
            Float::Word("Infinity") => writer.float(f64::INFINITY),
            Float::Word("-Infinity") => writer.float(f64::NEG_INFINITY),
            Float::Word(_) => writer.float(f64::NAN),
        },
        ShapeKind::Boolean => writer.boolean(boolean(value)?),
        ShapeKind::Blob => writer.bytes(&bytes(value)?),
        ShapeKind::Timestamp => {
            writer.moment();
            any(writer, &time::write_json(moment(value)?, TimestampFormat::Unix));
        }
    }
    Ok(())
}

/// A value that no shape describes.
fn any(writer: &mut Writer, value: &Value) {
    match value {
        Value::Null => writer.null(),
        Value::Bool(value) => writer.boolean(*value),
        Value::Number(number) if number.is_f64() => writer.float(number.as_f64().unwrap_or(f64::NAN)),
        Value::Number(number) => writer.integer(number),
        Value::String(value) => writer.text(value),
        Value::Array(items) => {
            writer.list(items.len());
            for value in items {
                any(writer, value);
            }
        }
        Value::Object(entries) => {
            writer.map(entries.len());
            for (name, value) in entries {
                writer.text(name);
                any(writer, value);
            }
        }
    }
}
