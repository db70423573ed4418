//! The program as a person meets it: its commands, its guards, its failures, its resume.

mod after;
mod aws;
mod call;
mod checks;
mod commands;
mod deploy;
mod evidence;
mod folders;
mod guards;
mod orders;
mod policy;
mod readiness;
mod resume;
mod rollback;
mod secrets;
mod shim;
mod stack_back;
mod status;
mod worst;
