//! The checks that checkride brings along.

use std::sync::{Arc, LazyLock, OnceLock};

use crate::catalog::model::{Check, Origin};
use crate::catalog::read::{ids_of, read_one};
use crate::source::reader::{Document, Reader};
use crate::source::{SourceId, Sources};

/// The files, one a service.
static FILES: &[(&str, &str)] = &[
    ("apigateway", include_str!("checks/apigateway.toml")),
    ("budgets", include_str!("checks/budgets.toml")),
    ("cloudformation", include_str!("checks/cloudformation.toml")),
    ("cloudfront", include_str!("checks/cloudfront.toml")),
    ("cloudwatch", include_str!("checks/cloudwatch.toml")),
    ("cognito", include_str!("checks/cognito.toml")),
    ("dynamodb", include_str!("checks/dynamodb.toml")),
    ("ec2", include_str!("checks/ec2.toml")),
    ("iam", include_str!("checks/iam.toml")),
    ("kms", include_str!("checks/kms.toml")),
    ("lambda", include_str!("checks/lambda.toml")),
    ("logs", include_str!("checks/logs.toml")),
    ("rds", include_str!("checks/rds.toml")),
    ("s3", include_str!("checks/s3.toml")),
    ("secretsmanager", include_str!("checks/secretsmanager.toml")),
    ("sns", include_str!("checks/sns.toml")),
    ("sqs", include_str!("checks/sqs.toml")),
    ("stepfunctions", include_str!("checks/stepfunctions.toml")),
    ("wafv2", include_str!("checks/wafv2.toml")),
];

/// An embedded check that may not have been read yet: most runs need a few of them, and expressions are slow to read.
struct Entry {
    id: String,
    document: usize,
    /// Which check of its file.
    position: usize,
    check: OnceLock<Arc<Check>>,
}

struct Shelf {
    sources: Sources,
    documents: Vec<Document>,
    /// By id.
    entries: Vec<Entry>,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(|| {
    let mut sources = Sources::new();
    let names = FILES.iter().map(|(name, text)| (format!("src/catalog/checks/{name}.toml"), (*text).to_owned()));
    let ids: Vec<SourceId> = names.map(|(name, text)| sources.add(name, text)).collect();
    let parse = |id: SourceId| Document::parse(id, &sources).expect("a test reads each embedded file");
    let documents: Vec<Document> = ids.into_iter().map(parse).collect();
    let mut entries: Vec<Entry> = Vec::new();
    for (document, parsed) in documents.iter().enumerate() {
        let ids = ids_of(parsed).into_iter().enumerate();
        entries.extend(ids.map(|(position, id)| Entry { id, document, position, check: OnceLock::new() }));
    }
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    Shelf { sources, documents, entries }
});

impl Shelf {
    fn read(&self, entry: &'static Entry) -> &'static Arc<Check> {
        entry.check.get_or_init(|| {
            let reader = Reader::new(&self.sources);
            let check = read_one(&self.documents[entry.document], entry.position, &Origin::Embedded, &reader);
            Arc::new(check.expect("a test reads each embedded check"))
        })
    }
}

/// The embedded checks, by id. They are sound: a test holds them against AWS's models. The places in them belong to no
/// [`Sources`] that anyone has.
pub fn embedded() -> impl Iterator<Item = &'static Arc<Check>> {
    SHELF.entries.iter().map(|entry| SHELF.read(entry))
}

/// An embedded check by its id; the others are not read for it.
pub(super) fn embedded_check(id: &str) -> Option<&'static Arc<Check>> {
    let at = SHELF.entries.binary_search_by(|entry| entry.id.as_str().cmp(id)).ok()?;
    Some(SHELF.read(&SHELF.entries[at]))
}

/// The ids of the embedded checks, sorted.
pub(super) fn embedded_ids() -> impl Iterator<Item = &'static str> {
    SHELF.entries.iter().map(|entry| entry.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::{FILES, SHELF, embedded, embedded_ids};
    use crate::catalog::model::Origin;
    use crate::catalog::read::read_file;
    use crate::source::reader::Reader;
    use crate::source::render;

    #[test]
    fn the_embedded_checks_are_sound() {
        let reader = Reader::new(&SHELF.sources);
        let read: Vec<_> =
            SHELF.documents.iter().map(|document| read_file(document, &Origin::Embedded, true, &reader)).collect();
        let mut faults = reader.into_diagnostics();
        faults.sort(&SHELF.sources);
        assert!(faults.is_empty(), "{}", render(&faults, &SHELF.sources, false));
        let checks: usize = read.iter().map(|file| file.checks.len()).sum();
        assert!(read.iter().all(|file| file.broken.is_empty()) && checks >= 90, "{checks}");
        // One by one they are the same.
        let all = read.into_iter().flat_map(|file| file.checks);
        assert!(all.into_iter().all(|check| embedded().any(|one| **one == check)));
        assert_eq!(embedded().count(), checks);
    }

    #[test]
    fn ids_are_unique_and_files_are_in_order() {
        let ids: Vec<&str> = embedded_ids().collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert!(FILES.is_sorted_by(|a, b| a.0 < b.0));
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/checks");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len(), "each file is embedded");
    }
}
