//! The table of reads, as text.

use std::collections::BTreeSet;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../../src/aws/api/access/reads.txt");

static READS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let services = lines.map(|line| line.split_once(": ").expect("SERVICE: OPERATIONS"));
    services
        .flat_map(|(service, operations)| operations.split(' ').map(move |name| format!("{service}:{name}")))
        .collect()
});

/// Whether `SERVICE:Operation` only reads.
pub(super) fn is_read(call: &str) -> bool {
    READS.contains(call)
}
