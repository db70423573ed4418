//! The generic client: botocore's own tests of the wire formats.

mod alike;
mod protocols;
mod suite;
