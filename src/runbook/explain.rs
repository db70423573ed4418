//! What `checkride explain` knows.

use super::codes;
use super::rules::RULES;
use crate::source::{self, Doc};
use crate::step::kind;
use crate::{catalog, profile, value};

/// The long form of every code, in the order of the codes.
pub fn all_codes() -> Vec<&'static Doc> {
    let tables = [source::DOCS, value::DOCS, catalog::DOCS, kind::DOCS, profile::DOCS, codes::DOCS];
    let mut docs: Vec<&'static Doc> = tables.into_iter().flatten().chain(RULES.iter().map(|rule| &rule.doc)).collect();
    docs.sort_by_key(|doc| doc.code);
    docs
}

/// The long form of a code (`RB012`, in either case) or of its name (`unknown-key`).
pub fn explain(code: &str) -> Option<&'static Doc> {
    all_codes().into_iter().find(|doc| doc.code.0.eq_ignore_ascii_case(code) || doc.name == code)
}

#[cfg(test)]
mod tests {
    use super::{all_codes, explain};

    #[test]
    fn every_code_stands_once_and_says_what_and_why() {
        let docs = all_codes();
        for pair in docs.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} stands twice", pair[1].code);
        }
        for doc in docs {
            assert!(doc.code.0.len() == 5 && doc.code.0.starts_with("RB"), "{}", doc.code);
            assert!(doc.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", doc.name);
            assert!(doc.meaning.ends_with(['.', ')']) && doc.why.ends_with(['.', ')']), "{}", doc.code);
        }
    }

    #[test]
    fn codes_are_found_by_code_and_by_name() {
        assert_eq!(explain("rb012").map(|doc| doc.name), Some("unknown-key"));
        assert_eq!(explain("unknown-key").map(|doc| doc.code.0), Some("RB012"));
        assert!(explain("RB999").is_none());
    }
}
