//! What earlier attempts of the step have made, by the run's own files; and what became of a batch that was cut off, by
//! a look.

use std::sync::LazyLock;

use regex::Regex;
use tokio::task::JoinSet;

use crate::aws::Aws;
use crate::event::{ArtifactRef, EffectResult, EffectState};
use crate::step::s3::batch::{Act, Job, Made, file_in, lines, read};
use crate::step::s3::halt::Halt;
use crate::step::s3::one::found;
use crate::step::s3::ours::Ours;
use crate::step::s3::pace::WIDEST;
use crate::step::s3::task::S3RestoreTask;
use crate::step::{Intent, WriteContext};

/// Knows again what is ours, and looks at what was cut off.
pub(super) async fn take_up(cx: &WriteContext, aws: &Aws, task: &S3RestoreTask) -> Result<Ours, Halt> {
    let mut ours = Ours::default();
    for effect in &cx.earlier {
        let Some(act) = act_of(effect) else { continue };
        let made = match effect.result {
            Some(EffectResult::Refused) => continue,
            Some(EffectResult::Done | EffectResult::Unknown) if is_told(effect) => recorded(cx, effect)?,
            Some(EffectResult::Done | EffectResult::Unknown | EffectResult::UnderWay) | None => {
                look(cx, aws, task, effect).await?
            }
        };
        for made in &made {
            match act {
                Act::Copy | Act::CopyInParts => ours.add(&made.key, &made.version),
                Act::Hide => ours.hide(&made.key),
            }
        }
        if effect.result == Some(EffectResult::UnderWay) {
            let file = cx.read.artifacts.put("objects-made", "application/jsonl", &lines(&made))?;
            let intent = Intent { attempt: effect.attempt, n: effect.n, token: None, lets_in: None };
            let detail = Some(detail(&made, &effect.target, act, &file));
            cx.settle(intent, EffectResult::Done, None, detail).await?;
        }
    }
    Ok(ours)
}

/// What is on record of a batch that was settled by a look.
fn detail(made: &[Made], target: &str, act: Act, file: &ArtifactRef) -> String {
    let all = target.split(' ').next().unwrap_or_default();
    format!("{} of {all} {}, by a look ({})", made.len(), act.done(), file.digest)
}

/// Whether it is on record what became of each object. Of a batch that was cut off, others have settled no more than that
/// it goes on.
fn is_told(effect: &EffectState) -> bool {
    static TOLD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\d+ of \d+ (copied|hidden)").expect("it is a pattern"));
    effect.detail.as_deref().is_some_and(|detail| TOLD.is_match(detail))
}

fn act_of(effect: &EffectState) -> Option<Act> {
    [Act::Copy, Act::CopyInParts, Act::Hide].into_iter().find(|act| act.call() == effect.call)
}

/// What the files of the run say of a batch.
fn recorded(cx: &WriteContext, effect: &EffectState) -> Result<Vec<Made>, Halt> {
    let Some(file) = effect.detail.as_deref().and_then(file_in) else { return Ok(Vec::new()) };
    // A list that is not there any more only costs a second copy.
    let Ok(text) = cx.read.artifacts.get(file) else { return Ok(Vec::new()) };
    Ok(read(&text).map_err(std::io::Error::from)?)
}

/// What the bucket says of the batch that was cut off.
async fn look(cx: &WriteContext, aws: &Aws, task: &S3RestoreTask, effect: &EffectState) -> Result<Vec<Made>, Halt> {
    let Some(file) = file_in(&effect.target) else { return Ok(Vec::new()) };
    let text = cx.read.artifacts.get(file)?;
    let jobs: Vec<Job> = read(&text).map_err(std::io::Error::from)?;
    cx.read.say(format!("looking at the batch of {} that was cut off", jobs.len()));
    let (mut jobs, mut looks, mut made) = (jobs.into_iter(), JoinSet::new(), Vec::new());
    loop {
        while looks.len() < WIDEST
            && let Some(job) = jobs.next()
        {
            let (aws, bucket) = (aws.clone(), task.bucket.clone());
            looks.spawn(async move { found(&aws, &bucket, &job).await });
        }
        let Some(looked) = cx.read.within(looks.join_next()).await? else { return Ok(made) };
        match looked {
            Ok(found) => made.extend(found?),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
