//! A `compare` step of the objects of two places with all its values known.

use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::task::JoinSet;

use crate::aws::{AwsError, AwsReads};
use crate::event::{Failure, FailureKind};
use crate::step::drill::bucket::check::{Side, Two, is_same};
use crate::step::drill::bucket::home::home_of_reads;
use crate::step::drill::bucket::join::{Join, Pair};
use crate::step::drill::bucket::listing::{Entry, Listing, Was};
use crate::step::drill::bucket::marker::is_marker;
use crate::step::drill::compare::{Differences, Hash, hash};
use crate::step::effect::Halt;
use crate::step::kind::{BucketCompare, CompareHow};
use crate::step::pause::disturbed;
use crate::step::s3::{WIDEST, objects};
use crate::step::{Ran, ReadAction, ReadContext, StepStop, TaskFault};
use crate::value::{Scope, Template};
use crate::world::clock::rfc3339;

const DOING: &str = "objects are compared";

/// What a `compare` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketCompareTask {
    /// The bucket that is right, and the beginning of its keys.
    pub one: (String, String),
    /// The one that is held against it.
    pub other: (String, String),
    /// The time whose versions count; none: now.
    pub at: Option<DateTime<Utc>>,
    /// How.
    pub how: CompareHow,
    /// How many objects may differ.
    pub tolerance: u64,
}

/// What a comparison has found.
#[derive(Debug, Default)]
struct Found {
    objects: (u64, u64),
    bytes: (u64, u64),
    of: Differences,
}

/// An object of the sample: the first of all by the hash of its key.
struct Drawn {
    hash: Hash,
    two: Two,
}

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Drawn {}

impl PartialOrd for Drawn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Drawn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.hash.cmp(&other.hash)
    }
}

impl ReadAction for BucketCompareTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        match Box::pin(self.compare(cx)).await {
            Ok(found) => Ok(self.judged(&found)),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }
}

impl BucketCompareTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or a time that is none.
    pub fn of(compare: &BucketCompare, scope: &Scope) -> Result<Self, TaskFault> {
        let fault = |template: &Template, why: &str| TaskFault {
            span: Some(template.span()),
            why: format!("`{}`: {why}", template.text()),
        };
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let prefix = compare.prefix.as_ref().map(text).transpose()?.unwrap_or_default();
        let with_prefix = compare.with_prefix.as_ref().map(text).transpose()?.unwrap_or_else(|| prefix.clone());
        let at = compare.at.as_ref().map(|at| {
            let time = text(at)?;
            DateTime::parse_from_rfc3339(&time)
                .map(|time| time.to_utc())
                .map_err(|error| fault(at, &format!("`at` is `{time}`, which is no time (RFC 3339): {error}")))
        });
        let tolerance = compare.tolerance.eval(scope).map_err(|why| TaskFault { span: None, why })?;
        let (one, other) = ((text(&compare.bucket)?, prefix), (text(&compare.with)?, with_prefix));
        Ok(Self { one, other, at: at.transpose()?, how: compare.how, tolerance })
    }

    /// What it will do, as far as its values are known.
    pub fn preview(compare: &BucketCompare, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let prefix = compare.prefix.as_ref().map(text).unwrap_or_default();
        let with_prefix = compare.with_prefix.as_ref().map_or_else(|| prefix.clone(), text);
        let (one, other) = ((text(&compare.bucket), prefix), (text(&compare.with), with_prefix));
        Self::lines(&one, &other, compare.at.as_ref().map(text), compare.how)
    }

    /// What it will do.
    pub fn describe(&self) -> Vec<String> {
        Self::lines(&self.one, &self.other, self.at.map(rfc3339), self.how)
    }

    fn lines(one: &(String, String), other: &(String, String), at: Option<String>, how: CompareHow) -> Vec<String> {
        let how = match how {
            CompareHow::Count => "by the number of objects and bytes".to_owned(),
            CompareHow::Sample(count) => format!("by keys and sizes, and {count} of them by checksum"),
            CompareHow::Full => "by the checksums of all objects".to_owned(),
        };
        let at = at.map(|at| format!(" as of {at}")).unwrap_or_default();
        let (one, other) = (place(one), place(other));
        vec![format!("compares the objects of {one}{at} and {other} {how}; markers of checkride do not count")]
    }

    async fn compare(&self, cx: &ReadContext) -> Result<Found, Halt> {
        let aws = cx.aws.clone().ok_or_else(|| {
            Failure::new(FailureKind::Guard, "a compare step needs an account")
                .with_remedy("give the profile an `[aws]` section")
        })?;
        let (one, other) = (side(&aws, &self.one.0).await?, side(&aws, &self.other.0).await?);
        let left = Listing::new(one.reads.clone(), &self.one.0, &self.one.1, self.at, DOING);
        let right = Listing::new(other.reads.clone(), &self.other.0, &self.other.1, None, DOING);
        match self.how {
            CompareHow::Count => Self::count(cx, left, right).await,
            CompareHow::Sample(count) => {
                let drawn = Some((count as usize, BinaryHeap::new()));
                Comparing { cx, one, other, found: Found::default(), under_way: JoinSet::new(), drawn }
                    .go(Join::of(left, right))
                    .await
            }
            CompareHow::Full => {
                Comparing { cx, one, other, found: Found::default(), under_way: JoinSet::new(), drawn: None }
                    .go(Join::of(left, right))
                    .await
            }
        }
    }

    async fn count(cx: &ReadContext, mut left: Listing, mut right: Listing) -> Result<Found, Halt> {
        let mut found = Found::default();
        while let Some(entry) = left.next(cx).await? {
            found.left(&entry);
        }
        while let Some(entry) = right.next(cx).await? {
            found.right(&entry);
        }
        found.of = Differences::of_numbers(found.objects);
        if found.objects.0 == found.objects.1 && found.bytes.0 != found.bytes.1 {
            // As many, and not the same: one at least.
            (found.of.same, found.of.different) = (found.of.same.saturating_sub(1), 1);
        }
        Ok(found)
    }

    fn judged(&self, found: &Found) -> Ran {
        let out = json!({
            "objects": { "bucket": found.objects.0, "with": found.objects.1 },
            "bytes": { "bucket": found.bytes.0, "with": found.bytes.1 },
            "at": self.at.map(rfc3339),
        });
        let (one, other) = (place(&self.one), place(&self.other));
        let empty = (found.objects == (0, 0)).then(|| format!("{one} and {other} hold no object"));
        let at = self.at.map_or_else(|| " holds".to_owned(), |at| format!(" held at {}", rfc3339(at)));
        found.of.judged(out, self.tolerance, empty, &format!("{other} does not hold what {one}{at}"))
    }
}

