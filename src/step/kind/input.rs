//! `input`: a person gives a typed value.

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::value::{InputType, TYPE_KEYS};

/// The keys of `input`.
pub(super) static KEYS: &[KeySpec] = &[KeySpec::required(
    "value",
    KeyType::Table(TYPE_KEYS),
    "The type of the value, as under `[inputs]`: `{ choice = [\"a\", \"b\"] }`.",
)];

/// Asks for a value, which becomes the output `value`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InputStep {
    /// What the value may be.
    pub value: InputType,
}

impl InputStep {
    /// Reads the keys of `input`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let inner = table.table("value")?;
        let value = InputType::read(&inner);
        inner.finish();
        Some(Self { value: value? })
    }
}
