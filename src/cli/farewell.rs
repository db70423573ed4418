//! Signals that end the process while something is asked before a run is begun.
//!
//! During a run the engine hears them, and ends in good order. Before it there is nothing to end; but a prompt that is open
//! has the terminal in its hands, and puts it back first.

use std::sync::Once;
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};

use crate::cli::tty::restore;

/// The signals that end a process and that somebody sends to one.
const ENDS: [Signal; 4] = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT];

/// While it is held, by the thread that made it, a signal that ends the process puts the terminal back before it does.
#[derive(Debug)]
pub(super) struct Farewell {
    before: Option<SigSet>,
}

impl Farewell {
    /// From here on.
    pub(super) fn hold() -> Self {
        static WAITS: Once = Once::new();
        let ends: SigSet = ENDS.into_iter().collect();
        let before = ends.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
        // The thread has the mask of this one: signals wait until it takes them. Without it they wait for the answer.
        WAITS.call_once(|| drop(thread::Builder::new().name("farewell".to_owned()).spawn(move || wait(ends))));
        Self { before }
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            let _ = before.thread_set_mask();
        }
    }
}

/// Takes one signal, and dies of it as if it had never been waited for. (Once a run has begun its handlers are there; then
/// they hear it.)
fn wait(ends: SigSet) {
    if let Ok(signal) = ends.wait() {
        restore();
        let _ = ends.thread_unblock();
        let _ = raise(signal);
    }
}
