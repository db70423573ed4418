//! The REST protocols: an input spread over path, query, headers and body.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::input::{InputFault, InputFaultKind, Within, given, list, map, text};
use super::request::Request;
use super::scalar::{as_text, bytes};
use super::{json, percent, xml};
use crate::aws::api::model::{
    Flag, Location, Member, Operation, Protocol, Service, ShapeKind, ShapeRef, TimestampFormat,
};

/// A member with its shape and its value.
type Given<'a> = (&'a Member, ShapeRef<'a>, &'a Value);

/// The `rest-json` and `rest-xml` protocols.
pub(super) fn serialize(service: &Service, operation: &Operation, input: &Value) -> Result<Request, InputFault> {
    let mut request = Request::new(&operation.method);
    let (path, query) = operation.request_uri.split_once('?').unwrap_or((&operation.request_uri, ""));
    query.clone_into(&mut request.query);
    let Some(shape) = service.input(operation) else {
        path.clone_into(&mut request.path);
        return Ok(request);
    };
    let given = given(shape, input)?;
    address(&mut request, path, &given)?;
    parameters(&mut request, &given)?;
    headers(&mut request, &given)?;
    match shape.payload() {
        Some(member) => {
            let value = given.iter().find(|(known, ..)| std::ptr::eq(*known, member)).map(|(_, _, value)| *value);
            payload(service, &mut request, member, shape.follow(&member.reference), value).below(&member.name)?;
        }
        None => body(service, &mut request, shape, &given)?,
    }
    Ok(request)
}

/// Puts the labels into the path.
fn address(request: &mut Request, template: &str, given: &[Given<'_>]) -> Result<(), InputFault> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        rest = after;
        let (name, greedy) = label.strip_suffix('+').map_or((label, false), |name| (name, true));
        let is = |(member, shape, _): &&Given<'_>| {
            shape.location() == Some(Location::Uri) && shape.location_name().unwrap_or(&member.name) == name
        };
        let (member, shape, value) = given.iter().find(is).ok_or_else(|| InputFaultKind::NoLabel.into()).below(name)?;
        let text = as_text(*shape, value, TimestampFormat::Iso8601).below(&member.name)?;
        if text.is_empty() {
            return Err(InputFaultKind::NoLabel.into()).below(&member.name);
        }
        path.push_str(&if greedy { percent::encode_path(&text) } else { percent::encode(&text) });
        if before == "/" && request.bucket == 0 && path.len() > 1 && shape.context_param() == Some("Bucket") {
            request.bucket = path.len();
        }
    }
    path.push_str(rest);
    request.path = path;
    Ok(())
}

