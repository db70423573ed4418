//! Aurora clusters and RDS instances: restored into new ones, failed over, compared, removed.

mod calls;
mod compare;
mod cost;
mod failover;
mod found;
mod made;
mod names;
mod outage;
mod prober;
mod remove;
mod restore;
mod settings;
mod task;
mod up;

pub(super) use calls::{of_cluster_compare, of_cluster_failover, of_database_cleanup, of_database_restore};
pub use compare::ClusterCompareTask;
pub use failover::FailoverTask;
pub use made::Database;
pub use task::{DatabasePlan, DatabaseRestoreTask};
