//! Looking at tables and backups.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::BackupTypeFilter;
use aws_types::request_id::RequestId;

use super::data::{Backup, PointInTime, Table, TimeToLive};
use super::describe::{backup, listed, point_in_time, table};
use crate::aws::clients::{AwsReads, Door, Reply, incomplete};
use crate::aws::error::{AwsError, Call};

const DESCRIBE: Call = Call("dynamodb", "DescribeTable");
const BACKUP: Call = Call("dynamodb", "DescribeBackup");

/// Tables, their items and backups, as far as they are only looked at.
#[derive(Clone, Debug)]
pub struct TableReads {
    pub(super) door: Arc<Door>,
}

impl AwsReads {
    /// `DynamoDB`'s tables, as far as they are only looked at.
    pub fn tables(&self) -> TableReads {
        TableReads { door: Arc::clone(&self.door) }
    }
}

impl TableReads {
    /// A table, by name or ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but "not found".
    pub async fn describe(&self, name: &str) -> Result<Reply<Option<Table>>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.describe_table().table_name(name).send().await;
        let answer = match answer.map_err(|error| AwsError::from_sdk(DESCRIBE, &error)) {
            Ok(answer) => answer,
            Err(error) => return absent(error, "ResourceNotFoundException"),
        };
        let lacks = |member| incomplete(DESCRIBE, member, answer.request_id());
        let found = answer.table().ok_or("Table").and_then(table).map_err(lacks)?;
        Ok(Reply::new(Some(found), answer.request_id()))
    }

    /// The names of the region's tables, sorted.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn names(&self) -> Result<Reply<Vec<String>>, AwsError> {
        let call = Call("dynamodb", "ListTables");
        let clients = self.door.clients().await?;
        let mut reply: Reply<Vec<String>> = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next: Option<String> = None;
        loop {
            let page = clients.table_reads.list_tables().set_exclusive_start_table_name(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.table_names().iter().cloned());
            next = page.last_evaluated_table_name.filter(|name| !name.is_empty());
            if next.is_none() {
                reply.value.sort();
                return Ok(reply);
            }
        }
    }

    /// The point-in-time recovery of a table.
    ///
    /// # Errors
    /// Any [`AwsError`]; a table that there is not is `TableNotFoundException`.
    pub async fn point_in_time(&self, name: &str) -> Result<Reply<PointInTime>, AwsError> {
        let call = Call("dynamodb", "DescribeContinuousBackups");
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.describe_continuous_backups().table_name(name).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new(point_in_time(answer.continuous_backups_description()), answer.request_id()))
    }

    /// When the items of a table expire.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn time_to_live(&self, name: &str) -> Result<Reply<TimeToLive>, AwsError> {
        let call = Call("dynamodb", "DescribeTimeToLive");
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.describe_time_to_live().table_name(name).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let found = answer.time_to_live_description();
        let status = found.and_then(|found| found.time_to_live_status());
        let live = TimeToLive {
            status: status.map_or("DISABLED", |status| status.as_str()).to_owned(),
            attribute: found.and_then(|found| found.attribute_name()).map(str::to_owned),
        };
        Ok(Reply::new(live, answer.request_id()))
    }

    /// The tags of a table, by its ARN.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn tags(&self, arn: &str) -> Result<Reply<BTreeMap<String, String>>, AwsError> {
        let call = Call("dynamodb", "ListTagsOfResource");
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: BTreeMap::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let page = clients.table_reads.list_tags_of_resource().resource_arn(arn).set_next_token(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }

    /// The backups of a table, of whatever kind, oldest first. The table may be gone.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn backups(&self, name: &str) -> Result<Reply<Vec<Backup>>, AwsError> {
        let call = Call("dynamodb", "ListBackups");
        let clients = self.door.clients().await?;
        let mut reply: Reply<Vec<Backup>> = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next: Option<String> = None;
        loop {
            let request = clients.table_reads.list_backups().table_name(name).backup_type(BackupTypeFilter::All);
            let page = request.set_exclusive_start_backup_arn(next).send().await;
            let page = page.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.backup_summaries().iter().map(listed));
            next = page.last_evaluated_backup_arn.filter(|arn| !arn.is_empty());
            if next.is_none() {
                reply.value.sort_by(|a, b| (a.created, &a.arn).cmp(&(b.created, &b.arn)));
                return Ok(reply);
            }
        }
    }

    /// A backup, by its ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but "not found".
    pub async fn backup(&self, arn: &str) -> Result<Reply<Option<Backup>>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.describe_backup().backup_arn(arn).send().await;
        let answer = match answer.map_err(|error| AwsError::from_sdk(BACKUP, &error)) {
            Ok(answer) => answer,
            Err(error) => return absent(error, "BackupNotFoundException"),
        };
        let lacks = |member| incomplete(BACKUP, member, answer.request_id());
        let found = answer.backup_description().ok_or("BackupDescription").and_then(backup).map_err(lacks)?;
        Ok(Reply::new(Some(found), answer.request_id()))
    }
}

/// An error with this code says that there is none.
pub(super) fn absent<T>(error: AwsError, code: &str) -> Result<Reply<Option<T>>, AwsError> {
    if error.code() == code { Ok(Reply::new(None, error.request_id.as_deref())) } else { Err(error) }
}
