//! A watch in front of every endpoint that a test reaches AWS by: what is read goes through, and nothing else unless the
//! journal says that it was meant.
//!
//! It trusts nothing of checkride's client. The operation is found on the wire, from what AWS itself would go by: the scope
//! of the signature, `X-Amz-Target`, `Action`, or method, path and query, held against botocore's models; whether it reads
//! stands in the committed table, read here as text.

mod intents;
mod operations;
mod proxy;
mod recognise;
mod table;
mod tests;
mod wire;

pub(crate) use proxy::{Proxy, Watch, Writing};
pub(crate) use recognise::recognise;
pub(crate) use wire::Request;
