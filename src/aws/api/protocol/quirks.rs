//! Where a service and its model part, or where the AWS CLI shows more than the model says: one place for all of it.
//! The list is that of botocore's `handlers.py`, as far as it concerns what is sent and what is shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::from_xml;
use super::percent;
use super::reply::Answer;
use super::request::Request;
use crate::aws::api::model::{Location, Operation, Service, ShapeKind, ShapeRef};

/// What has to be changed in an input before it is written.
pub(super) fn input(service: &Service, operation: &Operation, input: &mut Map<String, Value>) {
    match (&*service.metadata.service_id, &*operation.name) {
        // The model says text; the service wants base64 in it.
        ("EC2", "RunInstances") | ("Auto Scaling", "CreateLaunchConfiguration") => {
            if let Some(Value::String(text)) = input.get_mut("UserData") {
                *text = STANDARD.encode(&*text);
            }
        }
        // Keys hold characters that XML cannot: they come encoded, and are decoded in [`output`].
        ("S3", "ListObjects" | "ListObjectsV2" | "ListObjectVersions")
            if input.get("EncodingType").is_none_or(Value::is_null) =>
        {
            input.insert("EncodingType".to_owned(), "url".into());
        }
        ("S3", "CopyObject" | "UploadPartCopy") => {
            if let Some(Value::String(source)) = input.get_mut("CopySource") {
                let (path, version) = source.split_at(source.find("?versionId=").unwrap_or(source.len()));
                *source = format!("{}{version}", percent::encode_path(path));
            }
        }
        // Ids come as `/hostedzone/Z1`, and go as `Z1`.
        ("Route 53", _) => {
            for member in service
                .input(operation)
                .into_iter()
                .flat_map(|shape| shape.members().iter().map(move |member| (member, shape.follow(&member.reference))))
            {
                let (member, shape) = member;
                if shape.location() == Some(Location::Uri)
                    && matches!(shape.name(), "ResourceId" | "DelegationSetId" | "ChangeId")
                    && let Some(Value::String(id)) = input.get_mut(&*member.name)
                    && let Some((_, bare)) = id.rsplit_once('/')
                {
                    *id = bare.to_owned();
                }
            }
        }
        // `-` is the caller's own account.
        ("Glacier", _) => {
            let is_absent = input.get("accountId").is_none_or(Value::is_null);
            if is_absent && is_filled_in(service, operation, "accountId") {
                input.insert("accountId".to_owned(), "-".into());
            }
        }
        _ => {}
    }
}

/// Whether [`input`] fills a member in where it is not given.
pub(in crate::aws::api) fn is_filled_in(service: &Service, operation: &Operation, member: &str) -> bool {
    let takes = |member| service.input(operation).is_some_and(|shape| shape.member(member).is_some());
    &*service.metadata.service_id == "Glacier" && member == "accountId" && takes(member)
}

/// What has to be changed in a request.
pub(super) fn request(service: &Service, request: &mut Request) {
    match &*service.metadata.service_id {
        // Otherwise it answers in HAL, which no model describes.
        "API Gateway" if request.header("Accept").is_none() => request.set_header("Accept", "application/json"),
        "Glacier" => request.set_header("x-amz-glacier-version", &*service.metadata.api_version),
        // The endpoint rules put the account into the host.
        "S3 Control" => request.host_prefix = None,
        _ => {}
    }
}

/// Whether an answer of status 200 may be an error: S3 begins to answer before it is done.
pub(super) fn may_fail_late(service: &Service, operation: &Operation) -> bool {
    let Some(shape) = service.output(operation).filter(|_| &*service.metadata.service_id == "S3") else { return false };
    shape.payload().is_none_or(|member| matches!(shape.follow(&member.reference).kind(), ShapeKind::Structure(_)))
}

/// What has to be changed in an output.
pub(super) fn output(service: &Service, operation: &Operation, answer: &Answer<'_>, output: &mut Map<String, Value>) {
    match (&*service.metadata.service_id, &*operation.name) {
        // The root element is itself the member: empty for us-east-1.
        ("S3", "GetBucketLocation") => {
            if let Ok(document) = from_xml::document(answer)
                && from_xml::tag(document.root_element()) == "LocationConstraint"
            {
                let text = from_xml::text(document.root_element());
                let text = text.trim();
                let region = if text.is_empty() { Value::Null } else { text.into() };
                output.insert("LocationConstraint".to_owned(), region);
            }
        }
        ("EC2", "GetConsoleOutput") => {
            if let Some(Value::String(text)) = output.get_mut("Output")
                && let Ok(bytes) = STANDARD.decode(text.as_bytes())
            {
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        ("S3", "ListObjects" | "ListObjectsV2" | "ListObjectVersions")
            if output.get("EncodingType").is_some_and(|encoding| encoding == "url") =>
        {
            decode_keys(output);
        }
        ("S3", "GetObject" | "HeadObject") => {
            if let Some(text) = answer.header("Expires") {
                output.insert("ExpiresString".to_owned(), text.into());
            }
        }
        ("CloudFormation", "GetTemplate") | ("IAM", _) => {
            if let Some(shape) = service.output(operation) {
                documents(shape, output);
            }
        }
        _ => {}
    }
}

/// Whether text is shown as the JSON that it holds, if it holds any: IAM's policies, stack templates.
pub(in crate::aws::api) fn is_shown_as_json(shape: ShapeRef<'_>) -> bool {
    matches!((shape.service_id(), shape.name()), ("IAM", "policyDocumentType") | ("CloudFormation", "TemplateBody"))
}

/// Whether a header may hold what its shape is not: what was uploaded with an object as its `Expires` need be no date.
pub(super) fn may_be_anything(shape: ShapeRef<'_>) -> bool {
    (shape.service_id(), shape.name()) == ("S3", "Expires")
}

/// Keys and what begins them, at the top of a list of objects and in its items.
fn decode_keys(output: &mut Map<String, Value>) {
    for (name, value) in output {
        match value {
            Value::String(text) if is_key(name) => {
                let spaced = text.replace('+', " ");
                *text = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
            }
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(decode_keys),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
    }
}

fn is_key(name: &str) -> bool {
    let names = ["Delimiter", "Key", "KeyMarker", "Marker", "NextKeyMarker", "NextMarker", "Prefix", "StartAfter"];
    names.contains(&name)
}

fn documents(shape: ShapeRef<'_>, output: &mut Map<String, Value>) {
    for (name, value) in output {
        if let Some(member) = shape.member(name) {
            document(shape.follow(&member.reference), value);
        }
    }
}

fn document(shape: ShapeRef<'_>, value: &mut Value) {
    match value {
        Value::Object(object) => documents(shape, object),
        Value::Array(items) => {
            if let Some(item) = shape.item() {
                for value in items {
                    document(item, value);
                }
            }
        }
        Value::String(text) if is_shown_as_json(shape) => {
            // IAM encodes its policies for a URI.
            let text = match shape.service_id() {
                "IAM" => percent_decode_str(text).decode_utf8_lossy(),
                _ => text.as_str().into(),
            };
            if let Ok(json) = serde_json::from_str(&text) {
                *value = json;
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
