//! The objects under a prefix as they were at a time, in the order of their keys. No more than a page is kept.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::aws::objects::{Marker, ObjectReads, ObjectVersion};
use crate::step::ReadContext;
use crate::step::effect::Halt;
use crate::step::pause::disturbed;
use crate::step::s3::{Fold, Key};

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
    reads: ObjectReads,
    bucket: String,
    prefix: String,
    fold: Fold,
    ready: VecDeque<Entry>,
    next: Option<Marker>,
    ended: bool,
    seen: u64,
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
        let fold = Fold::at(at.unwrap_or(DateTime::<Utc>::MAX_UTC));
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        Self { reads, bucket, prefix, fold, ready: VecDeque::new(), next: None, ended: false, seen: 0, doing }
    }

    /// The next object; none when there is no more.
    pub(super) async fn next(&mut self, cx: &ReadContext) -> Result<Option<Entry>, Halt> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                self.seen += 1;
                return Ok(Some(entry));
            }
            if self.ended {
                return Ok(None);
            }
            // The state of a call is large: it does not belong into every caller's.
            let page = Box::pin(self.reads.versions(&self.bucket, &self.prefix, self.next.as_ref()));
            let page = cx.within(page).await.map_err(|end| disturbed(end, self.doing))??.value;
            for version in page.versions {
                let key = self.fold.take(version);
                self.take(key);
            }
            self.ended = page.next.is_none();
            self.next = page.next;
            if self.ended {
                let key = self.fold.end();
                self.take(key);
            } else {
                cx.say(format!("{} objects of s3://{}/{}", self.seen, self.bucket, self.prefix));
            }
        }
    }

    /// Takes a key up, if there was an object under it.
    fn take(&mut self, key: Option<Key>) {
        let Some(Key { newest, was, null_since, doubtful }) = key else { return };
        let Some(rest) = newest.key.strip_prefix(&self.prefix).map(str::to_owned) else { return };
        let deleted = newest.marker;
        let was = match was.filter(|was| !was.marker) {
            _ if null_since => Was::NotKnown { newest },
            Some(version) => Was::Version { version, doubtful },
            None => return,
        };
        self.ready.push_back(Entry { key: rest, was, deleted });
    }
}
