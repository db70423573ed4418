//! Drills: restored, read back, measured, removed; in the emulator, and against a fake with the sense of time that no emulator
//! has.

mod databases;
mod databases_removed;
mod failed_over;
mod fence;
mod fresh;
mod kept;
mod killed;
mod rds;
mod rds_state;
mod rds_xml;
mod removed;
mod settings;
mod shipped;
mod shipped_databases;
mod timed;
mod world;