/// A comparison under way: no more of it is kept than a page of each side, and what is looked at just now.
struct Comparing<'a> {
    cx: &'a ReadContext,
    one: Side,
    other: Side,
    found: Found,
    under_way: JoinSet<(String, Result<bool, AwsError>)>,
    /// Of a sample: how many, and those drawn so far.
    drawn: Option<(usize, BinaryHeap<Drawn>)>,
}

impl Comparing<'_> {
    async fn go(mut self, mut join: Join) -> Result<Found, Halt> {
        while let Some(pair) = join.next(self.cx).await? {
            self.take(pair).await?;
        }
        if let Some((_, drawn)) = self.drawn.take() {
            self.cx.say(format!("{} are compared by checksum", objects(drawn.len() as u64)));
            for Drawn { two, .. } in drawn {
                self.look(two).await?;
            }
        }
        while !self.under_way.is_empty() {
            self.looked().await?;
        }
        Ok(self.found)
    }

    async fn take(&mut self, pair: Pair) -> Result<(), Halt> {
        let (left, right) = match pair {
            Pair::Left(entry) | Pair::Right(entry) if is_marker(&entry.key) => return Ok(()),
            Pair::Both(entry, _) if is_marker(&entry.key) => return Ok(()),
            Pair::Left(entry) => {
                self.found.left(&entry);
                self.found.of.missing += 1;
                self.found.of.example("missing", entry.key);
                return Ok(());
            }
            Pair::Right(entry) => {
                self.found.right(&entry);
                self.found.of.extra += 1;
                self.found.of.example("extra", entry.key);
                return Ok(());
            }
            Pair::Both(left, right) => (left, right),
        };
        self.found.left(&left);
        self.found.right(&right);
        let (Was::Version { version: one, .. }, Was::Version { version: other, .. }) = (left.was, right.was) else {
            self.found.differs(&left.key);
            return Ok(());
        };
        if one.size != other.size {
            self.found.differs(&left.key);
            return Ok(());
        }
        let two = Two { key: left.key, one, other };
        match &mut self.drawn {
            // What is not of the sample is there, of the same size: that is all that is said of it.
            Some((count, drawn)) => {
                let hash = hash(&two.key);
                if drawn.len() < *count {
                    drawn.push(Drawn { hash, two });
                } else if drawn.peek().is_some_and(|last| hash < last.hash) {
                    drawn.pop();
                    drawn.push(Drawn { hash, two });
                }
                Ok(())
            }
            None => self.look(two).await,
        }
    }

    async fn look(&mut self, two: Two) -> Result<(), Halt> {
        if two.is_same_by_tag() {
            self.found.of.same += 1;
            return Ok(());
        }
        if self.under_way.len() >= WIDEST {
            self.looked().await?;
        }
        let (one, other) = (self.one.clone(), self.other.clone());
        self.under_way.spawn(async move {
            let same = Box::pin(is_same(&one, &other, &two)).await;
            (two.key, same)
        });
        Ok(())
    }

    /// Takes in one that was looked at.
    async fn looked(&mut self) -> Result<(), Halt> {
        let ended = self.cx.within(self.under_way.join_next()).await.map_err(|end| disturbed(end, DOING))?;
        match ended {
            None => {}
            Some(Ok((key, same))) => {
                if same? {
                    self.found.of.same += 1;
                } else {
                    self.found.differs(&key);
                }
            }
            Some(Err(error)) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
        Ok(())
    }
}

impl Found {
    fn left(&mut self, entry: &Entry) {
        if !is_marker(&entry.key) {
            self.objects.0 += 1;
            self.bytes.0 += size(entry);
        }
    }

    fn right(&mut self, entry: &Entry) {
        if !is_marker(&entry.key) {
            self.objects.1 += 1;
            self.bytes.1 += size(entry);
        }
    }

    fn differs(&mut self, key: &str) {
        self.of.different += 1;
        self.of.example("different", key);
    }
}

fn size(entry: &Entry) -> u64 {
    match &entry.was {
        Was::Version { version, .. } => version.size,
        Was::NotKnown { .. } => 0,
    }
}

fn place((bucket, prefix): &(String, String)) -> String {
    format!("s3://{bucket}/{prefix}")
}

async fn side(aws: &AwsReads, bucket: &str) -> Result<Side, Halt> {
    let Some(home) = home_of_reads(aws, bucket).await? else {
        return Err(Failure::new(FailureKind::Expectation, format!("there is no bucket {bucket}")).into());
    };
    Ok(Side { reads: home.objects(), bucket: bucket.to_owned() })
}
