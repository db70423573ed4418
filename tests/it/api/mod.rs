//! The generic client against the tests and the models of botocore.

mod alike;
mod endpoints;
mod models;
mod protocols;
mod suite;
