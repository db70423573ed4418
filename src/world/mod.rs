//! What is outside and is not AWS: the clock, child processes, HTTP, secrets, the project's git state.

pub mod clock;
pub mod git;
pub mod http;
pub mod process;
pub mod secret;
