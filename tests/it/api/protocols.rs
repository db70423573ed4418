//! botocore's conformance suites of the wire formats, whole: method, URI, headers and body of what is sent; what answers
//! are read to. Bodies are compared as bytes; the suites break and indent JSON and XML, so those of theirs are packed first.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use checkride::aws::api::model::{Operation, Protocol, Service};
use checkride::aws::api::protocol::{Answer, Reply, Request, parse, serialize};
use serde_json::{Map, Value};

use super::alike;
use super::suite::{Case, cases};

const GZIP: &str = "compression of requests is the client's, and one operation of one service offers it";
const CHECKSUM: &str = "checksums are the client's";
const PAYLOAD_NAME: &str =
    "the suite's model calls the payload by its member; those of S3 give the element's name there";
const EMPTY_HEADER: &str = "the old suite wants no header for an empty list, the new one wants an empty header";
const MESSAGE: &str = "the case forgets the message that its own answer holds";
const EVENTS: &str = "events come as the bytes that they are; the AWS CLI does not show them either";

/// Cases that are left out, each with its reason. One that passes, or is no longer there, fails the test.
const LEFT_OUT: &[(&str, &str)] = &[
    ("input/ec2/SDKAppliedContentEncoding_ec2Query", GZIP),
    ("input/ec2/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", GZIP),
    ("input/json/SDKAppliedContentEncoding_awsJson1_1", GZIP),
    ("input/json/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", GZIP),
    ("input/json_1_0/SDKAppliedContentEncoding_awsJson1_0", GZIP),
    ("input/json_1_0/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", GZIP),
    ("input/query/SDKAppliedContentEncoding_awsQuery", GZIP),
    ("input/query/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", GZIP),
    ("input/rest-json/SDKAppliedContentEncoding_restJson1", GZIP),
    ("input/rest-json/SDKAppendedGzipAfterProvidedEncoding_restJson1", GZIP),
    ("input/rest-xml/SDKAppliedContentEncoding_restXml", GZIP),
    ("input/rest-xml/SDKAppendedGzipAfterProvidedEncoding_restXml", GZIP),
    ("input/rest-json/RestJsonHttpChecksumRequired", CHECKSUM),
    ("input/rest-xml/RestXmlHttpPayloadWithUnion", PAYLOAD_NAME),
    ("input/rest-xml/HttpPayloadWithXmlName", PAYLOAD_NAME),
    ("input/rest-xml/HttpPayloadWithXmlNamespace", PAYLOAD_NAME),
    ("input/rest-xml/HttpPayloadWithXmlNamespaceAndPrefix", PAYLOAD_NAME),
    ("input/rest-xml/XmlAttributesOnPayload", PAYLOAD_NAME),
    ("legacy/input/rest-json/25.7", "the old suite wants a content type where there is no content"),
    ("legacy/input/rest-json/26.1", EMPTY_HEADER),
    ("legacy/input/rest-xml/26.1", EMPTY_HEADER),
    ("output/ec2/Ec2ComplexError", MESSAGE),
    ("output/rest-xml/ComplexError", MESSAGE),
    (
        "output/rest-json/MediaTypeHeaderOutputBase64",
        "JSON in a header is shown as JSON, as the old suite and the AWS CLI have it, and not as text",
    ),
    ("legacy/output/json/6.0", EVENTS),
    ("legacy/output/rest-xml/14.0", EVENTS),
    ("legacy/output/rest-xml/14.1", EVENTS),
    ("legacy/output/rest-xml/14.2", EVENTS),
];

#[test]
fn requests_are_written_as_botocores_suites_say() {
    let mut by_order = 0;
    run("input", |case| {
        let service = Service::read(&case.model).map_err(|error| format!("{error:?}"))?;
        let operation = service.operation(&case.operation).unwrap();
        let params = match service.input(operation) {
            Some(shape) => alike::input(shape, case.data.get("params").unwrap_or(&Value::Object(Map::new()))),
            None => Value::Object(Map::new()),
        };
        let mut token = || "00000000-0000-4000-8000-000000000000".to_owned();
        let request = serialize(&service, operation, &params, &mut token).map_err(|fault| fault.to_string())?;
        sent(case, &service, &request, &mut by_order)
    });
    println!("{by_order} bodies differ from the suites' in the order of keys only");
}

