//! From the SDK's types to ours.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{
    DbCluster, DbClusterSnapshot, DbInstance, DbSnapshot, Endpoint, Event, ServerlessV2ScalingConfigurationInfo, Tag,
    VpcSecurityGroupMembership,
};

use super::data::{Cluster, DatabaseEvent, Instance, Member, ServerlessCapacity, Snapshot};
use crate::aws::time::utc;

/// A cluster; or the member that an answer lacks.
pub(super) fn cluster(found: &DbCluster) -> Result<Cluster, &'static str> {
    let members = found.db_cluster_members().iter().map(|it| Member {
        instance: text(it.db_instance_identifier()),
        writer: it.is_cluster_writer().unwrap_or_default(),
        tier: it.promotion_tier(),
    });
    Ok(Cluster {
        name: found.db_cluster_identifier().ok_or("DBClusterIdentifier")?.to_owned(),
        arn: found.db_cluster_arn().ok_or("DBClusterArn")?.to_owned(),
        id: text(found.db_cluster_resource_id()),
        status: found.status().ok_or("Status")?.to_owned(),
        engine: text(found.engine()),
        version: text(found.engine_version()),
        mode: text(found.engine_mode()),
        members: members.collect(),
        endpoint: filled(found.endpoint()),
        reader_endpoint: filled(found.reader_endpoint()),
        port: found.port(),
        subnet_group: filled(found.db_subnet_group()),
        security_groups: groups(found.vpc_security_groups()),
        parameter_group: filled(found.db_cluster_parameter_group()),
        serverless: found.serverless_v2_scaling_configuration().and_then(serverless),
        deletion_protection: found.deletion_protection().unwrap_or_default(),
        encrypted: found.storage_encrypted().unwrap_or_default(),
        key: filled(found.kms_key_id()),
        tags: tags(found.tag_list()),
        backup_days: found.backup_retention_period(),
        earliest: found.earliest_restorable_time().and_then(utc),
        latest: found.latest_restorable_time().and_then(utc),
        created: found.cluster_create_time().and_then(utc),
        global: filled(found.global_cluster_identifier()),
        clone_group: filled(found.clone_group_id()),
        gib: found.allocated_storage(),
        storage: filled(found.storage_type()),
        backup_window: filled(found.preferred_backup_window()),
        maintenance_window: filled(found.preferred_maintenance_window()),
        iam_login: found.iam_database_authentication_enabled().unwrap_or_default(),
        log_exports: sorted(found.enabled_cloudwatch_logs_exports().iter().map(String::as_str)),
        copies_tags: found.copy_tags_to_snapshot().unwrap_or_default(),
        data_api: found.http_endpoint_enabled().unwrap_or_default(),
        roles: sorted(found.associated_roles().iter().filter_map(|role| role.role_arn())),
    })
}

/// An instance; or the member that an answer lacks.
pub(super) fn instance(found: &DbInstance) -> Result<Instance, &'static str> {
    let parameters = found.db_parameter_groups().iter().filter_map(|it| it.db_parameter_group_name());
    let parameter_groups = sorted(parameters);
    Ok(Instance {
        name: found.db_instance_identifier().ok_or("DBInstanceIdentifier")?.to_owned(),
        arn: found.db_instance_arn().ok_or("DBInstanceArn")?.to_owned(),
        id: text(found.dbi_resource_id()),
        status: found.db_instance_status().ok_or("DBInstanceStatus")?.to_owned(),
        class: text(found.db_instance_class()),
        engine: text(found.engine()),
        version: text(found.engine_version()),
        cluster: filled(found.db_cluster_identifier()),
        endpoint: found.endpoint().and_then(|endpoint| filled(endpoint.address())),
        port: found.endpoint().and_then(Endpoint::port).or(found.db_instance_port().filter(|it| *it > 0)),
        subnet_group: found.db_subnet_group().and_then(|group| filled(group.db_subnet_group_name())),
        security_groups: groups(found.vpc_security_groups()),
        parameter_groups,
        multi_az: found.multi_az().unwrap_or_default(),
        zone: filled(found.availability_zone()),
        public: found.publicly_accessible().unwrap_or_default(),
        deletion_protection: found.deletion_protection().unwrap_or_default(),
        encrypted: found.storage_encrypted().unwrap_or_default(),
        key: filled(found.kms_key_id()),
        tags: tags(found.tag_list()),
        backup_days: found.backup_retention_period(),
        latest: found.latest_restorable_time().and_then(utc),
        created: found.instance_create_time().and_then(utc),
        replica_of: filled(found.read_replica_source_db_instance_identifier()),
        gib: found.allocated_storage(),
        storage: filled(found.storage_type()),
        backup_window: filled(found.preferred_backup_window()),
        maintenance_window: filled(found.preferred_maintenance_window()),
        iam_login: found.iam_database_authentication_enabled().unwrap_or_default(),
        log_exports: sorted(found.enabled_cloudwatch_logs_exports().iter().map(String::as_str)),
        copies_tags: found.copy_tags_to_snapshot().unwrap_or_default(),
        insights: found.performance_insights_enabled().unwrap_or_default(),
        monitoring: found.monitoring_interval().unwrap_or_default(),
        roles: sorted(found.associated_roles().iter().filter_map(|role| role.role_arn())),
    })
}

