//! What RDS says of databases, as plain data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A cluster: Aurora, or a Multi-AZ cluster.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of RDS's own")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its name, the identifier.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its resource id: it stays when the name changes, and another cluster of the name has another one.
    pub id: String,
    /// `creating`, `backing-up`, `available` …: more than any list has, see [`super::is_up`] and
    /// [`super::is_dead_end`].
    pub status: String,
    /// `aurora-postgresql` …
    pub engine: String,
    /// `16.4` …
    pub version: String,
    /// `provisioned`, `serverless` …
    pub mode: String,
    /// Its instances. A restored cluster has none: they are made.
    pub members: Vec<Member>,
    /// The host name of the writer.
    pub endpoint: Option<String>,
    /// The host name of the readers.
    pub reader_endpoint: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// The subnet group.
    pub subnet_group: Option<String>,
    /// The ids of the VPC's security groups, sorted.
    pub security_groups: Vec<String>,
    /// The cluster's parameter group.
    pub parameter_group: Option<String>,
    /// The capacity of its serverless instances.
    pub serverless: Option<ServerlessCapacity>,
    /// Whether it cannot be deleted.
    pub deletion_protection: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// The ARN of the key that it is encrypted by.
    pub key: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How many days automated backups are kept.
    pub backup_days: Option<i32>,
    /// The first moment that can be restored.
    pub earliest: Option<DateTime<Utc>>,
    /// The last moment that can be restored: usually within five minutes of now.
    pub latest: Option<DateTime<Utc>>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// The global cluster that it is part of: what is written here is written in other regions.
    pub global: Option<String>,
    /// The group of those that share its pages: a copy on write, and what it was made of.
    pub clone_group: Option<String>,
    /// Storage in GiB; Aurora says 1 whatever it is.
    pub gib: Option<i32>,
    /// `aurora`, `aurora-iopt1` …
    pub storage: Option<String>,
    /// When automated backups are made, daily.
    pub backup_window: Option<String>,
    /// When it is maintained, weekly.
    pub maintenance_window: Option<String>,
    /// Whether IAM's users log in.
    pub iam_login: bool,
    /// The logs that go to `CloudWatch`, sorted.
    pub log_exports: Vec<String>,
    /// Whether its snapshots get its tags.
    pub copies_tags: bool,
    /// Whether it takes statements by HTTP.
    pub data_api: bool,
    /// The roles that it acts by, sorted.
    pub roles: Vec<String>,
}

/// An instance of a cluster.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub instance: String,
    /// Whether it is the one that writes.
    pub writer: bool,
    /// Which one takes over first: 0 before 15.
    pub tier: Option<i32>,
}

/// The capacity of serverless instances, in Aurora capacity units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerlessCapacity {
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// After how many seconds without a connection it pauses.
    pub pause_after: Option<i32>,
}

/// An instance: of a cluster, or one that stands alone.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of RDS's own")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Its name, the identifier.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its resource id.
    pub id: String,
    /// `creating`, `backing-up`, `available` …
    pub status: String,
    /// `db.r6g.large` …
    pub class: String,
    /// The engine.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// The cluster that it is of.
    pub cluster: Option<String>,
    /// Its host name; none until it is there.
    pub endpoint: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// The subnet group.
    pub subnet_group: Option<String>,
    /// The ids of the VPC's security groups, sorted.
    pub security_groups: Vec<String>,
    /// Its parameter groups, sorted.
    pub parameter_groups: Vec<String>,
    /// Whether another one stands by in another zone.
    pub multi_az: bool,
    /// The zone that it is in.
    pub zone: Option<String>,
    /// Whether it has an address that is reached from outside.
    pub public: bool,
    /// Whether it cannot be deleted.
    pub deletion_protection: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// The ARN of the key.
    pub key: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How many days automated backups are kept; 0: there are none.
    pub backup_days: Option<i32>,
    /// The last moment that can be restored; none for one of a cluster.
    pub latest: Option<DateTime<Utc>>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// The instance that it is a replica of.
    pub replica_of: Option<String>,
    /// Storage in GiB.
    pub gib: Option<i32>,
    /// `gp3`, `io2`, `aurora` …
    pub storage: Option<String>,
    /// When automated backups are made, daily.
    pub backup_window: Option<String>,
    /// When it is maintained, weekly.
    pub maintenance_window: Option<String>,
    /// Whether IAM's users log in.
    pub iam_login: bool,
    /// The logs that go to `CloudWatch`, sorted.
    pub log_exports: Vec<String>,
    /// Whether its snapshots get its tags.
    pub copies_tags: bool,
    /// Whether Performance Insights looks at it.
    pub insights: bool,
    /// How often the operating system is looked at, in seconds; 0: never.
    pub monitoring: i32,
    /// The roles that it acts by, sorted.
    pub roles: Vec<String>,
}

/// A snapshot, of a cluster or of an instance.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its name, the identifier.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The name of the cluster or instance that it is of.
    pub of: String,
    /// `creating`, `available`, `failed` …
    pub status: String,
    /// `manual`, `automated`, `awsbackup` …
    pub kind: String,
    /// When it was made: the data are of then.
    pub created: Option<DateTime<Utc>>,
    /// The engine.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// Storage in GiB.
    pub gib: Option<i32>,
    /// How much of it is done, in hundredths.
    pub percent: Option<i32>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The ARN of the key.
    pub key: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum EventSource {
    /// A cluster.
    Cluster,
    /// An instance.
    Instance,
    /// A snapshot of a cluster.
    ClusterSnapshot,
    /// A snapshot of an instance.
    Snapshot,
}

/// Something that RDS wrote down: it keeps that for 14 days.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct DatabaseEvent {
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// The name of what it is about.
    pub source: String,
    /// `failover`, `availability`, `notification` …
    pub categories: Vec<String>,
    /// RDS's words.
    pub message: String,
}

impl Cluster {
    /// The instance that writes.
    pub fn writer(&self) -> Option<&str> {
        self.members.iter().find(|member| member.writer).map(|member| member.instance.as_str())
    }
}
