//! Answers that nobody sends in good faith, and all others.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use serde_json::{Value, json};

use super::test_models::{PROTOCOLS, kitchen, output, read, request};
use crate::aws::api::protocol::ParseFault;

#[test]
fn depth_is_bounded() {
    let deep = 200_000;
    let json = format!("{}1{}", r#"{"Inner":"#.repeat(deep), "}".repeat(deep));
    let xml = format!("<R><DoResult>{}{}</DoResult></R>", "<Inner>".repeat(deep), "</Inner>".repeat(deep));
    let flat = format!("<DoResponse>{}{}</DoResponse>", "<Inner>".repeat(deep), "</Inner>".repeat(deep));
    let mut cbor = Vec::new();
    for _ in 0..deep {
        cbor.extend_from_slice(b"\xa1\x65Inner");
    }
    for (protocol, body) in [
        ("json", json.as_bytes()),
        ("rest-json", json.as_bytes()),
        ("query", xml.as_bytes()),
        ("ec2", flat.as_bytes()),
        ("rest-xml", flat.as_bytes()),
        ("smithy-rpc-v2-cbor", &cbor),
    ] {
        for status in [200, 400] {
            let reply = read(&kitchen(protocol), "Do", status, &[], body);
            assert!(reply.is_err(), "{protocol}: {reply:?}");
        }
    }
}

#[test]
fn entities_are_not_expanded() {
    let bomb =
        r#"<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r><Text>&b;</Text></r>"#;
    let file = r#"<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r><Text>&f;</Text></r>"#;
    for body in [bomb, file] {
        for protocol in ["query", "ec2", "rest-xml"] {
            let fault = read(&kitchen(protocol), "Do", 200, &[], body).unwrap_err();
            assert!(matches!(fault, ParseFault::NotTheProtocol { .. }), "{fault}");
        }
    }
}

#[test]
fn ten_megabytes_of_junk_are_read_once() {
    let junk = "<a/>".repeat(2_500_000);
    let wide = format!("<R><DoResult>{junk}</DoResult></R>");
    for protocol in PROTOCOLS {
        assert!(read(&kitchen(protocol), "Do", 200, &[], &junk).is_err(), "{protocol}");
    }
    assert_eq!(output(&kitchen("query"), "Do", &[], &wide).value, json!({}));
}

#[test]
fn an_odd_value_is_named_with_its_place() {
    let cases = [
        ("rest-xml", "<R><Inner><Number>many</Number></Inner></R>", "Inner.Number", "a whole number", "`many`"),
        ("json", r#"{"Inner":{"When":"soon"}}"#, "Inner.When", "a time", "text"),
        ("json", r#"{"Inners":[{},{"Bytes":"=?"}]}"#, "Inners[1].Bytes", "base64", "other text"),
        ("json", r#"{"Tags":[]}"#, "Tags", "a map", "a list"),
        ("rest-json", r#"{"Texts":{}}"#, "Texts", "a list", "a map"),
        ("ec2", "<DoResponse><Tags><x/></Tags></DoResponse>", "Tags", "a key and a value", "x"),
    ];
    for (protocol, body, place, wanted, there) in cases {
        let fault = read(&kitchen(protocol), "Do", 200, &[], body).unwrap_err();
        let ParseFault::Value { path, expected, found, .. } = fault else { panic!("{protocol}: {fault}") };
        assert_eq!((path.to_string().as_str(), expected, found.as_str()), (place, wanted, there));
    }
}

/// Documents that look like an answer, and have been cut and bent.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let documents = prop_oneof![
        Just(r#"{"__type":"NotThere","Text":"a","Number":1,"Inner":{"When":1.5,"Bytes":"YQ=="},"Tags":{"a":"b"}}"#),
        Just(
            "<R xmlns=\"u\"><DoResult><Text>a</Text><Flat>b</Flat><Tags><entry><key>a</key><value>b</value></entry></Tags></DoResult></R>"
        ),
        Just("<ErrorResponse><Error><Code>NotThere</Code><Message>&amp;</Message></Error></ErrorResponse>"),
        Just("\u{a3}dText\u{61}aeInner"),
    ];
    let bent =
        (documents, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(|(text, at, byte, cut)| {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] = byte;
            }
            bytes
        });
    prop_oneof![bent, prop::collection::vec(any::<u8>(), 0..200)]
}

/// Values of the kitchen's shape, as the client takes them.
fn values() -> impl Strategy<Value = Value> {
    // XML holds no control characters, and no reader keeps the blanks around a text that is all blanks.
    let text = "[a-zA-Z0-9<>&\"'é€🚀 ]{0,8}[a-z]";
    let leaf = (
        prop::option::of(text),
        prop::option::of(any::<i64>()),
        prop::option::of(-1e9..1e9_f64),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::collection::vec(any::<u8>(), 1..9)),
        prop::option::of(0..4_000_000_000_i64),
        prop::option::of(prop::collection::vec(text, 1..4)),
        prop::option::of(prop::collection::btree_map("[a-z]{1,5}", text, 1..4)),
    );
    let leaf = leaf.prop_map(|(text, number, fraction, yes, bytes, when, texts, tags)| {
        use base64::Engine;
        let bytes = bytes.map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes));
        let when = when
            .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0))
            .map(|moment| moment.format("%Y-%m-%dT%H:%M:%S+00:00").to_string());
        let all = json!({
            "Text": text, "Number": number, "Fraction": fraction, "Yes": yes, "Bytes": bytes, "When": when,
            "Texts": texts, "Flat": texts, "Tags": tags,
        });
        let members = all.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::vec(inner, 1..3).prop_map(|inners| json!({ "Inner": inners[0], "Inners": inners }))
    })
}

proptest! {
    #[test]
    fn no_answer_is_a_panic(body in bodies(), status in prop_oneof![Just(200_u16), Just(204), 300..600_u16]) {
        for protocol in PROTOCOLS {
            let _ = read(&kitchen(protocol), "Do", status, &[("x-amzn-errortype", "Busy:"), ("retry-after", "-1")], &body);
        }
    }

    #[test]
    fn what_is_written_is_read_again(value in values()) {
        for protocol in ["json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"] {
            let service = kitchen(protocol);
            let body = request(&service, "Do", &value).body;
            let read = output(&service, "Do", &[], &body);
            assert_eq!(read.value, value, "{protocol}: {}", String::from_utf8_lossy(&body));
        }
    }
}
