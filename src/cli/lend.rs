//! The terminal, lent to a program that talks to the person itself.
//!
//! ```text
//!  engine's side                 terminal thread
//!  lend ───── borrow ──────────▶ live area gone, the person's settings
//!  give_to(group) ─ tcsetpgrp    looks whether the program is stopped (Ctrl-Z):
//!      …the program talks…           then we stop, too, and `fg` gives it the terminal again
//!  take_back ─ tcsetpgrp ──────▶ goes on with what waited
//! ```
//!
//! The terminal thread is what prompts read keys on, so while it stands here no prompt can.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::SetArg;
use nix::unistd::{Pid, getpgrp};

use crate::cli::dialog::WAITS;
use crate::cli::job;
use crate::cli::tty::{Tty, put_aside, take_again};
use crate::report::{ScreenDoor, Stage};
use crate::step::{Lender, Loan};

/// How often the program is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// What is said when the program was stopped.
const SUSPENDED: &str = "suspended, with the program that has the terminal: `fg` to come back to it";

/// What a program that was killed may have left otherwise: colours, a hidden cursor, marked pastes. (Not the alternate
/// screen: where it was not in use, leaving it moves the cursor.)
const AS_USUAL: &str = "\u{1b}[0m\u{1b}[?25h\u{1b}[?2004l";

/// Lends a terminal.
#[derive(Clone, Debug)]
pub struct TerminalLender {
    door: ScreenDoor,
    tty: Tty,
}

impl TerminalLender {
    /// `door` leads to the screen that is lent with the terminal.
    pub fn new(door: ScreenDoor, tty: Tty) -> Self {
        Self { door, tty }
    }
}

/// The group that has the terminal, and none while nobody has. Locked for as long as the terminal changes hands.
type Borrower = Arc<Mutex<Option<Pid>>>;

impl Lender for TerminalLender {
    fn lend(&self) -> io::Result<Box<dyn Loan>> {
        let (ready, stage_is_ours) = channel();
        let (over, until_over) = channel();
        let borrower = Borrower::default();
        let (tty, seen) = (self.tty.clone(), Arc::clone(&borrower));
        self.door.borrow(move |stage| {
            let told = || stage.surface.lines(&[WAITS.to_owned()]);
            // A terminal that is gone is the program's to notice.
            let _ = tty.wait_for_foreground(&AtomicBool::new(false), told);
            put_aside(&tty);
            if ready.send(()).is_ok() {
                keep_company(stage, &tty, &seen, &until_over);
                if stage.surface.is_live() {
                    // To the beginning of a free line, wherever the cursor is: a row of spaces from there leads into the
                    // next row, and from the beginning of a row it does not.
                    let spaces = " ".repeat(stage.surface.columns());
                    stage.surface.text(&format!("{AS_USUAL}{spaces}\r\u{1b}[K"));
                }
            }
            take_again(&tty);
        });
        stage_is_ours.recv().map_err(|_| io::Error::other("the screen is gone, and the terminal with it"))?;
        Ok(Box::new(TerminalLoan { tty: self.tty.clone(), borrower, over: Some(over) }))
    }
}

fn lock(borrower: &Mutex<Option<Pid>>) -> MutexGuard<'_, Option<Pid>> {
    borrower.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until the loan is over. When the program is stopped, so are we.
fn keep_company(stage: &Stage<'_>, tty: &Tty, borrower: &Mutex<Option<Pid>>, until_over: &Receiver<()>) {
    while until_over.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
        let borrower = lock(borrower);
        if let Some(group) = borrower.filter(|group| job::is_stopped(*group)) {
            // Nobody is left to tell what fails here: then the terminal is gone.
            let theirs = tty.settings();
            let _ = tty.give_to(getpgrp());
            put_aside(tty);
            if job::has_shell() {
                stage.surface.lines(&[String::new(), SUSPENDED.to_owned()]);
                job::stop();
                let _ = tty.wait_for_foreground(&AtomicBool::new(false), || ());
            }
            if let Ok(theirs) = theirs {
                let _ = tty.set(SetArg::TCSADRAIN, &theirs);
            }
            let _ = tty.give_to(group);
            let _ = killpg(group, Signal::SIGCONT);
        }
    }
}

struct TerminalLoan {
    tty: Tty,
    borrower: Borrower,
    /// Dropped at the end of the loan: the terminal thread goes on.
    over: Option<Sender<()>>,
}

impl Loan for TerminalLoan {
    fn give_to(&mut self, group: i32) -> io::Result<()> {
        let group = Pid::from_raw(group);
        let mut borrower = lock(&self.borrower);
        self.tty.give_to(group)?;
        *borrower = Some(group);
        // One that asked for the terminal before it had it was stopped. It may have ended, too.
        let _ = killpg(group, Signal::SIGCONT);
        Ok(())
    }

    fn take_back(&mut self) -> io::Result<()> {
        let Some(over) = self.over.take() else { return Ok(()) };
        let taken = lock(&self.borrower).take();
        let result = if taken.is_some() { self.tty.give_to(getpgrp()) } else { Ok(()) };
        // Before the terminal thread goes on: a prompt saves and sets what it finds.
        take_again(&self.tty);
        drop(over);
        Ok(result?)
    }
}

impl Drop for TerminalLoan {
    fn drop(&mut self) {
        // What could not be given back is gone with its terminal.
        drop(self.take_back());
    }
}
