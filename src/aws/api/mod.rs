//! Any operation of any service, driven by AWS's own models: JSON goes in, JSON comes out.
//!
//! The models are botocore's, as it ships them: nothing is renamed. Each room below reads one of their files.

pub mod endpoint;
pub mod jmespath;
pub mod pages;
pub mod waiter;
