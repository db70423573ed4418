//! The way of a stack step: by replayed answers for faults, and against the emulator.

mod faults;
mod flow;
