//! Percent-encoding as AWS wants it: everything but unreserved characters, a blank as `%20`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986, section 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Text for a query, a form, or one segment of a path.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// Text for several segments of a path.
pub(super) fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::{encode, encode_path};

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("a b/c+é~-_."), "a%20b%2Fc%2B%C3%A9~-_.");
        assert_eq!(encode_path("a b/c"), "a%20b/c");
    }
}
