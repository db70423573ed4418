//! Looking at snapshots.

use aws_types::request_id::RequestId;

use super::data::Snapshot;
use super::describe::{cluster_snapshot, snapshot};
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
}
