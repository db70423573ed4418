//! From the SDK's types to ours.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BackupDescription, BackupDetails, BackupSummary, BillingMode, ContinuousBackupsDescription,
    GlobalSecondaryIndexDescription, KeySchemaElement, KeyType, LocalSecondaryIndexDescription, OnDemandThroughput,
    PointInTimeRecoveryDescription, PointInTimeRecoveryStatus, Projection as SdkProjection,
    ProvisionedThroughputDescription, ReplicaDescription, RestoreSummary, SourceTableDetails, SseDescription,
    SseStatus, TableDescription,
};

use super::data::{
    Backup, Billing, Capacity, Encryption, Index, Key, KeyAttribute, Limits, LocalIndex, PointInTime, Projection,
    Replica, Restored, Stream, Table,
};
use crate::aws::time::utc;

/// A table; or the member that an answer lacks.
pub(super) fn table(found: &TableDescription) -> Result<Table, &'static str> {
    let definitions = found.attribute_definitions();
    let on_demand = is_on_demand(found);
    let mut indexes: Vec<Index> =
        found.global_secondary_indexes().iter().map(|it| index(it, definitions, on_demand)).collect();
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
    let locals = found.local_secondary_indexes().iter().map(|it| local_index(it, definitions));
    let mut local_indexes = locals.collect::<Result<Vec<_>, _>>()?;
    local_indexes.sort_by(|a, b| a.name.cmp(&b.name));
    let mut replicas: Vec<Replica> = found.replicas().iter().map(|it| replica(it, found)).collect();
    replicas.sort_by(|a, b| a.region.cmp(&b.region));
    let class = found.table_class_summary().and_then(|summary| summary.table_class());
    Ok(Table {
        name: found.table_name().ok_or("TableName")?.to_owned(),
        arn: found.table_arn().ok_or("TableArn")?.to_owned(),
        id: text(found.table_id()),
        status: found.table_status().ok_or("TableStatus")?.as_str().to_owned(),
        key: key(found.key_schema(), definitions)?,
        billing: billing(on_demand, found.on_demand_throughput(), found.provisioned_throughput()),
        class: class.map_or("STANDARD", |class| class.as_str()).to_owned(),
        indexes,
        local_indexes,
        stream: stream(found),
        encryption: encryption(found.sse_description()),
        deletion_protection: found.deletion_protection_enabled().unwrap_or_default(),
        replicas,
        created: found.creation_date_time().and_then(utc),
        restored: found.restore_summary().and_then(restored),
        bytes: count(found.table_size_bytes()),
        items: count(found.item_count()),
    })
}

/// A table that was always provisioned has no summary of how it is paid.
fn is_on_demand(found: &TableDescription) -> bool {
    found.billing_mode_summary().and_then(|summary| summary.billing_mode()) == Some(&BillingMode::PayPerRequest)
}

fn billing(
    on_demand: bool,
    limits: Option<&OnDemandThroughput>,
    capacity: Option<&ProvisionedThroughputDescription>,
) -> Billing {
    // -1 is how a limit is taken away.
    let limit = |units: Option<i64>| units.filter(|units| *units >= 0);
    if on_demand {
        return Billing::OnDemand(Limits {
            reads: limit(limits.and_then(OnDemandThroughput::max_read_request_units)),
            writes: limit(limits.and_then(OnDemandThroughput::max_write_request_units)),
        });
    }
    Billing::Provisioned(Capacity {
        reads: capacity.and_then(ProvisionedThroughputDescription::read_capacity_units).unwrap_or_default(),
        writes: capacity.and_then(ProvisionedThroughputDescription::write_capacity_units).unwrap_or_default(),
    })
}

fn attribute(element: &KeySchemaElement, definitions: &[AttributeDefinition]) -> KeyAttribute {
    let name = element.attribute_name();
    let definition = definitions.iter().find(|definition| definition.attribute_name() == name);
    let kind = definition.map(|definition| definition.attribute_type().as_str()).unwrap_or_default();
    KeyAttribute { name: name.to_owned(), kind: kind.to_owned() }
}

fn attributes(schema: &[KeySchemaElement], of: &KeyType, definitions: &[AttributeDefinition]) -> Vec<KeyAttribute> {
    schema.iter().filter(|element| element.key_type() == of).map(|element| attribute(element, definitions)).collect()
}

fn key(schema: &[KeySchemaElement], definitions: &[AttributeDefinition]) -> Result<Key, &'static str> {
    let partition = attributes(schema, &KeyType::Hash, definitions).into_iter().next().ok_or("KeySchema")?;
    Ok(Key { partition, sort: attributes(schema, &KeyType::Range, definitions).into_iter().next() })
}

fn projection(found: Option<&SdkProjection>) -> Projection {
    let kind = found.and_then(SdkProjection::projection_type).map(|kind| kind.as_str().to_owned()).unwrap_or_default();
    let mut attributes = found.map(|it| it.non_key_attributes().to_vec()).unwrap_or_default();
    attributes.sort();
    Projection { kind, attributes }
}

