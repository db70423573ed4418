//! Models to test with: small, and of the forms that real ones have.

use serde_json::{Value, json};

use crate::aws::api::model::Service;
use crate::aws::api::protocol::{Answer, ApiError, Output, ParseFault, Reply, Request, parse, serialize};

/// All wire formats.
pub(super) const PROTOCOLS: [&str; 6] = ["json", "rest-json", "query", "ec2", "rest-xml", "smithy-rpc-v2-cbor"];

/// A service with one operation, `Do`, whose input and output have a member of every kind.
pub(super) fn kitchen(protocol: &str) -> Service {
    let everything = json!({
        "type": "structure",
        "members": {
            "Text": { "shape": "Text" }, "Number": { "shape": "Long" }, "Fraction": { "shape": "Double" },
            "Yes": { "shape": "Boolean" }, "Bytes": { "shape": "Blob" }, "When": { "shape": "Time" },
            "Texts": { "shape": "Texts" }, "Flat": { "shape": "Texts", "flattened": true },
            "Tags": { "shape": "Tags" }, "Inner": { "shape": "Everything" }, "Secret": { "shape": "Secret" },
            "Inners": { "shape": "Inners" },
        },
    });
    model(
        protocol,
        "Kitchen",
        &json!({ "Do": {
            "name": "Do",
            "http": { "method": "POST", "requestUri": "/do" },
            "input": { "shape": "Everything", "locationName": "DoRequest" },
            "output": { "shape": "Everything", "resultWrapper": "DoResult" },
            "errors": [{ "shape": "NotThere" }, { "shape": "Busy" }],
        } }),
        &json!({
            "Everything": everything,
            "Text": { "type": "string" }, "Long": { "type": "long" }, "Double": { "type": "double" },
            "Boolean": { "type": "boolean" }, "Blob": { "type": "blob" }, "Time": { "type": "timestamp" },
            "Texts": { "type": "list", "member": { "shape": "Text" } },
            "Inners": { "type": "list", "member": { "shape": "Everything" } },
            "Tags": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Text" } },
            "Secret": { "type": "string", "sensitive": true },
            "NotThere": {
                "type": "structure", "exception": true,
                "error": { "code": "Kitchen.NotThere", "httpStatusCode": 404 },
                "members": { "Name": { "shape": "Text" }, "Password": { "shape": "Secret" } },
            },
            "Busy": {
                "type": "structure", "exception": true, "retryable": { "throttling": true },
                "error": { "httpStatusCode": 429 }, "members": { "message": { "shape": "Text" } },
            },
        }),
    )
}

/// A service of these operations and shapes.
pub(super) fn model(protocol: &str, service_id: &str, operations: &Value, shapes: &Value) -> Service {
    let model = json!({
        "metadata": {
            "protocol": protocol, "apiVersion": "2020-01-01", "endpointPrefix": "kitchen", "serviceId": service_id,
            "targetPrefix": "Kitchen", "jsonVersion": "1.1",
        },
        "operations": operations,
        "shapes": shapes,
    });
    Service::read(model.to_string().as_bytes()).unwrap()
}

/// The request of an operation, which must be possible.
pub(super) fn request(service: &Service, operation: &str, input: &Value) -> Request {
    serialize(service, service.operation(operation).unwrap(), input, &mut || "token".to_owned()).unwrap()
}

/// The reading of an answer.
pub(super) fn read(
    service: &Service,
    operation: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Result<Reply, ParseFault> {
    let answer = Answer { status, headers, body: body.as_ref() };
    parse(service, service.operation(operation).unwrap(), &answer)
}

/// The output that an answer must hold.
pub(super) fn output(service: &Service, operation: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Output {
    match read(service, operation, 200, headers, body).unwrap() {
        Reply::Output(output) => output,
        Reply::Error(error) => panic!("{error:?}"),
    }
}

/// The error that an answer must hold.
pub(super) fn error(
    service: &Service,
    operation: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> ApiError {
    match read(service, operation, status, headers, body).unwrap() {
        Reply::Error(error) => error,
        Reply::Output(output) => panic!("{output:?}"),
    }
}
