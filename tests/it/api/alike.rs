//! The suites write blobs as plain text and moments as numbers; the generic client speaks base64 and ISO 8601.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use checkride::aws::api::model::{ShapeKind, ShapeRef};
use chrono::DateTime;
use serde_json::Value;

/// The input of a case, with its blobs in base64.
pub(super) fn input(shape: ShapeRef<'_>, value: &Value) -> Value {
    match (shape.kind(), value) {
        (ShapeKind::Structure(structure), Value::Object(object)) if !structure.document => object
            .iter()
            .map(|(name, value)| {
                let member = shape.member(name).unwrap_or_else(|| panic!("no member {name}"));
                (name.clone(), input(shape.follow(&member.reference), value))
            })
            .collect(),
        (ShapeKind::List(item), Value::Array(items)) => {
            items.iter().map(|value| input(shape.follow(item), value)).collect()
        }
        (ShapeKind::Map { value: of, .. }, Value::Object(object)) => {
            object.iter().map(|(name, value)| (name.clone(), input(shape.follow(of), value))).collect()
        }
        (ShapeKind::Blob, Value::String(text)) => STANDARD.encode(text).into(),
        (_, value) => value.clone(),
    }
}

/// Says where what was read is not what the suite expects.
pub(super) fn compare(shape: ShapeRef<'_>, ours: &Value, theirs: &Value, path: &str) -> Result<(), String> {
    let differ = || Err(format!("{path}: {ours} and not {theirs}"));
    match (shape.kind(), ours, theirs) {
        (ShapeKind::Structure(structure), Value::Object(our), Value::Object(their)) if !structure.document => {
            if our.len() != their.len() {
                return differ();
            }
            for (name, theirs) in their {
                let Some(ours) = our.get(name) else { return Err(format!("{path}: no {name} in {ours}")) };
                match shape.member(name) {
                    Some(member) => compare(shape.follow(&member.reference), ours, theirs, &format!("{path}.{name}"))?,
                    None if ours == theirs => {}
                    None => return differ(),
                }
            }
            Ok(())
        }
        (ShapeKind::List(item), Value::Array(our), Value::Array(their)) => {
            if our.len() != their.len() {
                return differ();
            }
            let mut pairs = our.iter().zip(their).enumerate();
            pairs.try_for_each(|(index, (ours, theirs))| {
                compare(shape.follow(item), ours, theirs, &format!("{path}[{index}]"))
            })
        }
        (ShapeKind::Map { value: of, .. }, Value::Object(our), Value::Object(their)) => {
            if our.len() != their.len() {
                return differ();
            }
            for (name, theirs) in their {
                let Some(ours) = our.get(name) else { return Err(format!("{path}: no {name} in {ours}")) };
                compare(shape.follow(of), ours, theirs, &format!("{path}.{name}"))?;
            }
            Ok(())
        }
        (ShapeKind::Blob, Value::String(ours), Value::String(theirs)) if *ours == STANDARD.encode(theirs) => Ok(()),
        (ShapeKind::Timestamp, Value::String(text), Value::Number(number)) => {
            let moment =
                DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%:z").map_err(|error| error.to_string())?;
            let (micros, seconds) = (moment.timestamp_micros(), number.as_f64().unwrap());
            #[expect(clippy::cast_possible_truncation, reason = "the moments of the suites are of our time")]
            if micros == (seconds * 1e6).round() as i64 { Ok(()) } else { differ() }
        }
        (ShapeKind::Float | ShapeKind::Double, Value::Number(our), Value::Number(their))
            if our.as_f64() == their.as_f64() =>
        {
            Ok(())
        }
        (_, ours, theirs) if ours == theirs && !matches!(shape.kind(), ShapeKind::Timestamp | ShapeKind::Blob) => {
            Ok(())
        }
        _ => differ(),
    }
}
