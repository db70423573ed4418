//! One HTTP request: a connection is made for it, it is sent once, its answer is read as it comes.
//!
//! Nothing is pooled and nothing is repeated: between [`Client::connect`] and [`Connection::send`] stands the one moment
//! before which nothing can have arrived, and after which it may have. Redirects are the caller's, too.
//!
//! TLS is rustls with the machine's own roots, as in the AWS SDK; a project may add roots, nobody can turn verification
//! off. HTTP/1.1 is spoken. The environment's proxies are used, never for a loopback address.

mod certificate;
mod client;
mod connection;
mod error;
mod proxy;
mod trust;

pub use client::Client;
pub use connection::{Answer, Connection, Request};
pub use error::{HttpError, causes};
pub use proxy::{Proxies, is_loopback};
