//! What a status means. RDS has dozens, and adds to them: they are texts.
//!
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html>)

/// Statuses out of which nothing comes by itself, beside those that begin with `incompatible-` or
/// `inaccessible-encryption-credentials`.
const DEAD_ENDS: &[&str] = &[
    "cloning-failed",
    "failed",
    "insufficient-capacity",
    "migration-failed",
    "restore-error",
    "stopped",
    "stopping",
    "storage-full",
];

/// Whether a cluster, an instance or a snapshot can be used.
pub fn is_up(status: &str) -> bool {
    // It answers in each of them; after a restore, storage is put in order for hours.
    matches!(status, "available" | "storage-optimization" | "storage-config-upgrade" | "storage-initialization")
}

/// Whether nobody needs to wait any longer for it to be up.
pub fn is_dead_end(status: &str) -> bool {
    DEAD_ENDS.contains(&status)
        || status.starts_with("incompatible-")
        || status.starts_with("inaccessible-encryption-credentials")
}

#[cfg(test)]
mod tests {
    use super::{is_dead_end, is_up};

    #[test]
    fn a_status_is_up_or_a_dead_end_or_on_its_way() {
        for up in ["available", "storage-optimization"] {
            assert!(is_up(up) && !is_dead_end(up), "{up}");
        }
        for dead in [
            "failed",
            "incompatible-network",
            "incompatible-parameters",
            "incompatible-restore",
            "inaccessible-encryption-credentials",
            "inaccessible-encryption-credentials-recoverable",
            "restore-error",
            "storage-full",
            "cloning-failed",
        ] {
            assert!(is_dead_end(dead) && !is_up(dead), "{dead}");
        }
        for on_its_way in ["creating", "backing-up", "modifying", "rebooting", "configuring-iam-database-auth", "new"] {
            assert!(!is_dead_end(on_its_way) && !is_up(on_its_way), "{on_its_way}");
        }
    }
}
