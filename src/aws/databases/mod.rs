//! RDS: clusters and instances of databases, their snapshots and backups, and what brings them back.
//!
//! [`DatabaseReads`] holds no verb that changes anything; [`DatabaseWrites`] sends each change once. What is made has a
//! name that the caller gave: whether a change whose answer was lost has happened is seen by looking for it.
//!
//! Times of RDS are long: what was begun is waited for ([`DatabaseReads::cluster_until`] and the like), with a
//! deadline, and each status is told when it comes.

mod data;
mod describe;
mod reads;
mod restore;
mod snapshots;
mod status;
mod wait;
mod writes;

pub use data::{AutomatedBackup, Cluster, DatabaseEvent, EventSource, Instance, Member, ServerlessCapacity, Snapshot};
pub use reads::DatabaseReads;
pub use restore::{ClusterCopy, ClusterPlace, InstanceCopy, InstancePlace, RestoreSource};
pub use status::{is_dead_end, is_up};
pub use writes::{DatabaseWrites, NewInstance};
