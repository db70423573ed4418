//! The generic client against the tests and the models of botocore.

mod alike;
mod calls;
mod differential;
mod endpoints;
mod faults;
mod models;
mod protocols;
mod regions;
mod suite;
