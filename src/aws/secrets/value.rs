//! A secret's value: it is only ever in memory, and is zeroed there when it is let go.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// A value. Two are compared by their digests under one key.
pub struct SecretValue {
    pub(super) form: Form,
    /// The version that it is of.
    pub version: String,
}

/// How the service holds it.
pub(super) enum Form {
    /// As text.
    Text(SecretString),
    /// As bytes, in Base64.
    Binary(SecretString),
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue").field("version", &self.version).finish_non_exhaustive()
    }
}

impl SecretValue {
    /// Takes the value out of an answer; none: the answer has none.
    pub(super) fn take(answer: &mut Value) -> Option<Self> {
        let version = answer["VersionId"].as_str().unwrap_or_default().to_owned();
        let mut taken = |member: &str| match answer[member].take() {
            Value::String(text) => Some(SecretString::from(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let form = taken("SecretString").map(Form::Text).or_else(|| taken("SecretBinary").map(Form::Binary))?;
        Some(Self { form, version })
    }

    /// What says whether two are the same, and nothing else to who does not have the key.
    pub fn digest(&self, key: &DigestKey) -> String {
        let (kind, text) = match &self.form {
            Form::Text(text) => (b't', text),
            Form::Binary(text) => (b'b', text),
        };
        key.hmac(kind, text.expose_secret().as_bytes())
    }
}

/// A random key for digests. It is on no record, so that nobody can try values against a digest that is.
pub struct DigestKey([u8; BLOCK]);

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey")
    }
}

impl DigestKey {
    /// A new one; none when the system gives no randomness.
    pub fn random() -> Option<Self> {
        let mut key = [0; BLOCK];
        getrandom::fill(&mut key[..32]).ok()?;
        Some(Self(key))
    }

    /// HMAC-SHA256 (RFC 2104) of a byte and a text.
    fn hmac(&self, kind: u8, text: &[u8]) -> String {
        let padded = |with: u8| self.0.map(|byte| byte ^ with);
        let inner = Sha256::new().chain_update(padded(0x36)).chain_update([kind]).chain_update(text).finalize();
        hex::encode(Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{BLOCK, DigestKey, SecretValue};

    /// RFC 4231, test case 2: its data begin with `w`.
    #[test]
    fn the_digest_is_that_of_the_standard() {
        let mut key = [0; BLOCK];
        key[..4].copy_from_slice(b"Jefe");
        let digest = DigestKey(key).hmac(b'w', b"hat do ya want for nothing?");
        assert_eq!(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_value_is_taken_out_of_its_answer_and_is_shown_nowhere() {
        let mut answer = json!({ "VersionId": "v1", "SecretString": "hunter2" });
        let value = SecretValue::take(&mut answer).unwrap();
        assert!(answer["SecretString"].is_null());
        assert_eq!(format!("{value:?}"), "SecretValue { version: \"v1\", .. }");
        let (one, other) = (DigestKey::random().unwrap(), DigestKey::random().unwrap());
        assert_eq!(value.digest(&one), value.digest(&one));
        assert_ne!(value.digest(&one), value.digest(&other));
        let binary = SecretValue::take(&mut json!({ "SecretBinary": "hunter2" })).unwrap();
        assert_ne!(value.digest(&one), binary.digest(&one));
        assert!(SecretValue::take(&mut json!({ "VersionId": "v1" })).is_none());
    }
}
