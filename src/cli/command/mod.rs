//! The commands, one a file.

mod carry_out;
mod check;
mod explain;
mod last_look;
mod list;
mod plan;
mod report;
mod resume;
mod run;
mod runs;
mod show;
mod sitting;
mod warn;

pub(crate) use carry_out::carry_out;
