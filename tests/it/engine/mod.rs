//! The engine, with scripted steps and a scripted operator: order, failure policies, legal moves, secrets, the resume
//! theorem, and that of the way back.

pub(crate) mod journals;
mod moves;
mod open;
mod order;
mod readiness;
mod schedule;
mod script;
mod secrets;
mod talk;
mod theorem;
mod way_back;
