//! The keys under a prefix, page by page.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::aws::objects::{Marker, ObjectReads};
use crate::step::ReadContext;
use crate::step::s3::find::{Fold, Key};
use crate::step::s3::halt::Halt;

/// A listing under way. It holds one page.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    reads: ObjectReads,
    bucket: &'a str,
    prefix: &'a str,
    fold: Fold,
    ready: VecDeque<Key>,
    next: Option<Marker>,
    ended: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(reads: ObjectReads, bucket: &'a str, prefix: &'a str, at: DateTime<Utc>) -> Self {
        Self { reads, bucket, prefix, fold: Fold::at(at), ready: VecDeque::new(), next: None, ended: false }
    }

    /// The next key; none when there is no more.
    pub(super) async fn next(&mut self, cx: &ReadContext) -> Result<Option<Key>, Halt> {
        loop {
            if let Some(key) = self.ready.pop_front() {
                return Ok(Some(key));
            }
            if self.ended {
                return Ok(None);
            }
            // The state of a call is large: it does not belong into every caller's.
            let page = Box::pin(self.reads.versions(self.bucket, self.prefix, self.next.as_ref()));
            let page = cx.within(page).await??.value;
            for version in page.versions {
                self.ready.extend(self.fold.take(version));
            }
            self.ended = page.next.is_none();
            self.next = page.next;
            if self.ended {
                self.ready.extend(self.fold.end());
            }
        }
    }
}
