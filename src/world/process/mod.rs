//! Child processes: a group of their own, output as it comes, an end as data.
//!
//! A program is stopped by SIGTERM to its whole group, then SIGKILL after [`GRACE`]. What it leaves behind is found in
//! `/proc` and named. A process that has made itself the reaper of its orphans ([`adopt_orphans`]) finds those, too, that
//! left the group (`setsid`, a daemon's double fork).

mod environment;
mod family;
mod look_up;
mod program;
mod run;
mod shim;
#[cfg(test)]
mod tests;
mod urgency;

pub use environment::Environment;
pub use family::{adopt_orphans, began, boot, left_in_session};
pub use look_up::{Looked, look_up};
pub use program::{Ended, Finished, Limits, ProcessError, Spawn, StopCause, Stream, Survivor, Told};
pub use run::{GRACE, run};
pub use shim::{Shim, leave_terminal, shim};
pub use urgency::Urgency;
