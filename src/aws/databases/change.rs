//! Putting settings back on a cluster or an instance.

use std::collections::BTreeMap;

use aws_sdk_rds::types::CloudwatchLogsExportConfiguration;
use aws_types::request_id::RequestId;

use super::writes::DatabaseWrites;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};

/// A change of a setting. Which operation makes it: [`DatabaseChange::call`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DatabaseChange {
    /// How many days automated backups are kept.
    BackupDays(i32),
    /// When they are made.
    BackupWindow(String),
    /// When it is maintained.
    MaintenanceWindow(String),
    /// Whether IAM's users log in.
    IamLogin(bool),
    /// Which logs go to `CloudWatch`.
    LogExports {
        /// Those that begin to.
        on: Vec<String>,
        /// Those that no longer do.
        off: Vec<String>,
    },
    /// Whether its snapshots get its tags.
    CopiesTags(bool),
    /// Tags; others stay.
    Tags(BTreeMap<String, String>),
}

impl DatabaseChange {
    /// The operation that makes it, on a cluster or on an instance.
    pub fn call(&self, cluster: bool) -> &'static str {
        match self {
            Self::Tags(_) => "rds:AddTagsToResource",
            Self::BackupDays(_)
            | Self::BackupWindow(_)
            | Self::MaintenanceWindow(_)
            | Self::IamLogin(_)
            | Self::LogExports { .. }
            | Self::CopiesTags(_) => {
                if cluster {
                    "rds:ModifyDBCluster"
                } else {
                    "rds:ModifyDBInstance"
                }
            }
        }
    }
}

impl DatabaseWrites {
    /// Changes a setting of a cluster, at once. `arn`: its ARN, for its tags.
    ///
    /// # Errors
    /// Any [`AwsError`]: `InvalidDBClusterStateFault` while it is changed …
    pub async fn change_cluster(&self, name: &str, arn: &str, change: &DatabaseChange) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "ModifyDBCluster");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.modify_db_cluster().db_cluster_identifier(name).apply_immediately(true);
        let asked = match change {
            DatabaseChange::BackupDays(days) => asked.backup_retention_period(*days),
            DatabaseChange::BackupWindow(window) => asked.preferred_backup_window(window),
            DatabaseChange::MaintenanceWindow(window) => asked.preferred_maintenance_window(window),
            DatabaseChange::IamLogin(on) => asked.enable_iam_database_authentication(*on),
            DatabaseChange::LogExports { on, off } => asked.cloudwatch_logs_export_configuration(exports(on, off)),
            DatabaseChange::CopiesTags(on) => asked.copy_tags_to_snapshot(*on),
            DatabaseChange::Tags(tags) => return self.tag(arn, tags).await,
        };
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Changes a setting of an instance, at once. `arn`: its ARN, for its tags.
    ///
    /// # Errors
    /// Any [`AwsError`]: `InvalidDBInstanceState` while it is changed …
    pub async fn change_instance(&self, name: &str, arn: &str, change: &DatabaseChange) -> Result<Reply<()>, AwsError> {
        let call = Call("rds", "ModifyDBInstance");
        let clients = self.door.clients().await?;
        let asked = clients.database_writes.modify_db_instance().db_instance_identifier(name).apply_immediately(true);
        let asked = match change {
            DatabaseChange::BackupDays(days) => asked.backup_retention_period(*days),
            DatabaseChange::BackupWindow(window) => asked.preferred_backup_window(window),
            DatabaseChange::MaintenanceWindow(window) => asked.preferred_maintenance_window(window),
            DatabaseChange::IamLogin(on) => asked.enable_iam_database_authentication(*on),
            DatabaseChange::LogExports { on, off } => asked.cloudwatch_logs_export_configuration(exports(on, off)),
            DatabaseChange::CopiesTags(on) => asked.copy_tags_to_snapshot(*on),
            DatabaseChange::Tags(tags) => return self.tag(arn, tags).await,
        };
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }
}

fn exports(on: &[String], off: &[String]) -> CloudwatchLogsExportConfiguration {
    let some = |logs: &[String]| (!logs.is_empty()).then(|| logs.to_vec());
    CloudwatchLogsExportConfiguration::builder().set_enable_log_types(some(on)).set_disable_log_types(some(off)).build()
}
