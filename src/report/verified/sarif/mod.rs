//! A verification as SARIF 2.1.0 (the OASIS standard), for code scanning.
//!
//! The process is one `run`, whatever its targets: SARIF's run is one invocation of a tool, and GitHub takes no more than
//! twenty of them in a file. A target is a logical location of its results.

mod log;
mod result;
mod rules;

pub use log::sarif;
