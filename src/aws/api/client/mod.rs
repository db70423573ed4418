//! The client: any operation of any service, sent by the SDK's own runtime.
//!
//! ```text
//!  resolve("s3:HeadBucket") ─▶ Operation ─▶ read() ─▶ ReadOperation
//!                                 │                        │
//!                       ApiWrites::call            ApiReads::call, all_pages
//!                                 └───────────┬────────────┘
//!    protocol::serialize ─ endpoint rules ─ checksum ─ sign, send, retry (the SDK) ─ protocol::parse
//! ```
//!
//! Reads are retried by the SDK. A change is sent once; it is sent again only where its input holds a token by which the
//! service knows a repetition. An input that cannot be written, an endpoint that the rules refuse, a signature that this
//! client cannot make: [`NotSent`], and nothing left this machine.

mod answered;
mod checksum;
mod fault;
mod operation;
mod place;
mod read;
mod reads;
mod send;
mod service;
mod writes;

pub use fault::{ApiFailure, NotSent};
pub use operation::{Operation, ReadOperation, ResolveFault, resolve};
pub use reads::ApiReads;
pub use send::ApiReply;
pub(in crate::aws) use send::{ApiClient, Wires};
pub use service::partition_of;
pub use writes::ApiWrites;
