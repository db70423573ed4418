//! What is shipped works as it is: every runbook with every profile that fits it, every command of the README, the changelog.

mod changelog;
mod files;
mod readme;
mod recipes;
mod runbooks;

pub(crate) use files::{names, read, shipped};
