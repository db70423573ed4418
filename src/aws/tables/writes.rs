//! Changing tables, items and backups. Each call is sent once.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    PointInTimeRecoverySpecification, StreamSpecification, StreamViewType, Tag, TimeToLiveSpecification,
};
use aws_types::request_id::RequestId;

use super::data::{Backup, PointInTime};
use super::describe::{made, point_in_time};
use super::item::{Attribute, Item};
use super::reads::TableReads;
use super::sdk::{given, request};
use crate::aws::clients::{Aws, Door, Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};

const PUT: Call = Call("dynamodb", "PutItem");
const DELETE: Call = Call("dynamodb", "DeleteItem");
const BACK_UP: Call = Call("dynamodb", "CreateBackup");
const UPDATE: Call = Call("dynamodb", "UpdateTable");

/// Tables, with the verbs that change them.
#[derive(Clone, Debug)]
pub struct TableWrites {
    pub(super) door: Arc<Door>,
}

/// What must be so for an item to be written or deleted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// The item has not this attribute: with an attribute of the key, there is no such item.
    Absent(String),
    /// The item has this attribute with this value.
    Equals(String, Attribute),
}

/// What became of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Written {
    /// It is written, or deleted.
    Done,
    /// The condition was not so: nothing happened.
    Refused,
}

impl Aws {
    /// `DynamoDB`'s tables, with the verbs that change them.
    pub fn tables(&self) -> TableWrites {
        TableWrites { door: Arc::clone(self.door()) }
    }
}

/// A condition as an expression, a name and perhaps a value.
fn expression(condition: &Condition) -> (&'static str, &str, Option<&Attribute>) {
    match condition {
        Condition::Absent(name) => ("attribute_not_exists(#it)", name, None),
        Condition::Equals(name, value) => ("#it = :value", name, Some(value)),
    }
}

impl TableWrites {
    /// The same, as far as they are only looked at.
    pub fn reads(&self) -> TableReads {
        TableReads { door: Arc::clone(&self.door) }
    }

