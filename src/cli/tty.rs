//! The terminal as a device: how it is set, that it is set back, and the keys that come from it.
//!
//! dialoguer's own reading is not used, because three things that a run must keep cannot be had from it: a prompt that
//! another thread can end (SIGTERM while a question is open), Ctrl-C in a password that ends the prompt and nothing else, and
//! letters that were typed before the question was shown and must not answer it. Its themes draw our prompts.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::termios::{
    FlushArg, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr, tcsetattr,
};
use nix::unistd::{getpgrp, read, tcgetpgrp, ttyname};

/// The settings that [`restore`] puts back: of the terminal that a [`TerminalGuard`] holds.
static SAVED: Mutex<Option<(Tty, Termios)>> = Mutex::new(None);

/// Whether a menu has hidden the cursor.
static CURSOR_HIDDEN: AtomicBool = AtomicBool::new(false);

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
        let background = tcgetpgrp(&fd).is_ok_and(|group| group != getpgrp());
        (known && !background).then(|| Self { fd: Arc::new(fd), name: name.display().to_string() })
    }

    /// The standard input, if it is a terminal of ours.
    pub fn stdin() -> Option<Self> {
        std::io::stdin().as_fd().try_clone_to_owned().ok().and_then(Self::new)
    }

    /// The device's path.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Holds a terminal for the length of a run: what is typed while nothing is asked does not show, and however the run ends,
/// the settings and the cursor are as they were. (Not after SIGKILL: then `reset` or `stty sane` helps.)
#[derive(Debug)]
pub struct TerminalGuard(());

impl TerminalGuard {
    /// Takes a terminal. A panic in any thread puts it back before it says what it has to say.
    pub fn hold(tty: &Tty) -> Self {
        if let Ok(before) = tcgetattr(&*tty.fd) {
            let mut quiet = before.clone();
            quiet.local_flags.remove(LocalFlags::ECHO);
            // Else the kernel throws away what is on its way to the screen when Ctrl-C is pressed, and the live area, drawn
            // anew from where it was believed to be, wipes out lines that were said.
            quiet.local_flags.insert(LocalFlags::NOFLSH);
            // Without this the keys of an impatient person would show in the live area; it is no reason not to run.
            let _ = tcsetattr(&*tty.fd, SetArg::TCSADRAIN, &quiet);
            let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
            if saved.is_none() {
                *saved = Some((tty.clone(), before));
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
        restore();
        SAVED.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Puts the held terminal back as it was, cursor included. May be called at any time, from any thread.
pub fn restore() {
    if let Some((tty, before)) = &*SAVED.lock().unwrap_or_else(PoisonError::into_inner) {
        // What was typed and not read stays for the shell no more than it did for us.
        let _ = tcsetattr(&*tty.fd, SetArg::TCSAFLUSH, before);
        if CURSOR_HIDDEN.swap(false, Ordering::Relaxed) {
            let _ = nix::unistd::write(&*tty.fd, SHOW_CURSOR.as_bytes());
        }
    }
}

const SHOW_CURSOR: &str = "\u{1b}[?25h";

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

/// A key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    Char(char),
    Enter,
    Backspace,
    /// Ctrl-U: the whole line goes.
    EraseLine,
    /// Ctrl-W: the last word goes.
    EraseWord,
    Up,
    Down,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    EndOfInput,
    /// Any other.
    Other,
}

/// Why no key came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoKey {
    /// Nobody wants the answer any more.
    Cancelled,
    /// The terminal is gone.
    Lost,
}

/// Keys one by one, for the length of a prompt. The terminal is raw meanwhile: Ctrl-C is a key and no signal.
#[derive(Debug)]
pub(super) struct Keys {
    tty: Tty,
    before: Termios,
    cancelled: Arc<AtomicBool>,
    bytes: VecDeque<u8>,
}

impl Keys {
    /// Begins to read. What was typed before is thrown away: it cannot be an answer to what was not asked yet.
    pub(super) fn begin(tty: &Tty, cancelled: Arc<AtomicBool>) -> Result<Self, NoKey> {
        let before = tcgetattr(&*tty.fd).map_err(|_| NoKey::Lost)?;
        let mut raw = before.clone();
        raw.input_flags.remove(InputFlags::ICRNL | InputFlags::INLCR | InputFlags::IGNCR | InputFlags::IXON);
        raw.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG | LocalFlags::IEXTEN);
        // A read waits a tenth of a second at most, so that a cancelled prompt ends soon.
        raw.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 1;
        tcsetattr(&*tty.fd, SetArg::TCSADRAIN, &raw).map_err(|_| NoKey::Lost)?;
        let keys = Self { tty: tty.clone(), before, cancelled, bytes: VecDeque::new() };
        keys.forget_typed();
        Ok(keys)
    }

    /// Throws away what was typed ahead.
    fn forget_typed(&self) {
        let _ = tcflush(&*self.tty.fd, FlushArg::TCIFLUSH);
    }

    /// Throws away what was typed ahead of the next prompt.
    pub(super) fn forget(&mut self) {
        self.bytes.clear();
        self.forget_typed();
    }

    /// Waits for a key.
    pub(super) fn next(&mut self) -> Result<Key, NoKey> {
        let first = loop {
            if let Some(byte) = self.byte()? {
                break byte;
            }
        };
        Ok(match first {
            b'\r' | b'\n' => Key::Enter,
            0x7f | 0x08 => Key::Backspace,
            0x03 => Key::Interrupt,
            0x04 => Key::EndOfInput,
            0x15 => Key::EraseLine,
            0x17 => Key::EraseWord,
            0x1b => self.sequence()?,
            b'\t' => Key::Char(' '),
            0..=0x1f => Key::Other,
            0x20..=0x7e => Key::Char(char::from(first)),
            0x80..=0xff => self.wide(first)?,
        })
    }

    /// The rest of an escape sequence. A sequence comes in one piece, so a pause is its end.
    fn sequence(&mut self) -> Result<Key, NoKey> {
        let Some(b'[' | b'O') = self.byte()? else { return Ok(Key::Other) };
        loop {
            match self.byte()? {
                Some(b'A') => return Ok(Key::Up),
                Some(b'B') => return Ok(Key::Down),
                Some(0x40..=0x7e) | None => return Ok(Key::Other),
                Some(_) => {}
            }
        }
    }

    /// A character of several bytes.
    fn wide(&mut self, first: u8) -> Result<Key, NoKey> {
        let length = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return Ok(Key::Other),
        };
        let mut bytes = vec![first];
        while bytes.len() < length {
            match self.byte()? {
                Some(byte) => bytes.push(byte),
                None => return Ok(Key::Other),
            }
        }
        Ok(std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()).map_or(Key::Other, Key::Char))
    }

    /// The next byte, or none when nothing came for a tenth of a second.
    fn byte(&mut self) -> Result<Option<u8>, NoKey> {
        if let Some(byte) = self.bytes.pop_front() {
            return Ok(Some(byte));
        }
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(NoKey::Cancelled);
        }
        let mut some = [0; 256];
        match read(&*self.tty.fd, &mut some) {
            // Nothing came. A terminal that was hung up gives nothing for ever, and no settings either.
            Ok(0) => tcgetattr(&*self.tty.fd).map(|_| None).map_err(|_| NoKey::Lost),
            Ok(count) => {
                self.bytes.extend(&some[..count]);
                Ok(self.bytes.pop_front())
            }
            Err(Errno::EINTR | Errno::EAGAIN) => Ok(None),
            Err(_) => Err(NoKey::Lost),
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(&*self.tty.fd, SetArg::TCSADRAIN, &self.before);
    }
}
