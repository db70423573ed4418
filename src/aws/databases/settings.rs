//! What a restored database has otherwise than its source, and what can be done about that.
//!
//! A restore takes what it is told and, of the rest, what the backup holds or the service's default: which of both
//! depends on engine and setting (Amazon RDS User Guide and Amazon Aurora User Guide, "Restoring … to a specified
//! time", "Restoring from a snapshot"). So nothing is assumed: both are read, and compared.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::change::DatabaseChange;
use super::data::{Cluster, Instance};

/// A setting of a cluster or an instance.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum DatabaseSetting {
    /// Engine and version.
    Version,
    /// The class of the instance, or of the one that writes.
    Class,
    /// The parameter groups.
    Parameters,
    /// The subnet group.
    Subnets,
    /// The security groups.
    SecurityGroups,
    /// The port.
    Port,
    /// The key that it is encrypted by.
    Key,
    /// The capacity of serverless instances.
    Serverless,
    /// How its storage is.
    Storage,
    /// Whether another instance stands by.
    Standby,
    /// Whether it is reached from outside.
    Public,
    /// How long automated backups are kept.
    Backups,
    /// When automated backups are made.
    BackupWindow,
    /// When it is maintained.
    MaintenanceWindow,
    /// Whether IAM's users log in.
    IamLogin,
    /// The logs that go to `CloudWatch`.
    LogExports,
    /// Whether its snapshots get its tags.
    CopiesTags,
    /// Performance Insights.
    Insights,
    /// How often the operating system is looked at.
    Monitoring,
    /// Statements by HTTP.
    DataApi,
    /// The roles that it acts by.
    Roles,
    /// The global cluster.
    Global,
    /// Whether it cannot be deleted.
    DeletionProtection,
    /// Its tags.
    Tags,
}

impl DatabaseSetting {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "engine version",
            Self::Class => "class",
            Self::Parameters => "parameter group",
            Self::Subnets => "subnet group",
            Self::SecurityGroups => "security groups",
            Self::Port => "port",
            Self::Key => "encryption key",
            Self::Serverless => "serverless capacity",
            Self::Storage => "storage type",
            Self::Standby => "standby",
            Self::Public => "public address",
            Self::Backups => "automated backups",
            Self::BackupWindow => "backup window",
            Self::MaintenanceWindow => "maintenance window",
            Self::IamLogin => "IAM authentication",
            Self::LogExports => "log exports",
            Self::CopiesTags => "tags of snapshots",
            Self::Insights => "performance insights",
            Self::Monitoring => "enhanced monitoring",
            Self::DataApi => "data API",
            Self::Roles => "roles",
            Self::Global => "global cluster",
            Self::DeletionProtection => "deletion protection",
            Self::Tags => "tags",
        }
    }
}

/// Settings, with their values.
pub type DatabaseSettings = BTreeMap<DatabaseSetting, Value>;

/// A setting that is not as at the source.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseDifference {
    /// Which.
    pub setting: DatabaseSetting,
    /// How it is at the source.
    pub source: Value,
    /// How it is at the copy.
    pub copy: Value,
    /// What can be done.
    pub remedy: DatabaseRemedy,
}

/// What can be done about a setting that differs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DatabaseRemedy {
    /// It is put back so.
    PutBack(DatabaseChange),
    /// Nothing is done, and this is why.
    Reported(&'static str),
}

