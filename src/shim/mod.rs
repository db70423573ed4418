//! The shim: a process of this program that owns one command that may change something.
//!
//! It gets its order by a pipe, starts the program, cuts secrets from its output, stores and hashes it, shows it as far as
//! somebody looks, stops the program at its deadline or when it is told to, and writes how it ended. It lives in a session of its
//! own: neither the death of checkride nor the loss of the terminal ends it. For as long as it lives it holds the command's
//! lock. What it leaves on disk is described in [`step::command`](crate::step::command).

mod capture;
mod listen;
mod serve;
mod speaker;

pub use serve::serve;
