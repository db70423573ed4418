//! What a drill is made of: a table restored into a new one, a stack redeployed into a clean one, a secret lost and taken back;
//! two tables compared, markers written and read back; and all of it removed again.
//!
//! What a run makes is known by the effects that made it ([`Made`]): each is on disk before its call leaves. By the same record
//! the fence lets the run change it, and `cleanup` removes it, also after a session that died in between.

mod calls;
mod cleanup;
mod compare;
mod made;
mod marker;
mod read_back;
mod removal;
mod restore;
mod secret;
mod stack;
mod table;
mod task;
mod until;

pub use calls::{of_cleanup, of_compared, of_marker, of_restored};
pub use cleanup::CleanupTask;
pub use compare::CompareTask;
pub use made::Made;
pub use marker::MarkerTask;
pub use restore::RestoreTask;
pub use secret::SecretRecoveryTask;
pub use stack::{StackPlan, StackRedeployTask};
pub use table::{RestorePlan, TableCompareTask, TableRestoreTask};
pub use task::DrillTask;
