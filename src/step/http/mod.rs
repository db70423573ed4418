//! What the kind `http` does: a request is sent, its answer becomes `out`.
//!
//! Whether a request that writes has had its effect is known as far as HTTP can tell:
//!
//! | what came | its effect |
//! |---|---|
//! | no connection, no TLS, a proxy that refused | refused: nothing was sent |
//! | 2xx, 3xx | done; but 307 and 308 say that nothing was done yet: refused |
//! | 4xx; 503 with `Retry-After` | refused |
//! | 408, any other 5xx; the connection lost, the time over, no HTTP | unknown: never sent again by itself |
//!
//! A request that only reads is as a rule sent once for each attempt, too: `retry` repeats it.

mod answer;
mod body;
mod exchange;
mod redirect;
mod task;
mod write;

pub use task::{Authority, HttpTask};
