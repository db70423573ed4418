//! Restoring: a new cluster, or a new instance, from what there was.

use std::collections::BTreeMap;

use aws_sdk_rds::types::ServerlessV2ScalingConfiguration;
use aws_smithy_types::DateTime as SdkTime;
use aws_types::request_id::RequestId;

use super::data::{Cluster, Instance, ServerlessCapacity};
use super::describe::{cluster, instance};
use super::writes::{DatabaseWrites, sdk_tags};
use crate::aws::clients::{Reply, incomplete};
use crate::aws::error::{AwsError, Call};
use crate::aws::time::RestorePoint;

const CLUSTER_TO_TIME: Call = Call("rds", "RestoreDBClusterToPointInTime");
const CLUSTER_FROM_SNAPSHOT: Call = Call("rds", "RestoreDBClusterFromSnapshot");
const INSTANCE_TO_TIME: Call = Call("rds", "RestoreDBInstanceToPointInTime");
const INSTANCE_FROM_SNAPSHOT: Call = Call("rds", "RestoreDBInstanceFromDBSnapshot");

/// What a database is brought back from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RestoreSource {
    /// Its own backups, as of a time.
    PointInTime {
        /// The cluster or instance, by name (a cluster also by ARN).
        of: String,
        /// The time.
        at: RestorePoint,
        /// Of a cluster: whether the new one shares the pages of the old, and only what changes is copied. That is
        /// quick and cheap, proves no backup, and works only with the latest point.
        copy_on_write: bool,
    },
    /// A snapshot.
    Snapshot {
        /// Its name or ARN.
        snapshot: String,
        /// The engine.
        engine: String,
        /// The engine's version; none: the snapshot's.
        version: Option<String>,
    },
}

/// A cluster to be restored. It has no instances: they are made afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterCopy {
    /// The name of the new cluster.
    pub target: String,
    /// What it is restored from.
    pub from: RestoreSource,
    /// Where, and how.
    pub place: ClusterPlace,
}

/// Where and how a cluster is. What is none is the service's default, which is seldom as the source has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterPlace {
    /// The subnet group.
    pub subnet_group: Option<String>,
    /// The security groups; empty: the VPC's default one.
    pub security_groups: Vec<String>,
    /// The cluster's parameter group.
    pub parameter_group: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// The key that it is encrypted by; none: the source's.
    pub key: Option<String>,
    /// `aurora`, `aurora-iopt1`; none: `aurora`, whatever the source has.
    pub storage: Option<String>,
    /// The capacity of serverless instances.
    pub serverless: Option<ServerlessCapacity>,
    /// Whether it cannot be deleted. This is always said.
    pub deletion_protection: bool,
    /// The tags that it has from its beginning.
    pub tags: BTreeMap<String, String>,
}

impl ClusterPlace {
    /// Where and how a cluster is, for another one: without its protection and its tags.
    pub fn like(cluster: &Cluster) -> Self {
        Self {
            subnet_group: cluster.subnet_group.clone(),
            security_groups: cluster.security_groups.clone(),
            parameter_group: cluster.parameter_group.clone(),
            port: cluster.port,
            key: None,
            storage: cluster.storage.clone(),
            serverless: cluster.serverless,
            deletion_protection: false,
            tags: BTreeMap::new(),
        }
    }
}

/// An instance to be restored, one that stands alone.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceCopy {
    /// The name of the new instance.
    pub target: String,
    /// What it is restored from.
    pub from: RestoreSource,
    /// Where, and how.
    pub place: InstancePlace,
}

/// Where and how an instance is. What is none is the service's default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InstancePlace {
    /// `db.r6g.large` …; none: the source's.
    pub class: Option<String>,
    /// The subnet group.
    pub subnet_group: Option<String>,
    /// The security groups; empty: the VPC's default one.
    pub security_groups: Vec<String>,
    /// The parameter group.
    pub parameter_group: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// Whether another one stands by.
    pub multi_az: bool,
    /// Whether it has an address that is reached from outside. This is always said.
    pub public: bool,
    /// Whether it cannot be deleted. This is always said.
    pub deletion_protection: bool,
    /// The tags that it has from its beginning.
    pub tags: BTreeMap<String, String>,
}

