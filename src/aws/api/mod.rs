//! Any operation of any AWS service, driven by AWS's own API models: JSON in, JSON out.
//!
//! [`bundle`] carries the models, as botocore has them: nothing is renamed. [`access`] knows which operations only read, and
//! which IAM actions each of them needs. [`endpoint`] says where a call goes, [`pages`] and [`waiter`] what to make of its
//! answers; [`jmespath`] is the language of paths in all three.

pub mod access;
pub mod bundle;
pub mod endpoint;
pub mod jmespath;
pub mod pages;
pub mod waiter;
