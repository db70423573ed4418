//! Looking at clusters and instances.

use std::sync::Arc;

use aws_sdk_rds::types::{Filter, SourceType};
use aws_smithy_types::DateTime as SdkTime;
use aws_types::request_id::RequestId;
use chrono::{DateTime, Utc};

use super::data::{Cluster, DatabaseEvent, EventSource, Instance};
use super::describe::{cluster, event, instance};
use crate::aws::clients::{AwsReads, Door, Reply, incomplete};
use crate::aws::error::{AwsError, Call};

const CLUSTERS: Call = Call("rds", "DescribeDBClusters");
const INSTANCES: Call = Call("rds", "DescribeDBInstances");

/// Databases, as far as they are only looked at.
#[derive(Clone, Debug)]
pub struct DatabaseReads {
    pub(super) door: Arc<Door>,
}

impl AwsReads {
    /// RDS's databases, as far as they are only looked at.
    pub fn databases(&self) -> DatabaseReads {
        DatabaseReads { door: Arc::clone(&self.door) }
    }
}

impl DatabaseReads {
    /// A cluster, by name or ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but "not found".
    pub async fn cluster(&self, name: &str) -> Result<Reply<Option<Cluster>>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.database_reads.describe_db_clusters().db_cluster_identifier(name).send().await;
        let answer = match answer.map_err(|error| AwsError::from_sdk(CLUSTERS, &error)) {
            Ok(answer) => answer,
            Err(error) => return absent(error, "DBClusterNotFound"),
        };
        let lacks = |member| incomplete(CLUSTERS, member, answer.request_id());
        let found = answer.db_clusters().first().map(cluster).transpose().map_err(lacks)?;
        Ok(Reply::new(found, answer.request_id()))
    }

    /// An instance, by name or ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but "not found".
    pub async fn instance(&self, name: &str) -> Result<Reply<Option<Instance>>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.database_reads.describe_db_instances().db_instance_identifier(name).send().await;
        let answer = match answer.map_err(|error| AwsError::from_sdk(INSTANCES, &error)) {
            Ok(answer) => answer,
            Err(error) => return absent(error, "DBInstanceNotFound"),
        };
        let lacks = |member| incomplete(INSTANCES, member, answer.request_id());
        let found = answer.db_instances().first().map(instance).transpose().map_err(lacks)?;
        Ok(Reply::new(found, answer.request_id()))
    }

    /// The instances of a cluster.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn instances(&self, of_cluster: &str) -> Result<Reply<Vec<Instance>>, AwsError> {
        let clients = self.door.clients().await?;
        let only = Filter::builder().name("db-cluster-id").values(of_cluster).build();
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let asked = clients.database_reads.describe_db_instances().filters(only.clone());
            let page = asked.set_marker(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(INSTANCES, &error))?;
            let lacks = |member| incomplete(INSTANCES, member, page.request_id());
            for found in page.db_instances() {
                reply.value.push(instance(found).map_err(lacks)?);
            }
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            next = page.marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }

    /// What RDS has written down of something since a time, oldest first. It looks back 14 days at most.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn events(
        &self,
        source: EventSource,
        name: &str,
        since: DateTime<Utc>,
    ) -> Result<Reply<Vec<DatabaseEvent>>, AwsError> {
        let call = Call("rds", "DescribeEvents");
        let clients = self.door.clients().await?;
        let kind = match source {
            EventSource::Cluster => SourceType::DbCluster,
            EventSource::Instance => SourceType::DbInstance,
            EventSource::ClusterSnapshot => SourceType::DbClusterSnapshot,
            EventSource::Snapshot => SourceType::DbSnapshot,
        };
        let mut reply: Reply<Vec<DatabaseEvent>> = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let asked = clients.database_reads.describe_events().source_type(kind.clone()).source_identifier(name);
            let page = asked.start_time(SdkTime::from_secs(since.timestamp())).set_marker(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.events().iter().map(event));
            next = page.marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                reply.value.sort_by_key(|event| event.at);
                return Ok(reply);
            }
        }
    }
}

/// An error with this code says that there is none; some codes of RDS end in `Fault`, and some do not.
pub(super) fn absent<T>(error: AwsError, code: &str) -> Result<Reply<Option<T>>, AwsError> {
    if error.code().strip_suffix("Fault").unwrap_or(error.code()) == code {
        return Ok(Reply::new(None, error.request_id.as_deref()));
    }
    Err(error)
}
