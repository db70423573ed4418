//! Values that are one piece of text on the wire: in forms, XML, headers, paths and queries.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use super::input::{InputFault, InputFaultKind, text, wrong};
use super::time;
use crate::aws::api::model::{ShapeKind, ShapeRef, TimestampFormat};

/// A scalar as text. A moment is written in `format` where the model names none.
pub(super) fn as_text<'a>(
    shape: ShapeRef<'_>,
    value: &'a Value,
    format: TimestampFormat,
) -> Result<Cow<'a, str>, InputFault> {
    Ok(match shape.kind() {
        ShapeKind::Text(_) => text(value)?.into(),
        ShapeKind::Integer | ShapeKind::Long => integer(value)?.to_string().into(),
        ShapeKind::Float | ShapeKind::Double => match float(value)? {
            Float::Number(number) => number.to_string().into(),
            Float::Word(word) => word.into(),
        },
        ShapeKind::Boolean => if boolean(value)? { "true" } else { "false" }.into(),
        ShapeKind::Blob => {
            bytes(value)?;
            text(value)?.into()
        }
        ShapeKind::Timestamp => time::write_text(moment(value)?, shape.timestamp_format().unwrap_or(format)).into(),
        ShapeKind::Structure(_) => return Err(wrong("a single value, which this is not in the model", value)),
        ShapeKind::List(_) | ShapeKind::Map { .. } => {
            return Err(wrong("a single value, which this is not in the model", value));
        }
    })
}

/// A whole number; one with an empty fraction is one, too.
pub(super) fn integer(value: &Value) -> Result<Number, InputFault> {
    let Value::Number(number) = value else { return Err(wrong("a whole number", value)) };
    if !number.is_f64() {
        return Ok(number.clone());
    }
    let fraction = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.0e15);
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    fraction.map(|float| (float as i64).into()).ok_or_else(|| wrong("a whole number", value))
}

/// A number with a fraction, or one of the words for what JSON has no number for.
pub(super) enum Float<'a> {
    /// A number.
    Number(&'a Number),
    /// `NaN`, `Infinity`, `-Infinity`.
    Word(&'a str),
}

pub(super) fn float(value: &Value) -> Result<Float<'_>, InputFault> {
    match value {
        Value::Number(number) => Ok(Float::Number(number)),
        Value::String(word) if ["NaN", "Infinity", "-Infinity"].contains(&word.as_str()) => Ok(Float::Word(word)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong("a number", value))
        }
    }
}

pub(super) fn boolean(value: &Value) -> Result<bool, InputFault> {
    value.as_bool().ok_or_else(|| wrong("a boolean", value))
}

/// The bytes of a blob, which is base64 in JSON.
pub(super) fn bytes(value: &Value) -> Result<Vec<u8>, InputFault> {
    STANDARD.decode(text(value)?).map_err(|_| InputFaultKind::NotBase64.into())
}

pub(super) fn moment(value: &Value) -> Result<chrono::DateTime<chrono::Utc>, InputFault> {
    time::read(value).ok_or_else(|| match value {
        Value::String(_) | Value::Number(_) => InputFaultKind::NotTime.into(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => wrong("a time", value),
    })
}

/// Whether text is the base64 of something.
pub(in crate::aws::api) fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok()
}

/// Whether text is a moment.
pub(in crate::aws::api) fn is_time(text: &str) -> bool {
    time::read_text(text).is_some()
}
