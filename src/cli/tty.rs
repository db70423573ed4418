//! The terminal as a device: who has it, how it is set, and that it is set back.
//!
//! Settings are changed only while this process is in the terminal's foreground: in the background they are the shell's.
//! [`HELD`] knows how the person had the terminal, and how we want it just now; so whoever comes back to the foreground can
//! put our settings on again ([`retake`]), and whoever leaves in a hurry can put the person's back ([`restore`]).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::termios::{
    FlushArg, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr, tcsetattr,
};
use nix::unistd::{Pid, getpgrp, read, tcgetpgrp, tcsetpgrp, ttyname, write};

/// How often somebody who waits for the foreground looks.
const GLANCE: Duration = Duration::from_millis(50);

/// More bytes than this at once were not typed. A busy machine passes them on with pauses.
pub(super) const AT_ONCE: usize = 64;

/// A paste of more bytes than this may come with longer pauses.
pub(super) const LARGE_PASTE: usize = 64 * 1024;

/// What comes slower than this, in bytes in two seconds, is no paste: somebody leans on a key.
const PASTE_RATE: usize = 256;

/// A terminal that is set otherwise than the person had it.
struct Held {
    tty: Tty,
    before: Termios,
    /// How we want it just now; none while somebody else has it.
    wanted: Option<Termios>,
}

/// The terminal of this process, while a run or a prompt holds it.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

/// Whether a menu has hidden the cursor.
static CURSOR_HIDDEN: AtomicBool = AtomicBool::new(false);

/// Whether the terminal was asked to mark what is pasted.
static PASTE_MARKED: AtomicBool = AtomicBool::new(false);

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why no key came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoKey {
    /// Nobody wants the answer any more.
    Cancelled,
    /// The terminal is gone.
    Lost,
}

/// A terminal device that keys come from.
#[derive(Clone, Debug)]
pub struct Tty {
    fd: Arc<OwnedFd>,
    name: String,
}

impl Tty {
    /// A device, if it is a terminal, and this process is not in its background: there, the first change of its settings
    /// would stop the process.
    pub fn new(fd: OwnedFd) -> Option<Self> {
        let name = ttyname(&fd).unwrap_or_else(|_| PathBuf::from("unknown"));
        let known = tcgetattr(&fd).is_ok();
        let tty = Self { fd: Arc::new(fd), name: name.display().to_string() };
        (known && !tty.in_background()).then_some(tty)
    }

    /// The standard input, if it is a terminal of ours.
    pub fn stdin() -> Option<Self> {
        std::io::stdin().as_fd().try_clone_to_owned().ok().and_then(Self::new)
    }

    /// The device's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The device.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Whether another process group has the terminal just now.
    pub fn in_background(&self) -> bool {
        tcgetpgrp(&*self.fd).is_ok_and(|group| group != getpgrp())
    }

    /// Waits until the terminal is ours. `told` is called once, if there is anything to wait for.
    pub(super) fn wait_for_foreground(&self, cancelled: &AtomicBool, told: impl FnOnce()) -> Result<(), NoKey> {
        let mut told = Some(told);
        loop {
            match tcgetpgrp(&*self.fd) {
                Ok(group) if group != getpgrp() => {}
                // A terminal that controls no session has no foreground, and is ours.
                Ok(_) | Err(Errno::ENOTTY) => return Ok(()),
                Err(_) => return Err(NoKey::Lost),
            }
            if cancelled.load(Ordering::Relaxed) {
                return Err(NoKey::Cancelled);
            }
            if let Some(told) = told.take() {
                told();
            }
            thread::sleep(GLANCE);
        }
    }

    /// How it is set.
    pub(super) fn settings(&self) -> Result<Termios, Errno> {
        tcgetattr(&*self.fd)
    }

    /// Sets it; in the background nothing is done.
    pub(super) fn set(&self, how: SetArg, settings: &Termios) -> Result<(), Errno> {
        if self.in_background() {
            return Ok(());
        }
        unstopped(|| tcsetattr(&*self.fd, how, settings))
    }

