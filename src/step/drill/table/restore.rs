//! A `restore` step of a table with all its values known.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::aws::tables::{Backup, RestoreFromBackup, RestoreOverrides, RestoreToTime, Table};
use crate::aws::{Aws, RestorePoint};
use crate::event::{EffectState, Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::made::{Made, TAG_TABLE, table_name, tags};
use crate::step::drill::table::settings::{Carried, carry};
use crate::step::drill::until::{looked_for, until};
use crate::step::effect::{Halt, door, effect, planned};
use crate::step::kind::{RestoreFrom, TableRestore};
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::{Scope, Template};
use crate::world::clock::{Clock, rfc3339};

/// What AWS bills for a restore, in US dollars a GiB (list price of us-east-1, `DynamoDB` pricing page, November 2026;
/// other regions are up to half as much again).
const DOLLARS_A_GIB: f64 = 0.15;

/// How often in a row a table may not be there that was just made: a look may come before it is known everywhere.
const MISSES: u32 = 3;

/// Bytes of a GiB.
const GIB: u64 = 1 << 30;

/// What a table is restored from, with its values known.
#[derive(Clone, Debug, PartialEq)]
pub enum RestorePlan {
    /// Its continuous backups, to this time; none: the latest.
    PointInTime(Option<DateTime<Utc>>),
    /// A backup, by its ARN; none: one that is made first.
    Backup(Option<String>),
}

/// What a `restore` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRestoreTask {
    /// The table.
    pub source: String,
    /// The name of the new one.
    pub target: String,
    /// What it is restored from.
    pub from: RestorePlan,
    /// The largest table that is restored, in GiB.
    pub max_gib: u32,
    /// Whether the settings that a restore does not carry over are put back.
    pub put_back: bool,
    /// The run's id: the new table's tag.
    pub run: String,
}

/// What was there when the step began, for its outputs.
struct Start {
    /// When it began.
    at: DateTime<Utc>,
    /// The table.
    source: Table,
    /// How far the latest time that could be restored was behind, in milliseconds.
    lag: Option<i64>,
}

impl WriteAction for TableRestoreTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let from = match &self.from {
            RestorePlan::PointInTime(None) => "its latest restorable time".to_owned(),
            RestorePlan::PointInTime(Some(time)) => rfc3339(*time),
            RestorePlan::Backup(None) => "a backup that is made now".to_owned(),
            RestorePlan::Backup(Some(arn)) => arn.clone(),
        };
        Self::lines(&self.source, &self.target, &from, self.max_gib, self.put_back)
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.restore(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever the call was: what it makes is there, or it is not.
    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        let Some(aws) = &cx.aws else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        let tables = aws.tables();
        let made = Made::of(&known.call, &known.target);
        looked_for(cx, aws, async || {
            let there = if let Some(Made::Backup { table, name }) = &made {
                tables.backups(table_name(table)).await?.value.iter().any(|backup| backup.name == *name)
            } else {
                // The table; or a tag or a setting, which the next attempt looks at: the table that it is for was made.
                let arn = known.target.split(' ').next().unwrap_or_default();
                tables.describe(table_name(arn)).await?.value.is_some()
            };
            Ok(if there { Probed::UnderWay } else { Probed::NotDone })
        })
        .await
    }
}

