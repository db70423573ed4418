//! Any operation of any AWS service, driven by AWS's own API models: JSON in, JSON out.
//!
//! [`bundle`] carries the models, as botocore has them: nothing is renamed. [`model`] is the typed view of one service,
//! [`protocol`] its wire format, [`validate`] holds an input against it before anything is sent. [`access`] knows which
//! operations only read, and which IAM actions each of them needs. [`client`] sends. [`endpoint`] says where a call goes, [`pages`] and
//! [`waiter`] what to make of its answers; [`jmespath`] is the language of paths in all three.
//!
//! Blobs are base64 both ways. Timestamps go out as ISO 8601 in UTC, as the AWS CLI v2 prints them, and come in as ISO
//! 8601 or as seconds since 1970. A member that is absent in an answer is absent in the JSON.

pub mod access;
pub mod bundle;
pub mod client;
pub mod endpoint;
pub mod jmespath;
pub mod model;
pub mod pages;
mod path;
pub mod protocol;
pub mod validate;
pub mod waiter;

pub use path::{Path, PathPart};