    /// Puts an item in a table, in the place of the one with its key.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn put(&self, table: &str, item: &Item, only_if: Option<&Condition>) -> Result<Reply<Written>, AwsError> {
        let clients = self.door.clients().await?;
        let mut asked = clients.table_writes.put_item().table_name(table).set_item(Some(request(item)));
        if let Some((expression, name, value)) = only_if.map(expression) {
            asked = asked.condition_expression(expression).expression_attribute_names("#it", name);
            if let Some(value) = value {
                asked = asked.expression_attribute_values(":value", given(value));
            }
        }
        match asked.send().await {
            Ok(answer) => Ok(Reply::new(Written::Done, answer.request_id())),
            Err(error) => refused(AwsError::from_sdk(PUT, &error)),
        }
    }

    /// Deletes an item. One that is not there is deleted, too, unless the condition speaks of it.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn delete_item(
        &self,
        table: &str,
        key: &Item,
        only_if: Option<&Condition>,
    ) -> Result<Reply<Written>, AwsError> {
        let clients = self.door.clients().await?;
        let mut asked = clients.table_writes.delete_item().table_name(table).set_key(Some(request(key)));
        if let Some((expression, name, value)) = only_if.map(expression) {
            asked = asked.condition_expression(expression).expression_attribute_names("#it", name);
            if let Some(value) = value {
                asked = asked.expression_attribute_values(":value", given(value));
            }
        }
        match asked.send().await {
            Ok(answer) => Ok(Reply::new(Written::Done, answer.request_id())),
            Err(error) => refused(AwsError::from_sdk(DELETE, &error)),
        }
    }

    /// Makes a backup of a table. Its data are of about now; what it was counts from the answer.
    ///
    /// # Errors
    /// Any [`AwsError`]: `TableNotFoundException`, `ContinuousBackupsUnavailableException` …
    pub async fn create_backup(&self, table: &str, name: &str) -> Result<Reply<Backup>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.table_writes.create_backup().table_name(table).backup_name(name).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(BACK_UP, &error))?;
        let details = answer.backup_details();
        let details = details.ok_or_else(|| incomplete(BACK_UP, "BackupDetails", answer.request_id()))?;
        Ok(Reply::new(made(details, table), answer.request_id()))
    }

    /// Deletes a backup, by its ARN.
    ///
    /// # Errors
    /// Any [`AwsError`]: `BackupNotFoundException`, `BackupInUseException` (while a table is restored from it) …
    pub async fn delete_backup(&self, arn: &str) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.table_writes.delete_backup().backup_arn(arn).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("dynamodb", "DeleteBackup"), &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Switches the point-in-time recovery of a table on, for so many days back (1 to 35; none: 35), or off: then what
    /// could be restored is gone.
    ///
    /// # Errors
    /// Any [`AwsError`]; a table that is being restored is `ContinuousBackupsUnavailableException`.
    pub async fn set_point_in_time(
        &self,
        table: &str,
        on: bool,
        days: Option<i32>,
    ) -> Result<Reply<PointInTime>, AwsError> {
        let call = Call("dynamodb", "UpdateContinuousBackups");
        let clients = self.door.clients().await?;
        let wanted = PointInTimeRecoverySpecification::builder()
            .point_in_time_recovery_enabled(on)
            .set_recovery_period_in_days(days.filter(|_| on))
            .build()
            .map_err(|error| unfit(call, error.to_string()))?;
        let asked = clients.table_writes.update_continuous_backups().table_name(table);
        let answer = asked.point_in_time_recovery_specification(wanted).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new(point_in_time(answer.continuous_backups_description()), answer.request_id()))
    }

    /// Has the items of a table expire by an attribute, or not any more. It takes up to an hour, in which there is no
    /// other such change.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn set_time_to_live(&self, table: &str, attribute: &str, on: bool) -> Result<Reply<()>, AwsError> {
        let call = Call("dynamodb", "UpdateTimeToLive");
        let clients = self.door.clients().await?;
        let wanted = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(on).build();
        let wanted = wanted.map_err(|error| unfit(call, error.to_string()))?;
        let asked = clients.table_writes.update_time_to_live().table_name(table).time_to_live_specification(wanted);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Puts tags on a table, by its ARN; others stay. A table that is being restored takes none.
    ///
    /// # Errors
    /// Any [`AwsError`]; `ResourceInUseException` while the table is not `ACTIVE`.
    pub async fn tag(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<Reply<()>, AwsError> {
        let call = Call("dynamodb", "TagResource");
        let clients = self.door.clients().await?;
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(|error| unfit(call, error.to_string()))?;
        let answer = clients.table_writes.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Protects a table against deletion, or no longer.
    ///
    /// # Errors
    /// Any [`AwsError`]; `ResourceInUseException` while the table is not `ACTIVE`.
    pub async fn set_deletion_protection(&self, table: &str, on: bool) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.table_writes.update_table().table_name(table).deletion_protection_enabled(on);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(UPDATE, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Switches the stream of a table on, with this view, or off (none). A stream that is switched on has an ARN of its
    /// own: whoever is to read it must be told.
    ///
    /// # Errors
    /// Any [`AwsError`]; `ResourceInUseException` while the table is not `ACTIVE`.
    pub async fn set_stream(&self, table: &str, view: Option<&str>) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let wanted = StreamSpecification::builder()
            .stream_enabled(view.is_some())
            .set_stream_view_type(view.map(StreamViewType::from))
            .build()
            .map_err(|error| unfit(UPDATE, error.to_string()))?;
        let asked = clients.table_writes.update_table().table_name(table).stream_specification(wanted);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(UPDATE, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Deletes a table with all that is in it. Backups stay.
    ///
    /// # Errors
    /// Any [`AwsError`]: `ResourceNotFoundException`, `ResourceInUseException` while it is being made,
    /// `ValidationException` while it is protected.
    pub async fn delete_table(&self, table: &str) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients.table_writes.delete_table().table_name(table).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("dynamodb", "DeleteTable"), &error))?;
        Ok(Reply::new((), answer.request_id()))
    }
}

/// A condition that is not so is an answer.
fn refused(error: AwsError) -> Result<Reply<Written>, AwsError> {
    if error.code() == "ConditionalCheckFailedException" {
        return Ok(Reply::new(Written::Refused, error.request_id.as_deref()));
    }
    Err(error)
}

/// A request that the SDK does not build.
pub(super) fn unfit(call: Call, fault: String) -> AwsError {
    AwsError::of(call, AwsErrorKind::Request, None, vec![fault], false)
}
