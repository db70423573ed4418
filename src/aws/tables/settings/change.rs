//! Putting back what a restore did not carry over.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{ContributorInsightsAction, ContributorInsightsMode, TableClass};
use aws_types::request_id::RequestId;
use serde::{Deserialize, Serialize};

use super::data::{ScalingPolicy, ScalingTarget};
use super::scaling::{deregister, put, register};
use crate::aws::api::client::ApiWrites;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};
use crate::aws::tables::data::Table;
use crate::aws::tables::writes::TableWrites;

/// One change that makes a restored table more like its source.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum SettingChange {
    /// Point-in-time recovery is switched on.
    PointInTime {
        /// For so many days back; none: as many as there can be.
        days: Option<i32>,
    },
    /// Items expire.
    TimeToLive {
        /// By this attribute.
        attribute: String,
    },
    /// Tags are put on.
    Tags {
        /// These; others stay.
        tags: BTreeMap<String, String>,
    },
    /// The stream is switched on.
    Stream {
        /// What it holds of a change.
        view: String,
    },
    /// The class is changed: twice in 30 days at most.
    Class {
        /// The class.
        class: String,
    },
    /// Contributor insights are switched on.
    Insights {
        /// What they look at; none: all.
        mode: Option<String>,
    },
    /// A capacity is changed by itself.
    ScalingTarget {
        /// Which, and how far.
        target: ScalingTarget,
    },
    /// By a rule.
    ScalingPolicy {
        /// The rule.
        policy: ScalingPolicy,
    },
    /// The table cannot be deleted any more.
    DeletionProtection,
}

impl SettingChange {
    /// The call that makes it, for the record.
    pub fn call(&self) -> &'static str {
        match self {
            SettingChange::PointInTime { .. } => "dynamodb:UpdateContinuousBackups",
            SettingChange::TimeToLive { .. } => "dynamodb:UpdateTimeToLive",
            SettingChange::Tags { .. } => "dynamodb:TagResource",
            SettingChange::Stream { .. } | SettingChange::Class { .. } | SettingChange::DeletionProtection => {
                "dynamodb:UpdateTable"
            }
            SettingChange::Insights { .. } => "dynamodb:UpdateContributorInsights",
            SettingChange::ScalingTarget { .. } => "application-autoscaling:RegisterScalableTarget",
            SettingChange::ScalingPolicy { .. } => "application-autoscaling:PutScalingPolicy",
        }
    }

    /// Whether the table is `UPDATING` for a while afterwards: the next such change needs it to be `ACTIVE`.
    pub fn updates_table(&self) -> bool {
        match self {
            SettingChange::Stream { .. } | SettingChange::Class { .. } | SettingChange::DeletionProtection => true,
            SettingChange::PointInTime { .. }
            | SettingChange::TimeToLive { .. }
            | SettingChange::Tags { .. }
            | SettingChange::Insights { .. }
            | SettingChange::ScalingTarget { .. }
            | SettingChange::ScalingPolicy { .. } => false,
        }
    }
}

impl TableWrites {
    /// Makes one change to a table, which is `ACTIVE`. It is sent once; all of them may be made again.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn put_back(&self, table: &Table, change: &SettingChange) -> Result<Reply<()>, AwsError> {
        let name = &table.name;
        match change {
            SettingChange::PointInTime { days } => {
                self.set_point_in_time(name, true, *days).await.map(|reply| reply.map(drop))
            }
            SettingChange::TimeToLive { attribute } => self.set_time_to_live(name, attribute, true).await,
            SettingChange::Tags { tags } => self.tag(&table.arn, tags).await,
            SettingChange::Stream { view } => self.set_stream(name, Some(view)).await,
            SettingChange::Class { class } => self.set_class(name, class).await,
            SettingChange::Insights { mode } => self.set_insights(name, true, mode.as_deref()).await,
            SettingChange::ScalingTarget { target } => register(&ApiWrites::new(self.door.clone()), target).await,
            SettingChange::ScalingPolicy { policy } => put(&ApiWrites::new(self.door.clone()), policy).await,
            SettingChange::DeletionProtection => self.set_deletion_protection(name, true).await,
        }
    }

    /// Has a capacity no longer be changed by itself. A target outlives its table: it is taken away by whoever takes
    /// that away. Its policies go with it, and the alarms that came of them.
    ///
    /// # Errors
    /// Any [`AwsError`]; one that there is not is `ObjectNotFoundException`.
    pub async fn remove_scaling(&self, target: &ScalingTarget) -> Result<Reply<()>, AwsError> {
        deregister(&ApiWrites::new(self.door.clone()), target).await
    }

    /// Changes the class of a table.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn set_class(&self, table: &str, class: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("dynamodb", "UpdateTable");
        let clients = self.door.clients().await?;
        let asked = clients.table_writes.update_table().table_name(table).table_class(TableClass::from(class));
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Switches the contributor insights of a table on or off.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn set_insights(&self, table: &str, on: bool, mode: Option<&str>) -> Result<Reply<()>, AwsError> {
        let call = Call("dynamodb", "UpdateContributorInsights");
        let clients = self.door.clients().await?;
        let action = if on { ContributorInsightsAction::Enable } else { ContributorInsightsAction::Disable };
        let asked = clients.table_writes.update_contributor_insights().table_name(table);
        let asked = asked.contributor_insights_action(action);
        let asked = asked.set_contributor_insights_mode(mode.filter(|_| on).map(ContributorInsightsMode::from));
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }
}
