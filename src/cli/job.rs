//! Job control: how this process stops so that a shell can take the terminal, and who else is in a process group.
//!
//! What a stop means for a run: everything in this process stands still. A program that a step runs is in a group of its own
//! and goes on; so do stacks and restores in AWS. Clocks go on, too: the time-out of a step is not prolonged by a stop.

use std::fs;

use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::{Pid, getpgid, getpgrp, getpid, getppid, getsid};

/// A line of `/proc/PID/stat`, as far as it matters here. proc(5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Stat {
    pid: Pid,
    /// `T` is stopped, `Z` has ended.
    state: char,
    parent: Pid,
    group: Pid,
}

/// What the system says of a process. None where there is no `/proc`.
fn stat(pid: Pid) -> Option<Stat> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // The name stands in parentheses, and may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let mut number = || Some(Pid::from_raw(fields.next()?.parse().ok()?));
    Some(Stat { pid, state, parent: number()?, group: number()? })
}

/// The processes of a group, those that have ended left out.
fn members(group: Pid) -> Vec<Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
    pids.filter_map(stat).filter(|it| it.group == group && it.state != 'Z').collect()
}

/// Whether a whole group is stopped (Ctrl-Z). A program that runs alone in it is all of it.
pub(super) fn is_stopped(group: Pid) -> bool {
    let members = members(group);
    !members.is_empty() && members.iter().all(|it| it.state == 'T')
}

/// Whether somebody would notice that we stopped, and continue us: a process of our session outside of our group is the
/// parent of one in it. (POSIX calls a group without one *orphaned*, and does not stop it by a key either.)
pub(in crate::cli) fn has_shell() -> bool {
    let (group, Ok(session)) = (getpgrp(), getsid(None)) else { return false };
    let mut parent = getppid();
    loop {
        if getsid(Some(parent)) != Ok(session) {
            return false;
        }
        if getpgid(Some(parent)) != Ok(group) {
            return true;
        }
        // A wrapper, in our group: it stops with us, and whoever started it is asked.
        let Some(above) = stat(parent).map(|it| it.parent) else { return false };
        parent = above;
    }
}

/// Stops this process and what else is in its group; returns when somebody lets it go on. False: nobody would, so nothing
/// was done.
///
/// SIGSTOP, because SIGTSTP is caught here to put the terminal back first, and a handler cannot be taken away without
/// `unsafe`. `raise`, because a stop that is sent to the process may be taken by another thread, later than we go on.
pub(in crate::cli) fn stop() -> bool {
    if !has_shell() {
        return false;
    }
    for it in members(getpgrp()).into_iter().filter(|it| it.pid != getpid()) {
        // It may have ended, or be stopped already: the terminal sends the key's signal to all of a group.
        let _ = kill(it.pid, Signal::SIGTSTP);
    }
    raise(Signal::SIGSTOP).is_ok()
}

#[cfg(test)]
mod tests {
    use nix::unistd::{Pid, getpgrp, getpid, getppid};

    use super::{is_stopped, members, stat};

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_knows_us() {
        let own = stat(getpid()).unwrap();
        assert_eq!((own.pid, own.parent, own.group), (getpid(), getppid(), getpgrp()));
        assert!(members(getpgrp()).iter().any(|it| it.pid == getpid()));
        assert!(!is_stopped(getpgrp()), "we run");
        assert!(!is_stopped(Pid::from_raw(i32::MAX)), "a group of nobody is not stopped");
    }
}
