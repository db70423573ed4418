//! Two listings side by side, by key.

use std::cmp::Ordering;

use crate::step::ReadContext;
use crate::step::drill::bucket::listing::{Entry, Listing};
use crate::step::effect::Halt;

/// What two listings have under one key.
#[derive(Debug)]
pub(super) enum Pair {
    /// Only the one.
    Left(Entry),
    /// Only the other.
    Right(Entry),
    /// Both.
    Both(Entry, Entry),
}

/// Two listings, read in step: each comes in the order of its keys' bytes.
#[derive(Debug)]
pub(super) struct Join {
    left: (Listing, Option<Entry>),
    right: (Listing, Option<Entry>),
    begun: bool,
}

impl Join {
    /// Of two listings.
    pub(super) fn of(left: Listing, right: Listing) -> Self {
        Self { left: (left, None), right: (right, None), begun: false }
    }

    /// The next key; none when neither has more.
    pub(super) async fn next(&mut self, cx: &ReadContext) -> Result<Option<Pair>, Halt> {
        if !self.begun {
            self.begun = true;
            self.left.1 = self.left.0.next(cx).await?;
            self.right.1 = self.right.0.next(cx).await?;
        }
        let order = match (&self.left.1, &self.right.1) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.key.as_bytes().cmp(right.key.as_bytes()),
        };
        let left = if order == Ordering::Greater { None } else { self.left.1.take() };
        let right = if order == Ordering::Less { None } else { self.right.1.take() };
        if left.is_some() {
            self.left.1 = self.left.0.next(cx).await?;
        }
        if right.is_some() {
            self.right.1 = self.right.0.next(cx).await?;
        }
        Ok(match (left, right) {
            (Some(left), Some(right)) => Some(Pair::Both(left, right)),
            (Some(left), None) => Some(Pair::Left(left)),
            (None, Some(right)) => Some(Pair::Right(right)),
            (None, None) => None,
        })
    }
}
