//! The names of what a run makes in RDS.

use crate::id::RunId;

/// The longest name of a cluster or an instance (Amazon RDS User Guide, "Naming constraints").
const LONGEST: usize = 63;
/// What an instance's number takes of it: `-16`.
const NUMBER: usize = 3;

/// A name as RDS keeps it, which is in lower case; or why it is none.
pub(super) fn name(text: &str) -> Result<String, String> {
    let name = text.to_ascii_lowercase();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name.len() > LONGEST || !plain || !begins || name.ends_with('-') || name.contains("--") {
        return Err(format!(
            "`{text}` is no name in RDS: a letter, then at most 62 letters, digits and single hyphens, and no ARN"
        ));
    }
    Ok(name)
}

/// How a run's names end.
pub(super) fn of_run(run: &str) -> String {
    RunId::new(run).map_or_else(|_| "checkride".to_owned(), |run| run.short().to_ascii_lowercase())
}

/// The name of what a run makes of something: it says of which run it is, and leaves room for an instance's number.
pub(super) fn named_after(source: &str, run: &str) -> String {
    let of_run = of_run(run);
    let room = LONGEST.saturating_sub(NUMBER + 1 + of_run.len());
    let source = source.get(..room).unwrap_or(source).trim_end_matches('-');
    format!("{source}-{of_run}")
}

/// The name of the snapshot from which a run restores: of its own, and of the run.
pub(super) fn snapshot_for(target: &str, run: &str) -> String {
    if target.ends_with(&of_run(run)) { target.to_owned() } else { named_after(target, run) }
}

/// The name of an instance of a new cluster.
pub(super) fn instance_of(cluster: &str, number: u32) -> String {
    format!("{cluster}-{number}")
}

#[cfg(test)]
mod tests {
    use super::{instance_of, name, named_after, snapshot_for};

    #[test]
    fn a_name_is_one_that_rds_takes_and_says_whose_it_is() {
        let run = "20261122T181500Z-drill-aurora-7f3a";
        let long = "a-very-long-name-of-a-cluster-that-somebody-has-chosen-for-it";
        for source in ["orders", long, "orders-a-b-c-d-e-f-g-h-i-j-k-l"] {
            let made = named_after(source, run);
            assert!(made.ends_with("-checkride-20261122t181500z-7f3a"), "{made}");
            assert_eq!(name(&instance_of(&made, 16)).as_deref(), Ok(format!("{made}-16").as_str()));
            assert_eq!(snapshot_for(&made, run), made);
        }
        assert_eq!(snapshot_for("again", run), "again-checkride-20261122t181500z-7f3a");
        assert_eq!(name("Orders").as_deref(), Ok("orders"));
        for wrong in ["", "1a", "a--b", "a-", "a_b", "arn:aws:rds:x:1:cluster:a", &"a".repeat(64)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