    /// Makes a process group its foreground group.
    pub(super) fn give_to(&self, group: Pid) -> Result<(), Errno> {
        unstopped(|| tcsetpgrp(&*self.fd, group))
    }

    /// Whether two are the same open device.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.fd, &other.fd)
    }

    fn tell(&self, text: &str) {
        // A lost terminal needs nothing any more.
        let _ = write(&*self.fd, text.as_bytes());
    }

    /// Throws away what was typed and not read, also what is still on its way: a paste is longer than what the system keeps
    /// for a reader, and its rest would be typed into the shell. The settings are left raw.
    pub(super) fn drain(&self, now: &Termios) {
        if self.in_background() {
            return;
        }
        let mut raw = raw(now);
        raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        if self.set(SetArg::TCSANOW, &raw).is_err() {
            return;
        }
        let mut some = [0; 4096];
        // Where nothing waits nothing more is on its way: a paste keeps the queue full.
        let Ok(first @ 1..) = read(&*self.fd, &mut some) else { return };
        let (mut all, mut lately, mut since, mut patience) = (first, 0, Instant::now(), 0);
        while !self.in_background() {
            let needed = match all {
                ..AT_ONCE => 3,
                AT_ONCE..LARGE_PASTE => 20,
                LARGE_PASTE.. => 50,
            };
            if needed != patience {
                patience = needed;
                raw.control_chars[SpecialCharacterIndices::VTIME as usize] = patience;
                if self.set(SetArg::TCSANOW, &raw).is_err() {
                    return;
                }
            }
            let Ok(count @ 1..) = read(&*self.fd, &mut some) else { return };
            (all, lately) = (all + count, lately + count);
            if since.elapsed() >= Duration::from_secs(2) {
                if lately < PASTE_RATE {
                    return;
                }
                (lately, since) = (0, Instant::now());
            }
        }
    }
}

/// Calls with SIGTTOU blocked: in the background it would stop us, and between a look and a call one may get there.
fn unstopped<T>(call: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    let mut stopping = SigSet::empty();
    stopping.add(Signal::SIGTTOU);
    let mask = stopping.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let result = call();
    mask.thread_set_mask()?;
    result
}

/// Settings under which keys come one by one, and nothing but keys: Ctrl-C is a key and no signal. A read waits a tenth of a
/// second at most, so that a prompt that nobody wants answered any more ends soon.
pub(super) fn raw(before: &Termios) -> Termios {
    let mut raw = before.clone();
    raw.input_flags.remove(InputFlags::ICRNL | InputFlags::INLCR | InputFlags::IGNCR | InputFlags::IXON);
    raw.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG | LocalFlags::IEXTEN);
    raw.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
    raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 1;
    raw
}

/// Settings for the time in which nothing is asked: what is typed does not show, and signals come.
fn quiet(before: &Termios) -> Termios {
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO);
    // Else the kernel throws away what is on its way to the screen when Ctrl-C is pressed, and the live area, drawn
    // anew from where it was believed to be, wipes out lines that were said.
    quiet.local_flags.insert(LocalFlags::NOFLSH);
    quiet
}

/// Holds a terminal for the length of a run: what is typed while nothing is asked does not show, and however the run ends,
/// the settings and the cursor are as they were. (Not after SIGKILL: then `reset` or `stty sane` helps.)
#[derive(Debug)]
pub struct TerminalGuard(());

impl TerminalGuard {
    /// Takes a terminal. A panic in any thread puts it back before it says what it has to say.
    pub fn hold(tty: &Tty) -> Self {
        if let Ok(before) = tty.settings() {
            let mut held = held();
            if held.is_none() {
                let wanted = quiet(&before);
                // Without this the keys of an impatient person would show in the live area; it is no reason not to run.
                let _ = tty.set(SetArg::TCSADRAIN, &wanted);
                *held = Some(Held { tty: tty.clone(), before, wanted: Some(wanted) });
            }
        }
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            next(panic);
        }));
        Self(())
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        if let Some(Held { tty, before, .. }) = &*held() {
            tty.drain(before);
        }
        restore();
        held().take();
    }
}

