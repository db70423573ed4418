//! What a command has left on disk: what became of it, or where it is.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::step::command::order::{NotStarted, Output, Record, State};
use crate::world::process;

/// What became of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// It runs: its shim lives, or was killed and has left it behind.
    Running(RunningCommand),
    /// It ended.
    Ended(Record),
    /// The system refused to start it.
    Refused(NotStarted),
    /// It was never started.
    NeverStarted,
    /// It cannot be told.
    Unknown {
        /// Why.
        why: String,
    },
}

/// A command that runs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RunningCommand {
    /// The shim, when it has said so: its process, and when that began.
    pub shim: Option<(u32, Option<u64>)>,
    /// The program.
    pub program: Option<u32>,
    /// Since when, RFC 3339.
    pub since: Option<String>,
    /// Where its output is written to.
    pub output: Output,
}

/// The lock of the command at a place.
pub(super) fn lock_at(place: &Path) -> PathBuf {
    place.with_added_extension("lock")
}

/// The state of the command at a place.
pub fn state_at(place: &Path) -> PathBuf {
    place.with_added_extension("state")
}

/// Looks at what stands at a command's place.
pub fn left(place: &Path) -> Left {
    let unknown = |why: &str| Left::Unknown { why: why.to_owned() };
    let Ok(mut lock) = File::open(lock_at(place)) else {
        return unknown("nothing on disk says whether it was started");
    };
    let states = State::open(&std::fs::read(state_at(place)).unwrap_or_default());
    match states.last() {
        // Nothing follows a last word, though the lock is held as long as its shim waits for another order.
        Some(State::Ended(record)) => return Left::Ended(record.clone()),
        Some(State::Refused(why)) => return Left::Refused(why.clone()),
        Some(State::Started { .. } | State::Running { .. }) | None => {}
    }
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Left::Running(running(&states)),
        Err(TryLockError::Error(error)) => return unknown(&format!("its lock cannot be looked at: {error}")),
    }
    // Nobody holds the lock, so nobody writes any more. What was read before may have been written to meanwhile.
    let states = State::open(&std::fs::read(state_at(place)).unwrap_or_default());
    let at = running(&states);
    let ran = states.iter().any(|state| matches!(state, State::Running { .. }));
    match states.into_iter().next_back() {
        Some(State::Ended(record)) => Left::Ended(record),
        Some(State::Refused(why)) => Left::Refused(why),
        // Whatever is asked about it now, the answer may be another one when it has ended.
        Some(State::Started { .. } | State::Running { .. }) if at.program.is_some() => Left::Running(at),
        Some(State::Started { .. } | State::Running { .. }) if ran => {
            unknown("the process that watched over it was killed, and its end was not seen")
        }
        Some(State::Started { .. } | State::Running { .. }) => {
            unknown("the process that watched over it was killed before it said whether it had started")
        }
        None => {
            let mut boot = String::new();
            let read = lock.read_to_string(&mut boot);
            // What was not synced survives the death of a process, not that of the machine.
            let same = read.is_ok() && !boot.trim().is_empty() && boot.trim() == process::boot();
            if same {
                Left::NeverStarted
            } else {
                unknown("the machine was started anew since, and what was written last may be lost")
            }
        }
    }
}

fn running(states: &[State]) -> RunningCommand {
    let mut at = RunningCommand::default();
    for (place, state) in states.iter().enumerate() {
        match state {
            State::Started { pid, began, time } => {
                at.shim = Some((*pid, *began));
                at.since = Some(time.clone());
                // Whoever it started has not been named yet, and is looked for among all processes: only where nothing was
                // written after this.
                if place + 1 == states.len() {
                    at.program = process::left_in_session(*pid);
                }
            }
            State::Running { pid, began, output } => {
                at.program = (began.is_some() && process::began(*pid) == *began).then_some(*pid);
                at.output.clone_from(output);
            }
            State::Ended(_) | State::Refused(_) => {}
        }
    }
    at
}