fn index(found: &GlobalSecondaryIndexDescription, definitions: &[AttributeDefinition], on_demand: bool) -> Index {
    Index {
        name: text(found.index_name()),
        arn: text(found.index_arn()),
        status: found.index_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        partition: attributes(found.key_schema(), &KeyType::Hash, definitions),
        sort: attributes(found.key_schema(), &KeyType::Range, definitions),
        projection: projection(found.projection()),
        billing: billing(on_demand, found.on_demand_throughput(), found.provisioned_throughput()),
        bytes: count(found.index_size_bytes()),
        items: count(found.item_count()),
    }
}

fn local_index(
    found: &LocalSecondaryIndexDescription,
    definitions: &[AttributeDefinition],
) -> Result<LocalIndex, &'static str> {
    Ok(LocalIndex {
        name: text(found.index_name()),
        key: key(found.key_schema(), definitions)?,
        projection: projection(found.projection()),
    })
}

fn stream(found: &TableDescription) -> Option<Stream> {
    let specification = found.stream_specification().filter(|it| it.stream_enabled())?;
    let view = specification.stream_view_type().map(|view| view.as_str().to_owned()).unwrap_or_default();
    Some(Stream { view, arn: found.latest_stream_arn().map(str::to_owned) })
}

fn encryption(found: Option<&SseDescription>) -> Encryption {
    match found {
        Some(found) if !matches!(found.status(), Some(SseStatus::Disabled)) => Encryption::Kms {
            key: found.kms_master_key_arn().map(str::to_owned),
            inaccessible: found.inaccessible_encryption_date_time().and_then(utc),
        },
        Some(_) | None => Encryption::Owned,
    }
}

/// A replica's ARN is not always in the answer; it is the table's, in the replica's region.
fn replica(found: &ReplicaDescription, table: &TableDescription) -> Replica {
    let region = text(found.region_name());
    let made = || {
        let mut parts: Vec<&str> = table.table_arn().unwrap_or_default().splitn(5, ':').collect();
        if let Some(place) = parts.get_mut(3) {
            *place = &region;
        }
        parts.join(":")
    };
    Replica {
        arn: found.replica_arn().map_or_else(made, str::to_owned),
        status: found.replica_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        region,
    }
}

fn restored(found: &RestoreSummary) -> Option<Restored> {
    Some(Restored {
        table: found.source_table_arn().map(str::to_owned),
        backup: found.source_backup_arn().map(str::to_owned),
        at: utc(found.restore_date_time())?,
        in_progress: found.restore_in_progress(),
    })
}

pub(super) fn point_in_time(found: Option<&ContinuousBackupsDescription>) -> PointInTime {
    let found = found.and_then(|found| found.point_in_time_recovery_description());
    let is_on = |it: &PointInTimeRecoveryStatus| *it == PointInTimeRecoveryStatus::Enabled;
    PointInTime {
        on: found.and_then(|found| found.point_in_time_recovery_status()).is_some_and(is_on),
        days: found.and_then(PointInTimeRecoveryDescription::recovery_period_in_days),
        earliest: found.and_then(|found| found.earliest_restorable_date_time()).and_then(utc),
        latest: found.and_then(|found| found.latest_restorable_date_time()).and_then(utc),
    }
}

pub(super) fn listed(found: &BackupSummary) -> Backup {
    Backup {
        arn: text(found.backup_arn()),
        name: text(found.backup_name()),
        status: found.backup_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        kind: found.backup_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        created: found.backup_creation_date_time().and_then(utc),
        expires: found.backup_expiry_date_time().and_then(utc),
        bytes: found.backup_size_bytes().map(|bytes| count(Some(bytes))),
        table: text(found.table_name()),
        table_arn: found.table_arn().map(str::to_owned),
        table_id: text(found.table_id()),
        items: None,
    }
}

/// What a backup is, without its table.
pub(super) fn made(found: &BackupDetails, table: &str) -> Backup {
    Backup {
        arn: found.backup_arn().to_owned(),
        name: found.backup_name().to_owned(),
        status: found.backup_status().as_str().to_owned(),
        kind: found.backup_type().as_str().to_owned(),
        created: utc(found.backup_creation_date_time()),
        expires: found.backup_expiry_date_time().and_then(utc),
        bytes: found.backup_size_bytes().map(|bytes| count(Some(bytes))),
        table: table.to_owned(),
        table_arn: None,
        table_id: String::new(),
        items: None,
    }
}

pub(super) fn backup(found: &BackupDescription) -> Result<Backup, &'static str> {
    let details = found.backup_details().ok_or("BackupDetails")?;
    let source = found.source_table_details();
    let table = source.map(SourceTableDetails::table_name).unwrap_or_default();
    Ok(Backup {
        table_arn: source.and_then(|source| source.table_arn()).map(str::to_owned),
        table_id: source.map(SourceTableDetails::table_id).unwrap_or_default().to_owned(),
        items: source.and_then(SourceTableDetails::item_count).map(|items| count(Some(items))),
        ..made(details, table)
    })
}

fn text(found: Option<&str>) -> String {
    found.unwrap_or_default().to_owned()
}

fn count(found: Option<i64>) -> u64 {
    found.and_then(|number| u64::try_from(number).ok()).unwrap_or_default()
}