impl TableRestoreTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, a time that is none, a name that no table can have.
    pub fn of(restore: &TableRestore, scope: &Scope) -> Result<Self, TaskFault> {
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        let source = text(&restore.table)?;
        let target = match &restore.name {
            Some(name) => text(name)?,
            None => named_after(&source, &run),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        for (name, template) in [(&source, &restore.table), (&target, restore.name.as_ref().unwrap_or(&restore.table))]
        {
            if !(3..=255).contains(&name.len()) || !name.chars().all(plain) {
                let why =
                    format!("`{name}` is no name of a table: 3 to 255 letters, digits, `_`, `-` and `.`, and no ARN");
                return Err(fault(template, &why));
            }
        }
        let from = match &restore.from {
            RestoreFrom::Backup(backup) => RestorePlan::Backup(backup.as_ref().map(text).transpose()?),
            RestoreFrom::PointInTime(None) => RestorePlan::PointInTime(None),
            RestoreFrom::PointInTime(Some(at)) => {
                let time = text(at)?;
                let time = DateTime::parse_from_rfc3339(&time)
                    .map_err(|error| fault(at, &format!("`at` is `{time}`, which is no time (RFC 3339): {error}")))?;
                RestorePlan::PointInTime(Some(whole_second(time.to_utc())))
            }
        };
        Ok(Self { source, target, from, max_gib: restore.max_gib, put_back: restore.put_back, run })
    }

    /// The calls of a step of a plan, as far as its values are known.
    pub fn preview(restore: &TableRestore, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let source = text(&restore.table);
        let target = restore.name.as_ref().map_or_else(|| format!("{source}-checkride-(run)"), text);
        let from = match &restore.from {
            RestoreFrom::PointInTime(None) => "its latest restorable time".to_owned(),
            RestoreFrom::PointInTime(Some(at)) => text(at),
            RestoreFrom::Backup(None) => "a backup that is made now".to_owned(),
            RestoreFrom::Backup(Some(arn)) => text(arn),
        };
        Self::lines(&source, &target, &from, restore.max_gib, restore.put_back)
    }

    fn lines(source: &str, target: &str, from: &str, max_gib: u32, put_back: bool) -> Vec<String> {
        let settings = if put_back { "put back, or reported" } else { "reported" };
        vec![
            format!("restores DynamoDB table {source} into the new table {target}, from {from}"),
            format!("  {source} is only read; refused when it is larger than {max_gib} GiB"),
            format!("  settings that a restore does not carry over are {settings}"),
            format!(
                "  billed by AWS: about ${DOLLARS_A_GIB} a GiB restored, and the new table for as long as it stands"
            ),
        ]
    }

    async fn restore(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "restore")?;
        let start = self.look(cx, &aws).await?;
        let arn = start.source.arn.replace(&format!(":table/{}", self.source), &format!(":table/{}", self.target));
        let begun = Made::all(&cx.earlier);
        let table = Made::Table { arn };
        let mut backup = None;
        if !begun.contains(&table) {
            if let Some(found) = aws.reads().tables().describe(&self.target).await?.value {
                let message = format!("there is a table {} already, {}", self.target, found.status);
                let remedy = "give the new table another name, by `as`";
                return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
            }
            backup = self.begin(cx, &aws, &start, &table, &begun).await?;
        }
        let restored = self.until_restored(cx, &aws).await?;
        let ended = Clock::System.now();
        let (tables, tags) = (aws.tables(), tags(&self.run, &cx.read.scope));
        let tagging = planned(&aws, TAG_TABLE, &restored.arn, false);
        effect(cx, tagging, async |_| tables.tag(&restored.arn, &tags).await).await?;
        let carried = Box::pin(carry(cx, &aws, &start.source, &restored, self.put_back)).await?;
        Ok(self.ran(&start, &restored, ended, backup, carried))
    }

    /// Looks at the source, and refuses what cannot be restored, before anything is made.
    async fn look(&self, cx: &WriteContext, aws: &Aws) -> Result<Start, Halt> {
        let tables = aws.reads().tables();
        let at = Clock::System.now();
        let Some(source) = tables.describe(&self.source).await?.value else {
            let message = format!("there is no table {} in {}", self.source, aws.settings().region);
            return Err(Failure::new(FailureKind::Guard, message)
                .with_remedy("correct `table`, or its `region`")
                .into());
        };
        if source.bytes > u64::from(self.max_gib) * GIB {
            let size = gib(source.bytes);
            let message =
                format!("table {} has {size:.1} GiB, and the step restores {} at most", self.source, self.max_gib);
            let remedy = format!("raise `max_gib` when about ${:.2} for it are well spent", size * DOLLARS_A_GIB);
            return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
        }
        let (size, items) = (gib(source.bytes), source.items);
        cx.read.say(format!(
            "{} has {items} items, {size:.3} GiB (as DynamoDB counted them up to six hours ago): about ${:.2} to restore",
            self.source,
            size * DOLLARS_A_GIB
        ));
        let RestorePlan::PointInTime(wanted) = &self.from else { return Ok(Start { at, source, lag: None }) };
        let continuous = tables.point_in_time(&self.source).await?.value;
        let message = match (continuous.on, continuous.earliest, wanted) {
            (false, _, _) => {
                let turn_on = format!(
                    "`aws dynamodb update-continuous-backups --table-name {} --point-in-time-recovery-specification \
                     PointInTimeRecoveryEnabled=true`: what is written from then on can be restored",
                    self.source
                );
                let message =
                    format!("point-in-time recovery of table {} is off: there is nothing to restore", self.source);
                return Err(Failure::new(FailureKind::Guard, message).with_remedy(turn_on).into());
            }
            // A service that says that its window is empty is asked, all the same.
            (true, Some(earliest), Some(wanted))
                if *wanted < earliest && continuous.latest.is_none_or(|latest| latest > earliest) =>
            {
                Some(format!(
                    "{} is before the earliest time that can be restored, {}",
                    rfc3339(*wanted),
                    rfc3339(earliest)
                ))
            }
            (true, _, Some(wanted)) if *wanted > at => Some(format!("{} has not come yet", rfc3339(*wanted))),
            (true, _, _) => None,
        };
        if let Some(message) = message {
            return Err(Failure::new(FailureKind::Guard, message).with_remedy("give `at` another time").into());
        }
        let lag = continuous.latest.map(|latest| (at - latest).num_milliseconds().max(0));
        Ok(Start { at, source, lag })
    }

    /// Begins to restore. Gives the backup that was made for it.
    async fn begin(
        &self,
        cx: &WriteContext,
        aws: &Aws,
        start: &Start,
        table: &Made,
        begun: &[Made],
    ) -> Result<Option<String>, Halt> {
        let tables = aws.tables();
        let (source, target) = (start.source.arn.clone(), self.target.clone());
        let overrides = RestoreOverrides::default();
        let call = |name: &str| planned(aws, name, &table.target(), false);
        match &self.from {
            RestorePlan::PointInTime(wanted) => {
                if let Some(wanted) = wanted {
                    self.until_restorable(cx, aws, *wanted).await?;
                }
                let at = wanted.map_or(RestorePoint::Latest, RestorePoint::At);
                let restore = RestoreToTime { source, target, at, overrides };
                let made = call("dynamodb:RestoreTableToPointInTime");
                effect(cx, made, async |_| tables.restore_to_time(&restore).await).await?;
                Ok(None)
            }
            RestorePlan::Backup(given) => {
                let (backup, own) = if let Some(arn) = given {
                    (arn.clone(), None)
                } else {
                    let backup = self.back_up(cx, aws, start, begun).await?;
                    (backup.arn.clone(), Some(backup.arn))
                };
                let restore = RestoreFromBackup { backup, target, overrides };
                let made = call("dynamodb:RestoreTableFromBackup");
                effect(cx, made, async |_| tables.restore_from_backup(&restore).await).await?;
                Ok(own)
            }
        }
    }

    /// Waits until the table can be used. A status out of which nothing comes by itself ends the wait, and so does a table that
    /// is not there any more.
    async fn until_restored(&self, cx: &WriteContext, aws: &Aws) -> Result<Table, Halt> {
        let (name, mut missed) = (self.target.as_str(), 0);
        let ended = until(&cx.read, aws, "the table is restored", async || {
            let Some(found) = aws.reads().tables().describe(name).await?.value else {
                missed += 1;
                return Ok((missed > MISSES).then(|| Err("not there".to_owned())));
            };
            missed = 0;
            cx.read.say(format!("{name} is {}", found.status.to_lowercase()));
            Ok(match found.status.as_str() {
                "ACTIVE" => Some(Ok(found)),
                "DELETING" | "INACCESSIBLE_ENCRYPTION_CREDENTIALS" | "ARCHIVING" | "ARCHIVED" => {
                    Some(Err(format!("`{}`", found.status)))
                }
                _ => None,
            })
        })
        .await?;
        ended.map_err(|state| {
            let message = format!("table {name} is {state}: nothing comes of it");
            let remedy = "look at its key in KMS and at who deletes tables; what was made is removed by the step that undoes \
                          this one";
            Failure::new(FailureKind::Expectation, message).with_remedy(remedy).into()
        })
    }

    /// Waits until a time can be restored: `DynamoDB` is some minutes behind.
    async fn until_restorable(&self, cx: &WriteContext, aws: &Aws, wanted: DateTime<Utc>) -> Result<(), Halt> {
        let doing = format!("{} can be restored", rfc3339(wanted));
        until(&cx.read, aws, &doing, async || {
            let latest = aws.reads().tables().point_in_time(&self.source).await?.value.latest;
            if let Some(latest) = latest.filter(|latest| *latest < wanted) {
                cx.read.say(format!("can be restored up to {}, wanted is {}", rfc3339(latest), rfc3339(wanted)));
            }
            Ok(latest.filter(|latest| *latest >= wanted))
        })
        .await
        .map(drop)
    }

    /// Makes a backup of the source, or takes up one that an earlier attempt has made.
    async fn back_up(&self, cx: &WriteContext, aws: &Aws, start: &Start, begun: &[Made]) -> Result<Backup, Halt> {
        let tables = aws.tables();
        let name = named_after(&self.source, &self.run);
        let made = Made::Backup { table: start.source.arn.clone(), name: name.clone() };
        if !begun.contains(&made) {
            let making = planned(aws, "dynamodb:CreateBackup", &made.target(), false);
            effect(cx, making, async |_| tables.create_backup(&self.source, &name).await).await?;
        }
        until(&cx.read, aws, "the backup is made", async || {
            let backups = aws.reads().tables().backups(&self.source).await?.value;
            let found = backups.into_iter().find(|backup| backup.name == name);
            Ok(found.filter(|backup| backup.status == "AVAILABLE"))
        })
        .await
    }

    fn ran(
        &self,
        start: &Start,
        restored: &Table,
        ended: DateTime<Utc>,
        backup: Option<String>,
        carried: Carried,
    ) -> Ran {
        let (from, at) = match &self.from {
            RestorePlan::PointInTime(wanted) => {
                ("point-in-time", restored.restored.as_ref().map(|restored| restored.at).or(*wanted))
            }
            RestorePlan::Backup(_) => ("backup", restored.restored.as_ref().map(|restored| restored.at)),
        };
        let given = match &self.from {
            RestorePlan::Backup(given) => given.clone(),
            RestorePlan::PointInTime(_) => None,
        };
        let out = json!({
            "table": restored.name,
            "arn": restored.arn,
            "source": start.source.arn,
            "from": from,
            "at": at.map(rfc3339),
            "lag_ms": start.lag,
            "started": rfc3339(start.at),
            "restored": rfc3339(ended),
            "took_ms": (ended - start.at).num_milliseconds().max(0),
            "items": restored.items,
            "bytes": restored.bytes,
            "backup": backup.or(given),
            "settings": carried.out,
        });
        Ran { warning: carried.warning, ..Ran::well(out) }
    }
}

/// The name of what a run makes of a table: it says of which run it is. 255 characters at most, which is what a table's name
/// may have.
fn named_after(table: &str, run: &str) -> String {
    let of_run = RunId::new(run).map_or_else(|_| "checkride".to_owned(), |run| run.short());
    let room = 254 - of_run.len();
    format!("{}-{of_run}", table.get(..room).unwrap_or(table))
}

/// `DynamoDB` restores to the second: the one in which all that was there at the time is.
fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    match time.timestamp_subsec_nanos() {
        0 => time,
        _ => DateTime::from_timestamp(time.timestamp() + 1, 0).unwrap_or(time),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size in words")]
fn gib(bytes: u64) -> f64 {
    bytes as f64 / GIB as f64
}

fn fault(template: &Template, why: &str) -> TaskFault {
    TaskFault { span: Some(template.span()), why: format!("`{}`: {why}", template.text()) }
}
