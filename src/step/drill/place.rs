//! Where markers go: how one is put, looked at and found again in each place.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::aws::tables::Item;
use crate::aws::{Aws, AwsReads};
use crate::event::{Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::bucket::{BucketMarkers, holds, home_of_reads};
use crate::step::drill::made::{Made, bucket_name};
use crate::step::drill::table::TableMarkers;
use crate::step::effect::Halt;
use crate::step::kind::MarkerIn;
use crate::value::{EvalError, Scope, Template};
use crate::world::clock::Clock;

/// A place that markers are written into, or read back from.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerPlace {
    /// A `DynamoDB` table.
    Table {
        /// Its name.
        table: String,
    },
    /// A bucket.
    Bucket {
        /// Its name.
        bucket: String,
        /// What stands before the markers' keys.
        prefix: String,
    },
}

/// What one marker of a place is known by.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerKey {
    /// The key of an item.
    Item(Item),
    /// The key of an object, behind the prefix.
    Object(String),
}

/// A place that was looked at, and is ready to be written into.
#[derive(Clone, Debug)]
pub(super) enum Ready {
    /// A table.
    Table(Box<TableMarkers>),
    /// A bucket.
    Bucket(Box<BucketMarkers>),
}

impl MarkerPlace {
    /// The place, its templates evaluated.
    pub(super) fn of<'a>(place: &'a MarkerIn, scope: &Scope) -> Result<Self, (&'a Template, EvalError)> {
        let text = |template: &'a Template| template.eval_text(scope).map_err(|error| (template, error));
        Ok(match place {
            MarkerIn::Table(table) => Self::Table { table: text(table)? },
            MarkerIn::Bucket { bucket, prefix } => Self::Bucket {
                bucket: text(bucket)?,
                prefix: prefix.as_ref().map(text).transpose()?.unwrap_or_default(),
            },
        })
    }

    /// The place as far as it is known.
    pub(super) fn preview(place: &MarkerIn, scope: &Scope) -> Self {
        match place {
            MarkerIn::Table(table) => Self::Table { table: table.preview(scope) },
            MarkerIn::Bucket { bucket, prefix } => Self::Bucket {
                bucket: bucket.preview(scope),
                prefix: prefix.as_ref().map(|prefix| prefix.preview(scope)).unwrap_or_default(),
            },
        }
    }

    /// The place, for people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Table { table } => format!("DynamoDB table {table}"),
            Self::Bucket { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
        }
    }

    /// The beginning of a sentence about what was done to it.
    pub(super) fn was(&self) -> &'static str {
        match self {
            Self::Table { .. } => "the table was",
            Self::Bucket { .. } => "the objects were",
        }
    }

    /// What a marker is there, for people.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Table { .. } => "items of their own, with a time",
            Self::Bucket { .. } => "objects of their own, with a time",
        }
    }

    /// Looks at the place before anything is written. `given`: what is given of the markers' key.
    pub(super) async fn ready(&self, aws: &Aws, given: &BTreeMap<String, Value>, run: &str) -> Result<Ready, Halt> {
        Ok(match self {
            Self::Table { table } => Ready::Table(Box::new(TableMarkers::open(aws, table, given, run).await?)),
            Self::Bucket { bucket, prefix } => {
                Ready::Bucket(Box::new(BucketMarkers::open(aws, bucket, prefix, run).await?))
            }
        })
    }

    /// The door to where the place is; none when there is no such place, and so no marker.
    pub(super) async fn home(&self, aws: &AwsReads) -> Result<Option<AwsReads>, Halt> {
        match self {
            Self::Table { .. } => Ok(Some(aws.clone())),
            Self::Bucket { bucket, .. } => home_of_reads(aws, bucket).await,
        }
    }

    /// Whether a marker is there, by the door to the place.
    pub(super) async fn holds(&self, home: &AwsReads, key: &MarkerKey) -> Result<bool, Halt> {
        match (self, key) {
            (Self::Table { table }, MarkerKey::Item(key)) => Ok(home.tables().item(table, key).await?.value.is_some()),
            (Self::Bucket { bucket, prefix }, MarkerKey::Object(key)) => {
                holds(home, bucket, &format!("{prefix}{key}")).await
            }
            (Self::Table { .. }, MarkerKey::Object(_)) | (Self::Bucket { .. }, MarkerKey::Item(_)) => {
                let message = format!("the markers were not written into anything like {}", self.words());
                Err(Failure::new(FailureKind::Guard, message)
                    .with_remedy("read them back from where they belong")
                    .into())
            }
        }
    }
}

impl MarkerKey {
    /// From the output of the step that wrote it.
    ///
    /// # Errors
    /// What is none.
    pub(super) fn read(key: &Value) -> Result<Self, String> {
        if let Value::String(key) = key {
            return Ok(Self::Object(key.clone()));
        }
        Item::from_json(key).map(Self::Item).map_err(|error| format!("a marker has no key: {error}"))
    }
}

impl Ready {
    /// Writes the marker of this number. Gives its key and its time, as the step gives them on.
    pub(super) async fn put(&self, cx: &WriteContext, aws: &Aws, number: u32) -> Result<Value, Halt> {
        match self {
            Self::Table(table) => table.put(cx, aws, number).await,
            Self::Bucket(bucket) => bucket.put(cx, number).await,
        }
    }

    /// A marker that an earlier attempt has made, if it is there.
    pub(super) async fn found(&self, aws: &AwsReads, made: &Made) -> Result<Option<Value>, Halt> {
        if let (Self::Table(of), Made::Marker { table, key }) = (self, made) {
            return of.found(aws, table, key).await;
        }
        if let (Self::Bucket(of), Made::Object { key, .. }) = (self, made) {
            return of.found(key).await;
        }
        Ok(None)
    }

    /// Who else sees the markers, if anybody does.
    pub(super) fn warning(&self) -> Option<String> {
        match self {
            Self::Table(table) => table.warning(),
            Self::Bucket(bucket) => bucket.warning(),
        }
    }

    /// How long to wait behind the last marker, so that what is written after this step is later by the place's own clock.
    pub(super) fn rest(&self) -> Duration {
        match self {
            // A table is restored to the second.
            Self::Table(_) => {
                let rest = 1_000 - u64::from(Clock::System.now().timestamp_subsec_millis().min(999));
                Duration::from_millis(rest)
            }
            // S3 tells the second, by a clock of its own: a whole one is in between.
            Self::Bucket(_) => Duration::from_secs(1),
        }
    }
}

/// Whether what was made is a marker, and is there.
pub(super) async fn stands(aws: &AwsReads, made: &Made) -> Result<Option<bool>, Halt> {
    if let Made::Marker { table, key } = made {
        return Ok(Some(aws.tables().item(table, key).await?.value.is_some()));
    }
    if let Made::Object { bucket, key, .. } = made {
        let bucket = bucket_name(bucket);
        return Ok(Some(match home_of_reads(aws, bucket).await? {
            Some(home) => holds(&home, bucket, key).await?,
            None => false,
        }));
    }
    Ok(None)
}
