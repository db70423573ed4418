//! What is outside and is not AWS: the clock, child processes, secrets, the project's git state.

pub mod clock;
pub mod git;
pub mod process;
pub mod secret;
