//! The integration tests: one binary.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod api;
mod aws;
mod bake;
mod check;
mod checks;
mod cli;
mod corpus;
mod crash;
mod doctor;
mod drill;
mod eight;
mod engine;
mod guides;
mod hardened;
mod house;
mod http;
mod journal;
mod pty;
mod ready;
mod report;
mod s3;
mod shipped;
mod stack;
mod support;
mod verify;
mod wait;
mod ways;
