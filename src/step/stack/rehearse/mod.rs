//! What putting a stack back will need: looked for before the stack is changed.
//!
//! A stack that is not there yet is undone by its deletion (`first`). One that is there needs what it is now: its
//! template, the values of its parameters (`hidden`: those that the service gives away to nobody), what the template
//! names and does not hold (`stored`), a bucket for a large template (`bucket`), no change beside `CloudFormation`
//! (`drift`), what a deployment takes out with data in it (`removed`). What is set beside the template goes on record
//! (`beside`), and what is cut from the record is told (`record`).

mod beside;
mod bucket;
mod drift;
mod existing;
mod first;
mod hidden;
mod new;
mod record;
mod removed;
mod stack;
mod stored;

pub(in crate::step) use stack::rehearse;
