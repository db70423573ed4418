//! Requests: what is refused, and what the endpoint rules are told.

use serde_json::{Value, json};

use super::test_models::{PROTOCOLS, kitchen, model, request};
use crate::aws::api::model::Service;
use crate::aws::api::protocol::{InputFault, Request, serialize};

/// A service of buckets, as S3 is.
fn buckets() -> Service {
    let member =
        |shape: &str, location: &str, name: &str| json!({ "shape": shape, "location": location, "locationName": name });
    let mut bucket = member("Text", "uri", "Bucket");
    bucket["contextParam"] = json!({ "name": "Bucket" });
    model(
        "rest-xml",
        "S3",
        &json!({
            "Get": {
                "http": { "method": "GET", "requestUri": "/{Bucket}/{Key+}?x-id=Get" },
                "input": { "shape": "GetRequest" },
                "staticContextParams": { "DisableS3ExpressSessionAuth": { "value": true } },
            },
            "Move": {
                "http": { "method": "POST", "requestUri": "/move" },
                "endpoint": { "hostPrefix": "{Account}." },
                "input": { "shape": "MoveRequest" },
            },
        }),
        &json!({
            "Text": { "type": "string" },
            "Texts": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Text" } },
            "GetRequest": {
                "type": "structure", "required": ["Bucket", "Key"],
                "members": {
                    "Bucket": bucket, "Key": member("Text", "uri", "Key"), "Owner": member("Text", "header", "x-amz-owner"),
                    "Metadata": { "shape": "Texts", "location": "headers", "locationName": "x-amz-meta-" },
                    "Part": member("Text", "querystring", "part"),
                },
            },
            "MoveRequest": {
                "type": "structure",
                "members": { "Account": { "shape": "Text", "hostLabel": true }, "Token": { "shape": "Text", "idempotencyToken": true } },
            },
        }),
    )
}

fn fault(service: &Service, operation: &str, input: &Value) -> InputFault {
    serialize(service, service.operation(operation).unwrap(), input, &mut String::new).unwrap_err()
}

#[test]
fn the_bucket_can_be_told_from_the_rest_of_the_path() {
    let request = request(&buckets(), "Get", &json!({ "Bucket": "a bücket", "Key": "x/y z", "Part": "1&2" }));
    assert_eq!(request.path, "/a%20b%C3%BCcket/x/y%20z");
    assert_eq!(request.path_at_endpoint(), "/x/y%20z");
    assert_eq!(request.uri(), "/a%20b%C3%BCcket/x/y%20z?x-id=Get&part=1%262");
    assert_eq!(
        request.context,
        [("DisableS3ExpressSessionAuth".to_owned(), json!(true)), ("Bucket".to_owned(), json!("a bücket"))]
    );
}

#[test]
fn no_value_ends_its_header() {
    for evil in ["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\u{7f}"] {
        let service = buckets();
        let found = fault(&service, "Get", &json!({ "Bucket": "b", "Key": "k", "Owner": evil }));
        assert_eq!(found.to_string(), "`Owner`: is sent as a header, which cannot hold this character");
        let found = fault(&service, "Get", &json!({ "Bucket": "b", "Key": "k", "Metadata": { "m": evil } }));
        assert_eq!(found.path.to_string(), "Metadata.m");
        let found = fault(&service, "Get", &json!({ "Bucket": "b", "Key": "k", "Metadata": { evil: "m" } }));
        assert_eq!(found.path.to_string(), format!("Metadata.{evil}"));
    }
}

#[test]
fn no_value_leaves_its_place_in_the_address() {
    let service = buckets();
    for (input, path) in [(json!({ "Bucket": "", "Key": "k" }), "Bucket"), (json!({ "Bucket": "b" }), "Key")] {
        let found = fault(&service, "Get", &input);
        assert_eq!(found.to_string(), format!("`{path}`: is a part of the address and must not be empty"));
    }
    assert_eq!(request(&service, "Get", &json!({ "Bucket": "../x", "Key": "?a#b" })).path, "/..%2Fx/%3Fa%23b");
    for evil in ["a/b", "a@b", "a b", "a:80"] {
        let found = fault(&service, "Move", &json!({ "Account": evil }));
        assert!(found.to_string().contains("host name"), "{found}");
    }
    assert_eq!(request(&service, "Move", &json!({ "Account": "1-a.b" })).host_prefix.as_deref(), Some("1-a.b."));
}

#[test]
fn a_token_is_made_once_and_only_where_none_is_given() {
    let service = buckets();
    let operation = service.operation("Move").unwrap();
    let mut count = 0;
    let mut token = || {
        count += 1;
        format!("t{count}")
    };
    let body = |request: Request| String::from_utf8(request.body).unwrap();
    let made = serialize(&service, operation, &json!({ "Account": "a", "Token": null }), &mut token).unwrap();
    assert_eq!(body(made), "<MoveRequest><Account>a</Account><Token>t1</Token></MoveRequest>");
    let given = serialize(&service, operation, &json!({ "Account": "a", "Token": "mine" }), &mut token).unwrap();
    assert_eq!(body(given), "<MoveRequest><Account>a</Account><Token>mine</Token></MoveRequest>");
    assert_eq!(count, 1);
}

#[test]
fn a_wrong_input_is_refused_with_its_place() {
    for protocol in PROTOCOLS {
        let service = kitchen(protocol);
        for (input, message) in [
            (json!({ "Inner": { "Nmuber": 1 } }), "`Inner.Nmuber`: no such parameter"),
            (json!({ "Inners": [{}, { "Number": "1" }] }), "`Inners[1].Number`: expected a whole number, found text"),
            (json!({ "Number": 1.5 }), "`Number`: expected a whole number, found a number"),
            (json!({ "Bytes": "a b" }), "`Bytes`: expected base64"),
            (json!({ "When": "soon" }), "`When`: expected a time as ISO 8601 or in seconds since 1970"),
            (json!({ "Tags": { "a": 1 } }), "`Tags.a`: expected text, found a number"),
            (json!([]), "expected a map, found a list"),
        ] {
            assert_eq!(fault(&service, "Do", &input).to_string(), message, "{protocol}");
        }
        let mut deep = json!({});
        for _ in 0..200 {
            deep = json!({ "Inner": deep });
        }
        assert_eq!(fault(&service, "Do", &deep).to_string(), "nested too deeply");
    }
}

#[test]
fn large_numbers_stay_exact() {
    for (protocol, body) in [
        ("json", r#"{"Number":9007199254740993}"#),
        ("query", "Action=Do&Version=2020-01-01&Number=9007199254740993"),
        ("rest-xml", "<DoRequest><Number>9007199254740993</Number></DoRequest>"),
    ] {
        let request = request(&kitchen(protocol), "Do", &json!({ "Number": 9_007_199_254_740_993_i64 }));
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
    }
}
