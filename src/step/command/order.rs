//! What is said between checkride and the shim, and what the shim leaves on disk.

use std::fmt;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::event::ArtifactRef;
use crate::world::process::{Ended, Environment, StopCause, Survivor, Urgency};

/// What the shim is to do: one line. It comes over a pipe that it inherits: nothing of it is visible to other processes, or on disk.
#[derive(Deserialize, Serialize)]
pub struct Order {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// All that it sees of the environment: names and values, in base64, because they need not be text.
    pub environment: Vec<(String, String)>,
    /// What it reads.
    pub stdin: Option<String>,
    /// The secrets to cut, with their names.
    pub secrets: Vec<(String, String)>,
    /// Where its lock and state are: the path that their names begin with.
    pub place: PathBuf,
    /// Where its output goes.
    pub artifacts: PathBuf,
    /// How long it may take, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether standard output may be stored: not when outputs of it are secret.
    pub store_stdout: bool,
    /// Whether the terminal is lent to it: then nothing of its output is seen.
    pub terminal: bool,
    /// How much of each stream is handed back, uncut, to be used in expressions; in bytes.
    pub keep: u64,
    /// How much of each stream is stored; in bytes.
    pub limit: u64,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments, variables and input may be secret.
        f.debug_struct("Order").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Order {
    /// The environment, as the order holds it.
    pub fn encode(environment: &Environment) -> Vec<(String, String)> {
        let encode = |text: &std::ffi::OsStr| STANDARD.encode(text.as_bytes());
        environment.iter().map(|(name, value)| (encode(name), encode(value))).collect()
    }

    /// The environment that the order holds; none when it is no base64.
    pub fn environment(&self) -> Option<Environment> {
        let decode = |text: &String| STANDARD.decode(text).ok().map(std::ffi::OsString::from_vec);
        self.environment
            .iter()
            .map(|(name, value)| Some((decode(name)?, decode(value)?)))
            .collect::<Option<Vec<_>>>()
            .map(Environment::new)
    }
}

/// A word to a shim that works, one byte each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Control {
    /// Stop the program: SIGTERM, and SIGKILL after the grace.
    Stop,
    /// End it at once: SIGKILL.
    Kill,
}

impl Control {
    /// As it is sent.
    pub fn byte(self) -> u8 {
        match self {
            Self::Stop => b's',
            Self::Kill => b'k',
        }
    }

    /// How urgently it wants the end.
    pub fn urgency(self) -> Urgency {
        match self {
            Self::Stop => Urgency::Stop,
            Self::Kill => Urgency::Kill,
        }
    }

    /// What a byte means, if anything. (An order begins with a brace.)
    pub fn of(byte: u8) -> Option<Self> {
        match byte {
            b's' => Some(Self::Stop),
            b'k' => Some(Self::Kill),
            _ => None,
        }
    }
}

/// How a command ended. All that is here may be shown: secrets are cut.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Record {
    /// How.
    pub ended: Ended,
    /// Whether it was made to.
    pub stopped: Option<StopCause>,
    /// How long it ran, in milliseconds.
    pub took_ms: u64,
    /// What it left running.
    pub survivors: Vec<Survivor>,
    /// Its output.
    pub artifacts: Vec<ArtifactRef>,
    /// How many bytes of its output are not stored because there were too many.
    pub left_out: u64,
    /// Why its output could not all be stored, when the disk refused.
    pub broken: Option<String>,
    /// Whether what is handed back is only the beginning of the output.
    pub cut_off: bool,
}

/// One line of the state on disk.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum State {
    /// The shim has its order, and is about to start the program.
    Started {
        /// The shim.
        pid: u32,
        /// When it began, in ticks since the start of the machine.
        began: Option<u64>,
        /// The wall clock, RFC 3339.
        time: String,
    },
    /// The program runs.
    Running {
        /// The program, which is also its process group.
        pid: u32,
        /// When it began, in ticks since the start of the machine.
        began: Option<u64>,
        /// Where its output is written to meanwhile.
        output: Output,
    },
    /// It ended.
    Ended(Record),
    /// It was never started.
    Refused(NotStarted),
}

/// The files that a program's output is written to while it runs. A stream that says nothing makes no file, and one that is
/// not stored has none.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Output {
    /// Of standard output.
    pub stdout: Option<PathBuf>,
    /// Of standard error.
    pub stderr: Option<PathBuf>,
}

/// Why a program was never started.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct NotStarted {
    /// What is wrong.
    pub message: String,
    /// Why.
    pub causes: Vec<String>,
    /// What to do.
    pub remedy: Option<String>,
}