impl InstancePlace {
    /// Where and how an instance is, for another one: without its standby, its protection and its tags.
    pub fn like(instance: &Instance) -> Self {
        Self {
            class: Some(instance.class.clone()).filter(|class| !class.is_empty()),
            subnet_group: instance.subnet_group.clone(),
            security_groups: instance.security_groups.clone(),
            parameter_group: instance.parameter_groups.first().cloned(),
            port: instance.port,
            multi_az: false,
            public: instance.public,
            deletion_protection: false,
            tags: BTreeMap::new(),
        }
    }
}

impl DatabaseWrites {
    /// Begins to restore a cluster. It is sent once.
    ///
    /// # Errors
    /// Any [`AwsError`]: `InvalidRestoreFault` (a time out of the window), `DBClusterAlreadyExistsFault`,
    /// `DBClusterNotFoundFault`, `DBClusterSnapshotNotFoundFault`, `InsufficientStorageClusterCapacity`,
    /// `KMSKeyNotAccessibleFault` …
    pub async fn restore_cluster(&self, copy: &ClusterCopy) -> Result<Reply<Cluster>, AwsError> {
        let clients = self.door.clients().await?;
        let ClusterCopy { target, from, place } = copy;
        let groups = (!place.security_groups.is_empty()).then(|| place.security_groups.clone());
        let (call, found, request_id) = match from {
            RestoreSource::PointInTime { of, at, copy_on_write } => {
                let asked = clients
                    .database_writes
                    .restore_db_cluster_to_point_in_time()
                    .source_db_cluster_identifier(of)
                    .db_cluster_identifier(target)
                    .restore_type(if *copy_on_write { "copy-on-write" } else { "full-copy" })
                    .set_db_subnet_group_name(place.subnet_group.clone())
                    .set_vpc_security_group_ids(groups)
                    .set_db_cluster_parameter_group_name(place.parameter_group.clone())
                    .set_port(place.port)
                    .set_kms_key_id(place.key.clone())
                    .set_storage_type(place.storage.clone())
                    .set_serverless_v2_scaling_configuration(place.serverless.map(serverless))
                    .deletion_protection(place.deletion_protection)
                    .set_tags(sdk_tags(&place.tags));
                let asked = match at {
                    RestorePoint::Latest => asked.use_latest_restorable_time(true),
                    RestorePoint::At(time) => asked.restore_to_time(SdkTime::from_secs(time.timestamp())),
                };
                let answer = asked.send().await.map_err(|error| AwsError::from_sdk(CLUSTER_TO_TIME, &error))?;
                let request_id = answer.request_id().map(str::to_owned);
                (CLUSTER_TO_TIME, answer.db_cluster, request_id)
            }
            RestoreSource::Snapshot { snapshot, engine, version } => {
                let asked = clients
                    .database_writes
                    .restore_db_cluster_from_snapshot()
                    .snapshot_identifier(snapshot)
                    .db_cluster_identifier(target)
                    .engine(engine)
                    .set_engine_version(version.clone())
                    .set_db_subnet_group_name(place.subnet_group.clone())
                    .set_vpc_security_group_ids(groups)
                    .set_db_cluster_parameter_group_name(place.parameter_group.clone())
                    .set_port(place.port)
                    .set_kms_key_id(place.key.clone())
                    .set_storage_type(place.storage.clone())
                    .set_serverless_v2_scaling_configuration(place.serverless.map(serverless))
                    .deletion_protection(place.deletion_protection)
                    .set_tags(sdk_tags(&place.tags));
                let answer = asked.send().await.map_err(|error| AwsError::from_sdk(CLUSTER_FROM_SNAPSHOT, &error))?;
                let request_id = answer.request_id().map(str::to_owned);
                (CLUSTER_FROM_SNAPSHOT, answer.db_cluster, request_id)
            }
        };
        let lacks = |member| incomplete(call, member, request_id.as_deref());
        let made = found.as_ref().ok_or("DBCluster").and_then(cluster).map_err(lacks)?;
        Ok(Reply::new(made, request_id.as_deref()))
    }

