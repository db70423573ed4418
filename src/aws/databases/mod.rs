//! RDS: clusters and instances of databases, their snapshots and backups, and what brings them back.
//!
//! [`DatabaseReads`] holds no verb that changes anything; [`DatabaseWrites`] sends each change once. What is made has a
//! name that the caller gave: whether a change whose answer was lost has happened is seen by looking for it.
//!
//! Times of RDS are long: what a status means to whoever waits, [`is_up`] and [`is_dead_end`] say. What a restore may
//! not bring back as it was is found by comparison ([`cluster_differences`], [`instance_differences`]).

mod change;
mod data;
mod describe;
mod reads;
mod restore;
mod settings;
mod snapshots;
mod status;
mod writes;

pub use change::DatabaseChange;
pub use data::{Cluster, DatabaseEvent, EventSource, Instance, Member, ServerlessCapacity, Snapshot};
pub use reads::DatabaseReads;
pub use restore::{ClusterCopy, ClusterPlace, InstanceCopy, InstancePlace, RestoreSource};
pub use settings::{
    Compared, DatabaseDifference, DatabaseRemedy, DatabaseSetting, DatabaseSettings, cluster_differences,
    cluster_settings, instance_differences,
};
pub use status::{is_dead_end, is_up};
pub use writes::{DatabaseWrites, NewInstance};
