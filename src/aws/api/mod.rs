//! Any operation of any AWS service, driven by AWS's own API models: JSON in, JSON out.
//!
//! [`bundle`] carries the models, as botocore has them. [`access`] knows which operations only read, and which IAM actions
//! each of them needs.

pub mod access;
pub mod bundle;
