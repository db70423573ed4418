//! What AWS's models say of waiting (`waiters-2.json`): which read is repeated, how often, and what its answer means.
//!
//! Everything here is pure: the caller makes the calls and keeps the time.

mod answer;
mod fault;
mod judge;
mod model;

pub use answer::{Answer, Verdict};
pub use fault::{WaiterFault, WaitersFault};
pub use model::{Waiter, Waiters};
