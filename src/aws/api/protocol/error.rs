//! Errors of services, as each protocol tells them.

use std::time::Duration;

use roxmltree::Node;
use serde_json::{Map, Value};

use super::output::{LEVELS, Odd};
use super::parse::{Read, request_id};
use super::reply::{Answer, ApiError, ParseFault, reason_phrase};
use super::{from_headers, from_json, from_xml, sensitive};
use crate::aws::api::model::{Operation, Protocol, Service, ShapeRef};

/// Reads the error that an answer of status 300 and more is.
pub(super) fn parse(service: &Service, operation: &Operation, answer: &Answer<'_>) -> Result<ApiError, ParseFault> {
    let found = match service.protocol {
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => in_json(service.protocol, answer)?,
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml if answer.is_blank() => Found::by_status(answer),
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => in_xml(answer)?,
    };
    Ok(finish(service, operation, answer, found))
}

/// The error that an answer of status 200 is after all, if it is one.
pub(super) fn late(service: &Service, operation: &Operation, answer: &Answer<'_>) -> Option<ApiError> {
    let document = from_xml::document(answer).ok()?;
    if from_xml::tag(document.root_element()) != "Error" {
        return None;
    }
    drop(document);
    Some(finish(service, operation, answer, in_xml(answer).ok()?))
}

/// What an answer says of its error.
#[derive(Default)]
struct Found {
    code: String,
    message: String,
    request_id: Option<String>,
    /// The code by which the model may know it, too.
    alias: Option<String>,
    json: Map<String, Value>,
}

impl Found {
    fn by_status(answer: &Answer<'_>) -> Self {
        Found { code: answer.status.to_string(), message: reason_phrase(answer.status).to_owned(), ..Found::default() }
    }
}

fn finish(service: &Service, operation: &Operation, answer: &Answer<'_>, found: Found) -> ApiError {
    let shape = service
        .error(operation, &found.code)
        .or_else(|| found.alias.as_deref().and_then(|alias| service.error(operation, alias)));
    // An error is an error, also where its details are odd.
    let modeled = shape.and_then(|shape| details(service.protocol, shape, answer, found.json).ok()).map(Value::Object);
    ApiError {
        code: found.code,
        message: found.message,
        status: answer.status,
        request_id: answer.request_id().or(found.request_id),
        retry_after: retry_after(answer),
        retryable: shape
            .and_then(ShapeRef::structure)
            .and_then(|structure| structure.exception.as_ref())
            .and_then(|exception| exception.throttling),
        sensitive: shape.zip(modeled.as_ref()).map(|(shape, value)| sensitive(shape, value)).unwrap_or_default(),
        modeled,
    }
}

fn details(
    protocol: Protocol,
    shape: ShapeRef<'_>,
    answer: &Answer<'_>,
    json: Map<String, Value>,
) -> Result<Map<String, Value>, Odd> {
    let mut read = Read::default();
    if matches!(protocol, Protocol::RestJson | Protocol::RestXml) {
        read.value = from_headers::members(shape, answer)?;
    }
    let body = match protocol {
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => from_json::members(shape, json)?,
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => match from_xml::document(answer) {
            Ok(document) => match error_element(document.root_element()) {
                Some(element) => from_xml::members(shape, element, LEVELS)?,
                None => Map::new(),
            },
            Err(_) => Map::new(),
        },
    };
    read.value.extend(body);
    Ok(read.value)
}

fn in_json(protocol: Protocol, answer: &Answer<'_>) -> Result<Found, ParseFault> {
    let object = from_json::object(protocol, answer)?;
    let text = |names: &[&str]| {
        names.iter().find_map(|name| match object.get(*name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
    };
    let code = answer
        .header("x-amzn-errortype")
        .map(str::to_owned)
        .or_else(|| text(&["__type", "code", "Code"]))
        .map(|code| bare(&code).to_owned())
        .filter(|code| !code.is_empty());
    let message = text(&["message", "Message", "errorMessage"]);
    let by_status = Found::by_status(answer);
    let message = message.unwrap_or_else(|| if code.is_none() { by_status.message } else { String::new() });
    let code = code.unwrap_or(by_status.code);
    // A service that once spoke `query` tells its old code besides: `AWS.SimpleQueueService.NonExistentQueue;Sender`.
    let old = answer.header("x-amzn-query-error").and_then(|both| both.split_once(';'));
    let old = old.map(|(old, _)| old).filter(|old| !old.is_empty());
    let (code, alias) = match old {
        Some(old) => (old.to_owned(), Some(code)),
        None => (code, None),
    };
    Ok(Found { code, message, request_id: None, alias, json: object })
}

/// The code in `com.amazon.coral.service#SomeException:http://…`.
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim()
}

fn in_xml(answer: &Answer<'_>) -> Result<Found, ParseFault> {
    let document = from_xml::document(answer)?;
    let root = document.root_element();
    let element = error_element(root).ok_or_else(|| answer.foreign("the body holds no error"))?;
    let text = |names: &[&str]| {
        names.iter().find_map(|name| from_xml::child(element, name)).map(|node| from_xml::text(node).trim().to_owned())
    };
    // What answers before a service is reached names the error by the element itself: `<AccessDeniedException>`.
    let code = text(&["Code", "code"]).unwrap_or_else(|| from_xml::tag(element).to_owned());
    Ok(Found {
        code: if code.is_empty() { answer.status.to_string() } else { code },
        message: text(&["Message", "message"]).unwrap_or_default(),
        request_id: request_id(root).or_else(|| request_id(element)),
        ..Found::default()
    })
}

/// The element that holds code and message: `<ErrorResponse><Error>`, `<Response><Errors><Error>`, or the root itself.
fn error_element<'a, 'i: 'a>(root: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    let list = from_xml::child(root, "Errors").unwrap_or(root);
    if let Some(error) = from_xml::child(list, "Error") {
        return Some(error);
    }
    let is_error = from_xml::child(root, "Code").is_some() || from_xml::tag(root).ends_with("Exception");
    is_error.then_some(root)
}

/// S3 and others wait in seconds, services of Smithy in milliseconds.
fn retry_after(answer: &Answer<'_>) -> Option<Duration> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u32>().ok();
    number("x-amz-retry-after")
        .map(|millis| Duration::from_millis(millis.into()))
        .or_else(|| number("retry-after").map(|seconds| Duration::from_secs(seconds.into())))
}
