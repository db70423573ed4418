//! The engine, with scripted steps and a scripted operator: order, failure policies, legal moves, secrets, and the resume
//! theorem.

pub(crate) mod journals;
mod moves;
mod order;
mod schedule;
mod script;
mod secrets;
mod theorem;
