//! The copies that this step has made, in this attempt and in earlier ones.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// The versions that the step has put on top. Of each only eight bytes are kept: two that share them are one in
/// 2⁶⁴, and both would have to be of the same key.
#[derive(Clone, Debug, Default)]
pub(super) struct Ours {
    copies: HashSet<u64>,
    hidden: HashSet<u64>,
}

impl Ours {
    /// Knows a version from now on.
    pub(super) fn add(&mut self, key: &str, version: &str) {
        self.copies.insert(short(key, version));
    }

    /// Knows that a key got a delete marker.
    pub(super) fn hide(&mut self, key: &str) {
        self.hidden.insert(short(key, ""));
    }

    /// How many keys got one.
    pub(super) fn hidden(&self) -> u64 {
        self.hidden.len() as u64
    }

    /// Whether a version is one of ours.
    pub(super) fn has(&self, key: &str, version: &str) -> bool {
        // Most runs ask before there is any.
        !self.copies.is_empty() && self.copies.contains(&short(key, version))
    }
}

fn short(key: &str, version: &str) -> u64 {
    let digest = Sha256::new().chain_update(key).chain_update([0]).chain_update(version).finalize();
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}
