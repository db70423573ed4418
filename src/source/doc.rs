//! What `checkride explain` says about a code.

use std::fmt::Write;

use super::Code;

/// The long form of a diagnostic: one for every code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Doc {
    /// The code, `RB0xx`.
    pub code: Code,
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Why it is a fault.
    pub why: &'static str,
    /// An example that has the fault. May be empty where text cannot show it.
    pub wrong: &'static str,
    /// The same without the fault.
    pub right: &'static str,
}

impl Doc {
    /// The document as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "# {} {}\n\n## What it means\n\n{}\n\n## Why\n\n{}\n",
            self.code.0, self.name, self.meaning, self.why
        );
        for (title, example) in [("Wrong", self.wrong), ("Right", self.right)] {
            if !example.is_empty() {
                let language = if example.starts_with("$ ") { "sh" } else { "toml" };
                let _ = write!(text, "\n## {title}\n\n```{language}\n{}\n```\n", example.trim_end());
            }
        }
        text
    }
}
