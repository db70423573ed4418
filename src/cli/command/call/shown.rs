//! An answer as it is shown: what is sensitive is cut, a body that is no JSON gets its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::aws::api::PathPart;
use crate::aws::api::client::ApiReply;
use crate::world::secret::CUT;

/// Cuts what the model marks as sensitive, by its place: also what is too short to be cut by its text.
pub(super) fn cut(reply: &mut ApiReply) {
    for sensitive in &reply.sensitive {
        let at = sensitive.path.0.iter().try_fold(&mut reply.value, |at, part| match part {
            PathPart::Name(name) => at.get_mut(name),
            PathPart::Index(index) => at.get_mut(index),
        });
        if let Some(at) = at {
            *at = Value::from(CUT);
        }
    }
    if let Some(stream) = reply.stream.as_mut().filter(|stream| stream.sensitive) {
        stream.bytes = CUT.as_bytes().to_vec();
    }
}

/// Puts a body that is no JSON into the answer, under the name that the model gives it: as text if it is text, else in
/// base64. What is to be said of it, if it is none.
pub(super) fn with_body(reply: &mut ApiReply) -> Option<String> {
    let stream = reply.stream.take()?;
    let (text, note) = match String::from_utf8(stream.bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let bytes = error.into_bytes();
            let note = format!(
                "`{}` is no text: its {} bytes are shown in base64; -o FILE writes them",
                stream.member,
                bytes.len()
            );
            (STANDARD.encode(bytes), Some(note))
        }
    };
    if !reply.value.is_object() {
        reply.value = Value::Object(Map::new());
    }
    if let Some(map) = reply.value.as_object_mut() {
        map.insert(stream.member, Value::from(text));
    }
    note
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{cut, with_body};
    use crate::aws::api::client::{ApiReply, resolve};
    use crate::aws::api::protocol::{Stream, sensitive};

    fn reply(call: &str, value: Value) -> ApiReply {
        let operation = resolve(call).unwrap();
        let shape = operation.service().output(operation.model()).unwrap();
        let sensitive = sensitive(shape, &value);
        ApiReply { value, stream: None, sensitive, request_ids: Vec::new(), pages: 1, part: false }
    }

    #[test]
    fn what_is_sensitive_is_cut_where_it_stands() {
        let mut function = reply(
            "lambda:GetFunctionConfiguration",
            json!({ "FunctionName": "on", "Environment": { "Variables": { "MODE": "on", "KEY": "what-pays" } } }),
        );
        cut(&mut function);
        let wanted =
            json!({ "FunctionName": "on", "Environment": { "Variables": { "MODE": "[secret]", "KEY": "[secret]" } } });
        assert_eq!(function.value, wanted);
        let mut secret = reply("secretsmanager:GetSecretValue", json!({ "Name": "db", "SecretString": "x" }));
        cut(&mut secret);
        assert_eq!(secret.value, json!({ "Name": "db", "SecretString": "[secret]" }));
    }

    #[test]
    fn a_body_is_shown_as_text_or_in_base64() {
        let stream = |bytes: &[u8], sensitive| Stream { member: "Body".into(), bytes: bytes.to_vec(), sensitive };
        let body = |stream| ApiReply { stream: Some(stream), ..reply("s3:GetObject", json!({ "ContentLength": 3 })) };
        let mut text = body(stream("ü!".as_bytes(), false));
        assert_eq!(with_body(&mut text), None);
        assert_eq!(text.value, json!({ "ContentLength": 3, "Body": "ü!" }));
        let mut bytes = body(stream(&[0xff, 0, 1], false));
        assert!(with_body(&mut bytes).unwrap().contains("3 bytes"));
        assert_eq!(bytes.value["Body"], "/wAB");
        let mut secret = body(stream(b"abc", true));
        cut(&mut secret);
        with_body(&mut secret);
        assert_eq!(secret.value["Body"], "[secret]");
    }
}
