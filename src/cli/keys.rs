//! Keys one by one, for the length of a prompt.
//!
//! dialoguer's own reading is not used, because three things that a run must keep cannot be had from it: a prompt that
//! another thread can end (SIGTERM while a question is open), Ctrl-C in a password that ends the prompt and nothing else, and
//! letters that were typed before the question was shown and must not answer it. Its themes draw our prompts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::termios::Termios;
use nix::unistd::read;

use crate::cli::job;
use crate::cli::tty::{AT_ONCE, LARGE_PASTE, NoKey, Tty, begin_prompt, end_prompt, forget_typed, put_aside};

/// Somebody asked for a stop by SIGTSTP: whoever has the screen puts the terminal back, and stops.
static STOP_WANTED: AtomicBool = AtomicBool::new(false);

/// How much of a paste is kept, in bytes. The rest is read, and thrown away.
const PASTE_MAX: usize = 64 * 1024;

/// How many silent tenths of a second end a paste whose end mark does not come.
const PASTE_PATIENCE: u32 = 50;

/// How many end one that has no marks.
const PATIENCE: u32 = 10;

/// How many end a large one, which on a busy machine comes with pauses.
const LARGE_PATIENCE: u32 = 20;

/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// Notes that SIGTSTP came.
pub(in crate::cli) fn want_stop() {
    STOP_WANTED.store(true, Ordering::Relaxed);
}

/// Whether it came, and nobody has stopped since.
pub(in crate::cli) fn take_stop() -> bool {
    STOP_WANTED.swap(false, Ordering::Relaxed)
}

/// A key, or what stands for one.
#[derive(Clone, Debug, Eq, PartialEq)]
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
    /// Ctrl-Z, SIGTSTP, or we are in the background: [`Keys::pause`] is called now.
    Suspend,
    /// What was pasted, in a terminal that marks it.
    Paste(Paste),
    /// Nothing came for a tenth of a second.
    Tick,
    /// Any other.
    Other,
}

/// What was pasted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Paste {
    /// The text, without line ends at its end. What is not UTF-8 is replaced.
    pub(super) text: String,
    /// It was longer, and is not whole.
    pub(super) cut: bool,
}

/// Keys one by one, for the length of a prompt. The terminal is raw meanwhile: Ctrl-C is a key and no signal.
#[derive(Debug)]
pub(super) struct Keys {
    tty: Tty,
    after: Termios,
    cancelled: Arc<AtomicBool>,
    bytes: VecDeque<u8>,
}

impl Keys {
    /// Begins to read, once the terminal is ours; `told` is called if that must be waited for. What was typed before is
    /// thrown away: it cannot be an answer to what was not asked yet.
    pub(super) fn begin(tty: &Tty, cancelled: Arc<AtomicBool>, told: impl FnOnce()) -> Result<Self, NoKey> {
        tty.wait_for_foreground(&cancelled, told)?;
        let after = begin_prompt(tty).map_err(|_| NoKey::Lost)?;
        let mut keys = Self { tty: tty.clone(), after, cancelled, bytes: VecDeque::new() };
        keys.forget();
        Ok(keys)
    }

    /// Throws away what was typed ahead of the next prompt.
    pub(super) fn forget(&mut self) {
        self.bytes.clear();
        forget_typed(&self.tty);
    }

    /// Throws away what is pasted in a terminal that does not mark it: it comes faster than anybody types, and ends with a
    /// pause. False: that is not so.
    pub(super) fn spill(&mut self) -> Result<bool, NoKey> {
        if self.bytes.len() < AT_ONCE {
            return Ok(false);
        }
        let (mut all, mut silent) = (0, 0);
        while silent < if all > LARGE_PASTE { LARGE_PATIENCE } else { PATIENCE } {
            if self.byte()?.is_some() {
                (all, silent) = (all + 1, 0);
            } else {
                silent += 1;
            }
        }
        Ok(true)
    }

    /// Whether a stop makes sense: we are in the background already, or a shell would take over.
    pub(super) fn can_pause(&self) -> bool {
        self.tty.in_background() || job::has_shell()
    }

    /// Puts the terminal back as the person had it, stops, and goes on when we are in the foreground again.
    pub(super) fn pause(&mut self, told: impl FnOnce()) -> Result<(), NoKey> {
        self.bytes.clear();
        if !self.tty.in_background() {
            put_aside(&self.tty);
            job::stop();
        }
        take_stop();
        self.tty.wait_for_foreground(&self.cancelled, told)?;
        begin_prompt(&self.tty).map_err(|_| NoKey::Lost)?;
        self.forget();
        Ok(())
    }

    /// Waits for a key, a tenth of a second at most.
    pub(super) fn next(&mut self) -> Result<Key, NoKey> {
        if take_stop() || self.tty.in_background() {
            return Ok(Key::Suspend);
        }
        let Some(first) = self.byte()? else { return Ok(Key::Tick) };
        Ok(match first {
            b'\r' | b'\n' => Key::Enter,
            0x7f | 0x08 => Key::Backspace,
            0x03 => Key::Interrupt,
            0x04 => Key::EndOfInput,
            0x15 => Key::EraseLine,
            0x17 => Key::EraseWord,
            0x1a => Key::Suspend,
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
        let mut parameters = Vec::new();
        loop {
            match self.byte()? {
                Some(b'A') => return Ok(Key::Up),
                Some(b'B') => return Ok(Key::Down),
                Some(b'~') if parameters == b"200" => return self.paste().map(Key::Paste),
                Some(0x40..=0x7e) | None => return Ok(Key::Other),
                Some(byte) if parameters.len() < 16 => parameters.push(byte),
                Some(_) => {}
            }
        }
    }

    /// All that is pasted, to its end mark.
    fn paste(&mut self) -> Result<Paste, NoKey> {
        let (mut kept, mut tail, mut cut, mut silent) = (Vec::new(), VecDeque::new(), false, 0);
        while silent < PASTE_PATIENCE {
            let Some(byte) = self.byte()? else {
                silent += 1;
                continue;
            };
            silent = 0;
            // The last few bytes are held back: they may be the mark.
            tail.push_back(byte);
            if tail.len() == PASTE_END.len() {
                if tail.iter().eq(PASTE_END) {
                    tail.clear();
                    break;
                }
                let first = tail.pop_front().expect("it is not empty");
                if kept.len() < PASTE_MAX { kept.push(first) } else { cut = true }
            }
        }
        kept.extend(tail);
        let text = String::from_utf8_lossy(&kept).trim_end_matches(['\r', '\n']).to_owned();
        Ok(Paste { text, cut })
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
        let mut some = [0; 4096];
        match read(self.tty.fd(), &mut some) {
            // Nothing came. A terminal that was hung up gives nothing for ever, and no settings either.
            Ok(0) => self.tty.settings().map(|_| None).map_err(|_| NoKey::Lost),
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
        self.tty.drain(&self.after);
        end_prompt(&self.tty, &self.after);
    }
}
