//! Restoring: a new table from what a table was, or from a backup.

use aws_sdk_dynamodb::types::{
    BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex, OnDemandThroughput,
    Projection as SdkProjection, ProjectionType, ProvisionedThroughput, SseSpecification, SseType,
};
use aws_smithy_types::DateTime as SdkTime;
use aws_types::request_id::RequestId;

use super::data::{Billing, Capacity, Index, KeyAttribute, Limits, LocalIndex, Projection, Table};
use super::describe::table;
use super::writes::TableWrites;
use crate::aws::clients::{Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};
use crate::aws::time::RestorePoint;

const TO_TIME: Call = Call("dynamodb", "RestoreTableToPointInTime");
const FROM_BACKUP: Call = Call("dynamodb", "RestoreTableFromBackup");

/// A table to be restored to a point in time.
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreToTime {
    /// The table, by its ARN: it may be in another region than the door, where the new table is made.
    pub source: String,
    /// The name of the new table.
    pub target: String,
    /// What it is brought back to.
    pub at: RestorePoint,
    /// What is to be different.
    pub overrides: RestoreOverrides,
}

/// A table to be restored from a backup.
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreFromBackup {
    /// The ARN of the backup.
    pub backup: String,
    /// The name of the new table.
    pub target: String,
    /// What is to be different.
    pub overrides: RestoreOverrides,
}

/// What is to be different in the new table. What is none is as it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestoreOverrides {
    /// What its throughput is paid by.
    pub billing: Option<Billing>,
    /// The global secondary indexes that are made again, out of those that there are: fewer are faster. With a billing
    /// of another kind, each needs that kind.
    pub indexes: Option<Vec<Index>>,
    /// The local secondary indexes that are made again.
    pub local_indexes: Option<Vec<LocalIndex>>,
    /// The key that it is encrypted by.
    pub encryption: Option<EncryptionChoice>,
}

/// A key to encrypt by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EncryptionChoice {
    /// `DynamoDB`'s own.
    Owned,
    /// The account's key of KMS that AWS manages.
    AwsManaged,
    /// A key of KMS, by id, ARN or alias.
    Kms(String),
}

impl TableWrites {
    /// Begins to restore a table to a point in time: the new one is `CREATING` until all is in it. It is sent once. The
    /// new table has no tags: they are put on it once it is `ACTIVE`.
    ///
    /// # Errors
    /// Any [`AwsError`]: `PointInTimeRecoveryUnavailableException`, `InvalidRestoreTimeException`,
    /// `TableAlreadyExistsException`, `LimitExceededException` (50 restores at a time) …
    pub async fn restore_to_time(&self, restore: &RestoreToTime) -> Result<Reply<Table>, AwsError> {
        let clients = self.door.clients().await?;
        let parts = parts(TO_TIME, &restore.overrides)?;
        let request = clients
            .table_writes
            .restore_table_to_point_in_time()
            .source_table_arn(&restore.source)
            .target_table_name(&restore.target)
            .set_billing_mode_override(parts.mode)
            .set_provisioned_throughput_override(parts.capacity)
            .set_on_demand_throughput_override(parts.limits)
            .set_global_secondary_index_override(parts.indexes)
            .set_local_secondary_index_override(parts.local_indexes)
            .set_sse_specification_override(parts.encryption);
        let request = match restore.at {
            RestorePoint::Latest => request.use_latest_restorable_time(true),
            RestorePoint::At(time) => request.restore_date_time(SdkTime::from_secs(time.timestamp())),
        };
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(TO_TIME, &error))?;
        let lacks = |member| incomplete(TO_TIME, member, answer.request_id());
        let made = answer.table_description().ok_or("TableDescription").and_then(table).map_err(lacks)?;
        Ok(Reply::new(made, answer.request_id()))
    }

    /// Begins to restore a table from a backup, as [`TableWrites::restore_to_time`] does.
    ///
    /// # Errors
    /// Any [`AwsError`]: `BackupNotFoundException`, `BackupInUseException`, `TableAlreadyExistsException` …
    pub async fn restore_from_backup(&self, restore: &RestoreFromBackup) -> Result<Reply<Table>, AwsError> {
        let clients = self.door.clients().await?;
        let parts = parts(FROM_BACKUP, &restore.overrides)?;
        let request = clients
            .table_writes
            .restore_table_from_backup()
            .backup_arn(&restore.backup)
            .target_table_name(&restore.target)
            .set_billing_mode_override(parts.mode)
            .set_provisioned_throughput_override(parts.capacity)
            .set_on_demand_throughput_override(parts.limits)
            .set_global_secondary_index_override(parts.indexes)
            .set_local_secondary_index_override(parts.local_indexes)
            .set_sse_specification_override(parts.encryption);
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(FROM_BACKUP, &error))?;
        let lacks = |member| incomplete(FROM_BACKUP, member, answer.request_id());
        let made = answer.table_description().ok_or("TableDescription").and_then(table).map_err(lacks)?;
        Ok(Reply::new(made, answer.request_id()))
    }
}

