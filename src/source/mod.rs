//! Text with positions.

/// Where a thing stands in a file that a person wrote; it outlives the file, so it is a path, a line and a column.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct SourceRef {
    /// The path as shown, relative to the project.
    pub path: String,
    /// One-based.
    pub line: u32,
    /// One-based, in characters.
    pub column: u32,
}
