//! The report as one HTML page: a document that is read on a screen, on a phone and on paper, by people who were not there.
//!
//! The page is self-contained. It has no script and asks no one for anything: its content security policy allows one style,
//! by its hash, and nothing else. What it links to are its own headings and the run's `artifacts/`. It stands in four steps:
//!
//! - `page` and its neighbours turn a `RunView` into what the templates print: words, numbers, lines.
//! - `scale` and `timeline` turn moments into the places of a picture.
//! - the templates (`*.html` here, and `style.css`) say how it looks; they decide nothing.
//! - `escape` is the one door through which each value enters the page.

mod after;
mod clock;
mod drill;
mod escape;
mod exchange;
mod facts;
mod failure;
mod page;
mod scale;
mod status;
mod step;
mod timeline;

pub use page::html;
