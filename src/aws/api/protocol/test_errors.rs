//! Errors, as services send them.

use std::time::Duration;

use serde_json::json;

use super::test_models::{error, kitchen, read};
use crate::aws::api::protocol::{ApiError, ParseFault};

/// Code, message and request id.
fn told(error: &ApiError) -> (&str, &str, Option<&str>) {
    (&error.code, &error.message, error.request_id.as_deref())
}

#[test]
fn json_names_the_error_in_its_body() {
    let service = kitchen("json");
    let headers = [("x-amzn-RequestId", "abc"), ("Content-Type", "application/x-amz-json-1.0")];
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;
    let error = error(&service, "Do", 400, &headers, body);
    assert_eq!(told(&error), ("ResourceNotFoundException", "Requested resource not found", Some("abc")));
    assert_eq!((error.status, error.modeled), (400, None));
}

#[test]
fn a_header_goes_before_the_body() {
    let service = kitchen("rest-json");
    let headers = [("x-amzn-errortype", "ResourceNotFoundException:http://internal.amazon.com/coral/")];
    let error =
        error(&service, "Do", 404, &headers, r#"{"Message":"Function not found","Type":"User","code":"Other"}"#);
    assert_eq!(told(&error), ("ResourceNotFoundException", "Function not found", None));
}

#[test]
fn a_message_alone_leaves_the_status_as_code() {
    let service = kitchen("rest-json");
    let error =
        error(&service, "Do", 403, &[("x-amzn-requestid", "")], r#"{"message":"Missing Authentication Token"}"#);
    assert_eq!(told(&error), ("403", "Missing Authentication Token", None));
}

#[test]
fn a_service_that_left_query_tells_its_old_code() {
    let service = kitchen("json");
    let headers = [("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")];
    let body = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
    let found = error(&service, "Do", 400, &headers, body);
    assert_eq!(found.code, "AWS.SimpleQueueService.NonExistentQueue");
    let found =
        error(&service, "Do", 404, &[("x-amzn-query-error", "Old;Sender")], r#"{"__type":"NotThere","Name":"a"}"#);
    assert_eq!(found.modeled, Some(json!({ "Name": "a" })), "the model knows it by its new code");
}

#[test]
fn query_wraps_the_error() {
    let body = "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\n  <Error>\n    \
                <Type>Sender</Type>\n    <Code>ValidationError</Code>\n    <Message>Stack with id x does not \
                exist</Message>\n  </Error>\n  <RequestId>0f2e</RequestId>\n</ErrorResponse>\n";
    let error = error(&kitchen("query"), "Do", 400, &[], body);
    assert_eq!(told(&error), ("ValidationError", "Stack with id x does not exist", Some("0f2e")));
}

#[test]
fn ec2_lists_errors() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>The instance ID 'i-1' does not exist</Message></Error></Errors><RequestID>ea966190</RequestID></Response>"#;
    let error = error(&kitchen("ec2"), "Do", 400, &[], body);
    assert_eq!(told(&error), ("InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist", Some("ea966190")));
}

#[test]
fn s3_errors_have_no_wrapper() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket \
                does not exist</Message><BucketName>b</BucketName><RequestId>R</RequestId><HostId>H</HostId></Error>";
    let found = error(&kitchen("rest-xml"), "Do", 404, &[], body);
    assert_eq!(told(&found), ("NoSuchBucket", "The specified bucket does not exist", Some("R")));
    let found = error(&kitchen("rest-xml"), "Do", 404, &[("x-amz-request-id", "h")], body);
    assert_eq!(found.request_id.as_deref(), Some("h"), "a header goes before the body");
}

#[test]
fn no_body_leaves_the_status() {
    for protocol in ["rest-xml", "query", "ec2", "json", "rest-json", "smithy-rpc-v2-cbor"] {
        let found = error(&kitchen(protocol), "Do", 404, &[("x-amz-request-id", "r")], "");
        assert_eq!(told(&found), ("404", "Not Found", Some("r")), "{protocol}");
    }
    assert_eq!(error(&kitchen("rest-xml"), "Do", 599, &[], "\n").message, "");
}

#[test]
fn what_answers_before_the_service_names_the_error_by_its_element() {
    let body = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be \
                authorized</Message>\n</AccessDeniedException>\n";
    let error = error(&kitchen("query"), "Do", 403, &[], body);
    assert_eq!(
        told(&error),
        ("AccessDeniedException", "Unable to determine service/operation name to be authorized", None)
    );
}

#[test]
fn an_error_of_the_model_gives_its_members() {
    let json = r#"{"__type":"NotThere","Name":"a","Password":"hunter2"}"#;
    let xml = "<ErrorResponse><Error><Code>Kitchen.NotThere</Code><Name>a</Name><Password>hunter2</Password></Error></ErrorResponse>";
    for (protocol, body) in [("json", json), ("rest-json", json), ("query", xml), ("rest-xml", xml)] {
        let error = error(&kitchen(protocol), "Do", 404, &[], body);
        assert_eq!(error.modeled, Some(json!({ "Name": "a", "Password": "hunter2" })), "{protocol}");
        assert_eq!(error.sensitive.len(), 1);
        assert_eq!(error.sensitive[0].text.expose(), "hunter2");
        assert_eq!(error.sensitive[0].path.to_string(), "Password");
        assert_eq!(format!("{:?}", error.sensitive[0].text), "[secret]");
    }
}

#[test]
fn the_wish_to_be_left_alone_is_heard() {
    let service = kitchen("json");
    let body = r#"{"__type":"Busy","message":"Rate exceeded"}"#;
    let found = error(&service, "Do", 429, &[("Retry-After", "3")], body);
    assert_eq!((found.retry_after, found.retryable), (Some(Duration::from_secs(3)), Some(true)));
    let found = error(&service, "Do", 429, &[("Retry-After", "3"), ("x-amz-retry-after", "1500")], body);
    assert_eq!(found.retry_after, Some(Duration::from_millis(1500)));
    let found = error(&service, "Do", 429, &[("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")], body);
    assert_eq!(found.retry_after, None);
}

#[test]
fn a_body_of_another_kind_is_named_so() {
    let page = "<html><body><h1>503 Service Unavailable</h1>\u{1b}[2J</body></html>";
    let html = [("Content-Type", "text/html")];
    for protocol in super::test_models::PROTOCOLS {
        for (status, body) in [(503, page), (200, page), (500, "upstream connect error"), (200, "[1, 2"), (404, "[]")] {
            let fault = read(&kitchen(protocol), "Do", status, &html, body).unwrap_err();
            let ParseFault::NotTheProtocol { status: told, content_type, excerpt, reason } = fault else {
                panic!("{protocol}: {fault}")
            };
            assert_eq!((told, content_type.as_deref()), (status, Some("text/html")), "{protocol}");
            assert!(!excerpt.contains('\u{1b}') && !excerpt.is_empty() && !reason.is_empty(), "{protocol}: {excerpt}");
        }
    }
}
