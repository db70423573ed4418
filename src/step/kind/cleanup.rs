//! `cleanup`: what the steps that it undoes have made is removed.

use crate::source::reader::KeySpec;

/// The keys of `cleanup`: what it removes, `undoes` says.
pub(super) static KEYS: &[KeySpec] = &[];

/// Removes what other steps of the run have made, and proves that it is gone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cleanup;
