//! Changing databases. Each call is sent once.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_rds::types::Tag;
use aws_types::request_id::RequestId;

use super::data::{Cluster, Instance, Snapshot};
use super::describe::{cluster, cluster_snapshot, instance, snapshot};
use super::reads::DatabaseReads;
use crate::aws::clients::{Aws, Door, Reply, incomplete};
use crate::aws::error::{AwsError, Call};

const CREATE: Call = Call("rds", "CreateDBInstance");
const SNAP_CLUSTER: Call = Call("rds", "CreateDBClusterSnapshot");
const SNAP: Call = Call("rds", "CreateDBSnapshot");
const FAIL_OVER: Call = Call("rds", "FailoverDBCluster");

/// Databases, with the verbs that change them.
#[derive(Clone, Debug)]
pub struct DatabaseWrites {
    pub(super) door: Arc<Door>,
}

/// An instance to be made for a cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewInstance {
    /// Its name.
    pub name: String,
    /// The cluster.
    pub cluster: String,
    /// `db.r6g.large`, `db.serverless` …
    pub class: String,
    /// The cluster's engine.
    pub engine: String,
    /// The parameter group; none: the default one.
    pub parameter_group: Option<String>,
    /// Which one takes over first: 0 before 15.
    pub tier: Option<i32>,
    /// Whether it has an address that is reached from outside. This is always said.
    pub public: bool,
    /// The tags that it has from its beginning.
    pub tags: BTreeMap<String, String>,
}

impl Aws {
    /// RDS's databases, with the verbs that change them.
    pub fn databases(&self) -> DatabaseWrites {
        DatabaseWrites { door: Arc::clone(self.door()) }
    }
}

impl DatabaseWrites {
    /// The same, as far as they are only looked at.
    pub fn reads(&self) -> DatabaseReads {
        DatabaseReads { door: Arc::clone(&self.door) }
    }

    /// Begins to make an instance of a cluster.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBInstanceAlreadyExists`, `DBClusterNotFoundFault`, `InsufficientDBInstanceCapacity` …
    pub async fn create_instance(&self, new: &NewInstance) -> Result<Reply<Instance>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients
            .database_writes
            .create_db_instance()
            .db_instance_identifier(&new.name)
            .db_cluster_identifier(&new.cluster)
            .db_instance_class(&new.class)
            .engine(&new.engine)
            .set_db_parameter_group_name(new.parameter_group.clone())
            .set_promotion_tier(new.tier)
            .publicly_accessible(new.public)
            .set_tags(sdk_tags(&new.tags));
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(CREATE, &error))?;
        let lacks = |member| incomplete(CREATE, member, answer.request_id());
        let made = answer.db_instance().ok_or("DBInstance").and_then(instance).map_err(lacks)?;
        Ok(Reply::new(made, answer.request_id()))
    }

    /// Begins to make a snapshot of a cluster.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBClusterSnapshotAlreadyExistsFault`, `InvalidDBClusterStateFault` …
    pub async fn create_cluster_snapshot(
        &self,
        cluster: &str,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<Reply<Snapshot>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.create_db_cluster_snapshot().db_cluster_identifier(cluster);
        let asked = asked.db_cluster_snapshot_identifier(name).set_tags(sdk_tags(tags));
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(SNAP_CLUSTER, &error))?;
        let lacks = |member| incomplete(SNAP_CLUSTER, member, answer.request_id());
        let made = answer.db_cluster_snapshot().ok_or("DBClusterSnapshot").and_then(cluster_snapshot);
        Ok(Reply::new(made.map_err(lacks)?, answer.request_id()))
    }

    /// Begins to make a snapshot of an instance that stands alone.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBSnapshotAlreadyExists`, `InvalidDBInstanceState` …
    pub async fn create_snapshot(
        &self,
        instance: &str,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<Reply<Snapshot>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.create_db_snapshot().db_instance_identifier(instance);
        let asked = asked.db_snapshot_identifier(name).set_tags(sdk_tags(tags));
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(SNAP, &error))?;
        let lacks = |member| incomplete(SNAP, member, answer.request_id());
        let made = answer.db_snapshot().ok_or("DBSnapshot").and_then(snapshot).map_err(lacks)?;
        Ok(Reply::new(made, answer.request_id()))
    }

    /// Deletes a snapshot of a cluster.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBClusterSnapshotNotFoundFault` …
    pub async fn delete_cluster_snapshot(&self, name: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "DeleteDBClusterSnapshot");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.delete_db_cluster_snapshot().db_cluster_snapshot_identifier(name);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Deletes a snapshot of an instance.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBSnapshotNotFound` …
    pub async fn delete_snapshot(&self, name: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "DeleteDBSnapshot");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.delete_db_snapshot().db_snapshot_identifier(name);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Begins to delete an instance, with its automated backups, and without a last snapshot.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBInstanceNotFound`, `InvalidDBInstanceState`, `InvalidParameterCombination` while it is
    /// protected …
    pub async fn delete_instance(&self, name: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "DeleteDBInstance");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.delete_db_instance().db_instance_identifier(name).skip_final_snapshot(true);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Begins to delete a cluster that has no instances left, with its automated backups, and without a last snapshot.
    ///
    /// # Errors
    /// Any [`AwsError`]: `DBClusterNotFoundFault`, `InvalidDBClusterStateFault` while it has instances,
    /// `InvalidParameterCombination` while it is protected …
    pub async fn delete_cluster(&self, name: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "DeleteDBCluster");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.delete_db_cluster().db_cluster_identifier(name).skip_final_snapshot(true);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Protects a cluster against deletion, or no longer.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn set_cluster_protection(&self, name: &str, on: bool) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "ModifyDBCluster");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.modify_db_cluster().db_cluster_identifier(name).deletion_protection(on);
        let answer = asked.apply_immediately(true).send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Protects an instance against deletion, or no longer.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn set_instance_protection(&self, name: &str, on: bool) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "ModifyDBInstance");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.modify_db_instance().db_instance_identifier(name).deletion_protection(on);
        let answer = asked.apply_immediately(true).send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Has another instance of a cluster write: `target`, or the one that is next.
    ///
    /// # Errors
    /// Any [`AwsError`]: `InvalidDBClusterStateFault` (also with one instance only), `InvalidDBInstanceState` …
    pub async fn fail_over(&self, name: &str, target: Option<&str>) -> Result<Reply<Cluster>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.failover_db_cluster().db_cluster_identifier(name);
        let asked = asked.set_target_db_instance_identifier(target.map(str::to_owned));
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(FAIL_OVER, &error))?;
        let lacks = |member| incomplete(FAIL_OVER, member, answer.request_id());
        let found = answer.db_cluster().ok_or("DBCluster").and_then(cluster).map_err(lacks)?;
        Ok(Reply::new(found, answer.request_id()))
    }

    /// Puts tags on a cluster, an instance or a snapshot, by its ARN; others stay.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn tag(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "AddTagsToResource");
        let clients = self.door.clients().await?;
        let tags = Some(sdk_tags(tags).unwrap_or_default());
        let answer = clients.database_writes.add_tags_to_resource().resource_name(arn).set_tags(tags).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }
}

/// Tags for a request; none where there are none.
pub(super) fn sdk_tags(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    (!tags.is_empty()).then_some(tags)
}
