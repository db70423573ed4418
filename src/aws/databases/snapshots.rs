//! Looking at snapshots and automated backups.

use aws_types::request_id::RequestId;

use super::data::{AutomatedBackup, Snapshot};
use super::describe::{cluster_backup, cluster_snapshot, instance_backup, snapshot};
use super::reads::{DatabaseReads, absent};
use crate::aws::clients::{Reply, incomplete};
use crate::aws::error::{AwsError, Call};

const OF_CLUSTERS: Call = Call("rds", "DescribeDBClusterSnapshots");
const OF_INSTANCES: Call = Call("rds", "DescribeDBSnapshots");

impl DatabaseReads {
    /// A snapshot of a cluster, by name or ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but "not found".
    pub async fn cluster_snapshot(&self, name: &str) -> Result<Reply<Option<Snapshot>>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.database_reads.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name);
        let answer = match asked.send().await.map_err(|error| AwsError::from_sdk(OF_CLUSTERS, &error)) {
            Ok(answer) => answer,
            Err(error) => return absent(error, "DBClusterSnapshotNotFound"),
        };
        let lacks = |member| incomplete(OF_CLUSTERS, member, answer.request_id());
        let found = answer.db_cluster_snapshots().first().map(cluster_snapshot).transpose().map_err(lacks)?;
        Ok(Reply::new(found, answer.request_id()))
    }

    /// The snapshots of a cluster, oldest first.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn cluster_snapshots(&self, of: &str) -> Result<Reply<Vec<Snapshot>>, AwsError> {
        let clients = self.door.clients().await?;
        let mut reply: Reply<Vec<Snapshot>> = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let asked = clients.database_reads.describe_db_cluster_snapshots().db_cluster_identifier(of);
            let page = asked.set_marker(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(OF_CLUSTERS, &error))?;
            let lacks = |member| incomplete(OF_CLUSTERS, member, page.request_id());
            for found in page.db_cluster_snapshots() {
                reply.value.push(cluster_snapshot(found).map_err(lacks)?);
            }
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            next = page.marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                reply.value.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
                return Ok(reply);
            }
        }
    }

    /// A snapshot of an instance, by name or ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but "not found".
    pub async fn snapshot(&self, name: &str) -> Result<Reply<Option<Snapshot>>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.database_reads.describe_db_snapshots().db_snapshot_identifier(name);
        let answer = match asked.send().await.map_err(|error| AwsError::from_sdk(OF_INSTANCES, &error)) {
            Ok(answer) => answer,
            Err(error) => return absent(error, "DBSnapshotNotFound"),
        };
        let lacks = |member| incomplete(OF_INSTANCES, member, answer.request_id());
        let found = answer.db_snapshots().first().map(snapshot).transpose().map_err(lacks)?;
        Ok(Reply::new(found, answer.request_id()))
    }

    /// The snapshots of an instance, oldest first.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn snapshots(&self, of: &str) -> Result<Reply<Vec<Snapshot>>, AwsError> {
        let clients = self.door.clients().await?;
        let mut reply: Reply<Vec<Snapshot>> = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let asked = clients.database_reads.describe_db_snapshots().db_instance_identifier(of);
            let page = asked.set_marker(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(OF_INSTANCES, &error))?;
            let lacks = |member| incomplete(OF_INSTANCES, member, page.request_id());
            for found in page.db_snapshots() {
                reply.value.push(snapshot(found).map_err(lacks)?);
            }
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            next = page.marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                reply.value.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
                return Ok(reply);
            }
        }
    }

    /// The automated backups of a cluster of this name, also of one that is gone.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn cluster_backups(&self, of: &str) -> Result<Reply<Vec<AutomatedBackup>>, AwsError> {
        let call = Call("rds", "DescribeDBClusterAutomatedBackups");
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let asked = clients.database_reads.describe_db_cluster_automated_backups().db_cluster_identifier(of);
            let page = asked.set_marker(next).send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.db_cluster_automated_backups().iter().map(cluster_backup));
            next = page.marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }

    /// The automated backups of an instance of this name, also of one that is gone.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn instance_backups(&self, of: &str) -> Result<Reply<Vec<AutomatedBackup>>, AwsError> {
        let call = Call("rds", "DescribeDBInstanceAutomatedBackups");
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let asked = clients.database_reads.describe_db_instance_automated_backups().db_instance_identifier(of);
            let page = asked.set_marker(next).send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.db_instance_automated_backups().iter().map(instance_backup));
            next = page.marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }
}
