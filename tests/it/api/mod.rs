//! The generic client against the tests and the models of botocore.

mod endpoints;
mod models;
mod suite;
