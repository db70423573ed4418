//! `DynamoDB` tables: what they are, what is in them, and what brings them back.
//!
//! [`TableReads`] holds no verb that changes anything; [`TableWrites`] sends each change once, for `DynamoDB` knows no
//! repetition of these calls: whether a change whose answer was lost has happened is seen by looking.
//!
//! A restore makes a table of its own, and carries over what is in it, its keys, indexes, capacity and encryption. The
//! rest is read by [`TableReads::settings`].

mod data;
mod describe;
mod item;
mod items;
mod json;
mod number;
mod reads;
mod restore;
mod sdk;
mod settings;
#[cfg(test)]
mod tests;
mod writes;

pub use data::{
    Backup, Billing, Capacity, Encryption, Index, Key, KeyAttribute, Limits, LocalIndex, PointInTime, Projection,
    Replica, Restored, Stream, Table, TimeToLive,
};
pub use item::{Attribute, Item};
pub use items::{Page, Scan};
pub use json::ItemFault;
pub use number::{Number, NumberFault};
pub use reads::TableReads;
pub use restore::{EncryptionChoice, RestoreFromBackup, RestoreOverrides, RestoreToTime};
pub use settings::{
    Alarm, Destination, Difference, Insights, Known, Recovery, Remedy, Scaling, ScalingPolicy, ScalingTarget, Setting,
    SettingChange, TableSettings, differences,
};
pub use writes::{Condition, TableWrites, Written};
