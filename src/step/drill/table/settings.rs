//! The settings that a restore does not carry over: put back on the new table, or reported.

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::aws::tables::{
    Difference, Known, Remedy, Setting, SettingChange, Table, TableReads, TableSettings, differences,
};
use crate::event::{EffectResult, EffectState, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::made::{EXPIRES, Made, TAG};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, planned};

/// What became of the settings.
#[derive(Debug)]
pub(super) struct Carried {
    /// For the step's outputs: `same`, `put_back`, `reported`.
    pub(super) out: Value,
    /// What is not as at the source, if anything is.
    pub(super) warning: Option<String>,
}

/// Brings the settings of a restored table, which is `ACTIVE`, to those of its source; without `put_back` it only looks.
/// A setting that AWS refuses to put back is reported.
pub(super) async fn carry(
    cx: &WriteContext,
    aws: &Aws,
    source: &Table,
    copy: &Table,
    put_back: bool,
) -> Result<Carried, Halt> {
    let reads = aws.reads().tables();
    let (wanted, is) = (settings(&reads, source).await?, settings(&reads, copy).await?);
    let found = differences(&wanted, &is);
    let known = wanted.scaling.reason().or(is.scaling.reason()).is_none();
    let alike = |setting: &Setting| {
        found.iter().all(|difference| difference.setting != *setting) && (known || *setting != Setting::Scheduled)
    };
    let alike = Setting::ALL.into_iter().filter(alike);
    // What an earlier attempt has put back is alike by now.
    let (mut done, same): (Vec<Setting>, Vec<Setting>) =
        alike.partition(|setting| cx.earlier.iter().any(|effect| puts_back(effect, copy, *setting)));
    let mut reported = Vec::new();
    for difference in found {
        let why = match &difference.remedy {
            Remedy::Reported(why) => Some(why.clone()),
            Remedy::PutBack(_) if difference.setting == Setting::DeletionProtection => {
                Some("it would keep the drill from removing the table".to_owned())
            }
            Remedy::PutBack(_) if !put_back => Some("the step puts nothing back: `settings = \"report\"`".to_owned()),
            Remedy::PutBack(changes) => apply(cx, aws, copy, difference.setting, changes).await?,
        };
        match why {
            Some(why) => reported.push((difference, why)),
            None => done.push(difference.setting),
        }
    }
    done.sort();
    Ok(told(&same, &done, &reported))
}

/// The settings of a table, without the marks that are its own: the tag of the run that made it, and the tags of AWS.
async fn settings(reads: &TableReads, table: &Table) -> Result<TableSettings, Halt> {
    let mut found = reads.settings(table).await?.value;
    if let Known::Is(tags) = &mut found.tags {
        tags.retain(|key, _| key != TAG && key != EXPIRES && !key.starts_with("aws:"));
    }
    Ok(found)
}

/// Puts one setting back. Gives why it was refused, if it was.
async fn apply(
    cx: &WriteContext,
    aws: &Aws,
    copy: &Table,
    setting: Setting,
    changes: &[SettingChange],
) -> Result<Option<String>, Halt> {
    let tables = aws.tables();
    for change in changes {
        let doing = format!("{} of {} is put back", setting.name(), copy.name);
        let planned = planned(aws, change.call(), &target(copy, setting, change), false);
        let made = repeated(cx, aws, &doing, async || {
            effect(cx, planned.clone(), async |_| tables.put_back(copy, change).await).await
        });
        match made.await {
            Ok(()) => {}
            Err(Halt::Failed(failure)) if refuses(&failure.kind) => {
                return Ok(Some(format!("it could not be put back: {}", failure.message)));
            }
            Err(halt) => return Err(halt),
        }
        if change.updates_table() {
            until(&cx.read, aws, &doing, async || {
                let found = aws.reads().tables().describe(&copy.name).await?.value;
                Ok(found.filter(|found| found.status == "ACTIVE").map(drop))
            })
            .await?;
        }
    }
    Ok(None)
}

/// Whether a failure is a refusal of this one call, which says nothing of the next.
fn refuses(kind: &FailureKind) -> bool {
    kind.is_answer() || matches!(kind, FailureKind::Access | FailureKind::Unsupported)
}

/// What the effect that puts a setting back works on, for the record. A target of scaling is something made: it is
/// removed by that record.
fn target(copy: &Table, setting: Setting, change: &SettingChange) -> String {
    if let SettingChange::ScalingTarget { target } = change {
        let (table, dimension, resource) = (copy.arn.clone(), target.dimension.clone(), target.resource.clone());
        return Made::Scaling { table, dimension, resource }.target();
    }
    format!("{} {}", copy.arn, setting.name())
}

/// Whether an effect of an earlier attempt has put a setting back, or may have.
fn puts_back(effect: &EffectState, copy: &Table, setting: Setting) -> bool {
    let on = effect.target.strip_prefix(&copy.arn).and_then(|rest| rest.strip_prefix(' '));
    let scaled = setting == Setting::Scaling && on.is_some_and(|on| on.starts_with("scaling "));
    effect.result != Some(EffectResult::Refused) && (on == Some(setting.name()) || scaled)
}

fn told(same: &[Setting], put_back: &[Setting], reported: &[(Difference, String)]) -> Carried {
    let names = |settings: &[Setting]| settings.iter().map(|setting| setting.name()).collect::<Vec<_>>();
    let rest: Vec<Value> = reported
        .iter()
        .map(|(difference, why)| {
            let Difference { setting, source, copy, .. } = difference;
            json!({ "what": setting.name(), "source": source, "copy": copy, "why": why })
        })
        .collect();
    let left = reported.iter().map(|(difference, _)| difference.setting.name()).collect::<Vec<_>>().join(", ");
    Carried {
        out: json!({ "same": names(same), "put_back": names(put_back), "reported": rest }),
        warning: (!left.is_empty()).then(|| format!("not carried by the restore: {left}")),
    }
}