#[test]
fn answers_are_read_as_botocores_suites_say() {
    run("output", |case| {
        let service = Service::read(&case.model).map_err(|error| format!("{error:?}"))?;
        let operation = service.operation(&case.operation).unwrap();
        let response = &case.data["response"];
        let headers: Vec<(String, String)> = response["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let empty = if service.protocol == Protocol::Query { "<xml/>" } else { "" };
        let body = response["body"].as_str().unwrap_or(empty);
        let status = u16::try_from(response["status_code"].as_u64().unwrap()).unwrap();
        // What is no text stands in the suites in base64.
        let body = match service.protocol {
            Protocol::Cbor => STANDARD.decode(body).unwrap(),
            _ => body.as_bytes().to_vec(),
        };
        let answer = Answer { status, headers: &headers, body: &body };
        received(case, &service, operation, &answer)
    });
}

/// Runs every case of a direction, and prints how many.
#[expect(clippy::print_stdout, reason = "the count is a result of the test")]
fn run(direction: &str, mut check: impl FnMut(&Case) -> Result<(), String>) {
    let cases = cases(direction);
    let mut faults = Vec::new();
    let mut passed: BTreeMap<String, usize> = BTreeMap::new();
    let left_out: Vec<&str> = LEFT_OUT
        .iter()
        .map(|(id, _)| *id)
        .filter(|id| id.trim_start_matches("legacy/").starts_with(direction))
        .collect();
    let mut skipped = 0;
    for case in &cases {
        match (check(case), left_out.contains(&case.id.as_str())) {
            (Ok(()), false) => *passed.entry(case.id.rsplit_once('/').unwrap().0.to_owned()).or_default() += 1,
            (Ok(()), true) => faults.push(format!("{}: passes, and is still left out", case.id)),
            (Err(_), true) => skipped += 1,
            (Err(fault), false) => faults.push(format!("{}: {fault}", case.id)),
        }
    }
    for id in left_out.iter().filter(|id| !cases.iter().any(|case| case.id == **id)) {
        faults.push(format!("{id}: is left out, and is not there"));
    }
    for (file, count) in &passed {
        println!("{file}: {count} passed");
    }
    let total: usize = passed.values().sum();
    println!("{direction}: {total} of {} passed, {skipped} left out", cases.len());
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
    assert!(cases.len() > 300, "only {} cases: the suites are not all there", cases.len());
}

/// Holds a request against what a case expects.
fn sent(case: &Case, service: &Service, request: &Request, by_order: &mut usize) -> Result<(), String> {
    let expected = &case.data["serialized"];
    let legacy = case.id.starts_with("legacy/");
    let equal = |what: &str, ours: &str, theirs: &str| {
        if ours == theirs { Ok(()) } else { Err(format!("{what}: `{ours}` and not `{theirs}`")) }
    };
    if let Some(method) = expected["method"].as_str() {
        equal("method", &request.method, method)?;
    }
    let endpoint = case.endpoint.trim_start_matches("https://");
    let (host, base) =
        endpoint.split_once('/').map_or((endpoint, String::new()), |(host, path)| (host, format!("/{path}")));
    equal("uri", &format!("{base}{}", request.uri()), expected["uri"].as_str().unwrap_or_default())?;
    if let Some(theirs) = expected["host"].as_str() {
        let prefix = request.host_prefix.as_deref().unwrap_or_default();
        equal("host", &format!("{prefix}{host}"), theirs.split('/').next().unwrap())?;
    }
    for (name, theirs) in expected["headers"].as_object().into_iter().flatten() {
        let theirs = theirs.as_str().unwrap();
        match request.header(name) {
            // The old suites part lists by a comma, the new ones by a comma and a blank, as we do.
            Some(ours) if legacy && ours.replace(", ", ",") == theirs.replace(", ", ",") => {}
            // The old suites name the encoding of forms, which has none but this.
            Some(ours) if legacy && format!("{ours}; charset=utf-8") == theirs => {}
            Some(ours) => equal(name, ours, theirs)?,
            None => return Err(format!("no header {name}, which is `{theirs}`")),
        }
    }
    for name in expected["forbidHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Some(ours) = request.header(name) {
            return Err(format!("header {name}, which must not be: `{ours}`"));
        }
    }
    // The length is the HTTP client's.
    let required = expected["requireHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|name| !name.eq_ignore_ascii_case("content-length")) {
        if request.header(name).is_none() {
            return Err(format!("no header {name}"));
        }
    }
    let Some(theirs) = expected["body"].as_str() else { return Ok(()) };
    if service.protocol == Protocol::Cbor {
        return cbor(&request.body, &STANDARD.decode(theirs).unwrap());
    }
    let ours = std::str::from_utf8(&request.body).map_err(|error| error.to_string())?;
    if ours == theirs {
        return Ok(());
    }
    match service.protocol {
        Protocol::Json | Protocol::RestJson => {
            let ordered: Value =
                serde_json::from_str(theirs).map_err(|_| format!("body: `{ours}` and not `{theirs}`"))?;
            if *ours == *ordered.to_string() {
                return Ok(());
            }
            *by_order += 1;
            let read: Value = serde_json::from_str(ours).map_err(|error| error.to_string())?;
            if alike_json(&read, &ordered) { Ok(()) } else { equal("body", ours, theirs) }
        }
        Protocol::RestXml => {
            if ours == packed(theirs) {
                return Ok(());
            }
            *by_order += 1;
            equal("body", &canonical(ours)?, &canonical(theirs)?)
        }
        Protocol::Query | Protocol::Ec2 | Protocol::Cbor => equal("body", ours, theirs),
    }
}

