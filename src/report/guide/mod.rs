//! An author's guide: Markdown that was written for people who are about to do something. `parse` understands as much of it
//! as a checklist item needs (headings, lists, quotes, code, stress, links) and no HTML, so none can do anything; `lines`
//! puts it on a screen, `markdown` into a report, and the page has a template of its own.

mod lines;
mod markdown;
mod parse;

pub use lines::guide_lines;
pub use markdown::guide_markdown;

pub(super) use parse::{Block, parse};
