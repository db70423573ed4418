//! Models of services, whole and broken.

use serde_json::{Value, json};

use super::{Flag, Location, ModelFault, Protocol, Service, ShapeKind, TimestampFormat};

fn read(metadata: &Value, operations: &Value, shapes: &Value) -> Result<Service, ModelFault> {
    let model = json!({ "version": "2.0", "metadata": metadata, "operations": operations, "shapes": shapes });
    Service::read(model.to_string().as_bytes())
}

fn speaks(protocol: &str, protocols: &Value) -> Result<Protocol, ModelFault> {
    let metadata = json!({ "protocol": protocol, "protocols": protocols, "serviceFullName": "Amazon X" });
    read(&metadata, &json!({}), &json!({})).map(|service| service.protocol)
}

#[test]
fn the_first_wire_format_that_we_speak_is_taken() {
    assert_eq!(speaks("query", &json!([])).unwrap(), Protocol::Query);
    assert_eq!(speaks("smithy-rpc-v2-cbor", &json!(["smithy-rpc-v2-cbor", "json", "query"])).unwrap(), Protocol::Json);
    assert_eq!(speaks("x", &json!(["morse", "rest-xml"])).unwrap(), Protocol::RestXml);
    assert_eq!(speaks("x", &json!(["smithy-rpc-v2-cbor"])).unwrap(), Protocol::Cbor);
    let fault = speaks("x", &json!(["morse", "smoke"])).unwrap_err();
    assert_eq!(fault.to_string(), "Amazon X speaks morse, smoke only, which this version does not");
}

#[test]
fn a_reference_goes_before_its_shape() {
    let shapes = json!({
        "In": {
            "type": "structure", "required": ["A"], "payload": "B",
            "members": {
                "A": { "shape": "Text", "location": "header", "locationName": "x-a", "documentation": "<p>not read</p>" },
                "B": { "shape": "Time", "timestampFormat": "rfc822", "xmlNamespace": { "uri": "u", "prefix": "p" } },
                "C": { "shape": "Self" },
            },
        },
        "Self": { "type": "structure", "locationName": "Myself", "members": { "Again": { "shape": "Self", "sensitive": true } } },
        "Text": { "type": "string", "sensitive": true, "enum": ["x"], "min": 1, "max": 2 },
        "Time": { "type": "timestamp", "timestampFormat": "iso8601" },
    });
    let operation = json!({ "input": { "shape": "In", "locationName": "InRequest" }, "http": {}, "deprecated": true, "errors": [] });
    let service = read(&json!({ "protocol": "rest-xml" }), &json!({ "Do": operation }), &shapes).unwrap();
    let operation = service.operation("Do").unwrap();
    assert!(service.operation("Done").is_none() && service.output(operation).is_none());
    assert_eq!((&*operation.method, operation.deprecated.as_deref()), ("POST", Some("")));
    let input = service.input(operation).unwrap();
    assert_eq!(input.location_name(), Some("InRequest"));
    let of = |name: &str| input.follow(&input.member(name).unwrap().reference);
    let (a, b, c) = (of("A"), of("B"), of("C"));
    assert_eq!((a.location(), a.location_name(), a.has(Flag::Sensitive)), (Some(Location::Header), Some("x-a"), true));
    assert_eq!((a.bounds().min, a.bounds().max), (Some(1.0), Some(2.0)));
    assert!(matches!(a.kind(), ShapeKind::Text(choices) if choices.len() == 1));
    assert!(input.member("A").unwrap().required && !input.member("B").unwrap().required);
    assert_eq!(b.timestamp_format(), Some(TimestampFormat::Rfc822));
    assert_eq!(b.xml_namespace().unwrap().prefix.as_deref(), Some("p"));
    assert_eq!(&*input.payload().unwrap().name, "B");
    assert_eq!((c.location_name(), c.document_name()), (None, Some("Myself")), "that is the name of a document");
    let again = c.follow(&c.member("Again").unwrap().reference);
    assert!(again.has(Flag::Sensitive) && !c.has(Flag::Sensitive));
    assert_eq!(again.name(), "Self");
}

#[test]
fn errors_are_found_by_code_and_by_name() {
    let shapes = json!({
        "A": { "type": "structure", "exception": true, "error": { "code": "Old.A", "httpStatusCode": 404 }, "members": {} },
        "B": { "type": "structure", "exception": true, "members": {} },
        "C": { "type": "structure", "members": {} },
    });
    let service =
        read(&json!({ "protocol": "query" }), &json!({ "Do": { "errors": [{ "shape": "B" }] } }), &shapes).unwrap();
    let operation = service.operation("Do").unwrap();
    let name = |code: &str| service.error(operation, code).map(super::ShapeRef::name);
    assert_eq!((name("B"), name("Old.A"), name("A")), (Some("B"), Some("A"), Some("A")));
    assert_eq!((name("C"), name("")), (None, None), "not every structure is an error");
}

#[test]
fn a_broken_model_is_refused_by_name() {
    let shapes = |shape: Value| {
        read(&json!({ "protocol": "json" }), &json!({}), &json!({ "S": shape })).unwrap_err().to_string()
    };
    assert_eq!(shapes(json!({ "type": "list" })), "the shape `S` of the model is broken: it has no `member`");
    assert_eq!(shapes(json!({ "type": "spiral" })), "the shape `S` of the model is broken: its type is `spiral`");
    assert_eq!(
        shapes(json!({ "type": "list", "member": { "shape": "T" } })),
        "the model refers to a shape `T` that it does not hold"
    );
    assert_eq!(
        shapes(json!({ "type": "structure", "payload": "B" })),
        "the shape `S` of the model is broken: its payload `B` is no member"
    );
    assert_eq!(Service::read(b"[]").unwrap_err().to_string(), "the model cannot be read");
}
