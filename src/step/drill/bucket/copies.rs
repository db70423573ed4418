//! Objects copied to their place, batch by batch; and a last look whether all are there.
//!
//! The place is the run's own: what is there under a key, of the size of its source, was copied by an earlier attempt. So
//! whoever takes a run up lists both sides again, and copies what is not there.

use std::cell::Cell;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::aws::Aws;
use crate::aws::objects::{CopyEnd, ObjectReads, ObjectVersion};
use crate::event::EffectResult;
use crate::step::drill::bucket::join::{Join, Pair};
use crate::step::drill::bucket::listing::{Listing, Was};
use crate::step::drill::bucket::place::{Target, arn_of};
use crate::step::drill::bucket::tally::Tally;
use crate::step::effect::{Halt, planned};
use crate::step::pause::disturbed;
use crate::step::s3::{Job, Made, Pace, SIZE, Try, WhyNot, Worked, work};
use crate::step::{StepStop, WriteContext};
use crate::world::clock::rfc3339;

/// How often it is told how far it is.
const TOLD: Duration = Duration::from_secs(2);
const DOING: &str = "objects are restored";

/// Objects that are copied.
pub(super) struct Copies<'a> {
    pub(super) cx: &'a WriteContext,
    pub(super) aws: &'a Aws,
    /// Looks at the source, in its region.
    pub(super) source: ObjectReads,
    /// The bucket that they come from.
    pub(super) from: &'a str,
    pub(super) prefix: &'a str,
    pub(super) at: DateTime<Utc>,
    pub(super) target: &'a Target,
    /// How many there are.
    pub(super) total: u64,
    pub(super) pace: Pace,
    pub(super) tally: Tally,
}

