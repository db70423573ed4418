//! `checkride verify`: the verifications of a runbook on every target of a profile, with nobody at the keyboard.
//!
//! `order` finds out what is to be verified where, and refuses what cannot be before anything is called. `excuses` says which
//! failure would not count, and why. `session` holds a target's run; all of them go on together in one loop, share its
//! connections, and share `-j` places. `outcome` makes one exit code of theirs, `outputs` writes the formats.

mod baseline;
mod command;
mod excuses;
mod order;
mod outcome;
mod outputs;
mod session;

pub(super) use command::verify;
pub(super) use order::reading;
