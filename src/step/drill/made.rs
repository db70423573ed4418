//! What a run has made, told by the effects that made it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws::tables::Item;
use crate::event::{EffectResult, EffectState};
use crate::step::drill::database::Database;
use crate::value::Scope;

/// The tag by which everything that a run makes is known to be of it. Its value is the run's id.
pub(super) const TAG: &str = "checkride:run";

/// The tag that says until when what a drill made is kept; what is removed at the drill's end has none.
pub(super) const EXPIRES: &str = "checkride:expires";

/// That tag, if the run is to keep what it makes.
fn expiry(scope: &Scope) -> Option<(String, String)> {
    let until = scope.get(&["run", "kept_until"])?.as_str()?;
    Some((EXPIRES.to_owned(), until.to_owned()))
}

/// The tags of whatever a run makes.
pub(super) fn tags(run: &str, scope: &Scope) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::from([(TAG.to_owned(), run.to_owned())]);
    tags.extend(expiry(scope));
    tags
}

/// The calls that make something, by what they make.
const RESTORES: [&str; 2] = ["dynamodb:RestoreTableToPointInTime", "dynamodb:RestoreTableFromBackup"];
/// The call that puts the run's tag on a table.
pub(super) const TAG_TABLE: &str = "dynamodb:TagResource";
const BACK_UP: &str = "dynamodb:CreateBackup";
const PUT: &str = "dynamodb:PutItem";
const CREATE_BUCKET: &str = "s3:CreateBucket";
const COPIES: [&str; 2] = ["s3:CopyObject", "s3:CompleteMultipartUpload"];
const PUT_OBJECT: &str = "s3:PutObject";
const SCALE: &str = "application-autoscaling:RegisterScalableTarget";
const CREATE_STACK: &str = "cloudformation:CreateChangeSet";
const CREATE_SECRET: &str = "secretsmanager:CreateSecret";

/// Something that a run has made, or was about to.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// A table.
    Table {
        /// Its ARN.
        arn: String,
    },
    /// A backup of a table.
    Backup {
        /// The table's ARN.
        table: String,
        /// The backup's name.
        name: String,
    },
    /// A marker in a table.
    Marker {
        /// The table's ARN.
        table: String,
        /// Its key.
        key: Item,
    },
    /// A bucket.
    Bucket {
        /// Its ARN.
        arn: String,
    },
    /// Objects in a bucket that is not the run's.
    Objects {
        /// The bucket's ARN.
        bucket: String,
        /// What their keys begin with: it is the run's own.
        prefix: String,
    },
    /// A marker in a bucket.
    Object {
        /// The bucket's ARN.
        bucket: String,
        /// Its key.
        key: String,
        /// The buckets that it is replicated to.
        replicas: Vec<String>,
    },
    /// A capacity of a table that is changed by itself. It outlives its table.
    Scaling {
        /// The table's ARN.
        table: String,
        /// Which capacity: `dynamodb:table:ReadCapacityUnits` …
        dimension: String,
        /// Of what: `table/NAME`, `table/NAME/index/INDEX`.
        resource: String,
    },
    /// A cluster, an instance or a snapshot of RDS.
    Database(Database),
    /// A stack, where there was none.
    Stack {
        /// Its ARN, without the service's own part at its end.
        arn: String,
    },
    /// A secret.
    Secret {
        /// Its ARN, without the service's own part at its end.
        arn: String,
    },
}

