//! The operator's terminal, as far as a step may know of it: something that can be borrowed.

use std::io;

/// The operator's terminal, which a step may borrow for a program that talks to the person itself.
pub trait Lender: Send + Sync {
    /// Stops the live display, puts the terminal's settings back as the person had them, and gives it to a process group.
    ///
    /// Blocks until the screen is free: an open question keeps it until it is answered. So this belongs on a thread of its
    /// own (`spawn_blocking`), never on the engine's. While the loan lasts nobody is asked anything, and nothing is shown.
    /// An error: the display is gone, and with it the terminal.
    fn lend(&self) -> io::Result<Box<dyn Loan>>;
}

/// A terminal on loan.
pub trait Loan: Send {
    /// Makes a process group the terminal's foreground group (`tcsetpgrp`), and lets it go on (SIGCONT) in case it has been
    /// stopped because it asked for the terminal too early.
    ///
    /// From here on the keys are the program's: Ctrl-C reaches its group and not us. When it is stopped (Ctrl-Z), all of us
    /// stop with it, and `fg` gives it the terminal again.
    fn give_to(&mut self, group: i32) -> io::Result<()>;

    /// Takes the terminal back for our own group, with our settings; the display goes on. Also on drop. What was typed and
    /// not read by the program is thrown away.
    fn take_back(&mut self) -> io::Result<()>;
}
