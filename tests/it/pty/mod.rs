//! The person at the terminal: the real binary in a pseudo-terminal, from the first prompt to the last word.

mod back;
mod ends;
mod far;
mod guided;
mod hostile;
mod lend;
mod login;
mod matrix;
mod production;
mod project;
mod running;
pub(crate) mod support;
mod table;
