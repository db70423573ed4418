//! The `query` protocol and its dialect `ec2`: an input as a form.

use serde_json::Value;

use super::input::{InputFault, Within, given, list, map};
use super::percent;
use super::request::Request;
use super::scalar::as_text;
use crate::aws::api::model::{Flag, Operation, Protocol, Service, ShapeKind, ShapeRef, TimestampFormat};

/// The `query` and `ec2` protocols.
pub(super) fn serialize(service: &Service, operation: &Operation, input: &Value) -> Result<Request, InputFault> {
    let mut request = Request::new(&operation.method);
    request.set_header("Content-Type", "application/x-www-form-urlencoded");
    let mut form = Form { ec2: service.protocol == Protocol::Ec2, text: String::new() };
    form.put("Action", &operation.name);
    form.put("Version", &service.metadata.api_version);
    if let Some(shape) = service.input(operation) {
        form.value("", shape, input)?;
    }
    request.body = form.text.into_bytes();
    Ok(request)
}

struct Form {
    ec2: bool,
    text: String,
}

impl Form {
    fn put(&mut self, key: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.text.push_str(&percent::encode(key));
        self.text.push('=');
        self.text.push_str(&percent::encode(value));
    }

    fn value(&mut self, key: &str, shape: ShapeRef<'_>, value: &Value) -> Result<(), InputFault> {
        match shape.kind() {
            ShapeKind::Structure(_) => {
                for (member, shape, value) in given(shape, value)? {
                    let name = self.name(shape, &member.name);
                    let key = if key.is_empty() { name } else { format!("{key}.{name}") };
                    self.value(&key, shape, value).below(&member.name)?;
                }
            }
            ShapeKind::List(item) => self.list(key, shape, shape.follow(item), list(value)?)?,
            ShapeKind::Map { key: of_key, value: of_value } => {
                let (of_key, of_value) = (shape.follow(of_key), shape.follow(of_value));
                let key = if self.ec2 || shape.has(Flag::Flattened) { key.to_owned() } else { format!("{key}.entry") };
                let entries = map(value)?.iter().filter(|(_, value)| !value.is_null());
                for ((entry, value), number) in entries.zip(1_usize..) {
                    let names = (of_key.location_name().unwrap_or("key"), of_value.location_name().unwrap_or("value"));
                    self.put(&format!("{key}.{number}.{}", names.0), entry);
                    self.value(&format!("{key}.{number}.{}", names.1), of_value, value).below(entry)?;
                }
            }
            ShapeKind::Text(_)
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Blob
            | ShapeKind::Timestamp => {
                let text = as_text(shape, value, TimestampFormat::Iso8601)?;
                self.put(key, &text);
            }
        }
        Ok(())
    }

    fn list(&mut self, key: &str, shape: ShapeRef<'_>, item: ShapeRef<'_>, items: &[Value]) -> Result<(), InputFault> {
        let key = if self.ec2 {
            key.to_owned()
        } else if items.is_empty() {
            // An empty list clears what is set: `query` has a way to say it, `ec2` has none.
            self.put(key, "");
            return Ok(());
        } else if shape.has(Flag::Flattened) {
            flattened(key, shape, item)
        } else {
            format!("{key}.{}", item.location_name().unwrap_or("member"))
        };
        for (value, index) in items.iter().zip(0_usize..) {
            if !value.is_null() {
                self.value(&format!("{key}.{}", index + 1), item, value).below_item(index)?;
            }
        }
        Ok(())
    }

    fn name(&self, shape: ShapeRef<'_>, member: &str) -> String {
        if !self.ec2 {
            return shape.location_name().unwrap_or(member).to_owned();
        }
        match (shape.query_name(), shape.location_name()) {
            (Some(name), _) => name.to_owned(),
            (None, name) => {
                let name = name.unwrap_or(member);
                let mut letters = name.chars();
                letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
            }
        }
    }
}

/// Models of old services name the items of a flattened list, which then stands in place of the list's own name.
fn flattened(key: &str, shape: ShapeRef<'_>, item: ShapeRef<'_>) -> String {
    match item.location_name() {
        Some(name) if shape.location_name().is_none() => match key.rsplit_once('.') {
            Some((above, _)) => format!("{above}.{name}"),
            None => name.to_owned(),
        },
        _ => key.to_owned(),
    }
}
