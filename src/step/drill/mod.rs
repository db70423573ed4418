//! What a drill is made of: a table or objects restored into something new, two places compared, markers written and read back,
//! and all of it removed again.
//!
//! What a run makes is known by the effects that made it ([`Made`]): each is on disk before its call leaves. By the same record
//! the fence lets the run change it, and `cleanup` removes it, also after a session that died in between.

mod bucket;
mod calls;
mod cleanup;
mod compare;
mod made;
mod marker;
mod place;
mod read_back;
mod removal;
mod restore;
mod table;
mod task;
mod until;

pub use bucket::{BucketCompareTask, BucketRestoreTask, ObjectsPlan, Target};
pub use calls::{of_cleanup, of_compared, of_marker, of_restored};
pub use cleanup::CleanupTask;
pub use compare::CompareTask;
pub use made::Made;
pub use marker::MarkerTask;
pub use place::{MarkerKey, MarkerPlace};
pub use restore::RestoreTask;
pub use table::{RestorePlan, TableCompareTask, TableRestoreTask};
pub use task::DrillTask;