/// The overrides as both calls have them.
struct Parts {
    mode: Option<BillingMode>,
    capacity: Option<ProvisionedThroughput>,
    limits: Option<OnDemandThroughput>,
    indexes: Option<Vec<GlobalSecondaryIndex>>,
    local_indexes: Option<Vec<LocalSecondaryIndex>>,
    encryption: Option<SseSpecification>,
}

fn parts(call: Call, overrides: &RestoreOverrides) -> Result<Parts, AwsError> {
    let built = || -> Result<Parts, String> {
        let (capacity, limits) = overrides.billing.map_or(Ok((None, None)), throughput)?;
        let indexes = overrides.indexes.as_ref().map(|all| all.iter().map(index).collect::<Result<_, _>>());
        let locals = overrides.local_indexes.as_ref().map(|all| all.iter().map(local_index).collect::<Result<_, _>>());
        Ok(Parts {
            mode: overrides.billing.map(|billing| match billing {
                Billing::OnDemand(_) => BillingMode::PayPerRequest,
                Billing::Provisioned(_) => BillingMode::Provisioned,
            }),
            capacity,
            limits,
            indexes: indexes.transpose()?,
            local_indexes: locals.transpose()?,
            encryption: overrides.encryption.as_ref().map(encryption),
        })
    };
    built().map_err(|fault| AwsError::of(call, AwsErrorKind::Request, None, vec![fault], false))
}

type Throughput = (Option<ProvisionedThroughput>, Option<OnDemandThroughput>);

fn throughput(billing: Billing) -> Result<Throughput, String> {
    match billing {
        Billing::Provisioned(Capacity { reads, writes }) => {
            let built =
                ProvisionedThroughput::builder().read_capacity_units(reads).write_capacity_units(writes).build();
            Ok((Some(built.map_err(|error| error.to_string())?), None))
        }
        Billing::OnDemand(Limits { reads: None, writes: None }) => Ok((None, None)),
        Billing::OnDemand(Limits { reads, writes }) => {
            let built = OnDemandThroughput::builder();
            Ok((None, Some(built.set_max_read_request_units(reads).set_max_write_request_units(writes).build())))
        }
    }
}

fn schema<'a>(
    partition: impl IntoIterator<Item = &'a KeyAttribute>,
    sort: impl IntoIterator<Item = &'a KeyAttribute>,
) -> Result<Vec<KeySchemaElement>, String> {
    let partition = partition.into_iter().map(|attribute| (attribute, KeyType::Hash));
    let sort = sort.into_iter().map(|attribute| (attribute, KeyType::Range));
    let elements = partition.chain(sort).map(|(attribute, kind)| {
        let element = KeySchemaElement::builder().attribute_name(&attribute.name).key_type(kind).build();
        element.map_err(|error| error.to_string())
    });
    elements.collect()
}

fn projection(projection: &Projection) -> SdkProjection {
    let attributes = (!projection.attributes.is_empty()).then(|| projection.attributes.clone());
    SdkProjection::builder()
        .projection_type(ProjectionType::from(projection.kind.as_str()))
        .set_non_key_attributes(attributes)
        .build()
}

fn index(index: &Index) -> Result<GlobalSecondaryIndex, String> {
    let (capacity, limits) = throughput(index.billing)?;
    GlobalSecondaryIndex::builder()
        .index_name(&index.name)
        .set_key_schema(Some(schema(&index.partition, &index.sort)?))
        .projection(projection(&index.projection))
        .set_provisioned_throughput(capacity)
        .set_on_demand_throughput(limits)
        .build()
        .map_err(|error| error.to_string())
}

fn local_index(index: &LocalIndex) -> Result<LocalSecondaryIndex, String> {
    LocalSecondaryIndex::builder()
        .index_name(&index.name)
        .set_key_schema(Some(schema([&index.key.partition], &index.key.sort)?))
        .projection(projection(&index.projection))
        .build()
        .map_err(|error| error.to_string())
}

fn encryption(choice: &EncryptionChoice) -> SseSpecification {
    match choice {
        EncryptionChoice::Owned => SseSpecification::builder().enabled(false).build(),
        EncryptionChoice::AwsManaged => SseSpecification::builder().enabled(true).sse_type(SseType::Kms).build(),
        EncryptionChoice::Kms(key) => {
            SseSpecification::builder().enabled(true).sse_type(SseType::Kms).kms_master_key_id(key).build()
        }
    }
}
