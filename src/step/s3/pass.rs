//! Once through all keys: what is not as it was is put back, batch by batch; and once more, to see that it is.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::Aws;
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::s3::ask::{Counted, count};
use crate::step::s3::batch::{Act, Job, lines};
use crate::step::s3::find::{Key, Verdict};
use crate::step::s3::halt::Halt;
use crate::step::s3::one::{WhyNot, attempt};
use crate::step::s3::ours::Ours;
use crate::step::s3::pace::Pace;
use crate::step::s3::story::{Story, objects};
use crate::step::s3::task::S3RestoreTask;
use crate::step::s3::walk::Walk;
use crate::step::s3::work::{Worked, work};
use crate::step::{NewEffect, StepStop, WriteContext};

/// How often it is told how far it is.
const TOLD: Duration = Duration::from_secs(2);

/// All that a pass needs.
pub(super) struct Pass<'a> {
    pub(super) cx: &'a WriteContext,
    pub(super) aws: &'a Aws,
    pub(super) task: &'a S3RestoreTask,
    pub(super) ours: Ours,
    pub(super) story: Story,
    pub(super) pace: Pace,
    /// What a person has seen and said yes to.
    pub(super) shown: Option<Counted>,
    /// How many there are to do, once that is counted.
    pub(super) total: Rc<Cell<Option<u64>>>,
    pub(super) tally: Tally,
    /// Hidden in this attempt.
    pub(super) hidden: u64,
}

/// How far it is, told now and then.
#[derive(Debug, Default)]
pub(super) struct Tally {
    done: Cell<u64>,
    /// When the first one was done, and when it was told last.
    since: Cell<Option<(Instant, Instant)>>,
}

impl Tally {
    /// One more is done.
    fn one(&self, total: Option<u64>) -> Option<String> {
        let done = self.done.get() + 1;
        self.done.set(done);
        let now = Instant::now();
        let (began, told) = self.since.get().unwrap_or((now, now));
        let tells = now.duration_since(told) >= TOLD;
        self.since.set(Some((began, if tells { now } else { told })));
        let seconds = now.duration_since(began).as_secs().max(1);
        let of = total.map(|total| format!(" of {}", total.max(done))).unwrap_or_default();
        tells.then(|| format!("put back: {done}{of} objects, {} a second", done / seconds))
    }
}

