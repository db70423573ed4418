//! What there is to restore, counted before anything is made; and what it costs.

use chrono::{DateTime, Utc};

use crate::aws::objects::ObjectReads;
use crate::step::ReadContext;
use crate::step::drill::bucket::listing::{Listing, Was};
use crate::step::effect::Halt;
use crate::step::s3::{bytes, objects};

/// What AWS bills, in US dollars (list prices of us-east-1, Amazon S3 pricing page, November 2026): a thousand copies with
/// the looks before them, a GiB to another region, and a GiB that stands for a month.
const DOLLARS_A_THOUSAND: f64 = 0.0054;
const DOLLARS_A_GIB_ELSEWHERE: f64 = 0.02;
const DOLLARS_A_MONTH: f64 = 0.023;

const DOING: &str = "objects are counted";

/// What there was at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// Objects.
    pub(super) objects: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Those that are deleted by now.
    pub(super) deleted: u64,
    /// When the newest was written.
    pub(super) newest: Option<DateTime<Utc>>,
}

impl Counted {
    #[expect(clippy::cast_precision_loss, reason = "a size in words")]
    pub(super) fn gib(&self) -> f64 {
        self.bytes as f64 / f64::from(1 << 30)
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        let deleted = match self.deleted {
            0 => String::new(),
            deleted => format!(", {deleted} of them deleted since"),
        };
        format!("{}, {}{deleted}", objects(self.objects), bytes(self.bytes))
    }

    /// What it costs, in words.
    #[expect(clippy::cast_precision_loss, reason = "a price in words")]
    pub(super) fn price(&self, is_elsewhere: bool) -> String {
        let carried = if is_elsewhere { self.gib() * DOLLARS_A_GIB_ELSEWHERE } else { 0.0 };
        let copied = self.objects as f64 / 1000.0 * DOLLARS_A_THOUSAND + carried;
        format!("about ${copied:.2} to copy, and ${:.2} for each month that it stands", self.gib() * DOLLARS_A_MONTH)
    }
}

/// Counts what was there at a time.
pub(super) async fn count(
    cx: &ReadContext,
    reads: &ObjectReads,
    bucket: &str,
    prefix: &str,
    at: DateTime<Utc>,
) -> Result<Counted, Halt> {
    let mut listing = Listing::new(reads.clone(), bucket, prefix, Some(at), DOING);
    let mut counted = Counted::default();
    while let Some(entry) = listing.next(cx).await? {
        counted.objects += 1;
        counted.deleted += u64::from(entry.deleted);
        if let Was::Version { version, .. } = entry.was {
            counted.bytes += version.size;
            counted.newest = counted.newest.max(Some(version.modified));
        }
    }
    Ok(counted)
}

/// When the newest of the objects of a time was written.
pub(super) async fn newest(
    cx: &ReadContext,
    reads: &ObjectReads,
    bucket: &str,
    prefix: &str,
    at: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Halt> {
    Ok(count(cx, reads, bucket, prefix, at).await?.newest)
}
