//! The exceptions: where a service and its model part.

use serde_json::{Value, json};

use super::test_models::{error, kitchen, model, output, read, request};
use crate::aws::api::model::Service;
use crate::aws::api::protocol::Reply;

/// A service with one operation of these shapes.
fn one(protocol: &str, id: &str, operation: &str, input: &Value, result: &Value, shapes: &Value) -> Service {
    let mut all = json!({ "Text": { "type": "string" }, "Input": input, "Output": result });
    all.as_object_mut().unwrap().extend(shapes.as_object().unwrap().clone());
    let http = json!({ "method": "POST", "requestUri": "/x" });
    let operation =
        json!({ operation: { "http": http, "input": { "shape": "Input" }, "output": { "shape": "Output" } } });
    model(protocol, id, &operation, &all)
}

fn structure(members: &Value) -> Value {
    json!({ "type": "structure", "members": members })
}

#[test]
fn the_location_of_a_bucket_is_the_root() {
    let result = structure(&json!({ "LocationConstraint": { "shape": "Text" } }));
    let service = one("rest-xml", "S3", "GetBucketLocation", &structure(&json!({})), &result, &json!({}));
    let located = |body: &str| output(&service, "GetBucketLocation", &[], body).value;
    let begin = r#"<?xml version="1.0"?><LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/""#;
    assert_eq!(
        located(&format!("{begin}>eu-west-1</LocationConstraint>")),
        json!({ "LocationConstraint": "eu-west-1" })
    );
    assert_eq!(located(&format!("{begin}/>")), json!({ "LocationConstraint": null }));
}

#[test]
fn s3_may_fail_after_it_began_to_answer() {
    let result = structure(&json!({ "ETag": { "shape": "Text" } }));
    let service = one("rest-xml", "S3", "CompleteMultipartUpload", &structure(&json!({})), &result, &json!({}));
    let body = "<?xml version=\"1.0\"?>\n\n<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";
    let Reply::Error(error) = read(&service, "CompleteMultipartUpload", 200, &[], body).unwrap() else { panic!() };
    assert_eq!((error.code.as_str(), error.status), ("InternalError", 200));
    let fine = "<Result><ETag>\"a\"</ETag></Result>";
    assert_eq!(output(&service, "CompleteMultipartUpload", &[], fine).value, json!({ "ETag": "\"a\"" }));
}

#[test]
fn keys_of_objects_go_through_xml_encoded() {
    let shapes = json!({
        "Objects": { "type": "list", "member": { "shape": "Object" }, "flattened": true },
        "Object": structure(&json!({ "Key": { "shape": "Text" }, "ETag": { "shape": "Text" } })),
    });
    let encoding =
        json!({ "EncodingType": { "shape": "Text", "location": "querystring", "locationName": "encoding-type" } });
    let result = structure(
        &json!({ "Contents": { "shape": "Objects" }, "Prefix": { "shape": "Text" }, "EncodingType": { "shape": "Text" } }),
    );
    let service = one("rest-xml", "S3", "ListObjectsV2", &structure(&encoding), &result, &shapes);
    assert_eq!(request(&service, "ListObjectsV2", &json!({})).query, "encoding-type=url");
    let listed = |encoding: &str| {
        let body =
            format!("<R><Prefix>a%2F</Prefix>{encoding}<Contents><Key>a%2Fb+c%0B</Key><ETag>%41</ETag></Contents></R>");
        output(&service, "ListObjectsV2", &[], body).value
    };
    assert_eq!(listed("<EncodingType>url</EncodingType>")["Contents"], json!([{ "Key": "a/b c\u{b}", "ETag": "%41" }]));
    assert_eq!(listed("<EncodingType>url</EncodingType>")["Prefix"], "a/");
    assert_eq!(listed("")["Contents"][0]["Key"], "a%2Fb+c%0B", "it was not asked for");
}

