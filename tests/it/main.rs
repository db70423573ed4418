//! The integration tests: one binary.

mod aws;
mod corpus;
mod engine;
mod stack;
mod support;