/// The settings of a cluster. `run`: the tag by which a run marks what it made, which is no setting.
pub fn cluster_settings(of: &Cluster, run: &str) -> DatabaseSettings {
    use DatabaseSetting as S;
    let serverless = of.serverless.map(|it| json!({ "min": it.min, "max": it.max, "pause_after_s": it.pause_after }));
    BTreeMap::from([
        (S::Version, json!(format!("{} {}", of.engine, of.version))),
        (S::Parameters, json!(of.parameter_group)),
        (S::Subnets, json!(of.subnet_group)),
        (S::SecurityGroups, json!(of.security_groups)),
        (S::Port, json!(of.port)),
        (S::Key, json!(of.key)),
        (S::Serverless, json!(serverless)),
        (S::Storage, json!(of.storage)),
        (S::Backups, json!(of.backup_days)),
        (S::BackupWindow, json!(of.backup_window)),
        (S::MaintenanceWindow, json!(of.maintenance_window)),
        (S::IamLogin, json!(of.iam_login)),
        (S::LogExports, json!(of.log_exports)),
        (S::CopiesTags, json!(of.copies_tags)),
        (S::DataApi, json!(of.data_api)),
        (S::Roles, json!(of.roles)),
        (S::Global, json!(of.global)),
        (S::DeletionProtection, json!(of.deletion_protection)),
        (S::Tags, json!(own_tags(&of.tags, run))),
    ])
}

fn instance_settings(of: &Instance, run: &str) -> DatabaseSettings {
    use DatabaseSetting as S;
    BTreeMap::from([
        (S::Version, json!(format!("{} {}", of.engine, of.version))),
        (S::Class, json!(of.class)),
        (S::Parameters, json!(of.parameter_groups)),
        (S::Subnets, json!(of.subnet_group)),
        (S::SecurityGroups, json!(of.security_groups)),
        (S::Port, json!(of.port)),
        (S::Key, json!(of.key)),
        (S::Storage, json!(of.storage)),
        (S::Standby, json!(of.multi_az)),
        (S::Public, json!(of.public)),
        (S::Backups, json!(of.backup_days)),
        (S::BackupWindow, json!(of.backup_window)),
        (S::MaintenanceWindow, json!(of.maintenance_window)),
        (S::IamLogin, json!(of.iam_login)),
        (S::LogExports, json!(of.log_exports)),
        (S::CopiesTags, json!(of.copies_tags)),
        (S::Insights, json!(of.insights)),
        (S::Monitoring, json!(of.monitoring)),
        (S::Roles, json!(of.roles)),
        (S::DeletionProtection, json!(of.deletion_protection)),
        (S::Tags, json!(own_tags(&of.tags, run))),
    ])
}

/// What a restored cluster has otherwise than its source, in the order of [`DatabaseSetting`].
pub fn cluster_differences(source: &Cluster, copy: &Cluster, run: &str) -> Compared {
    compared(&cluster_settings(source, run), &cluster_settings(copy, run))
}

/// The same of an instance that stands alone.
pub fn instance_differences(source: &Instance, copy: &Instance, run: &str) -> Compared {
    compared(&instance_settings(source, run), &instance_settings(copy, run))
}

/// The settings that are the same, and those that are not.
pub type Compared = (Vec<DatabaseSetting>, Vec<DatabaseDifference>);

fn compared(source: &DatabaseSettings, copy: &DatabaseSettings) -> Compared {
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for (setting, wanted) in source {
        let is = copy.get(setting).cloned().unwrap_or_default();
        // A tag more than the source has is somebody's.
        let has_all = *setting == DatabaseSetting::Tags && missing(wanted, &is).is_empty();
        if *wanted == is || has_all {
            same.push(*setting);
        } else {
            let remedy = remedy(*setting, wanted, &is);
            different.push(DatabaseDifference { setting: *setting, source: wanted.clone(), copy: is, remedy });
        }
    }
    (same, different)
}

