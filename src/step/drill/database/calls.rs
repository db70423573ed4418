//! Which calls of AWS the steps of a drill make on databases.

use crate::step::calls::{CallOn, Target};
use crate::step::kind::{DatabaseFrom, DatabaseRestore, DatabaseShape};

/// What a step that removes clusters, instances and snapshots reads of them, and how.
const OF_CLEANUP: &[&str] = &[
    "DeleteDBCluster",
    "DeleteDBClusterSnapshot",
    "DeleteDBInstance",
    "DeleteDBSnapshot",
    "DescribeDBClusterSnapshots",
    "DescribeDBClusters",
    "DescribeDBInstances",
    "DescribeDBSnapshots",
    "ModifyDBCluster",
    "ModifyDBInstance",
];

fn on_databases(operations: &[&'static str]) -> Vec<CallOn> {
    operations.iter().map(|operation| CallOn { service: "rds", operation, target: Target::Any }).collect()
}

pub(in crate::step::drill) fn of_database_restore(restore: &DatabaseRestore) -> Vec<CallOn> {
    // RDS tells tags in its descriptions to those who may list them.
    let mut all = on_databases(&["AddTagsToResource", "DescribeDBInstances", "DescribeEvents", "ListTagsForResource"]);
    let own = matches!(restore.from, DatabaseFrom::Snapshot(None));
    all.extend(on_databases(match (restore.shape, &restore.from) {
        (DatabaseShape::Cluster, DatabaseFrom::PointInTime(_)) => &["RestoreDBClusterToPointInTime"],
        (DatabaseShape::Cluster, DatabaseFrom::Snapshot(_)) => {
            &["DescribeDBClusterSnapshots", "RestoreDBClusterFromSnapshot"]
        }
        (DatabaseShape::Instance, DatabaseFrom::PointInTime(_)) => &["RestoreDBInstanceToPointInTime"],
        (DatabaseShape::Instance, DatabaseFrom::Snapshot(_)) => {
            &["DescribeDBSnapshots", "RestoreDBInstanceFromDBSnapshot"]
        }
    }));
    match restore.shape {
        DatabaseShape::Cluster => {
            all.extend(on_databases(&["CreateDBInstance", "DescribeDBClusters"]));
            all.push(CallOn { service: "cloudwatch", operation: "GetMetricStatistics", target: Target::Any });
            all.extend(on_databases(if own { &["CreateDBClusterSnapshot"] } else { &[] }));
            all.extend(on_databases(if restore.put_back { &["ModifyDBCluster"] } else { &[] }));
        }
        DatabaseShape::Instance => {
            all.extend(on_databases(if own { &["CreateDBSnapshot"] } else { &[] }));
            all.extend(on_databases(if restore.put_back { &["ModifyDBInstance"] } else { &[] }));
        }
    }
    all
}

pub(in crate::step::drill) fn of_cluster_compare() -> Vec<CallOn> {
    on_databases(&["DescribeDBClusters", "DescribeDBInstances"])
}

/// Of a step that has another instance of a cluster write.
pub(in crate::step::drill) fn of_cluster_failover() -> Vec<CallOn> {
    on_databases(&["DescribeDBClusters", "DescribeDBInstances", "DescribeEvents", "FailoverDBCluster"])
}

pub(in crate::step::drill) fn of_database_cleanup() -> Vec<CallOn> {
    on_databases(OF_CLEANUP)
}
