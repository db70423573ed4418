//! What `DynamoDB` says of tables and backups, as plain data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its id: another table of the same name has another one. Empty where the answer has none.
    pub id: String,
    /// `CREATING`, `UPDATING`, `DELETING`, `ACTIVE`, `INACCESSIBLE_ENCRYPTION_CREDENTIALS`, `ARCHIVING`, `ARCHIVED`. A
    /// restored table is `CREATING` until all is in it.
    pub status: String,
    /// Its key.
    pub key: Key,
    /// What its throughput is paid by.
    pub billing: Billing,
    /// `STANDARD` or `STANDARD_INFREQUENT_ACCESS`.
    pub class: String,
    /// The global secondary indexes, by name.
    pub indexes: Vec<Index>,
    /// The local secondary indexes, by name.
    pub local_indexes: Vec<LocalIndex>,
    /// The stream, while it is on.
    pub stream: Option<Stream>,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Whether it cannot be deleted.
    pub deletion_protection: bool,
    /// The replicas in other regions, by region: what is written here is written there.
    pub replicas: Vec<Replica>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// What it was restored from, if it was.
    pub restored: Option<Restored>,
    /// Bytes, with its indexes: `DynamoDB` counts about every six hours.
    pub bytes: u64,
    /// Items: counted as seldom.
    pub items: u64,
}

/// The key of a table or an index.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The partition key.
    pub partition: KeyAttribute,
    /// The sort key, if there is one.
    pub sort: Option<KeyAttribute>,
}

/// An attribute of a key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct KeyAttribute {
    /// Its name.
    pub name: String,
    /// Its type: `S`, `N` or `B`. Empty where the answer does not say.
    pub kind: String,
}

/// What the throughput of a table is paid by.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Billing {
    /// By request.
    OnDemand(Limits),
    /// By what is reserved.
    Provisioned(Capacity),
}

/// The most that a table takes when it is paid by request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Read request units a second; none: the account's limit.
    pub reads: Option<i64>,
    /// Write request units a second.
    pub writes: Option<i64>,
}

/// What is reserved.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Read capacity units.
    pub reads: i64,
    /// Write capacity units.
    pub writes: i64,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `CREATING`, `UPDATING`, `DELETING`, `ACTIVE`.
    pub status: String,
    /// Its key's partition attributes: an index may have several.
    pub partition: Vec<KeyAttribute>,
    /// Its key's sort attributes.
    pub sort: Vec<KeyAttribute>,
    /// What is in it of an item.
    pub projection: Projection,
    /// What its throughput is paid by.
    pub billing: Billing,
    /// Bytes, counted seldom.
    pub bytes: u64,
    /// Items, counted seldom.
    pub items: u64,
}

/// A local secondary index: it shares the table's partition key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LocalIndex {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// What is in it of an item.
    pub projection: Projection,
}

/// What is in an index of an item.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub kind: String,
    /// For `INCLUDE`: which attributes beside the keys, sorted.
    pub attributes: Vec<String>,
}

/// A stream of a table's changes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// What it holds of a change: `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE`, `NEW_AND_OLD_IMAGES`.
    pub view: String,
    /// Its ARN: a stream that is switched on again has another one, and nobody reads it yet.
    pub arn: Option<String>,
}

/// How a table is encrypted. It always is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Encryption {
    /// By a key that `DynamoDB` owns.
    Owned,
    /// By a key of KMS, of AWS or of the account.
    Kms {
        /// The key's ARN, where the answer has it.
        key: Option<String>,
        /// Since when `DynamoDB` cannot use it, if that is so: a week later the table is archived.
        inaccessible: Option<DateTime<Utc>>,
    },
}

/// A replica of a global table.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// Its region.
    pub region: String,
    /// `CREATING`, `ACTIVE`, `REGION_DISABLED` …
    pub status: String,
    /// Its ARN: the table's, in its region.
    pub arn: String,
}

/// What a table was restored from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Restored {
    /// The ARN of the table that the data were in.
    pub table: Option<String>,
    /// The ARN of the backup, if it was from one.
    pub backup: Option<String>,
    /// The point in time that the data are of.
    pub at: DateTime<Utc>,
    /// Whether it goes on.
    pub in_progress: bool,
}

/// The point-in-time recovery of a table.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PointInTime {
    /// Whether it is on.
    pub on: bool,
    /// How many days back it reaches, where the answer says so.
    pub days: Option<i32>,
    /// The first second that can be restored.
    pub earliest: Option<DateTime<Utc>>,
    /// The last second that can be restored: "typically 5 minutes before the current time".
    pub latest: Option<DateTime<Utc>>,
}

/// When items expire.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TimeToLive {
    /// `ENABLING`, `DISABLING`, `ENABLED`, `DISABLED`.
    pub status: String,
    /// The attribute that holds the time.
    pub attribute: Option<String>,
}

impl TimeToLive {
    /// The attribute, where items expire by it or soon will.
    pub fn on(&self) -> Option<&str> {
        self.attribute.as_deref().filter(|_| matches!(self.status.as_str(), "ENABLED" | "ENABLING"))
    }
}

/// A backup of a table.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Backup {
    /// Its ARN.
    pub arn: String,
    /// Its name; several may have it.
    pub name: String,
    /// `CREATING`, `AVAILABLE`, `DELETED`.
    pub status: String,
    /// `USER`, `SYSTEM` (of a table that was deleted) or `AWS_BACKUP`.
    pub kind: String,
    /// When it was made: the data are of about then.
    pub created: Option<DateTime<Utc>>,
    /// When it goes away by itself.
    pub expires: Option<DateTime<Utc>>,
    /// Bytes; `DynamoDB` counts about every six hours.
    pub bytes: Option<u64>,
    /// The name of its table.
    pub table: String,
    /// The ARN of its table.
    pub table_arn: Option<String>,
    /// The id of its table.
    pub table_id: String,
    /// Items in the table, as far as was known. Only in the description of one backup.
    pub items: Option<u64>,
}