impl Pass<'_> {
    /// Puts back what is not as it was. How many there are is counted meanwhile, where nobody has counted yet.
    pub(super) async fn go(&mut self) -> Result<(), Halt> {
        if let Some(shown) = &self.shown {
            self.total.set(Some(shown.all()));
            return self.put_back().await;
        }
        let (cx, aws, task, ours) = (self.cx, self.aws, self.task, self.ours.clone());
        let total = Rc::clone(&self.total);
        let counting = async move {
            // What is copied meanwhile may be counted or not: it is a number to look at.
            if let Ok(counted) = count(cx, aws, task, &ours).await {
                total.set(Some(counted.all()));
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = self.put_back() => done,
            () = counting => Ok(()),
        }
    }

    async fn put_back(&mut self) -> Result<(), Halt> {
        let mut walk = Walk::new(self.aws.reads().objects(), &self.task.bucket, &self.task.prefix, self.task.at);
        let mut batches: BTreeMap<Act, Vec<Job>> = BTreeMap::new();
        while let Some(key) = walk.next(&self.cx.read).await?? {
            let Some(job) = self.job(key)? else { continue };
            let act = job.act;
            let batch = batches.entry(act).or_default();
            batch.push(job);
            if batch.len() >= act.batch() {
                let jobs = std::mem::take(batch);
                self.make(act, jobs).await?;
            }
        }
        for (act, jobs) in batches.into_iter().filter(|(_, jobs)| !jobs.is_empty()) {
            self.make(act, jobs).await?;
        }
        Ok(())
    }

    /// What is to be done about a key, if anything; it is counted by the way.
    fn job(&mut self, key: Key) -> Result<Option<Job>, Halt> {
        let verdict = key.verdict(&self.ours);
        let Key { newest, was, doubtful, .. } = key;
        if doubtful {
            self.story.doubtful.add(&newest.key);
        }
        let job = match (verdict, was) {
            (Verdict::AsItWas, _) => {
                self.story.unchanged += 1;
                return Ok(None);
            }
            (Verdict::Back, _) => {
                self.story.back += 1;
                return Ok(None);
            }
            (Verdict::Absent, _) => return Ok(None),
            (Verdict::NotKnown, _) => {
                self.story.miss(&self.cx.read, &newest.key, &newest.version, WhyNot::NotKnown)?;
                return Ok(None);
            }
            (Verdict::CreatedSince, _) if !self.task.hides => {
                self.story.kept.add(&newest.key);
                return Ok(None);
            }
            (Verdict::Copy, Some(was)) => {
                let (modified, key) = (newest.modified, newest.key);
                let job = Job::copy(was, newest.version);
                (modified, key, job)
            }
            (Verdict::CreatedSince | Verdict::Copy, _) => (newest.modified, newest.key.clone(), Job::hide(newest)),
        };
        let (modified, key, job) = job;
        if self.cx.forward_until.is_some_and(|until| modified > until) {
            self.story.later.add(&key);
        }
        Ok(Some(job))
    }

    /// One batch: on disk before, and after.
    async fn make(&mut self, act: Act, jobs: Vec<Job>) -> Result<(), Halt> {
        self.may(act, jobs.len() as u64)?;
        let (cx, task) = (self.cx, self.task);
        let all = jobs.len();
        let list = cx.read.artifacts.put("objects", "application/jsonl", &lines(&jobs))?;
        let effect = NewEffect {
            call: act.call().to_owned(),
            target: format!("{} of {}: {}", objects(all as u64), task.place(), list.digest),
            wants_token: false,
            account: Some(self.aws.settings().account.clone()),
            region: Some(self.aws.settings().region.clone()),
        };
        let intent = cx.intend(effect).await?;
        let (tally, total) = (&self.tally, self.total.get());
        let told = || {
            if let Some(text) = tally.one(total) {
                cx.read.say(text);
            }
        };
        let one = |job: Job| {
            let (aws, bucket) = (self.aws.clone(), task.bucket.clone());
            async move {
                let tried = attempt(&aws, &bucket, &job).await;
                (job, tried)
            }
        };
        let worked = work(&cx.read, self.aws, jobs, &mut self.pace, one, told).await;
        let made: Vec<_> = worked.made.iter().map(|(_, made)| made).collect();
        let mut detail = format!("{} of {all} {}", made.len(), act.done());
        if !made.is_empty() {
            let file = cx.read.artifacts.put("objects-made", "application/jsonl", &lines(&made))?;
            detail = format!("{detail} ({})", file.digest);
        }
        if worked.under_way > 0 {
            detail = format!("{detail}; {} were on their way", worked.under_way);
        }
        let result = match (worked.is_unknown(), made.is_empty()) {
            (true, _) => EffectResult::Unknown,
            (false, true) => EffectResult::Refused,
            (false, false) => EffectResult::Done,
        };
        cx.settle(intent, result, None, Some(detail)).await?;
        self.take(act, worked)
    }

    /// Nothing is done beyond what was shown and confirmed.
    fn may(&self, act: Act, more: u64) -> Result<(), Halt> {
        let Some(shown) = &self.shown else { return Ok(()) };
        let (done, may) = match act {
            Act::Copy | Act::CopyInParts => (self.story.copied, shown.copies),
            Act::Hide => (self.hidden, shown.hides),
        };
        if done + more <= may {
            return Ok(());
        }
        let message = format!("{} has been written to since it was shown", self.task.place());
        Err(Failure::new(FailureKind::Guard, message).with_remedy("retry: it is counted and shown anew").into())
    }

    /// Takes in what became of a batch; it is settled already.
    fn take(&mut self, act: Act, worked: Worked) -> Result<(), Halt> {
        let for_all = worked.for_all().cloned();
        let refused = worked.made.is_empty() && worked.not.len() > 1 && worked.end.is_none();
        for (job, made) in worked.made {
            self.ours.add(&made.key, &made.version);
            match act {
                Act::Copy | Act::CopyInParts => {
                    self.story.copied += 1;
                    self.story.bytes += job.of.size;
                }
                Act::Hide => {
                    self.hidden += 1;
                    self.story.hidden += 1;
                }
            }
        }
        let none = refused && !self.story.has_changed();
        let mut first = None;
        for (job, why) in worked.not {
            first.get_or_insert_with(|| why.clone());
            self.story.miss_job(&self.cx.read, &job, why)?;
        }
        if let Some(WhyNot::Refused(error)) = for_all {
            return Err(error.into());
        }
        if let Some(end) = worked.end {
            return Err(end.into());
        }
        // Not one of a whole batch: the next would fare no better.
        if let Some(WhyNot::Refused(error)) = first.filter(|_| none) {
            return Err(error.into());
        }
        if self.cx.read.cancel.is_leaving() {
            return Err(StepStop::Left.into());
        }
        Ok(())
    }

    /// How many keys are not as they were, beside those that are known to have failed.
    pub(super) async fn proof(&mut self) -> Result<u64, Halt> {
        self.cx.read.say("looking whether all is as it was");
        let counted = count(self.cx, self.aws, self.task, &self.ours).await?;
        Ok((counted.all() + counted.not_known()).saturating_sub(self.story.failed))
    }
}