    /// Begins to restore an instance that stands alone. It is sent once.
    ///
    /// # Errors
    /// Any [`AwsError`]: `InvalidRestoreFault`, `PointInTimeRestoreNotEnabled`, `DBInstanceAlreadyExists`,
    /// `DBInstanceNotFound`, `DBSnapshotNotFound`, `InsufficientDBInstanceCapacity` …
    pub async fn restore_instance(&self, copy: &InstanceCopy) -> Result<Reply<Instance>, AwsError> {
        let clients = self.door.clients().await?;
        let InstanceCopy { target, from, place } = copy;
        let groups = (!place.security_groups.is_empty()).then(|| place.security_groups.clone());
        let (call, found, request_id) = match from {
            RestoreSource::PointInTime { of, at, copy_on_write: _ } => {
                let asked = clients
                    .database_writes
                    .restore_db_instance_to_point_in_time()
                    .source_db_instance_identifier(of)
                    .target_db_instance_identifier(target)
                    .set_db_instance_class(place.class.clone())
                    .set_db_subnet_group_name(place.subnet_group.clone())
                    .set_vpc_security_group_ids(groups)
                    .set_db_parameter_group_name(place.parameter_group.clone())
                    .set_port(place.port)
                    .multi_az(place.multi_az)
                    .publicly_accessible(place.public)
                    .deletion_protection(place.deletion_protection)
                    .set_tags(sdk_tags(&place.tags));
                let asked = match at {
                    RestorePoint::Latest => asked.use_latest_restorable_time(true),
                    RestorePoint::At(time) => asked.restore_time(SdkTime::from_secs(time.timestamp())),
                };
                let answer = asked.send().await.map_err(|error| AwsError::from_sdk(INSTANCE_TO_TIME, &error))?;
                let request_id = answer.request_id().map(str::to_owned);
                (INSTANCE_TO_TIME, answer.db_instance, request_id)
            }
            // An instance takes engine and version from its snapshot.
            RestoreSource::Snapshot { snapshot, engine: _, version: _ } => {
                let asked = clients
                    .database_writes
                    .restore_db_instance_from_db_snapshot()
                    .db_snapshot_identifier(snapshot)
                    .db_instance_identifier(target)
                    .set_db_instance_class(place.class.clone())
                    .set_db_subnet_group_name(place.subnet_group.clone())
                    .set_vpc_security_group_ids(groups)
                    .set_db_parameter_group_name(place.parameter_group.clone())
                    .set_port(place.port)
                    .multi_az(place.multi_az)
                    .publicly_accessible(place.public)
                    .deletion_protection(place.deletion_protection)
                    .set_tags(sdk_tags(&place.tags));
                let answer = asked.send().await.map_err(|error| AwsError::from_sdk(INSTANCE_FROM_SNAPSHOT, &error))?;
                let request_id = answer.request_id().map(str::to_owned);
                (INSTANCE_FROM_SNAPSHOT, answer.db_instance, request_id)
            }
        };
        let lacks = |member| incomplete(call, member, request_id.as_deref());
        let made = found.as_ref().ok_or("DBInstance").and_then(instance).map_err(lacks)?;
        Ok(Reply::new(made, request_id.as_deref()))
    }
}

fn serverless(capacity: ServerlessCapacity) -> ServerlessV2ScalingConfiguration {
    ServerlessV2ScalingConfiguration::builder()
        .min_capacity(capacity.min)
        .max_capacity(capacity.max)
        .set_seconds_until_auto_pause(capacity.pause_after)
        .build()
}
