//! What a drill is made of: a table, a database or objects restored into something new, a stack redeployed into a clean one, a
//! secret lost and taken back; two of them compared, markers written and read back, a cluster failed over; and all of it removed
//! or put back again.
//!
//! What a run makes is known by the effects that made it ([`Made`]): each is on disk before its call leaves. By the same record
//! the fence lets the run change it, and `cleanup` removes it, also after a session that died in between.

mod behind;
mod bucket;
mod calls;
mod cleanup;
mod compare;
mod database;
mod made;
mod marker;
mod place;
mod read_back;
mod removal;
mod restore;
mod secret;
mod stack;
mod table;
mod task;
mod until;

pub use bucket::{BucketCompareTask, BucketRestoreTask, ObjectsPlan, Target};
pub use calls::{of_cleanup, of_compared, of_failover, of_marker, of_restored};
pub use cleanup::CleanupTask;
pub use compare::CompareTask;
pub use database::{ClusterCompareTask, Database, DatabasePlan, DatabaseRestoreTask, FailoverTask};
pub use made::Made;
pub use marker::MarkerTask;
pub use place::{MarkerKey, MarkerPlace};
pub use restore::RestoreTask;
pub use secret::SecretRecoveryTask;
pub use stack::{StackPlan, StackRedeployTask};
pub use table::{RestorePlan, TableCompareTask, TableRestoreTask};
pub use task::DrillTask;
