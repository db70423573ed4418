//! A line and its digest.

use sha2::{Digest, Sha256};

/// What stands between the digested bytes and the digest.
const MARK: &str = ",\"digest\":\"";

/// Ends a JSON object's text with its digest. Gives the line, without its end, and the digest.
pub(crate) fn seal(object: &str) -> (String, String) {
    let body = object.strip_suffix('}').expect("a record is a JSON object");
    let digest = hex::encode(Sha256::digest(body.as_bytes()));
    (format!("{body}{MARK}{digest}\"}}"), digest)
}

/// Splits a line into its JSON object, without the digest, and the digest; `None` if they do not belong together.
pub(crate) fn open(line: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(line).ok()?;
    let at = text.rfind(MARK)?;
    let (body, rest) = text.split_at(at);
    let digest = rest.strip_prefix(MARK)?.strip_suffix("\"}")?;
    let right = hex::encode(Sha256::digest(body.as_bytes()));
    (digest == right).then(|| (format!("{body}}}"), right))
}

#[cfg(test)]
mod tests {
    use super::{open, seal};

    #[test]
    fn a_sealed_line_opens_and_a_changed_one_does_not() {
        let (line, digest) = seal(r#"{"seq":1,"text":",\"digest\":\"x"}"#);
        assert_eq!(open(line.as_bytes()), Some((r#"{"seq":1,"text":",\"digest\":\"x"}"#.to_owned(), digest)));
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert_eq!(open(&bytes), None, "byte {at}, bit {bit}");
            }
        }
    }
}
