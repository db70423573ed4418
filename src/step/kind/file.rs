//! `file`: a file of the project is read into `out.content`.

use std::path::Path;

use super::stack::inside_project;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::value::{Template, template};

/// The keys of `file`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("path", KeyType::Template, "The file, relative to the project."),
    KeySpec::optional(
        "format",
        KeyType::Choice(&["toml", "json", "yaml", "text"]),
        "by the file's ending, else text",
        "How the file is read.",
    ),
];

/// How a file is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileFormat {
    /// As TOML.
    Toml,
    /// As JSON.
    Json,
    /// As YAML.
    Yaml,
    /// As one string.
    Text,
}

impl FileFormat {
    /// The format that a file's ending speaks for.
    pub fn of(path: &str) -> Self {
        match Path::new(path).extension().and_then(|ending| ending.to_str()) {
            Some("toml") => Self::Toml,
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            Some(_) | None => Self::Text,
        }
    }
}

/// Reads a TOML, JSON, YAML or text file of the project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileStep {
    /// The file, relative to the project.
    pub path: Template,
    /// How it is read; none: [`FileFormat::of`] its path.
    pub format: Option<FileFormat>,
}

impl FileStep {
    /// Reads the keys of `file`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let path = template(table, "path");
        let format = table.choice("format").map(|word| match word.value {
            "toml" => FileFormat::Toml,
            "json" => FileFormat::Json,
            "yaml" => FileFormat::Yaml,
            _ => FileFormat::Text,
        });
        inside_project(table, path.as_ref());
        Some(Self { path: path?, format })
    }
}