fn remedy(setting: DatabaseSetting, wanted: &Value, is: &Value) -> DatabaseRemedy {
    use DatabaseRemedy::{PutBack, Reported};
    use DatabaseSetting as S;
    let text = || wanted.as_str().map(str::to_owned);
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let known = |change: Option<DatabaseChange>| change.map_or(Reported("the source has none"), PutBack);
    match setting {
        S::Backups => {
            let days = wanted.as_i64().and_then(|days| i32::try_from(days).ok());
            known(days.map(DatabaseChange::BackupDays))
        }
        S::BackupWindow => known(text().map(DatabaseChange::BackupWindow)),
        S::MaintenanceWindow => known(text().map(DatabaseChange::MaintenanceWindow)),
        S::IamLogin => known(wanted.as_bool().map(DatabaseChange::IamLogin)),
        S::CopiesTags => known(wanted.as_bool().map(DatabaseChange::CopiesTags)),
        S::LogExports => {
            let (wanted, is) = (texts(wanted), texts(is));
            let on = wanted.iter().filter(|log| !is.contains(log)).cloned().collect();
            let off = is.iter().filter(|log| !wanted.contains(log)).cloned().collect();
            PutBack(DatabaseChange::LogExports { on, off })
        }
        S::Tags => PutBack(DatabaseChange::Tags(missing(wanted, is))),
        S::DeletionProtection => Reported("it would keep the drill from removing the database"),
        S::Standby => Reported("a standby doubles the cost, and proves nothing of the backup"),
        S::Class => Reported("the step says another one, or the service chose it"),
        S::Public => Reported("what a drill makes is public only where its source is"),
        S::Insights | S::Monitoring => Reported("it is for those who run the database, and is billed beside it"),
        S::DataApi | S::Roles => Reported("it gives access to other services: it is set up by hand where it is needed"),
        S::Global => Reported("a copy in the global cluster would be written in other regions"),
        S::Version => Reported("the service restores the version that it has"),
        S::Parameters | S::Subnets | S::SecurityGroups | S::Port | S::Key | S::Serverless | S::Storage => {
            Reported("the restore was told otherwise, or the service did not take it")
        }
    }
}

/// The tags that the one has, and the other has not so.
fn missing(wanted: &Value, is: &Value) -> BTreeMap<String, String> {
    let wanted = wanted.as_object().into_iter().flatten();
    let missing = wanted.filter(|(key, value)| is.get(key.as_str()) != Some(value));
    missing.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Tags without those of AWS, and without a run's.
fn own_tags<'a>(tags: &'a BTreeMap<String, String>, run: &str) -> BTreeMap<&'a str, &'a str> {
    let own = tags.iter().filter(|(key, _)| *key != run && !key.starts_with("aws:"));
    own.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{DatabaseRemedy, DatabaseSetting, compared};
    use crate::aws::databases::DatabaseChange;

    #[test]
    fn what_differs_is_put_back_or_reported_with_why() {
        use DatabaseSetting as S;
        let of = |days: Value, logs: Value, tags: Value, protected: bool| {
            [
                (S::Backups, days),
                (S::LogExports, logs),
                (S::Tags, tags),
                (S::DeletionProtection, json!(protected)),
                (S::Port, json!(5432)),
            ]
            .into()
        };
        let source = of(json!(7), json!(["audit", "error"]), json!({ "team": "shop", "tier": "1" }), true);
        let copy = of(json!(1), json!(["error", "slowquery"]), json!({ "tier": "1", "more": "x" }), false);
        let (same, found) = compared(&source, &copy);
        assert_eq!(same, [S::Port]);
        let changes: Vec<_> = found
            .iter()
            .filter_map(|it| match &it.remedy {
                DatabaseRemedy::PutBack(change) => Some(change.clone()),
                DatabaseRemedy::Reported(_) => None,
            })
            .collect();
        let logs = DatabaseChange::LogExports { on: vec!["audit".to_owned()], off: vec!["slowquery".to_owned()] };
        let tags = DatabaseChange::Tags([("team".to_owned(), "shop".to_owned())].into());
        assert_eq!(changes, [DatabaseChange::BackupDays(7), logs, tags]);
        assert_eq!(found.len(), 4, "the protection is reported");
        assert_eq!(compared(&source, &source).1, []);
        let more = of(json!(7), json!(["audit", "error"]), json!({ "team": "shop", "tier": "1", "more": "x" }), true);
        assert_eq!(compared(&source, &more).1, [], "a tag more is none of the source's");
    }
}
