//! Kind `check`: named checks of the catalogue, in the emulator; and what no emulator says, by an address that refuses.

mod deny;
mod own;
mod table;
