//! The way of a stack step, there and back: by replayed answers for faults, and against the emulator.

mod deployed;
mod faults;
mod flow;
mod restore;
mod restore_faults;
mod restore_gone;
