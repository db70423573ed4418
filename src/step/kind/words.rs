//! Kinds and their keys in sentences.

use crate::source::suggest;
use crate::step::kind::KINDS;

/// The name of a kind with its article: ``an `aws` ``.
pub(crate) fn with_article(kind: &str) -> String {
    // One says "es three".
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) || kind.starts_with("s3") { "an" } else { "a" };
    format!("{article} `{kind}`")
}

/// The kind to which a key belongs that some other kind does not have: a hint for an unknown key.
pub(crate) fn owner_of_key(key: &str) -> Option<String> {
    let owners: Vec<&str> =
        KINDS.iter().filter(|kind| kind.keys.iter().any(|spec| spec.name == key)).map(|kind| kind.name).collect();
    match owners.as_slice() {
        [] => None,
        [one] => Some(format!("`{key}` is a key of kind `{one}`")),
        many => Some(format!("`{key}` is a key of kinds {}", suggest::list(many))),
    }
}
