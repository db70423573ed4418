//! The engine, with scripted steps and a scripted operator: order, failure policies, and the resume theorem.

mod order;
mod script;
mod theorem;
