//! The fence of a drill: what leaves for AWS and is no read must be about something that the run has made, or that the runbook
//! says it touches.
//!
//! It stands where requests leave, below every client: what it judges is the request as it is sent, so no change goes round
//! it. Only an operation that the tables know to read, called by its model, leaves beside it: not each of them can be told from
//! a change by its request. Of what nobody has signed logins pass, and no operation does.
//! A change is let through only when all that it changes could be named and is within; of a change that it cannot read it
//! says so, and lets nothing through. Names, ARNs, other regions and other accounts come to one form first, an ARN: a replica
//! of a table is another thing than the table, and an access point is none of the run's buckets.

mod hold;
mod sent;
mod subject;

pub use hold::Fence;
pub(in crate::aws) use hold::{OutOfBounds, Unsigned};
