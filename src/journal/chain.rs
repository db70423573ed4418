//! A line and its digest.

use sha2::{Digest, Sha256};

/// What stands between the digested bytes and the digest.
const MARK: &str = ",\"digest\":\"";

/// What stands behind the digest.
const END: &str = "\"}";

/// How many digits a digest has.
const DIGITS: usize = 64;

/// Ends a JSON object's text with its digest. Gives the line, without its end, and the digest.
pub(crate) fn seal(object: &str) -> (String, String) {
    let body = object.strip_suffix('}').expect("a record is a JSON object");
    let digest = hex::encode(Sha256::digest(body.as_bytes()));
    (format!("{body}{MARK}{digest}{END}"), digest)
}

/// A line that fits its digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Sealed<'a> {
    /// The whole line: a JSON object whose last member is its digest.
    pub(crate) text: &'a str,
    /// The digest.
    pub(crate) digest: &'a str,
}

/// Takes a line for what it says, if its end is the digest of what stands before it.
pub(crate) fn open(line: &[u8]) -> Option<Sealed<'_>> {
    let body = line.len().checked_sub(MARK.len() + DIGITS + END.len())?;
    let (body, rest) = line.split_at(body);
    let digest = rest.strip_prefix(MARK.as_bytes())?.strip_suffix(END.as_bytes())?;
    // The digits are compared as they stand: an `A` for an `a` is a flipped bit, too.
    let mut right = [0; DIGITS];
    hex::encode_to_slice(Sha256::digest(body), &mut right).expect("a SHA-256 has 64 digits");
    if digest != right {
        return None;
    }
    Some(Sealed { text: std::str::from_utf8(line).ok()?, digest: std::str::from_utf8(digest).ok()? })
}

#[cfg(test)]
mod tests {
    use super::{Sealed, open, seal};

    #[test]
    fn a_sealed_line_opens_and_a_changed_one_does_not() {
        let (line, digest) = seal(r#"{"seq":1,"text":",\"digest\":\"x"}"#);
        assert_eq!(open(line.as_bytes()), Some(Sealed { text: &line, digest: &digest }));
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert_eq!(open(&bytes), None, "byte {at}, bit {bit}");
            }
        }
    }
}
