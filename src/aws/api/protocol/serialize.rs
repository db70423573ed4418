//! From JSON to a request.

use serde_json::{Map, Value};

use super::input::{InputFault, InputFaultKind, Within, is_shallow, map};
use super::request::Request;
use super::{form, json, quirks, rest, rpc_cbor};
use crate::aws::api::model::{Flag, Operation, Protocol, Service, ShapeKind, ShapeRef};

/// As many levels as serde reads.
const LEVELS: usize = 128;

/// Writes the request of an operation. `token` gives what an idempotency token is filled with where the input has none.
///
/// # Errors
/// The first thing in the input that cannot be written.
pub fn serialize(
    service: &Service,
    operation: &Operation,
    input: &Value,
    token: &mut dyn FnMut() -> String,
) -> Result<Request, InputFault> {
    if !is_shallow(input, LEVELS) {
        return Err(InputFaultKind::TooDeep.into());
    }
    let shape = service.input(operation);
    let input = match shape {
        Some(shape) => {
            let mut given = map(input)?.clone();
            fill_tokens(shape, &mut given, token);
            quirks::input(service, operation, &mut given);
            Value::Object(given)
        }
        // What has no input has no parameters.
        None => match map(input)?.keys().next() {
            Some(name) => return Err(InputFaultKind::Unknown.into()).below(name),
            None => Value::Object(Map::new()),
        },
    };
    let mut request = match service.protocol {
        Protocol::Json => json::serialize(service, operation, &input)?,
        Protocol::Query | Protocol::Ec2 => form::serialize(service, operation, &input)?,
        Protocol::RestJson | Protocol::RestXml => rest::serialize(service, operation, &input)?,
        Protocol::Cbor => rpc_cbor::serialize(service, operation, &input)?,
    };
    request.host_prefix = host_prefix(operation, shape, &input)?;
    request.context = context(operation, shape, &input);
    quirks::request(service, &mut request);
    Ok(request)
}

/// Puts a token wherever one is wanted and none is given.
fn fill_tokens(shape: ShapeRef<'_>, given: &mut Map<String, Value>, token: &mut dyn FnMut() -> String) {
    for member in shape.members() {
        let wants = shape.follow(&member.reference).has(Flag::IdempotencyToken);
        if wants && given.get(&*member.name).is_none_or(Value::is_null) {
            given.insert(member.name.to_string(), token().into());
        }
    }
}

fn host_prefix(
    operation: &Operation,
    shape: Option<ShapeRef<'_>>,
    input: &Value,
) -> Result<Option<String>, InputFault> {
    let Some(template) = &operation.host_prefix else { return Ok(None) };
    let mut prefix = template.to_string();
    for member in shape.into_iter().flat_map(|shape| shape.members().iter().map(move |member| (shape, member))) {
        let (shape, member) = member;
        let label = format!("{{{}}}", member.name);
        if !shape.follow(&member.reference).has(Flag::HostLabel) || !prefix.contains(&label) {
            continue;
        }
        let value = input.get(&*member.name).and_then(Value::as_str).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| InputFaultKind::NoLabel.into()).below(&member.name)?;
        if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.') {
            return Err(InputFaultKind::HostLabel.into()).below(&member.name);
        }
        prefix = prefix.replace(&label, value);
    }
    Ok(Some(prefix))
}

/// What the endpoint rules want to know of the input.
fn context(operation: &Operation, shape: Option<ShapeRef<'_>>, input: &Value) -> Vec<(String, Value)> {
    let mut context: Vec<(String, Value)> =
        operation.static_context.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let Some(shape) = shape else { return context };
    for member in shape.members() {
        let reference = shape.follow(&member.reference);
        let is_plain = matches!(reference.kind(), ShapeKind::Text(_) | ShapeKind::Boolean | ShapeKind::List(_));
        if let (Some(name), Some(value), true) = (reference.context_param(), input.get(&*member.name), is_plain)
            && !value.is_null()
        {
            context.push((name.to_owned(), value.clone()));
        }
    }
    context
}
