//! `DynamoDB` tables: restored with their settings, compared, removed.

mod calls;
mod compare;
mod marker;
mod remove;
mod restore;
mod settings;

pub(super) use calls::{of_table_cleanup, of_table_compare, of_table_marker, of_table_restore};
pub use compare::TableCompareTask;
pub(super) use marker::TableMarkers;
pub use restore::{RestorePlan, TableRestoreTask};
