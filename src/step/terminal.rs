//! The operator's terminal, as a step may have it for a while.

use std::io;

/// The operator's terminal, which a step may borrow for a program that talks to the person itself.
pub trait Lender: Send + Sync {
    /// Stops the live display, puts the terminal's settings back as the person had them, and gives it away.
    fn lend(&self) -> io::Result<Box<dyn Loan>>;
}

/// A terminal that is lent. When it is dropped it is taken back.
pub trait Loan: Send {
    /// Makes a process group the terminal's foreground group.
    fn give_to(&mut self, group: i32) -> io::Result<()>;

    /// Takes the terminal back for our own group, with our settings; the display goes on.
    fn take_back(&mut self) -> io::Result<()>;

    /// Takes the terminal back as the person had it, and stops this process as a shell expects of Ctrl-Z. Returns when it
    /// is continued in the foreground.
    fn pause(&mut self) -> io::Result<()>;
}
