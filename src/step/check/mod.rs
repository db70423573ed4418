//! What the kind `check` does: asks AWS what a check of the catalogue asks, and holds the answers against its expectations.
//!
//! [`asked`](mod@asked) makes the calls, by the door that holds reads only; [`held`](mod@held) is pure: answers and
//! expectations give [`subject`](mod@subject)s, the check as a whole or the items of a list; [`found`](mod@found) makes of
//! them one result, which passes only when every subject does.

mod asked;
mod found;
mod held;
mod subject;
mod task;

pub use task::CheckTask;

#[cfg(test)]
mod tests;
