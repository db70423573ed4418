//! The commands, one a file.

mod asides;
mod begin;
mod call;
mod carry_out;
mod check;
mod checks;
mod completions;
mod doctor;
mod drill;
mod drills;
mod evidence;
mod explain;
mod fence;
mod files;
mod freshness;
mod guard;
mod halted;
mod last_look;
mod list;
mod lock;
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
mod stacks;
mod status;
mod verify;
mod warn;
mod work;

pub(crate) use carry_out::carry_out;
