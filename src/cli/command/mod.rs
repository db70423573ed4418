//! The commands, one a file.

mod asides;
mod call;
mod carry_out;
mod check;
mod checks;
mod completions;
mod doctor;
mod evidence;
mod explain;
mod files;
mod guard;
mod halted;
mod last_look;
mod list;
mod on_record;
mod plan;
mod report;
mod resume;
mod rollback;
mod run;
mod runs;
mod shim;
mod show;
mod sitting;
mod status;
mod warn;

pub(crate) use carry_out::carry_out;