/// Puts the query together. What has a name of its own goes before what a map gives.
fn parameters(request: &mut Request, given: &[Given<'_>]) -> Result<(), InputFault> {
    let mut taken = BTreeSet::new();
    let parameters = given.iter().filter(|(_, shape, _)| shape.location() == Some(Location::QueryString));
    for (member, shape, value) in parameters.clone() {
        let name = shape.location_name().unwrap_or(&member.name);
        match shape.kind() {
            ShapeKind::Map { .. } => continue,
            ShapeKind::List(item) => {
                let item = shape.follow(item);
                for (value, index) in list(value).below(&member.name)?.iter().zip(0_usize..) {
                    if !value.is_null() {
                        let text = as_text(item, value, TimestampFormat::Iso8601);
                        request.add_query(name, &text.below_item(index).below(&member.name)?);
                    }
                }
            }
            ShapeKind::Structure(_)
            | ShapeKind::Text(_)
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Blob
            | ShapeKind::Timestamp => {
                let text = as_text(*shape, value, TimestampFormat::Iso8601).below(&member.name)?;
                request.add_query(name, &text);
            }
        }
        taken.insert(name.to_owned());
    }
    for (member, shape, value) in parameters {
        let ShapeKind::Map { value: of, .. } = shape.kind() else { continue };
        let of = shape.follow(of);
        for (name, value) in map(value).below(&member.name)? {
            if value.is_null() || taken.contains(name) {
                continue;
            }
            let several = match of.item() {
                Some(item) => list(value).below(name).below(&member.name)?.iter().map(|value| (item, value)).collect(),
                None => vec![(of, value)],
            };
            for (shape, value) in several.into_iter().filter(|(_, value)| !value.is_null()) {
                let text = as_text(shape, value, TimestampFormat::Iso8601);
                request.add_query(name, &text.below(name).below(&member.name)?);
            }
        }
    }
    Ok(())
}

/// Puts the headers together.
fn headers(request: &mut Request, given: &[Given<'_>]) -> Result<(), InputFault> {
    for (member, shape, value) in given {
        match shape.location() {
            Some(Location::Header) => {
                let name = shape.location_name().unwrap_or(&member.name);
                let value = header(*shape, value).and_then(fit_for_header).below(&member.name)?;
                request.set_header(name, value);
            }
            Some(Location::Headers) => {
                let prefix = shape.location_name().unwrap_or_default();
                let ShapeKind::Map { value: of, .. } = shape.kind() else { continue };
                for (key, value) in map(value).below(&member.name)? {
                    let within = |fault: Result<String, InputFault>| fault.below(key).below(&member.name);
                    if value.is_null() {
                        continue;
                    }
                    let name = format!("{prefix}{key}");
                    if !name.bytes().all(is_token) || name.is_empty() {
                        return within(Err(InputFaultKind::Header.into())).map(drop);
                    }
                    let value = within(header(shape.follow(of), value).and_then(fit_for_header))?;
                    request.set_header(&name, value);
                }
            }
            Some(Location::Uri | Location::QueryString | Location::StatusCode) | None => {}
        }
    }
    Ok(())
}

fn header<'a>(shape: ShapeRef<'_>, value: &'a Value) -> Result<Cow<'a, str>, InputFault> {
    if shape.has(Flag::JsonValue) {
        // Text is JSON that somebody has written already.
        let json = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Ok(STANDARD.encode(json).into());
    }
    let ShapeKind::List(item) = shape.kind() else { return as_text(shape, value, TimestampFormat::Rfc822) };
    let item = shape.follow(item);
    let mut items = Vec::new();
    for (value, index) in list(value)?.iter().zip(0_usize..) {
        if value.is_null() {
            continue;
        }
        let text = as_text(item, value, TimestampFormat::Rfc822).below_item(index)?;
        let is_text = matches!(item.kind(), ShapeKind::Text(_));
        items.push(if is_text && text.contains(['"', ',']) {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into()
        } else {
            text
        });
    }
    Ok(items.join(", ").into())
}

/// A value that would end its header begins another one, or another request.
fn fit_for_header(value: Cow<'_, str>) -> Result<String, InputFault> {
    let fits = value.chars().all(|c| c == '\t' || !c.is_control());
    if fits { Ok(value.into_owned()) } else { Err(InputFaultKind::Header.into()) }
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A body that is one member.
fn payload(
    service: &Service,
    request: &mut Request,
    member: &Member,
    shape: ShapeRef<'_>,
    value: Option<&Value>,
) -> Result<(), InputFault> {
    if shape.has(Flag::EventStream) {
        return Err(InputFaultKind::EventStream.into());
    }
    let content_type = match shape.kind() {
        ShapeKind::Blob => {
            let Some(value) = value else { return Ok(()) };
            request.body = bytes(value)?;
            "application/octet-stream"
        }
        ShapeKind::Text(_) => {
            let Some(value) = value else { return Ok(()) };
            request.body = text(value)?.as_bytes().to_vec();
            "text/plain"
        }
        ShapeKind::Structure(structure) => match (service.protocol == Protocol::RestXml, value) {
            (true, None) => return Ok(()),
            (false, None) if structure.union || structure.document => return Ok(()),
            (false, None) => {
                request.body = b"{}".to_vec();
                "application/json"
            }
            (true, Some(value)) => {
                let name = shape.location_name().or(shape.document_name()).unwrap_or(&member.name);
                let namespace = shape.xml_namespace();
                request.body = xml::element(name, namespace, shape, value)?.into_bytes();
                "application/xml"
            }
            (false, Some(value)) => {
                request.body = json::write(shape, value)?.to_string().into_bytes();
                "application/json"
            }
        },
        ShapeKind::List(_)
        | ShapeKind::Map { .. }
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Timestamp => {
            let Some(value) = value else { return Ok(()) };
            request.body = if service.protocol == Protocol::RestXml {
                let name = shape.location_name().unwrap_or(&member.name);
                xml::element(name, shape.xml_namespace(), shape, value)?.into_bytes()
            } else {
                json::write(shape, value)?.to_string().into_bytes()
            };
            if service.protocol == Protocol::RestXml { "application/xml" } else { "application/json" }
        }
    };
    if request.header("Content-Type").is_none() {
        request.set_header("Content-Type", content_type);
    }
    Ok(())
}

/// A body of all members that stand nowhere else.
fn body(service: &Service, request: &mut Request, shape: ShapeRef<'_>, given: &[Given<'_>]) -> Result<(), InputFault> {
    let stays = |shape: ShapeRef<'_>| shape.location().is_none_or(|location| location == Location::StatusCode);
    let members: Vec<Given<'_>> = given.iter().filter(|(_, shape, _)| stays(*shape)).copied().collect();
    let content_type = if service.protocol == Protocol::RestXml {
        if members.is_empty() {
            return Ok(());
        }
        let name = shape.document_name().unwrap_or(shape.name());
        let namespace = shape.xml_namespace();
        request.body = xml::members(name, namespace, &members)?.into_bytes();
        "application/xml"
    } else {
        if members.is_empty() && !shape.members().iter().any(|member| stays(shape.follow(&member.reference))) {
            return Ok(());
        }
        request.body = json::members(&members)?.to_string().into_bytes();
        "application/json"
    };
    if request.header("Content-Type").is_none() {
        request.set_header("Content-Type", content_type);
    }
    Ok(())
}
