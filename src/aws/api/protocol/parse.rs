//! From an answer to JSON.

use roxmltree::Node;
use serde_json::{Map, Value};

use super::from_headers;
use super::output::{LEVELS, Odd, Within};
use super::reply::{Answer, Output, ParseFault, Reply, Stream};
use super::{error, from_json, from_xml, quirks, sensitive};
use crate::aws::api::model::{Flag, Member, Operation, Protocol, Service, ShapeKind, ShapeRef};

/// Reads the answer to an operation.
///
/// # Errors
/// An answer that is not of the service's protocol, or not of its model. What the call did is then not known.
pub fn parse(service: &Service, operation: &Operation, answer: &Answer<'_>) -> Result<Reply, ParseFault> {
    if answer.status >= 300 {
        return error::parse(service, operation, answer).map(Reply::Error);
    }
    let shape = service.output(operation);
    if quirks::may_fail_late(service, operation)
        && let Some(error) = error::late(service, operation, answer)
    {
        return Ok(Reply::Error(error));
    }
    let mut read = match service.protocol {
        Protocol::Json | Protocol::Cbor => rpc(service.protocol, shape, answer)?,
        Protocol::Query | Protocol::Ec2 => rpc_xml(service, operation, shape, answer)?,
        Protocol::RestJson | Protocol::RestXml => rest(service.protocol, shape, answer)?,
    };
    quirks::output(service, operation, answer, &mut read.value);
    let value = Value::Object(read.value);
    Ok(Reply::Output(Output {
        sensitive: shape.map(|shape| sensitive(shape, &value)).unwrap_or_default(),
        value,
        stream: read.stream,
        request_id: answer.request_id().or(read.request_id),
    }))
}

/// The parts of an output.
#[derive(Default)]
pub(super) struct Read {
    pub(super) value: Map<String, Value>,
    pub(super) stream: Option<Stream>,
    pub(super) request_id: Option<String>,
}

/// The fault of an answer in which a value is odd.
pub(super) fn fault(answer: &Answer<'_>, odd: Odd) -> ParseFault {
    ParseFault::Value { status: answer.status, path: odd.path, expected: odd.expected, found: odd.found }
}

fn rpc(protocol: Protocol, shape: Option<ShapeRef<'_>>, answer: &Answer<'_>) -> Result<Read, ParseFault> {
    if let Some((shape, member)) = shape.and_then(|shape| Some((shape, event_stream(shape)?))) {
        return Ok(Read { stream: Some(stream(shape, member, answer)), ..Read::default() });
    }
    let object = from_json::object(protocol, answer)?;
    let value = shape.map_or_else(|| Ok(Map::new()), |shape| from_json::members(shape, object));
    Ok(Read { value: value.map_err(|odd| fault(answer, odd))?, ..Read::default() })
}

fn event_stream(shape: ShapeRef<'_>) -> Option<&Member> {
    shape.members().iter().find(|member| shape.follow(&member.reference).has(Flag::EventStream))
}

fn stream(shape: ShapeRef<'_>, member: &Member, answer: &Answer<'_>) -> Stream {
    Stream {
        member: member.name.to_string(),
        bytes: answer.body.to_vec(),
        sensitive: shape.follow(&member.reference).has(Flag::Sensitive),
    }
}

fn rpc_xml(
    service: &Service,
    operation: &Operation,
    shape: Option<ShapeRef<'_>>,
    answer: &Answer<'_>,
) -> Result<Read, ParseFault> {
    let Some(shape) = shape else {
        // There is nothing to read but the request's id, which some emulators leave out, with all the rest.
        if answer.is_blank() {
            return Ok(Read::default());
        }
        let document = from_xml::document(answer)?;
        return Ok(Read { request_id: request_id(document.root_element()), ..Read::default() });
    };
    let document = from_xml::document(answer)?;
    let root = document.root_element();
    let result = match &operation.result_wrapper {
        Some(wrapper) if service.protocol == Protocol::Query => {
            // Where nothing is to be read, some emulators send no wrapper for it.
            let found = from_xml::child(root, wrapper).or_else(|| shape.members().is_empty().then_some(root));
            found.ok_or_else(|| answer.foreign(format!("the body holds no `{wrapper}`")))?
        }
        // No wrapper, so the root must do: a foreign document would otherwise be an output with nothing in it.
        _ if service.protocol == Protocol::Ec2 && !from_xml::tag(root).ends_with("Response") => {
            return Err(answer.foreign(format!("the body is a `{}` and no response", from_xml::tag(root))));
        }
        _ => root,
    };
    let value = from_xml::members(shape, result, LEVELS).map_err(|odd| fault(answer, odd))?;
    Ok(Read { value, request_id: request_id(root), stream: None })
}

/// The id under which AWS has recorded the call, as the XML protocols give it.
pub(super) fn request_id(root: Node<'_, '_>) -> Option<String> {
    let metadata = from_xml::child(root, "ResponseMetadata").unwrap_or(root);
    let node = ["RequestId", "requestId", "RequestID"].into_iter().find_map(|name| from_xml::child(metadata, name))?;
    Some(from_xml::text(node)).filter(|id| !id.is_empty())
}

/// The parts of an output, or of an error, that the REST protocols spread.
pub(super) fn rest(protocol: Protocol, shape: Option<ShapeRef<'_>>, answer: &Answer<'_>) -> Result<Read, ParseFault> {
    let Some(shape) = shape else { return Ok(Read::default()) };
    let odd = |odd| fault(answer, odd);
    let mut read = Read { value: from_headers::members(shape, answer).map_err(odd)?, ..Read::default() };
    let Some(member) = shape.payload() else {
        let body = if protocol == Protocol::RestXml {
            if answer.is_blank() {
                return Ok(read);
            }
            let document = from_xml::document(answer)?;
            from_xml::members(shape, document.root_element(), LEVELS).map_err(odd)?
        } else if from_headers::stays_in_body(shape) {
            from_json::members(shape, from_json::object(protocol, answer)?).map_err(odd)?
        } else {
            Map::new()
        };
        read.value.extend(body);
        return Ok(read);
    };
    let payload = shape.follow(&member.reference);
    match payload.kind() {
        _ if payload.has(Flag::EventStream) => read.stream = Some(stream(shape, member, answer)),
        ShapeKind::Blob => {
            if payload.has(Flag::Streaming) || !answer.body.is_empty() {
                read.stream = Some(stream(shape, member, answer));
            }
        }
        ShapeKind::Text(_) => {
            let text = std::str::from_utf8(answer.body).map_err(|_| answer.foreign("the body is not UTF-8"))?;
            if !text.is_empty() {
                read.value.insert(member.name.to_string(), text.into());
            }
        }
        ShapeKind::Structure(_)
        | ShapeKind::List(_)
        | ShapeKind::Map { .. }
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Timestamp => {
            let value = if protocol == Protocol::RestXml {
                if answer.is_blank() {
                    return Ok(read);
                }
                let document = from_xml::document(answer)?;
                from_xml::read(payload, document.root_element(), LEVELS)
            } else {
                let Some(json) = from_json::any(protocol, answer)? else { return Ok(read) };
                from_json::read(payload, json)
            };
            read.value.insert(member.name.to_string(), value.below(&member.name).map_err(odd)?);
        }
    }
    Ok(read)
}