#[test]
fn an_expiry_need_be_no_date() {
    let shapes = json!({ "Expires": { "type": "timestamp" } });
    let result =
        structure(&json!({ "Expires": { "shape": "Expires", "location": "header", "locationName": "Expires" } }));
    let service = one("rest-xml", "S3", "HeadObject", &structure(&json!({})), &result, &shapes);
    let read = |text: &str| output(&service, "HeadObject", &[("expires", text)], "").value;
    assert_eq!(read("never"), json!({ "ExpiresString": "never" }));
    let date = "Thu, 01 Jan 2015 00:00:00 GMT";
    assert_eq!(read(date), json!({ "Expires": "2015-01-01T00:00:00+00:00", "ExpiresString": date }));
}

#[test]
fn the_source_of_a_copy_is_encoded() {
    let members =
        json!({ "CopySource": { "shape": "Text", "location": "header", "locationName": "x-amz-copy-source" } });
    let service = one("rest-xml", "S3", "CopyObject", &structure(&members), &structure(&json!({})), &json!({}));
    let header = |source: &str| {
        request(&service, "CopyObject", &json!({ "CopySource": source })).header("x-amz-copy-source").map(str::to_owned)
    };
    assert_eq!(header("b/a b+é").as_deref(), Some("b/a%20b%2B%C3%A9"));
    assert_eq!(header("b/k?versionId=v1").as_deref(), Some("b/k?versionId=v1"));
}

#[test]
fn policies_and_templates_are_shown_as_what_they_are() {
    let shapes = json!({ "policyDocumentType": { "type": "string" }, "Role": structure(&json!({ "Doc": { "shape": "policyDocumentType" } })) });
    let result = structure(&json!({ "Role": { "shape": "Role" } }));
    let iam = one("query", "IAM", "GetRole", &structure(&json!({})), &result, &shapes);
    let body = "<GetRoleResponse><Role><Doc>%7B%22Version%22%3A%222012-10-17%22%7D</Doc></Role></GetRoleResponse>";
    assert_eq!(output(&iam, "GetRole", &[], body).value, json!({ "Role": { "Doc": { "Version": "2012-10-17" } } }));
    let shapes = json!({ "TemplateBody": { "type": "string" } });
    let result = structure(&json!({ "TemplateBody": { "shape": "TemplateBody" } }));
    let stacks = one("query", "CloudFormation", "GetTemplate", &structure(&json!({})), &result, &shapes);
    let template = |text: &str| {
        output(
            &stacks,
            "GetTemplate",
            &[],
            format!("<GetTemplateResponse><TemplateBody>{text}</TemplateBody></GetTemplateResponse>"),
        )
        .value
    };
    assert_eq!(template("{\"a\": 1}"), json!({ "TemplateBody": { "a": 1 } }));
    assert_eq!(template("a: 1"), json!({ "TemplateBody": "a: 1" }));
}

#[test]
fn services_get_what_their_models_do_not_say() {
    let id = json!({ "Id": { "shape": "ResourceId", "location": "uri", "locationName": "Id" } });
    let shapes = json!({ "ResourceId": { "type": "string" } });
    let mut zones = one("rest-xml", "Route 53", "GetHostedZone", &structure(&id), &structure(&json!({})), &shapes);
    zones.operations[0].request_uri = "/hostedzone/{Id}".into();
    assert_eq!(request(&zones, "GetHostedZone", &json!({ "Id": "/hostedzone/Z1" })).path, "/hostedzone/Z1");
    let data = structure(&json!({ "UserData": { "shape": "Text" } }));
    let instances = one("ec2", "EC2", "RunInstances", &data, &structure(&json!({})), &json!({}));
    let body = request(&instances, "RunInstances", &json!({ "UserData": "#!/bin/sh" })).body;
    assert!(String::from_utf8(body).unwrap().ends_with("UserData=IyEvYmluL3No"));
    let apis =
        one("rest-json", "API Gateway", "GetRestApis", &structure(&json!({})), &structure(&json!({})), &json!({}));
    assert_eq!(request(&apis, "GetRestApis", &json!({})).header("accept"), Some("application/json"));
    let account =
        structure(&json!({ "accountId": { "shape": "Text", "location": "uri", "locationName": "accountId" } }));
    let mut vaults = one("rest-json", "Glacier", "ListVaults", &account, &structure(&json!({})), &json!({}));
    vaults.operations[0].request_uri = "/{accountId}/vaults".into();
    let listed = request(&vaults, "ListVaults", &json!({}));
    assert_eq!((listed.path.as_str(), listed.header("x-amz-glacier-version")), ("/-/vaults", Some("2020-01-01")));
}

