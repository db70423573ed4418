//! The door to AWS: by replayed answers for shapes and faults, and against the emulator.

mod calls;
pub(crate) mod environment;
mod events;
mod flow;
mod stacks;
mod tables;
