//! Drills: restored, read back, measured, removed; in the emulator, and against a fake with the sense of time that no emulator
//! has.

mod fence;
mod fresh;
mod kept;
mod killed;
mod region;
mod removed;
mod secret;
mod secret_faults;
mod settings;
mod shipped;
mod stack;
mod timed;
mod undeletable;
mod world;