pub(super) fn cluster_snapshot(found: &DbClusterSnapshot) -> Result<Snapshot, &'static str> {
    Ok(Snapshot {
        name: found.db_cluster_snapshot_identifier().ok_or("DBClusterSnapshotIdentifier")?.to_owned(),
        arn: found.db_cluster_snapshot_arn().ok_or("DBClusterSnapshotArn")?.to_owned(),
        of: text(found.db_cluster_identifier()),
        status: found.status().ok_or("Status")?.to_owned(),
        kind: text(found.snapshot_type()),
        created: found.snapshot_create_time().and_then(utc),
        engine: text(found.engine()),
        version: text(found.engine_version()),
        gib: found.allocated_storage(),
        percent: found.percent_progress(),
        encrypted: found.storage_encrypted().unwrap_or_default(),
        key: filled(found.kms_key_id()),
        tags: tags(found.tag_list()),
    })
}

pub(super) fn snapshot(found: &DbSnapshot) -> Result<Snapshot, &'static str> {
    Ok(Snapshot {
        name: found.db_snapshot_identifier().ok_or("DBSnapshotIdentifier")?.to_owned(),
        arn: found.db_snapshot_arn().ok_or("DBSnapshotArn")?.to_owned(),
        of: text(found.db_instance_identifier()),
        status: found.status().ok_or("Status")?.to_owned(),
        kind: text(found.snapshot_type()),
        created: found.snapshot_create_time().and_then(utc),
        engine: text(found.engine()),
        version: text(found.engine_version()),
        gib: found.allocated_storage(),
        percent: found.percent_progress(),
        encrypted: found.encrypted().unwrap_or_default(),
        key: filled(found.kms_key_id()),
        tags: tags(found.tag_list()),
    })
}

pub(super) fn event(found: &Event) -> DatabaseEvent {
    DatabaseEvent {
        at: found.date().and_then(utc),
        source: text(found.source_identifier()),
        categories: found.event_categories().to_vec(),
        message: text(found.message()),
    }
}

/// Of a cluster that is not serverless, some answers have it, and nothing in it.
fn serverless(found: &ServerlessV2ScalingConfigurationInfo) -> Option<ServerlessCapacity> {
    Some(ServerlessCapacity {
        min: found.min_capacity()?,
        max: found.max_capacity()?,
        pause_after: found.seconds_until_auto_pause(),
    })
}

fn groups(found: &[VpcSecurityGroupMembership]) -> Vec<String> {
    sorted(found.iter().filter_map(|group| group.vpc_security_group_id()))
}

fn sorted<'a>(found: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = found.filter(|text| !text.is_empty()).map(str::to_owned).collect();
    all.sort();
    all
}

pub(super) fn tags(found: &[Tag]) -> BTreeMap<String, String> {
    found.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}

fn text(found: Option<&str>) -> String {
    found.unwrap_or_default().to_owned()
}

fn filled(found: Option<&str>) -> Option<String> {
    found.filter(|text| !text.is_empty()).map(str::to_owned)
}
