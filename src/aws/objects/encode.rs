//! Keys on the wire: as a source of a copy, and out of a listing.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands for itself in a URL's path.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The header `x-amz-copy-source`: the SDK sends it as it is given.
/// No version: what is on top.
pub(super) fn copy_source(bucket: &str, key: &str, version: Option<&str>) -> String {
    let key = utf8_percent_encode(key, &PLAIN);
    match version {
        Some(version) => format!("{bucket}/{key}?versionId={}", utf8_percent_encode(version, &PLAIN)),
        None => format!("{bucket}/{key}"),
    }
}

/// A key of a listing with `encoding-type=url`: XML has no place for every character that a key may have. A space comes
/// as `+`, and a plus encoded. None: it is not UTF-8, which every key is.
pub(super) fn decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::{copy_source, decoded};

    #[test]
    fn a_key_is_written_so_that_nothing_of_it_is_taken_for_more() {
        let source = copy_source("b", "a b+c%41?versionId=x/ü&", Some("null"));
        assert_eq!(source, "b/a%20b%2Bc%2541%3FversionId%3Dx/%C3%BC%26?versionId=null");
        assert_eq!(copy_source("b", "a?b", None), "b/a%3Fb");
    }

    #[test]
    fn a_key_of_a_listing_is_read_back() {
        assert_eq!(decoded("a+b%2Bc%2541/%C3%BC%0A").unwrap(), "a b+c%41/ü\n");
        assert_eq!(decoded("%FF"), None);
    }
}
