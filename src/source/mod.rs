//! Text with positions: the files that a person wrote, what is wrong in them, and how that is shown.
//!
//! Everything that reads TOML does it through [`reader`]; everything that is said about a file is a [`Diagnostic`] with a
//! code that `checkride explain` knows; everything that is printed about it comes from [`render`](fn@render) or
//! [`render_json`].

mod codes;
mod diagnostic;
mod doc;
mod file;
mod hostile;
mod json;
mod literal;
mod load;
mod path;
pub mod reader;
mod render;
pub mod suggest;

pub use codes::{
    CONFLICTING_KEYS, DUPLICATE_KEY, FILE_IS_DIRECTORY, FILE_NOT_FOUND, FILE_TOO_LARGE, FILE_UNREADABLE, INVALID_UTF8,
    INVALID_VALUE, MISSING_KEY, NUL_BYTE, PATH_ESCAPES, SYNTAX, UNKNOWN_KEY, UNSUPPORTED_FORMAT, WRONG_TYPE,
};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use doc::Doc;
pub use file::{Located, SourceFile, SourceId, SourceRef, Sources, Span};
pub use hostile::is_hostile;
pub use json::render_json;
pub use load::{FILE_LIMIT, load};
pub use path::escapes_project;
pub use render::{escape, render};

pub(crate) use codes::DOCS;
