//! What must never be printed or stored, and the one thing that cuts it.
//!
//! [`Redactor`] is the one registry of a run's secrets; every sink cuts through it. A secret is found in the forms that
//! common encoders give it (`forms`, `escape`), all of them at once by one automaton over the bytes as they are
//! (`automaton`, `finder`), and, where a terminal's control bytes stand, over what a person at a terminal would read
//! (`view`). [`Cutter`] makes of it a stream whose output does not depend on how its input was cut into pieces.
//!
//! A net, not a boundary: a program can always write a secret in a form that nobody foresaw.

mod automaton;
mod cutter;
mod encoding;
mod escape;
mod finder;
mod forms;
mod refusal;
mod registry;
mod scan;
mod view;

#[cfg(test)]
mod generated;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use cutter::Cutter;
pub use refusal::{LONGEST, SHORTEST, SecretError};
pub use registry::{CUT, Redactor};
