//! The door to AWS: by replayed answers for shapes and faults, and against the emulator.

mod calls;
mod databases;
pub(crate) mod environment;
mod events;
mod flow;
mod objects;
mod stacks;
mod tables;
