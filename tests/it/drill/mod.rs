//! Drills: restored, read back, measured, removed; in the emulator, and against a fake with the sense of time that no emulator
//! has.

mod fence;
mod fresh;
mod kept;
mod killed;
mod many;
mod objects;
mod objects_removed;
mod objects_replay;
mod removed;
mod settings;
mod shipped;
mod shipped_objects;
mod timed;
mod world;
