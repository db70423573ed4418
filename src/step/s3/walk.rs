//! The keys under a prefix, page by page.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::aws::AwsError;
use crate::aws::objects::{Marker, ObjectReads};
use crate::step::ReadContext;
use crate::step::end::End;
use crate::step::s3::find::{Fold, Key};

/// A listing under way. It holds one page.
#[derive(Debug)]
pub(in crate::step) struct Walk {
    reads: ObjectReads,
    bucket: String,
    prefix: String,
    fold: Fold,
    ready: VecDeque<Key>,
    next: Option<Marker>,
    ended: bool,
    pages: u64,
}

impl Walk {
    /// Of what was there at a time.
    pub(in crate::step) fn new(reads: ObjectReads, bucket: &str, prefix: &str, at: DateTime<Utc>) -> Self {
        let (bucket, prefix, fold) = (bucket.to_owned(), prefix.to_owned(), Fold::at(at));
        Self { reads, bucket, prefix, fold, ready: VecDeque::new(), next: None, ended: false, pages: 0 }
    }

    /// The bucket.
    pub(in crate::step) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the keys begin with.
    pub(in crate::step) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How many pages were turned behind which there are more.
    pub(in crate::step) fn pages(&self) -> u64 {
        self.pages
    }

    /// The next key; none when there is no more.
    pub(in crate::step) async fn next(&mut self, cx: &ReadContext) -> Result<Result<Option<Key>, AwsError>, End> {
        loop {
            if let Some(key) = self.ready.pop_front() {
                return Ok(Ok(Some(key)));
            }
            if self.ended {
                return Ok(Ok(None));
            }
            // The state of a call is large: it does not belong into every caller's.
            let page = Box::pin(self.reads.versions(&self.bucket, &self.prefix, self.next.as_ref()));
            let page = match cx.within(page).await? {
                Ok(reply) => reply.value,
                Err(error) => return Ok(Err(error)),
            };
            for version in page.versions {
                self.ready.extend(self.fold.take(version));
            }
            self.ended = page.next.is_none();
            self.next = page.next;
            if self.ended {
                self.ready.extend(self.fold.end());
            } else {
                self.pages += 1;
            }
        }
    }
}
