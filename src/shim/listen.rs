//! What a shim hears: the words of checkride, and signals.

use std::io::Read;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::step::command::Control;

/// How urgently the program is to end.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Urgency {
    /// It may go on.
    #[default]
    None,
    /// It is to stop.
    Stop,
    /// It is to be ended at once.
    Kill,
}

/// Listens until the shim ends. That checkride falls silent means nothing: it has died, and the program goes on.
pub(super) fn listen(mut from: impl Read + Send + 'static) -> std::io::Result<watch::Receiver<Urgency>> {
    let (sender, receiver) = watch::channel(Urgency::None);
    let words = sender.clone();
    std::thread::Builder::new().name("control".to_owned()).spawn(move || {
        let mut byte = [0];
        while matches!(from.read(&mut byte), Ok(1)) {
            match Control::of(byte[0]) {
                Some(Control::Stop) => raise(&words, Urgency::Stop),
                Some(Control::Kill) => raise(&words, Urgency::Kill),
                None => {}
            }
        }
    })?;
    let mut ends = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::quit())?];
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::task::spawn_local(async move {
        let [end, interrupt, quit] = &mut ends;
        loop {
            tokio::select! {
                Some(()) = end.recv() => {
                    let next = if *sender.borrow() == Urgency::None { Urgency::Stop } else { Urgency::Kill };
                    raise(&sender, next);
                }
                // The keys of a terminal are meant for the program that has it; that it is gone is no reason to end.
                Some(()) = interrupt.recv() => {}
                Some(()) = quit.recv() => {}
                Some(()) = hangup.recv() => {}
                else => return,
            }
        }
    });
    Ok(receiver)
}

fn raise(sender: &watch::Sender<Urgency>, to: Urgency) {
    sender.send_if_modified(|now| {
        let more = to > *now;
        *now = to.max(*now);
        more
    });
}

/// Ends when it is that urgent.
pub(super) async fn until(mut urgency: watch::Receiver<Urgency>, reached: Urgency) {
    if urgency.wait_for(|now| *now >= reached).await.is_err() {
        std::future::pending::<()>().await;
    }
}
