//! The checks that checkride brings along.

use std::sync::{Arc, LazyLock};

use crate::catalog::model::{Check, Origin};
use crate::catalog::read::{ReadFile, read_file};
use crate::source::reader::{Document, Reader};
use crate::source::{Diagnostics, Sources};

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

static CHECKS: LazyLock<Vec<Arc<Check>>> = LazyLock::new(|| {
    let mut sources = Sources::new();
    let (read, _) = read_all(false, &mut sources);
    let mut checks: Vec<Arc<Check>> = read.checks.into_iter().map(Arc::new).collect();
    checks.sort_by(|a, b| a.id.value.cmp(&b.id.value));
    checks
});

/// The embedded checks, by id. They are sound: a test holds them against AWS's models. The places in them belong to no
/// [`Sources`] that anyone has.
pub fn embedded() -> &'static [Arc<Check>] {
    &CHECKS
}

fn read_all(hold: bool, sources: &mut Sources) -> (ReadFile, Diagnostics) {
    let ids: Vec<_> = FILES
        .iter()
        .map(|(name, text)| sources.add(format!("src/catalog/checks/{name}.toml"), (*text).to_owned()))
        .collect();
    let mut whole = ReadFile::default();
    let mut faults = Diagnostics::new();
    for id in ids {
        match Document::parse(id, sources) {
            Ok(document) => {
                let reader = Reader::new(sources);
                let read = read_file(&document, &Origin::Embedded, hold, &reader);
                whole.checks.extend(read.checks);
                whole.broken.extend(read.broken);
                faults.extend(reader.into_diagnostics());
            }
            Err(syntax) => faults.extend(syntax),
        }
    }
    (whole, faults)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FILES, embedded, read_all};
    use crate::source::{Sources, render};

    #[test]
    fn the_embedded_checks_are_sound() {
        let mut sources = Sources::new();
        let (read, mut faults) = read_all(true, &mut sources);
        faults.sort(&sources);
        assert!(faults.is_empty(), "{}", render(&faults, &sources, false));
        assert!(read.broken.is_empty() && read.checks.len() >= 3);
        assert_eq!(read.checks.len(), embedded().len());
    }

    #[test]
    fn ids_are_unique_and_files_are_in_order() {
        let ids: BTreeSet<&str> = embedded().iter().map(|check| check.id.value.as_str()).collect();
        assert_eq!(ids.len(), embedded().len());
        assert!(FILES.is_sorted_by(|a, b| a.0 < b.0));
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/checks");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len(), "each file is embedded");
    }
}
