//! What earlier attempts of the step have made, by the run's own files; and what became of a batch that was cut off, by
//! a look.

use crate::aws::Aws;
use crate::event::{EffectResult, EffectState};
use crate::step::s3::batch::{Act, Job, Made, file_in, lines, read};
use crate::step::s3::halt::Halt;
use crate::step::s3::one::found;
use crate::step::s3::ours::Ours;
use crate::step::s3::pace::WIDEST;
use crate::step::s3::task::S3RestoreTask;
use crate::step::{Intent, WriteContext};
use tokio::task::JoinSet;

/// Knows again what is ours, and settles what was cut off.
pub(super) async fn take_up(cx: &WriteContext, aws: &Aws, task: &S3RestoreTask) -> Result<Ours, Halt> {
    let mut ours = Ours::default();
    for effect in &cx.earlier {
        let Some(act) = act_of(effect) else { continue };
        let open = effect.result == Some(EffectResult::UnderWay);
        let made = match (open, effect.result) {
            (true, _) => look(cx, aws, task, effect).await?,
            (false, Some(EffectResult::Done | EffectResult::Unknown)) => recorded(cx, effect)?,
            (false, Some(EffectResult::Refused | EffectResult::UnderWay) | None) => continue,
        };
        for made in &made {
            ours.add(&made.key, &made.version);
        }
        ours.hidden += if act == Act::Hide { made.len() as u64 } else { 0 };
        if open {
            let file = cx.read.artifacts.put("objects-made", "application/jsonl", &lines(&made))?;
            let detail =
                format!("found {} by a look, before it was cut off: {} ({})", act.done(), made.len(), file.digest);
            let intent = Intent { attempt: effect.attempt, n: effect.n, token: None };
            cx.settle(intent, EffectResult::Done, None, Some(detail)).await?;
        }
    }
    Ok(ours)
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
