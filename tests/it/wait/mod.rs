//! Steps of kind `wait`: one read, again and again, on each kind of read; how it ends, and what of it is on record.

mod aws;
mod ends;
pub(crate) mod fake;
mod looks;
mod record;
