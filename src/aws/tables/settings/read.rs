//! Reading the settings of a table.

use aws_sdk_dynamodb::types::{ContributorInsightsStatus, DestinationStatus};
use aws_types::request_id::RequestId;

use super::alarms::alarms;
use super::data::{Alarm, Destination, Insights, Known, Recovery, Scaling, TableSettings};
use super::scaling::scaling;
use crate::aws::api::client::ApiReads;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, AwsErrorKind, Call};
use crate::aws::tables::data::Table;
use crate::aws::tables::reads::{TableReads, absent};

impl TableReads {
    /// What a restore of a table does not carry over. What the caller may not see, or the endpoint cannot tell, is not
    /// known; the rest is.
    ///
    /// # Errors
    /// Any [`AwsError`] that is no answer: expired credentials, a lost connection, throttling to the end.
    pub async fn settings(&self, table: &Table) -> Result<Reply<TableSettings>, AwsError> {
        let mut ids = Vec::new();
        let name = &table.name;
        let point_in_time = known(self.point_in_time(name).await, &mut ids)?;
        let time_to_live = known(self.time_to_live(name).await, &mut ids)?;
        let value = TableSettings {
            table: name.clone(),
            arn: table.arn.clone(),
            point_in_time: point_in_time.map(|it| Recovery { on: it.on, days: it.days.filter(|_| it.on) }),
            time_to_live: time_to_live.map(|it| it.on().map(str::to_owned)),
            tags: known(self.tags(&table.arn).await, &mut ids)?,
            stream: table.stream.as_ref().map(|stream| stream.view.clone()),
            deletion_protection: table.deletion_protection,
            class: table.class.clone(),
            replicas: table.replicas.iter().map(|replica| replica.region.clone()).collect(),
            scaling: known(self.scaling(name).await, &mut ids)?,
            alarms: known(self.alarms(name).await, &mut ids)?,
            policy: known(self.resource_policy(&table.arn).await, &mut ids)?,
            destinations: known(self.destinations(name).await, &mut ids)?,
            insights: known(self.insights(name).await, &mut ids)?,
        };
        Ok(Reply { value, request_ids: ids })
    }

    /// What changes the capacity of a table and of its indexes by itself.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn scaling(&self, table: &str) -> Result<Reply<Scaling>, AwsError> {
        scaling(&ApiReads::new(self.door.clone()), table).await
    }

    /// The alarms of `CloudWatch` that watch a table.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn alarms(&self, table: &str) -> Result<Reply<Vec<Alarm>>, AwsError> {
        alarms(&ApiReads::new(self.door.clone()), table).await
    }

    /// The resource policy of a table, by its ARN; none when there is none. One that was just written may not be seen
    /// yet.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn resource_policy(&self, arn: &str) -> Result<Reply<Option<String>>, AwsError> {
        let call = Call("dynamodb", "GetResourcePolicy");
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.get_resource_policy().resource_arn(arn).send().await;
        match answer.map_err(|error| AwsError::from_sdk(call, &error)) {
            Ok(answer) => Ok(Reply::new(answer.policy().map(str::to_owned), answer.request_id())),
            Err(error) => absent(error, "PolicyNotFoundException"),
        }
    }

    /// The Kinesis streams that get the changes of a table, or soon will, by ARN.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn destinations(&self, table: &str) -> Result<Reply<Vec<Destination>>, AwsError> {
        let call = Call("dynamodb", "DescribeKinesisStreamingDestination");
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.describe_kinesis_streaming_destination().table_name(table).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let on = answer.kinesis_data_stream_destinations().iter().filter(|it| {
            let status = it.destination_status();
            let is_on = |it: &DestinationStatus| {
                matches!(it, DestinationStatus::Active | DestinationStatus::Enabling | DestinationStatus::Updating)
            };
            status.is_some_and(is_on)
        });
        let mut found: Vec<Destination> = on
            .map(|it| Destination {
                stream: it.stream_arn().unwrap_or_default().to_owned(),
                precision: it.approximate_creation_date_time_precision().map(|it| it.as_str().to_owned()),
            })
            .collect();
        found.sort();
        Ok(Reply::new(found, answer.request_id()))
    }

    /// The contributor insights of a table (not those of its indexes), if they are on.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn insights(&self, table: &str) -> Result<Reply<Option<Insights>>, AwsError> {
        let call = Call("dynamodb", "DescribeContributorInsights");
        let clients = self.door.clients().await?;
        let answer = clients.table_reads.describe_contributor_insights().table_name(table).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let is_on = |it: &ContributorInsightsStatus| {
            matches!(it, ContributorInsightsStatus::Enabled | ContributorInsightsStatus::Enabling)
        };
        let mode = answer.contributor_insights_mode().map(|mode| mode.as_str().to_owned());
        let on = answer.contributor_insights_status().is_some_and(is_on).then_some(Insights { mode });
        Ok(Reply::new(on, answer.request_id()))
    }
}

impl<T> Known<T> {
    /// Why it is not known; none where it is.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Known::Is(_) => None,
            Known::Not(why) => Some(why),
        }
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Is(value) => Known::Is(change(value)),
            Known::Not(why) => Known::Not(why),
        }
    }
}

/// A refusal is an answer: it says why this is not known.
fn known<T>(read: Result<Reply<T>, AwsError>, ids: &mut Vec<String>) -> Result<Known<T>, AwsError> {
    let error = match read {
        Ok(reply) => {
            ids.extend(reply.request_ids);
            return Ok(Known::Is(reply.value));
        }
        Err(error) => error,
    };
    let answered = match &error.kind {
        AwsErrorKind::AccessDenied { .. } | AwsErrorKind::Unsupported { .. } | AwsErrorKind::Request => true,
        AwsErrorKind::Service { status, .. } => *status < 500,
        AwsErrorKind::Throttled { .. }
        | AwsErrorKind::Expired { .. }
        | AwsErrorKind::Credentials { .. }
        | AwsErrorKind::Connect
        | AwsErrorKind::Timeout
        | AwsErrorKind::LostReply
        | AwsErrorKind::EndpointNotLoopback { .. }
        | AwsErrorKind::EndpointOverridden { .. }
        | AwsErrorKind::RegionInvalid { .. }
        | AwsErrorKind::Fenced { .. }
        | AwsErrorKind::Settings { .. } => false,
    };
    if !answered {
        return Err(error);
    }
    ids.extend(error.request_id.clone());
    Ok(Known::Not(error.to_string()))
}