impl Made {
    /// What an effect makes, if it makes anything.
    pub fn of(call: &str, target: &str) -> Option<Self> {
        if let Some(database) = Database::of(call, target) {
            return Some(Self::Database(database));
        }
        let mut parts = target.splitn(3, ' ');
        let arn = parts.next()?.to_owned();
        match call {
            _ if RESTORES.contains(&call) => Some(Self::Table { arn }),
            BACK_UP => match (parts.next()?, parts.next()?) {
                ("backup", name) => Some(Self::Backup { table: arn, name: name.to_owned() }),
                _ => None,
            },
            PUT => match (parts.next()?, parts.next()?) {
                ("item", key) => {
                    let key: Value = serde_json::from_str(key).ok()?;
                    Some(Self::Marker { table: arn, key: Item::from_json(&key).ok()? })
                }
                _ => None,
            },
            // Of what time it is made stands behind it: who makes a bucket by any other step has not made one to restore into.
            CREATE_BUCKET => (parts.next()? == "of").then_some(Self::Bucket { arn }),
            // Into a bucket of its own a run puts nothing that is removed apart from it.
            _ if COPIES.contains(&call) => match (arn.split_once('/')?, parts.next()?) {
                ((bucket, prefix), "objects") if !prefix.is_empty() => {
                    Some(Self::Objects { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
                }
                _ => None,
            },
            PUT_OBJECT => match (parts.next()?, parts.next()?) {
                ("marker", told) => {
                    let told: Value = serde_json::from_str(told).ok()?;
                    let names = told["replicas"].as_array().into_iter().flatten();
                    let replicas = names.filter_map(Value::as_str).map(str::to_owned).collect();
                    Some(Self::Object { bucket: arn, key: told["key"].as_str()?.to_owned(), replicas })
                }
                _ => None,
            },
            SCALE => match (parts.next()?, parts.next()?.split_once(' ')?) {
                ("scaling", (dimension, resource)) => {
                    Some(Self::Scaling { table: arn, dimension: dimension.to_owned(), resource: resource.to_owned() })
                }
                _ => None,
            },
            // A change set by its target alone may be for a stack that is somebody's.
            CREATE_STACK if parts.next() == Some("clean") => Some(Self::Stack { arn }),
            CREATE_SECRET if parts.next() == Some("copy") => Some(Self::Secret { arn }),
            _ => None,
        }
    }

    /// What the effects of a run have made, or may have, in their order.
    pub fn all(effects: &[EffectState]) -> Vec<Self> {
        let happened = effects.iter().filter(|effect| effect.result != Some(EffectResult::Refused));
        let mut all: Vec<Self> = Vec::new();
        for made in happened.filter_map(|effect| Self::of(&effect.call, &effect.target)) {
            if !all.contains(&made) {
                all.push(made);
            }
        }
        all
    }

    /// What the effect that makes it works on, for the record.
    pub(super) fn target(&self) -> String {
        match self {
            Self::Table { arn } | Self::Bucket { arn } => arn.clone(),
            Self::Backup { table, name } => format!("{table} backup {name}"),
            Self::Marker { table, key } => format!("{table} item {}", key.to_json()),
            Self::Objects { bucket, prefix } => format!("{bucket}/{prefix} objects"),
            Self::Object { bucket, key, replicas } => {
                format!("{bucket} marker {}", json!({ "key": key, "replicas": replicas }))
            }
            Self::Scaling { table, dimension, resource } => format!("{table} scaling {dimension} {resource}"),
            Self::Database(database) => database.target(),
            Self::Stack { arn } => format!("{arn} clean"),
            Self::Secret { arn } => format!("{arn} copy"),
        }
    }

    /// What the run may change because it makes this, as the fence names it; nothing for what is put into something that is not
    /// the run's, and for what hangs on a table that is.
    pub fn lets_in(&self) -> Option<String> {
        match self {
            Self::Table { .. } | Self::Backup { .. } | Self::Bucket { .. } | Self::Database(_) => Some(self.target()),
            Self::Stack { arn } | Self::Secret { arn } => Some(arn.clone()),
            Self::Marker { .. } | Self::Scaling { .. } | Self::Objects { .. } | Self::Object { .. } => None,
        }
    }

    /// The region that it is in; none for what is in a bucket, and for a bucket: those are found by name.
    pub(super) fn region(&self) -> Option<&str> {
        let arn = match self {
            Self::Table { arn } | Self::Stack { arn } | Self::Secret { arn } => arn,
            Self::Backup { table, .. } | Self::Marker { table, .. } | Self::Scaling { table, .. } => table,
            Self::Database(database) => database.arn(),
            Self::Bucket { .. } | Self::Objects { .. } | Self::Object { .. } => return None,
        };
        arn.split(':').nth(3).filter(|region| !region.is_empty())
    }

    /// What a person would call to remove it.
    pub(super) fn by_hand(&self) -> Vec<String> {
        match self {
            Self::Table { arn } => vec![format!("aws dynamodb delete-table --table-name {}", table_name(arn))],
            Self::Backup { table, name } => vec![format!(
                "aws dynamodb delete-backup --backup-arn ARN   # of {name}: aws dynamodb list-backups --table-name {}",
                table_name(table)
            )],
            Self::Marker { table, key } => {
                vec![format!("aws dynamodb delete-item --table-name {} --key '{}'", table_name(table), key.to_json())]
            }
            Self::Bucket { arn } => vec![format!(
                "aws s3 rb s3://{0} --force   # and its versions: {1} --bucket {0}",
                bucket_name(arn),
                LIST
            )],
            Self::Objects { bucket, prefix } => vec![format!(
                "aws s3 rm --recursive s3://{0}/{prefix}   # and their versions: {LIST} --bucket {0} --prefix {prefix}",
                bucket_name(bucket)
            )],
            Self::Object { bucket, key, replicas } => {
                let buckets = std::iter::once(bucket_name(bucket)).chain(replicas.iter().map(String::as_str));
                let one = |bucket: &str| {
                    format!(
                        "aws s3api delete-object --bucket {bucket} --key '{key}' --version-id VERSION   # of each: {LIST} \
                         --bucket {bucket} --prefix '{key}'"
                    )
                };
                buckets.map(one).collect()
            }
            Self::Scaling { dimension, resource, .. } => vec![format!(
                "aws application-autoscaling deregister-scalable-target --service-namespace dynamodb \
                 --resource-id {resource} --scalable-dimension {dimension}"
            )],
            Self::Database(database) => database.by_hand(),
            Self::Stack { arn } => vec![format!(
                "aws cloudformation delete-stack --stack-name {} --region {}   # empty its buckets first",
                arn.rsplit('/').next().unwrap_or(arn),
                arn.split(':').nth(3).unwrap_or_default()
            )],
            Self::Secret { arn } => vec![format!(
                "aws secretsmanager delete-secret --secret-id {} --force-delete-without-recovery",
                secret_name(arn)
            )],
        }
    }
}

/// The ARNs of the tables that the run's tag was put on for certain. A tag of the source's that is put back has its name
/// behind the ARN, and is none of these.
pub(super) fn tagged(effects: &[EffectState]) -> Vec<String> {
    let done = effects.iter().filter(|effect| effect.result == Some(EffectResult::Done));
    done.filter(|effect| effect.call == TAG_TABLE).map(|effect| effect.target.clone()).collect()
}

/// How versions are listed by hand.
const LIST: &str = "aws s3api list-object-versions";

/// The name in a bucket's ARN.
pub(super) fn bucket_name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// The name in a table's ARN.
pub(super) fn table_name(arn: &str) -> &str {
    arn.split_once(":table/").map_or(arn, |(_, name)| name)
}

/// The name in a secret's ARN that has no part of the service's own.
pub(super) fn secret_name(arn: &str) -> &str {
    arn.split_once(":secret:").map_or(arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Made, tags};
    use crate::aws::tables::Item;
    use crate::value::Scope;

    #[test]
    fn what_is_kept_says_until_when() {
        let until = "2026-11-23T08:15:00.000Z";
        let mut scope = Scope::new();
        assert_eq!(tags("R", &scope).into_values().collect::<Vec<_>>(), ["R"]);
        scope.set(&["run", "kept_until"], json!(until));
        assert_eq!(tags("R", &scope).into_values().collect::<Vec<_>>(), [until, "R"]);
    }

    #[test]
    fn what_was_made_is_read_off_the_effect_that_made_it() {
        let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
        let key = Item::from_json(&json!({ "PK": { "S": "a b" }, "SK": { "N": "-1" } })).unwrap();
        let bucket = "arn:aws:s3:::orders";
        let all = [
            ("dynamodb:RestoreTableFromBackup", Made::Table { arn: arn.to_owned() }),
            ("dynamodb:CreateBackup", Made::Backup { table: arn.to_owned(), name: "of-a-run".to_owned() }),
            ("dynamodb:PutItem", Made::Marker { table: arn.to_owned(), key }),
            ("s3:CopyObject", Made::Objects { bucket: bucket.to_owned(), prefix: "checkride/a-run/".to_owned() }),
            (
                "s3:PutObject",
                Made::Object {
                    bucket: bucket.to_owned(),
                    key: "my uploads/checkride-marker/a-run/mark/00001".to_owned(),
                    replicas: vec!["copy".to_owned()],
                },
            ),
            (
                "application-autoscaling:RegisterScalableTarget",
                Made::Scaling {
                    table: arn.to_owned(),
                    dimension: "dynamodb:index:WriteCapacityUnits".to_owned(),
                    resource: "table/orders/index/by-day".to_owned(),
                },
            ),
            (
                "cloudformation:CreateChangeSet",
                Made::Stack { arn: "arn:aws:cloudformation:eu-west-1:111122223333:stack/clean".to_owned() },
            ),
            (
                "secretsmanager:CreateSecret",
                Made::Secret { arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b".to_owned() },
            ),
        ];
        for (call, made) in all {
            assert_eq!(Made::of(call, &made.target()), Some(made));
        }
        assert_eq!(
            Made::of("s3:CreateBucket", &format!("{bucket} of 2026-11-22T08:15:00.000Z")),
            Some(Made::Bucket { arn: bucket.to_owned() })
        );
        assert_eq!(Made::of("s3:CreateBucket", bucket), None, "made by a step of another kind");
        let copied = format!("{bucket}/ objects 3 of 2026-11-22T08:15:00.000Z");
        assert_eq!(Made::of("s3:CopyObject", &copied), None, "what is in a bucket of the run's goes with it");
        assert_eq!(Made::of("s3:CopyObject", "250 objects of s3://orders/web/: sha256-0"), None, "put back in place");
        assert_eq!(Made::of("dynamodb:DeleteTable", arn), None);
        assert_eq!(Made::of("dynamodb:PutItem", arn), None, "an item that is no marker is none of ours");
        assert_eq!(Made::of("cloudformation:CreateChangeSet", "orders"), None, "a stack that is changed is somebody's");
    }
}
