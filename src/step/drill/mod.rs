//! What a drill is made of: a table or a database restored into a new one, two of them compared, markers written and read back,
//! a cluster failed over, and all of it removed or put back again.
//!
//! What a run makes is known by the effects that made it ([`Made`]): each is on disk before its call leaves. By the same record
//! the fence lets the run change it, and `cleanup` removes it, also after a session that died in between.

mod calls;
mod cleanup;
mod compare;
mod database;
mod made;
mod marker;
mod read_back;
mod removal;
mod restore;
mod table;
mod task;
mod until;

pub use calls::{of_cleanup, of_compared, of_failover, of_marker, of_restored};
pub use cleanup::CleanupTask;
pub use compare::CompareTask;
pub use database::{ClusterCompareTask, Database, DatabasePlan, DatabaseRestoreTask, FailoverTask};
pub use made::Made;
pub use marker::MarkerTask;
pub use restore::RestoreTask;
pub use table::{RestorePlan, TableCompareTask, TableRestoreTask};
pub use task::DrillTask;