/// Puts the held terminal back as it was, cursor included. May be called at any time, from any thread.
pub fn restore() {
    if let Some(Held { tty, before, .. }) = &*held() {
        // What was typed and not read stays for the shell no more than it did for us.
        let _ = tty.set(SetArg::TCSAFLUSH, before);
        tidy(tty);
    }
}

/// Shows the cursor, and lets pastes come unmarked, where we had it otherwise.
fn tidy(tty: &Tty) {
    if CURSOR_HIDDEN.swap(false, Ordering::Relaxed) {
        tty.tell(SHOW_CURSOR);
    }
    if PASTE_MARKED.swap(false, Ordering::Relaxed) {
        tty.tell(PLAIN_PASTE);
    }
}

/// Puts the person's settings back for the time that somebody else has the terminal.
pub(in crate::cli) fn put_aside(tty: &Tty) {
    if let Some(held) = held().as_mut().filter(|held| held.tty.is(tty)) {
        held.wanted = None;
        let _ = tty.set(SetArg::TCSAFLUSH, &held.before);
    }
    tidy(tty);
}

/// After [`put_aside`]: the terminal is ours again, and nothing is asked.
pub(in crate::cli) fn take_again(tty: &Tty) {
    if let Some(held) = held().as_mut().filter(|held| held.tty.is(tty)) {
        let wanted = quiet(&held.before);
        let _ = tty.set(SetArg::TCSAFLUSH, &wanted);
        held.wanted = Some(wanted);
    }
}

/// Puts our settings on again, if we are in the foreground: whoever was there meanwhile has set it to its own taste.
pub(in crate::cli) fn retake() {
    if let Some(Held { tty, wanted: Some(wanted), .. }) = &*held() {
        let _ = tty.set(SetArg::TCSADRAIN, wanted);
    }
}

/// Sets a terminal for a prompt, and says how to set it after that.
pub(super) fn begin_prompt(tty: &Tty) -> Result<Termios, Errno> {
    let now = tty.settings()?;
    let wanted = raw(&now);
    tty.set(SetArg::TCSADRAIN, &wanted)?;
    let mut held = held();
    match held.as_mut() {
        Some(held) if held.tty.is(tty) => held.wanted = Some(wanted),
        Some(_) => {}
        None => *held = Some(Held { tty: tty.clone(), before: now.clone(), wanted: Some(wanted) }),
    }
    Ok(now)
}

/// Sets a terminal after a prompt. Where no run holds it nobody does any more.
pub(super) fn end_prompt(tty: &Tty, after: &Termios) {
    let _ = tty.set(SetArg::TCSADRAIN, after);
    let mut held = held();
    match held.as_mut() {
        Some(it) if it.tty.is(tty) && it.before == *after => *held = None,
        Some(it) if it.tty.is(tty) => it.wanted = Some(after.clone()),
        Some(_) | None => {}
    }
}

/// Throws away what was typed ahead.
pub(super) fn forget_typed(tty: &Tty) {
    if !tty.in_background() {
        let _ = tcflush(tty.fd(), FlushArg::TCIFLUSH);
    }
}

const SHOW_CURSOR: &str = "\u{1b}[?25h";
const PLAIN_PASTE: &str = "\u{1b}[?2004l";

/// What hides the cursor. From here on [`restore`] shows it again.
pub(super) fn hide_cursor() -> &'static str {
    CURSOR_HIDDEN.store(true, Ordering::Relaxed);
    "\u{1b}[?25l"
}

/// What shows it.
pub(super) fn show_cursor() -> &'static str {
    CURSOR_HIDDEN.store(false, Ordering::Relaxed);
    SHOW_CURSOR
}

/// What asks the terminal to mark what is pasted ("bracketed paste"), so that it can be told from keys. From here on
/// [`restore`] takes it back.
pub(super) fn mark_pastes() -> &'static str {
    PASTE_MARKED.store(true, Ordering::Relaxed);
    "\u{1b}[?2004h"
}

/// What takes it back.
pub(super) fn plain_pastes() -> &'static str {
    PASTE_MARKED.store(false, Ordering::Relaxed);
    PLAIN_PASTE
}
