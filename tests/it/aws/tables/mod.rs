//! Tables, items and backups: against the emulator, and by replayed answers for what it has not.

mod flow;
mod replay;
mod settings;
mod stage;