impl State {
    /// The line that holds it, with its digest.
    pub fn seal(&self) -> String {
        let text = serde_json::to_string(self).expect("a state is data that JSON can hold");
        format!("{text}\t{}\n", hex::encode(Sha256::digest(text.as_bytes())))
    }

    /// Reads the lines of a state. What a crash has torn is left out.
    pub fn open(bytes: &[u8]) -> Vec<Self> {
        let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
        whole
            .filter_map(|line| {
                let (text, digest) = std::str::from_utf8(line).ok()?.rsplit_once('\t')?;
                let right = hex::encode(Sha256::digest(text.as_bytes())) == digest;
                right.then(|| serde_json::from_str(text).ok()).flatten()
            })
            .collect()
    }
}

/// What a shim says to checkride.
#[derive(Clone, PartialEq)]
pub enum Frame {
    /// The program runs, as this process.
    Running(u32),
    /// Output for the screen, cut. May be left out.
    Shown {
        /// Whether it is standard error.
        error: bool,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A piece of what is handed back, uncut.
    Kept {
        /// Whether it is standard error.
        error: bool,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The end: its record is on disk.
    Over,
    /// After the end: it may be given another order.
    Ready,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is kept may be secret.
        f.write_str(match self {
            Self::Running(_) => "Running",
            Self::Shown { .. } => "Shown",
            Self::Kept { .. } => "Kept",
            Self::Over => "Over",
            Self::Ready => "Ready",
        })
    }
}

/// The longest piece that a frame holds, in bytes.
pub(crate) const LONGEST: usize = 256 * 1024;

/// How much is read at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

impl Frame {
    /// Sends it: a letter, the length as four bytes, the bytes.
    pub fn send(&self, to: &mut impl Write) -> io::Result<()> {
        let (letter, bytes): (u8, &[u8]) = match self {
            Self::Running(pid) => return frame(to, b'r', &pid.to_be_bytes()),
            Self::Shown { error: false, bytes } => (b'o', bytes),
            Self::Shown { error: true, bytes } => (b'e', bytes),
            Self::Kept { error: false, bytes } => (b'O', bytes),
            Self::Kept { error: true, bytes } => (b'E', bytes),
            Self::Over => (b'.', &[]),
            Self::Ready => (b'+', &[]),
        };
        frame(to, letter, bytes)
    }

    /// Whether it takes a few bytes only.
    pub fn is_short(&self) -> bool {
        match self {
            Self::Running(_) | Self::Over | Self::Ready => true,
            Self::Shown { .. } | Self::Kept { .. } => false,
        }
    }

    /// The first frame of some bytes, with its length there; none when it has not all come yet. What is no frame is an error.
    pub fn parse(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let Some(([letter, length @ ..], rest)) = bytes.split_first_chunk::<5>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "this is no frame of a shim");
        if length > LONGEST {
            return Err(wrong());
        }
        let Some(bytes) = rest.get(..length) else { return Ok(None) };
        let frame = match letter {
            b'r' => Self::Running(u32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
            b'o' => Self::Shown { error: false, bytes: bytes.to_vec() },
            b'e' => Self::Shown { error: true, bytes: bytes.to_vec() },
            b'O' => Self::Kept { error: false, bytes: bytes.to_vec() },
            b'E' => Self::Kept { error: true, bytes: bytes.to_vec() },
            b'.' => Self::Over,
            b'+' => Self::Ready,
            _ => return Err(wrong()),
        };
        Ok(Some((frame, 5 + length)))
    }
}

/// Frames as they come.
#[derive(Debug)]
pub struct Frames<R> {
    from: R,
    /// What has come and was not given yet begins at `at`.
    bytes: Vec<u8>,
    at: usize,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// The frames of a stream.
    pub fn new(from: R) -> Self {
        Self { from, bytes: Vec::new(), at: 0 }
    }

    /// The next one; none at the end. What is no frame is an error. Whoever stops waiting loses nothing.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some((frame, length)) = Frame::parse(&self.bytes[self.at..])? {
                self.at += length;
                return Ok(Some(frame));
            }
            self.bytes.drain(..self.at);
            self.at = 0;
            self.bytes.reserve(AT_ONCE);
            if self.from.read_buf(&mut self.bytes).await? == 0 {
                return Ok(None);
            }
        }
    }
}

fn frame(to: &mut impl Write, letter: u8, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // In one piece: whoever reads is woken once.
    let mut whole = Vec::with_capacity(5 + bytes.len());
    whole.push(letter);
    whole.extend(length.to_be_bytes());
    whole.extend(bytes);
    to.write_all(&whole)
}
