//! Which calls of AWS the steps of a drill make: for the policy that a runbook needs.

use crate::step::calls::CallOn;
use crate::step::drill::database::{of_cluster_compare, of_cluster_failover, of_database_cleanup, of_database_restore};
use crate::step::drill::table::{of_table_cleanup, of_table_compare, of_table_marker, of_table_restore};
use crate::step::kind::{Compare, Marker, Restore};

/// Of a step that restores something.
pub fn of_restored(restore: &Restore) -> Vec<CallOn> {
    match restore {
        Restore::Table(restore) => of_table_restore(restore),
        Restore::Database(restore) => of_database_restore(restore),
    }
}

/// Of a step that compares.
pub fn of_compared(compare: &Compare) -> Vec<CallOn> {
    match compare {
        Compare::Tables(_) => of_table_compare(),
        Compare::Clusters(_) => of_cluster_compare(),
    }
}

/// Of a step that writes markers, or reads them back.
pub fn of_marker(marker: &Marker) -> Vec<CallOn> {
    of_table_marker(&marker.does)
}

/// Of a step that removes what others have made, whatever it is.
pub fn of_cleanup() -> Vec<CallOn> {
    of_table_cleanup().into_iter().chain(of_database_cleanup()).collect()
}

/// Of a step that has another instance of a cluster write.
pub fn of_failover() -> Vec<CallOn> {
    of_cluster_failover()
}
