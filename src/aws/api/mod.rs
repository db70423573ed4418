//! Any operation of any AWS service, driven by AWS's own models: JSON in, JSON out.
//!
//! Blobs are base64 both ways. Timestamps go out as ISO 8601 in UTC, as the AWS CLI v2 prints them, and come in as ISO
//! 8601 or as seconds since 1970. A member that is absent in an answer is absent in the JSON.

pub mod model;
mod path;
pub mod protocol;
pub mod validate;

pub use path::{Path, PathPart};
