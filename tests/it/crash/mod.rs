//! The crash rig: the real program killed, and its disk failing, at every system call of a run with eight effects of four
//! kinds; then resumed, and killed again. What happened is read from the target's own log, which checkride never sees.
//!
//! Here a sample of the points is tried; `scripts/crash-rig` tries them all, and prints the table.

mod cloud;
mod faults;
mod kills;
pub(crate) mod rig;
mod syncs;
mod target;
