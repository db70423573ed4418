//! Named checks as data: what to ask AWS, what must hold of the answers, how to mend it.
//!
//! A check is TOML: parameters, one or several calls that read, expectations, and the words that a person needs. Those of
//! the two guides are embedded (`checks/SERVICE.toml`); a project brings its own in `checks/*.toml`, in the same format, read
//! by the same reader. [`Catalog`] holds both.
//!
//! A project's own checks are held against AWS's models whenever they are read; the embedded ones by a test.

mod call;
mod codes;
mod embedded;
mod explain;
mod keys;
mod members;
mod model;
mod names;
mod own;
mod params;
mod read;

pub use call::{refuse_input, resolve_call};
pub use codes::{
    AWS_INPUT, AWS_INPUT_DOUBTFUL, AWS_OPERATION, CHECK_CALL_WRITES, CHECK_DUPLICATE, CHECK_MEMBER, CHECK_NAME,
    CHECK_UNUSED,
};
pub use embedded::embedded;
pub use keys::{CALL_KEYS, CHECK_KEYS, EXPECT_KEYS, FILE_KEYS};
pub use model::{AllowEmpty, Call, Check, Expectation, Origin, Param, Severity};
pub use own::Catalog;

pub(crate) use codes::DOCS;
