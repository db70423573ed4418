//! What a run leaves as evidence, held against itself: offline, by its files alone.
//!
//! Seals, signatures and export come later. Until then whoever may write the folder may write all of it anew, and what is
//! verified is that nothing in it was damaged, lost or changed alone.

mod verify;

pub use verify::{Checked, Evidence, Flaw, verify};
