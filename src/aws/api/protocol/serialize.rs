//! From JSON to a request.

use std::borrow::Cow;

use serde_json::Value;

use super::input::{InputFault, InputFaultKind, Within, is_shallow, map};
use super::request::Request;
use super::{form, json, rest};
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
        Some(shape) => with_tokens(shape, input, token)?,
        // What has no input has no parameters.
        None => match map(input)?.keys().next() {
            Some(name) => return Err(InputFaultKind::Unknown.into()).below(name),
            None => Cow::Borrowed(input),
        },
    };
    let mut request = match service.protocol {
        Protocol::Json => json::serialize(service, operation, &input)?,
        Protocol::Query | Protocol::Ec2 => form::serialize(service, operation, &input)?,
        Protocol::RestJson | Protocol::RestXml => rest::serialize(service, operation, &input)?,
    };
    request.host_prefix = host_prefix(operation, shape, &input)?;
    request.context = context(operation, shape, &input);
    Ok(request)
}

/// The input with a token wherever one is wanted and none is given.
fn with_tokens<'a>(
    shape: ShapeRef<'_>,
    input: &'a Value,
    token: &mut dyn FnMut() -> String,
) -> Result<Cow<'a, Value>, InputFault> {
    let given = map(input)?;
    let wanted = shape.members().iter().filter(|member| {
        shape.follow(&member.reference).has(Flag::IdempotencyToken)
            && given.get(&*member.name).is_none_or(Value::is_null)
    });
    let mut filled = Cow::Borrowed(input);
    for member in wanted {
        if let Value::Object(map) = filled.to_mut() {
            map.insert(member.name.to_string(), token().into());
        }
    }
    Ok(filled)
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