#[test]
fn a_blob_of_its_own_is_a_stream() {
    let mut result = structure(
        &json!({ "Body": { "shape": "Data" }, "Length": { "shape": "Long", "location": "header", "locationName": "Content-Length" } }),
    );
    result["payload"] = "Body".into();
    let shapes =
        json!({ "Data": { "type": "blob", "streaming": true, "sensitive": true }, "Long": { "type": "long" } });
    let service = one("rest-xml", "S3", "GetObject", &structure(&json!({})), &result, &shapes);
    let got = output(&service, "GetObject", &[("content-length", "9"), ("x-amz-request-id", "r")], b"<Error/>\xff");
    assert_eq!((got.value, got.request_id.as_deref()), (json!({ "Length": 9 }), Some("r")));
    let stream = got.stream.unwrap();
    assert_eq!(
        (stream.member.as_str(), stream.bytes.as_slice(), stream.sensitive),
        ("Body", &b"<Error/>\xff"[..], true)
    );
}

#[test]
fn sensitive_values_are_found_wherever_they_stand() {
    let body = r#"{"Secret":"s1","Inner":{"Secret":"s2","Text":"t"},"Inners":[{},{"Secret":"s3"}]}"#;
    let found = output(&kitchen("json"), "Do", &[], body).sensitive;
    let found: Vec<_> = found.iter().map(|one| (one.path.to_string(), one.text.expose())).collect();
    assert_eq!(
        found,
        [("Inner.Secret".to_owned(), "s2"), ("Secret".to_owned(), "s1"), ("Inners[1].Secret".to_owned(), "s3")]
    );
    let shapes = json!({
        "Environment": { "type": "structure", "sensitive": true, "members": { "Variables": { "shape": "Variables" }, "Size": { "shape": "Long" } } },
        "Variables": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Text" } },
        "Long": { "type": "long" },
    });
    let result = structure(&json!({ "Environment": { "shape": "Environment" } }));
    let service = one("json", "Lambda", "Get", &structure(&json!({})), &result, &shapes);
    let found = output(&service, "Get", &[], r#"{"Environment":{"Variables":{"KEY":"v"},"Size":7}}"#).sensitive;
    let found: Vec<_> = found.iter().map(|one| (one.path.to_string(), one.text.expose())).collect();
    assert_eq!(found, [("Environment.Variables.KEY".to_owned(), "v"), ("Environment.Size".to_owned(), "7")]);
}

#[test]
fn a_choice_that_the_model_does_not_know_is_shown_by_its_name() {
    let mut union = structure(&json!({ "Old": { "shape": "Text" } }));
    union["union"] = true.into();
    let result = structure(&json!({ "Choice": { "shape": "Choice" } }));
    for (protocol, body) in
        [("json", r#"{"Choice":{"New":1,"__type":"x"}}"#), ("rest-xml", "<R><Choice><New/></Choice></R>")]
    {
        let service = one(protocol, "X", "Do", &structure(&json!({})), &result, &json!({ "Choice": union }));
        let value = output(&service, "Do", &[], body).value;
        assert_eq!(value, json!({ "Choice": { "SDK_UNKNOWN_MEMBER": { "name": "New" } } }));
    }
}

#[test]
fn an_error_with_odd_details_is_still_an_error() {
    let found = error(&kitchen("json"), "Do", 404, &[], r#"{"__type":"NotThere","message":"gone","Name":{"a":[]}}"#);
    assert_eq!((found.code.as_str(), found.message.as_str()), ("NotThere", "gone"));
}