impl Copies<'_> {
    fn join(&self) -> Join {
        let to = format!("{}{}", self.target.own(), self.prefix);
        let left = Listing::new(self.source.clone(), self.from, self.prefix, Some(self.at), DOING);
        let right = Listing::new(self.aws.reads().objects(), self.target.bucket(), &to, None, DOING);
        Join::of(left, right)
    }

    /// Copies what is not there.
    pub(super) async fn copy(&mut self) -> Result<(), Halt> {
        let mut join = self.join();
        let (mut batch, mut large) = (Vec::new(), Vec::new());
        while let Some(pair) = join.next(&self.cx.read).await? {
            let (entry, there) = match pair {
                Pair::Left(entry) => (entry, None),
                Pair::Both(entry, there) => (entry, Some(there)),
                // What somebody else has put there is found by the last look.
                Pair::Right(_) => continue,
            };
            let version = match entry.was {
                Was::NotKnown { newest } => {
                    self.tally.miss(&self.cx.read, &newest.key, &newest.version, WhyNot::NotKnown)?;
                    continue;
                }
                Was::Version { version, doubtful } => {
                    if doubtful {
                        self.tally.doubtful.add(&version.key);
                    }
                    version
                }
            };
            if there.is_some_and(|there| is_copy(&version, &there.was)) {
                self.tally.restored += 1;
                self.tally.bytes += version.size;
                continue;
            }
            // A large one takes minutes: it is a batch of its own.
            let job = Job::copy(version, String::new());
            let jobs = if job.is_large() { &mut large } else { &mut batch };
            jobs.push(job);
            if large.len() + batch.len() >= SIZE || !large.is_empty() {
                let jobs = std::mem::take(if large.is_empty() { &mut batch } else { &mut large });
                self.make(jobs).await?;
            }
        }
        if batch.is_empty() { Ok(()) } else { self.make(batch).await }
    }

    /// One batch: on disk before, and after.
    async fn make(&mut self, jobs: Vec<Job>) -> Result<(), Halt> {
        let all = jobs.len();
        let call = jobs.first().map_or("s3:CopyObject", Job::call);
        let (bucket, own) = (self.target.bucket(), self.target.own());
        let target = format!("{}/{own} objects {all} of {}", arn_of(self.aws, bucket), rfc3339(self.at));
        let intent = self.cx.intend(planned(self.aws, call, &target, false)).await?;
        let one = |job: Job| {
            let (aws, source) = (self.aws.clone(), self.source.clone());
            let (from, bucket, key) = (self.from.to_owned(), bucket.to_owned(), format!("{own}{}", job.of.key));
            async move {
                let tried = attempt(&aws, &source, &from, &bucket, &key, &job).await;
                (job, tried)
            }
        };
        let (before, done) = (self.tally.restored, Cell::new(0));
        let told = Cell::new(Instant::now());
        let tell = || {
            done.set(done.get() + 1);
            if told.get().elapsed() >= TOLD {
                told.set(Instant::now());
                self.cx.read.say(format!("restored: {} of {} objects", before + done.get(), self.total));
            }
        };
        let worked = work(&self.cx.read, self.aws, jobs, &mut self.pace, one, tell).await;
        let result = match (worked.is_unknown(), worked.made.is_empty()) {
            (true, _) => EffectResult::Unknown,
            (false, true) => EffectResult::Refused,
            (false, false) => EffectResult::Done,
        };
        let detail = format!("{} of {all} copied", worked.made.len());
        self.cx.settle(intent, result, None, Some(detail)).await?;
        self.take(worked)
    }

    /// Takes in what became of a batch; it is settled already.
    fn take(&mut self, worked: Worked) -> Result<(), Halt> {
        let for_all = worked.for_all().cloned();
        let none = worked.made.is_empty() && worked.not.len() > 1 && worked.end.is_none() && self.tally.restored == 0;
        for (job, _) in &worked.made {
            self.tally.restored += 1;
            self.tally.bytes += job.of.size;
        }
        let mut first = None;
        for (job, why) in worked.not {
            first.get_or_insert_with(|| why.clone());
            self.tally.miss(&self.cx.read, &job.of.key, &job.of.version, why)?;
        }
        if let Some(WhyNot::Refused(error)) = for_all {
            return Err(error.into());
        }
        if let Some(end) = worked.end {
            return Err(disturbed(end, DOING).into());
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

    /// How many objects are not there as they were, beside those that are known to have failed.
    pub(super) async fn proof(&self) -> Result<u64, Halt> {
        self.cx.read.say("looking whether all is there");
        let (mut join, mut wrong) = (self.join(), 0_u64);
        while let Some(pair) = join.next(&self.cx.read).await? {
            let right = match &pair {
                Pair::Left(_) | Pair::Right(_) => false,
                Pair::Both(entry, there) => match &entry.was {
                    Was::Version { version, .. } => is_copy(version, &there.was),
                    Was::NotKnown { .. } => false,
                },
            };
            wrong += u64::from(!right);
        }
        Ok(wrong.saturating_sub(self.tally.failed))
    }
}

/// Whether what is there is the copy of a version.
fn is_copy(version: &ObjectVersion, there: &Was) -> bool {
    match there {
        Was::Version { version: there, .. } => there.size == version.size,
        Was::NotKnown { .. } => false,
    }
}

/// Tries once. Where the answer is lost it looks whether it was done.
async fn attempt(aws: &Aws, source: &ObjectReads, from: &str, bucket: &str, key: &str, job: &Job) -> Try {
    let made = |version: String| Try::Made(Made { key: key.to_owned(), version, request: None });
    match Box::pin(aws.objects().copy_from(source, from, &job.of, bucket, key)).await {
        Ok(reply) => match reply.value {
            CopyEnd::Copied { version, etag: _ } => made(version),
            CopyEnd::Archived => Try::Not(WhyNot::Archived),
            CopyEnd::CustomerKey => Try::Not(WhyNot::CustomerKey),
        },
        Err(error) => {
            if error.could_have_happened()
                && let Ok(found) = aws.reads().objects().current(bucket, key).await
                && let Some(found) = found.value.filter(|found| found.size == job.of.size)
            {
                return made(found.version.unwrap_or_default());
            }
            if error.is_transient() { Try::Again(error) } else { Try::Not(WhyNot::Refused(error)) }
        }
    }
}
