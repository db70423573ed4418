//! Any operation of any AWS service, driven by AWS's own API models: JSON in, JSON out.
//!
//! [`bundle`] carries the models, as botocore has them.

pub mod bundle;
