//! Drills: restored, read back, measured, removed; in the emulator, and against a fake with the sense of time that no emulator
//! has.

mod abort;
mod fence;
mod fresh;
mod kept;
mod killed;
mod removed;
mod settings;
mod shipped;
mod shown;
mod timed;
mod world;
