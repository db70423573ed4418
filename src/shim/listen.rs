//! What a shim hears: orders, the words of checkride, and signals.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::step::command::Control;
use crate::world::process::Urgency;

/// The longest order, in bytes: an environment and arguments are bounded by the system, a standard input is not.
const LONGEST_ORDER: u64 = 256 * 1024 * 1024;

/// What comes to a shim.
pub(super) struct Heard {
    /// Orders, as they came; closed when checkride falls silent.
    pub(super) orders: mpsc::Receiver<Vec<u8>>,
    /// How urgently the last order is to end.
    pub(super) urgency: watch::Receiver<Urgency>,
}

/// Listens until the shim ends. That checkride falls silent means nothing to a program that runs: it has died, and the
/// program goes on.
pub(super) fn listen(from: Receiver) -> io::Result<Heard> {
    let (sender, urgency) = watch::channel(Urgency::None);
    let (give, orders) = mpsc::channel(1);
    tokio::task::spawn_local(hear(from, give, sender.clone()));
    let mut ends = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::quit())?];
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::task::spawn_local(async move {
        let [end, interrupt, quit] = &mut ends;
        loop {
            tokio::select! {
                Some(()) = end.recv() => sender.send_modify(|urgency| *urgency = urgency.more()),
                // The keys of a terminal are meant for the program that has it; that it is gone is no reason to end.
                Some(()) = interrupt.recv() => {}
                Some(()) = quit.recv() => {}
                Some(()) = hangup.recv() => {}
                else => return,
            }
        }
    });
    Ok(Heard { orders, urgency })
}

async fn hear(from: Receiver, give: mpsc::Sender<Vec<u8>>, words: watch::Sender<Urgency>) {
    let mut from = BufReader::new(from);
    while let Ok([first, ..]) = from.fill_buf().await {
        if let Some(word) = Control::of(*first) {
            from.consume(1);
            raise(&words, word.urgency());
            continue;
        }
        let mut text = Vec::new();
        let read = (&mut from).take(LONGEST_ORDER).read_until(b'\n', &mut text).await;
        if read.is_err() || text.last() != Some(&b'\n') {
            // Checkride has died before it had said everything: nothing is begun.
            return;
        }
        // What was said of the order before does not hold for this one.
        words.send_replace(Urgency::None);
        if give.send(text).await.is_err() {
            return;
        }
    }
}

fn raise(sender: &watch::Sender<Urgency>, to: Urgency) {
    sender.send_if_modified(|now| {
        let more = to > *now;
        *now = to.max(*now);
        more
    });
}

/// Ends when it is that urgent.
pub(super) async fn until(mut told: watch::Receiver<Urgency>, reached: Urgency) {
    reached.reached(&mut told).await;
}
