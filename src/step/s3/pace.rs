//! How many copies are under way at once, and when the next may begin.

use tokio::time::Instant;

use crate::aws::Aws;

/// The most copies at once: enough to hide the time of a call (some 50 ms to S3: 300 objects a second), and a tenth of
/// what S3 allows a prefix (3,500 writes a second), so that whoever lives on the bucket is not pushed aside.
pub(in crate::step) const WIDEST: usize = 16;

/// How fast it goes: slower as soon as S3 asks for it, faster bit by bit when it does no more.
#[derive(Debug)]
pub(in crate::step) struct Pace {
    width: usize,
    well: usize,
    throttled: u32,
    not_before: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { width: WIDEST, well: 0, throttled: 0, not_before: None }
    }
}

impl Pace {
    /// How many may be under way.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// When the next may begin, if it may not at once.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before.filter(|then| *then > Instant::now())
    }

    /// S3 has asked to slow down, or a call got no answer.
    pub(super) fn slower(&mut self, aws: &Aws) {
        // All that are under way hear it at once: it counts once.
        if self.not_before().is_none() {
            self.width = (self.width / 2).max(1);
            self.not_before = Some(Instant::now() + aws.backoff(self.throttled));
            self.throttled = (self.throttled + 1).min(8);
        }
        self.well = 0;
    }

    /// A call went well.
    pub(super) fn well(&mut self) {
        self.well += 1;
        if self.well >= self.width {
            self.well = 0;
            self.throttled = 0;
            self.width = (self.width + 1).min(WIDEST);
        }
    }
}
