//! What an operation does to an account: whether it only reads, and which IAM actions it needs.
//!
//! Two committed tables, made by `scripts/access` from the models, IAM's access levels and `review.txt`, which a person
//! wrote. The default is a write: what no table names, a misspelt name too, is one. Services and operations are named as
//! in [`bundle`](super::bundle).

mod actions;
mod reads;

pub use actions::iam_actions;
pub use reads::{is_read, reads};
