//! Which calls of AWS the steps of a drill make: for the policy that a runbook needs.

use crate::step::calls::CallOn;
use crate::step::drill::bucket::{of_bucket_cleanup, of_bucket_compare, of_bucket_marker, of_bucket_restore};
use crate::step::drill::database::{of_cluster_compare, of_cluster_failover, of_database_cleanup, of_database_restore};
use crate::step::drill::secret::{of_secret_cleanup, of_secret_recovery};
use crate::step::drill::stack::{of_stack_cleanup, of_stack_redeploy};
use crate::step::drill::table::{of_table_cleanup, of_table_compare, of_table_marker, of_table_restore};
use crate::step::kind::{Compare, Marker, MarkerIn, Restore};

/// Of a step that restores something.
pub fn of_restored(restore: &Restore) -> Vec<CallOn> {
    match restore {
        Restore::Table(restore) => of_table_restore(restore),
        Restore::Database(restore) => of_database_restore(restore),
        Restore::Stack(restore) => of_stack_redeploy(restore),
        Restore::Secret(_) => of_secret_recovery(),
        Restore::Bucket(restore) => of_bucket_restore(restore),
    }
}

/// Of a step that compares.
pub fn of_compared(compare: &Compare) -> Vec<CallOn> {
    match compare {
        Compare::Tables(_) => of_table_compare(),
        Compare::Clusters(_) => of_cluster_compare(),
        Compare::Buckets(_) => of_bucket_compare(),
    }
}

/// Of a step that writes markers, or reads them back.
pub fn of_marker(marker: &Marker) -> Vec<CallOn> {
    match marker.place {
        MarkerIn::Table(_) => of_table_marker(&marker.does),
        MarkerIn::Bucket { .. } => of_bucket_marker(&marker.does),
    }
}

/// Of a step that removes what others have made, whatever it is.
pub fn of_cleanup() -> Vec<CallOn> {
    [of_table_cleanup(), of_bucket_cleanup(), of_database_cleanup(), of_stack_cleanup(), of_secret_cleanup()].concat()
}

/// Of a step that has another instance of a cluster write.
pub fn of_failover() -> Vec<CallOn> {
    of_cluster_failover()
}
