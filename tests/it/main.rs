//! The integration tests: one binary.

mod aws;
mod stack;
mod support;

mod engine;
