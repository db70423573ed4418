//! A cluster or an instance as it was found.

use chrono::{DateTime, Utc};

use crate::aws::AwsError;
use crate::aws::databases::{Cluster, DatabaseReads, Instance};
use crate::step::drill::database::made::What;
use crate::step::kind::DatabaseShape;

/// A database.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// A cluster.
    Cluster(Box<Cluster>),
    /// An instance.
    Instance(Box<Instance>),
}

/// What a database of this shape is among what a run makes.
pub(super) fn what(shape: DatabaseShape) -> What {
    match shape {
        DatabaseShape::Cluster => What::Cluster,
        DatabaseShape::Instance => What::Instance,
    }
}

/// Looks for one.
pub(super) async fn find(reads: &DatabaseReads, shape: DatabaseShape, name: &str) -> Result<Option<Found>, AwsError> {
    Ok(match shape {
        DatabaseShape::Cluster => reads.cluster(name).await?.value.map(Box::new).map(Found::Cluster),
        DatabaseShape::Instance => reads.instance(name).await?.value.map(Box::new).map(Found::Instance),
    })
}

impl Found {
    pub(super) fn arn(&self) -> &str {
        match self {
            Self::Cluster(it) => &it.arn,
            Self::Instance(it) => &it.arn,
        }
    }

    pub(super) fn status(&self) -> &str {
        match self {
            Self::Cluster(it) => &it.status,
            Self::Instance(it) => &it.status,
        }
    }

    pub(super) fn engine(&self) -> (&str, &str) {
        match self {
            Self::Cluster(it) => (&it.engine, &it.version),
            Self::Instance(it) => (&it.engine, &it.version),
        }
    }

    /// The last moment that can be restored.
    pub(super) fn latest(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Cluster(it) => it.latest,
            Self::Instance(it) => it.latest,
        }
    }

    /// The first one; of an instance its description does not say.
    pub(super) fn earliest(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Cluster(it) => it.earliest,
            Self::Instance(_) => None,
        }
    }

    /// Whether there are automated backups.
    pub(super) fn is_backed_up(&self) -> bool {
        let days = match self {
            Self::Cluster(it) => it.backup_days,
            Self::Instance(it) => it.backup_days,
        };
        days != Some(0)
    }

    pub(super) fn has_tag(&self, key: &str, value: &str) -> bool {
        let tags = match self {
            Self::Cluster(it) => &it.tags,
            Self::Instance(it) => &it.tags,
        };
        tags.get(key).is_some_and(|it| it == value)
    }
}
