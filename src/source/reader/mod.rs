//! Reading TOML with positions, driven by static tables of key specifications.
//!
//! [`Document`] is the only importer of `toml`: it makes a tree of [`Node`]s with spans. A [`Table`] wraps one table of the
//! tree together with the specifications of its keys; its getters say what is wrong and go on, so that all faults of a file
//! are found at once. The reference and the JSON Schema come from the same specifications.

mod document;
mod node;
mod spec;
mod table;

pub use document::{Document, to_json};
pub use node::{Entry, Node, NodeValue, Tree};
pub use spec::{KeySpec, KeyType};
pub use table::{Reader, Table, duration_of};
