//! The wire formats: from JSON to a request, from an answer to JSON.
//!
//! What is sent is decided by the model alone; where models and services part, the exception stands in `quirks`. Blobs,
//! streaming bodies among them, come in as base64. The conformance suite is botocore's own: `tests/it/api/protocols.rs`.

mod cbor;
mod error;
mod form;
mod from_headers;
mod from_json;
mod from_xml;
mod input;
mod json;
mod output;
mod parse;
mod percent;
mod quirks;
mod reply;
mod request;
mod rest;
mod rpc_cbor;
mod scalar;
mod sensitive;
mod serialize;
#[cfg(test)]
mod test_errors;
#[cfg(test)]
mod test_hostile;
#[cfg(test)]
mod test_models;
#[cfg(test)]
mod test_requests;
#[cfg(test)]
mod test_special;
mod time;
mod xml;

pub use input::{InputFault, InputFaultKind};
pub use parse::parse;
pub(in crate::aws::api) use quirks::{is_filled_in, is_shown_as_json};
pub use reply::{Answer, ApiError, Output, ParseFault, Reply, Stream};
pub use request::Request;
pub(in crate::aws::api) use scalar::{is_base64, is_time};
pub use sensitive::{Secret, Sensitive, sensitive};
pub use serialize::serialize;
