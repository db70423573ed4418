//! The reports of whole runs: golden files, what a page may hold, and what hostile text must not do.

mod corpus;
mod dom;
mod drills;
mod files;
mod generated;
mod golden;
mod hostile;
mod page;
mod runs;
mod schema;
mod size;
mod spice;
mod tale;
mod targets;
mod verified;
