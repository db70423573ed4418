//! Who descends from whom: survivors, orphans, and processes of another session.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::killpg;
use nix::unistd::Pid;
use tokio::time::Instant;

use crate::world::process::program::Survivor;

/// How long a group that was ended may take to vanish.
const LINGER: Duration = Duration::from_millis(500);

/// Makes this process the one that takes in the orphans of its children, where the system can (Linux): a program that
/// leaves its group is still found when it outlives its parent.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // Without it survivors are looked for in the group alone.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// What is left of a program once everything that was going to end has ended. A process that was just ended stays visible
/// until its parent has taken it in.
pub(super) async fn survivors(group: Option<Pid>) -> Vec<Survivor> {
    let patience = Instant::now() + LINGER;
    loop {
        let left = left_by(group);
        if left.is_empty() || Instant::now() >= patience {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Processes of a group, and orphans that came to us. One that has ended and that nobody took in (a zombie) is not there.
pub(super) fn left_by(group: Option<Pid>) -> Vec<Survivor> {
    let Some(group) = group else { return Vec::new() };
    let orphans = adopts_orphans();
    // Who takes in orphans and has no child left has no descendant left. Asked first: to look at all processes takes longer
    // than most programs do.
    if matches!(killpg(group, None), Err(Errno::ESRCH)) && !(orphans && has_children()) {
        return Vec::new();
    }
    let Ok(entries) = std::fs::read_dir("/proc") else {
        let there = !matches!(killpg(group, None), Err(Errno::ESRCH));
        return there
            .then(|| Survivor { pid: group.as_raw(), name: "a process group".to_owned() })
            .into_iter()
            .collect();
    };
    let all: Vec<Process> = entries.flatten().filter_map(|entry| Process::read(&entry.path())).collect();
    let own = Pid::this().as_raw();
    let ours = |process: &&Process| {
        process.group == group.as_raw() || (orphans && process.pid != group.as_raw() && descends(process, own, &all))
    };
    let left = all.iter().filter(|process| !process.ended).filter(ours);
    left.map(|process| Survivor { pid: process.pid, name: process.name.clone() }).collect()
}

/// Whether this process has a child, be it one that has ended and was not taken in.
#[cfg(target_os = "linux")]
fn has_children() -> bool {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    !matches!(waitid(Id::All, flags), Err(Errno::ECHILD))
}

/// Whether this process has a child: not asked where nobody takes in orphans.
#[cfg(not(target_os = "linux"))]
fn has_children() -> bool {
    true
}

/// Whether this process takes in orphans.
fn adopts_orphans() -> bool {
    #[cfg(target_os = "linux")]
    return nix::sys::prctl::get_child_subreaper().unwrap_or(false);
    #[cfg(not(target_os = "linux"))]
    false
}

fn descends(process: &Process, ancestor: i32, all: &[Process]) -> bool {
    let mut parent = process.parent;
    // Nobody's family is deeper than there are processes; without this a race with the reuse of a number could go round.
    for _ in 0..all.len() {
        if parent == ancestor {
            return true;
        }
        match all.iter().find(|other| other.pid == parent) {
            Some(next) => parent = next.parent,
            None => return false,
        }
    }
    false
}

/// One line of `/proc/PID/stat`.
struct Process {
    pid: i32,
    name: String,
    ended: bool,
    parent: i32,
    group: i32,
}

impl Process {
    /// proc(5): the name stands in parentheses and may hold anything; state, parent and group follow it.
    fn read(folder: &Path) -> Option<Self> {
        let pid = folder.file_name()?.to_str()?.parse().ok()?;
        let stat = stat(u32::try_from(pid).ok()?)?;
        let (name, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let ended = fields.next() == Some("Z");
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self { pid, name: name.split_once('(')?.1.to_owned(), ended, parent, group })
    }
}

/// The line `/proc/PID/stat`, which the system makes anew for each read: so it is read at once. (A name is at most 64 bytes
/// long, and 51 numbers follow it.)
fn stat(pid: u32) -> Option<String> {
    let mut line = [0; 2048];
    let length = std::fs::File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut line).ok()?;
    Some(String::from_utf8_lossy(&line[..length]).into_owned())
}

/// When a process began, in clock ticks since the machine did (proc(5), field 22): with its number it is unmistakable.
/// None: there is no such process, or the system does not say.
pub fn began(pid: u32) -> Option<u64> {
    let stat = stat(pid)?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    // State is the third field. One that has ended and that nobody took in is not there any more.
    if fields.next() == Some("Z") { None } else { fields.nth(18)?.parse().ok() }
}

/// A process of the session that a process led which has ended. None: there is none, the leader lives, or the system does
/// not say. (The number of a session is given to no other process as long as the session has members.)
pub fn left_in_session(leader: u32) -> Option<u32> {
    if began(leader).is_some() {
        return None;
    }
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| session(*pid) == Some(leader)).min()
}

/// The session of a process that lives (proc(5), field 6).
fn session(pid: u32) -> Option<u32> {
    let stat = stat(pid)?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next() == Some("Z") { None } else { fields.nth(2)?.parse().ok() }
}

/// Which start of the machine this is; empty where the system does not say.
pub fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
