//! The rollback rehearsal: what each undo will need, looked for by reads alone. Against the emulator; by replayed
//! answers where no emulator shows it.

mod command;
mod first;
mod hidden;
mod refused;
mod settings;
mod sound;
mod stage;
mod stored;
mod unlike;
