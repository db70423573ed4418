//! The wire formats: from JSON to a request, from an answer to JSON.
//!
//! What is sent is decided by the model alone; where models and services part, the exception stands in `quirks`. Blobs,
//! streaming bodies among them, come in as base64. The conformance suite is botocore's own: `tests/it/api/protocols.rs`.

mod form;
mod input;
mod json;
mod percent;
mod request;
mod rest;
mod scalar;
mod serialize;
mod time;
mod xml;

pub use input::{InputFault, InputFaultKind};
pub use request::Request;
pub use serialize::serialize;