/// The same CBOR, read by another reader than ours: the suites order no keys, and write numbers as short as they can.
fn cbor(ours: &[u8], theirs: &[u8]) -> Result<(), String> {
    fn of(value: &ciborium::Value) -> String {
        match value {
            ciborium::Value::Map(entries) => {
                let mut entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}: {}", of(key), of(value))).collect();
                entries.sort();
                format!("{{{}}}", entries.join(", "))
            }
            ciborium::Value::Array(items) => format!("[{}]", items.iter().map(of).collect::<Vec<_>>().join(", ")),
            ciborium::Value::Tag(tag, value) => format!("{tag}({})", of(value)),
            #[expect(clippy::cast_precision_loss, reason = "the numbers of the suites are small")]
            ciborium::Value::Integer(number) => format!("{:?}", i128::from(*number) as f64),
            ciborium::Value::Float(number) => format!("{number:?}"),
            value => format!("{value:?}"),
        }
    }
    let read = |bytes: &[u8]| -> Result<String, String> {
        if bytes.is_empty() {
            return Ok(String::new());
        }
        ciborium::from_reader(bytes).map(|value| of(&value)).map_err(|error| format!("body: {error}"))
    };
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    if ours == theirs { Ok(()) } else { Err(format!("body: `{ours}` and not `{theirs}`")) }
}

/// XML without the blanks between its elements.
fn packed(xml: &str) -> String {
    let mut packed = String::new();
    for piece in xml.trim().split_inclusive('>') {
        packed.push_str(if piece.trim_start().starts_with('<') { piece.trim_start() } else { piece });
    }
    packed
}

/// XML with sorted members and attributes: the suites order neither.
fn canonical(xml: &str) -> Result<String, String> {
    fn of(node: roxmltree::Node<'_, '_>) -> String {
        let mut attributes: Vec<String> = node
            .attributes()
            .map(|attribute| format!("{:?}", (attribute.namespace(), attribute.name(), attribute.value())))
            .collect();
        attributes.sort();
        let mut declared: Vec<String> =
            node.namespaces().map(|space| format!("{:?}", (space.name(), space.uri()))).collect();
        declared.sort();
        let children: Vec<String> = node.children().filter(roxmltree::Node::is_element).map(of).collect();
        let text: String = node.children().filter_map(|child| child.text()).collect();
        let text = if children.is_empty() { text.as_str() } else { text.trim() };
        // Items of one name keep their order; members do not.
        let mut sorted = children.clone();
        sorted.sort_by(|one, other| one.split(' ').next().cmp(&other.split(' ').next()));
        format!(
            "{:?} {attributes:?} {declared:?} {text:?} {sorted:?}",
            (node.tag_name().namespace(), node.tag_name().name())
        )
    }
    let document = roxmltree::Document::parse(xml).map_err(|error| format!("{error}: {xml}"))?;
    Ok(of(document.root_element()))
}

/// The same JSON, whatever the order of keys and the form of numbers.
fn alike_json(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(our), Value::Number(their)) => our.as_f64() == their.as_f64(),
        (Value::Array(our), Value::Array(their)) => {
            our.len() == their.len() && our.iter().zip(their).all(|(our, their)| alike_json(our, their))
        }
        (Value::Object(our), Value::Object(their)) => {
            our.len() == their.len()
                && their.iter().all(|(name, their)| our.get(name).is_some_and(|our| alike_json(our, their)))
        }
        (ours, theirs) => ours == theirs,
    }
}

/// Holds what an answer is read to against what a case expects.
fn received(case: &Case, service: &Service, operation: &Operation, answer: &Answer<'_>) -> Result<(), String> {
    let reply = parse(service, operation, answer).map_err(|fault| fault.to_string())?;
    match (reply, case.data.get("error")) {
        (Reply::Output(output), None) => {
            let mut ours = output.value;
            if let Some(stream) = output.stream {
                ours[&stream.member] = STANDARD.encode(&stream.bytes).into();
            }
            let theirs = &case.data["result"];
            match service.output(operation) {
                Some(shape) => alike::compare(shape, &ours, theirs, "result"),
                None if ours == *theirs => Ok(()),
                None => Err(format!("{ours} and not {theirs}")),
            }
        }
        (Reply::Error(error), Some(theirs)) => {
            let expected = |key: &str| case.data[key].as_str().unwrap_or_default();
            if error.code != expected("errorCode") {
                return Err(format!("code `{}` and not `{}`", error.code, expected("errorCode")));
            }
            if error.message != expected("errorMessage") {
                return Err(format!("message `{}` and not `{}`", error.message, expected("errorMessage")));
            }
            let ours = error.modeled.unwrap_or_else(|| Value::Object(Map::new()));
            match service.error(operation, &error.code) {
                Some(shape) => alike::compare(shape, &ours, theirs, "error"),
                None if ours == *theirs => Ok(()),
                None => Err(format!("{ours} and not {theirs}")),
            }
        }
        (Reply::Output(output), Some(_)) => Err(format!("no error, but {}", output.value)),
        (Reply::Error(error), None) => Err(format!("error {} {}", error.code, error.message)),
    }
}
