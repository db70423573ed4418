//! The integration tests: one binary.

mod aws_flow;
mod support;
