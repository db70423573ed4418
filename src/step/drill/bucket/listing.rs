//! The objects under a prefix as they were at a time, in the order of their keys. No more than a page is kept.

use chrono::{DateTime, Utc};

use crate::aws::objects::{ObjectReads, ObjectVersion};
use crate::step::ReadContext;
use crate::step::effect::Halt;
use crate::step::pause::disturbed;
use crate::step::s3::{Key, Walk};

/// An object that was there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Its key, behind the prefix.
    pub(super) key: String,
    /// What it was.
    pub(super) was: Was,
    /// Whether it is deleted by now.
    pub(super) deleted: bool,
}

/// What an object was.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Was {
    /// This version.
    Version {
        /// The version.
        version: ObjectVersion,
        /// Whether it may have been written only after the time, in its very second.
        doubtful: bool,
    },
    /// Nobody knows: what was there was replaced while the bucket kept no versions.
    NotKnown {
        /// What is on top now.
        newest: ObjectVersion,
    },
}

/// A listing under way.
#[derive(Debug)]
pub(super) struct Listing {
    walk: Walk,
    seen: u64,
    told: u64,
    doing: &'static str,
}

impl Listing {
    /// Of what was there at a time; none: of what is there. `doing`: what the step is about, for whoever stops it.
    pub(super) fn new(
        reads: ObjectReads,
        bucket: &str,
        prefix: &str,
        at: Option<DateTime<Utc>>,
        doing: &'static str,
    ) -> Self {
        // By the clock of S3: what is on top is later than no time.
        let walk = Walk::new(reads, bucket, prefix, at.unwrap_or(DateTime::<Utc>::MAX_UTC));
        Self { walk, seen: 0, told: 0, doing }
    }

    /// The next object; none when there is no more.
    pub(super) async fn next(&mut self, cx: &ReadContext) -> Result<Option<Entry>, Halt> {
        loop {
            let Some(key) = self.walk.next(cx).await.map_err(|end| disturbed(end, self.doing))?? else {
                return Ok(None);
            };
            if self.walk.pages() > self.told {
                self.told = self.walk.pages();
                cx.say(format!("{} objects of s3://{}/{}", self.seen, self.walk.bucket(), self.walk.prefix()));
            }
            if let Some(entry) = entry(key, self.walk.prefix()) {
                self.seen += 1;
                return Ok(Some(entry));
            }
        }
    }
}

/// What a key was, if there was an object under it.
fn entry(key: Key, prefix: &str) -> Option<Entry> {
    let Key { newest, was, null_since, doubtful } = key;
    let rest = newest.key.strip_prefix(prefix)?.to_owned();
    let deleted = newest.marker;
    let was = match was.filter(|was| !was.marker) {
        _ if null_since => Was::NotKnown { newest },
        Some(version) => Was::Version { version, doubtful },
        None => return None,
    };
    Some(Entry { key: rest, was, deleted })
}
