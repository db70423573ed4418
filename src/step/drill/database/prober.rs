//! Who tries again and again whether somebody answers, while something else is done: so the gap is seen from outside.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use crate::step::ReadContext;
use crate::step::kind::Probe;
use crate::world::clock::Clock;
use crate::world::http::{Client, Proxies, Request};

/// How long one try may take: at least, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// What was seen so far.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Seen {
    /// How many tries there were.
    pub(super) probes: u32,
    /// How many of them failed.
    pub(super) failures: u32,
    /// When the first of those began.
    pub(super) first_failure: Option<DateTime<Utc>>,
    /// When the first one that went well after the last failure ended.
    pub(super) first_success: Option<DateTime<Utc>>,
    /// How many went well in a row, up to the last, since [`Prober::anew`].
    pub(super) in_row: u32,
    /// Why the last failure was one.
    pub(super) why: String,
}

impl Seen {
    /// Counts a try.
    fn note(&mut self, begun: DateTime<Utc>, ended: DateTime<Utc>, answer: Result<(), String>) {
        self.probes += 1;
        match answer {
            Ok(()) => {
                if self.failures > 0 && self.first_success.is_none() {
                    self.first_success = Some(ended);
                }
                self.in_row += 1;
            }
            Err(why) => {
                self.failures += 1;
                self.first_failure.get_or_insert(begun);
                // It was not over yet.
                self.first_success = None;
                self.in_row = 0;
                self.why = why;
            }
        }
    }

    /// From the first failure to the first success after the last; zero without a failure, none while it lasts.
    pub(super) fn gap(&self) -> Option<TimeDelta> {
        match (self.first_failure, self.first_success) {
            (None, _) => Some(TimeDelta::zero()),
            (Some(from), Some(to)) => Some((to - from).max(TimeDelta::zero())),
            (Some(_), None) => None,
        }
    }
}

/// Tries a place, at a pace.
pub(super) struct Prober {
    probe: Probe,
    every: Duration,
    client: Client,
    seen: RefCell<Seen>,
}

impl Prober {
    /// One that has not begun.
    pub(super) fn new(cx: &ReadContext, probe: Probe, every: Duration) -> Self {
        let variable = |name: &str| Some(cx.environment.get(name)?.to_str()?.to_owned());
        let client = Client::new(Proxies::of(variable), None);
        Self { probe, every, client, seen: RefCell::default() }
    }

    /// Whether it tries anything.
    pub(super) fn looks(&self) -> bool {
        self.probe != Probe::None
    }

    /// What it tries, in words.
    pub(super) fn place(&self) -> String {
        match &self.probe {
            Probe::None => "none".to_owned(),
            Probe::Tcp(host, port) => format!("{host}:{port}"),
            Probe::Url(url) => url.to_string(),
        }
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Counts those that go well in a row from here.
    pub(super) fn anew(&self) {
        self.seen.borrow_mut().in_row = 0;
    }

    /// Tries for ever: whoever waits for something else drops it. A try that hangs is a failure, and holds nobody up.
    pub(super) async fn run(&self, cx: &ReadContext) -> Infallible {
        if !self.looks() {
            return std::future::pending().await;
        }
        let patience = self.every.clamp(PATIENCE.0, PATIENCE.1);
        loop {
            let (next, begun) = (Instant::now() + self.every, Clock::System.now());
            let answer = timeout(patience, self.once()).await;
            let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {patience:?}")));
            let before = self.seen();
            self.seen.borrow_mut().note(begun, Clock::System.now(), answer);
            let now = self.seen();
            if now.failures > before.failures && before.first_failure.is_none() {
                cx.say(format!("{} does not answer: {}", self.place(), now.why));
            }
            if let (None, Some(_), Some(gap)) = (before.first_success, now.first_success, now.gap()) {
                cx.say(format!(
                    "{} answers again, {} ms after the first that failed",
                    self.place(),
                    gap.num_milliseconds()
                ));
            }
            sleep_until(next).await;
        }
    }

    async fn once(&self) -> Result<(), String> {
        match &self.probe {
            Probe::None => Ok(()),
            Probe::Tcp(host, port) => {
                let place = (host.as_str(), *port);
                TcpStream::connect(place).await.map(drop).map_err(|error| error.to_string())
            }
            Probe::Url(url) => self.request(url).await,
        }
    }

    async fn request(&self, url: &Url) -> Result<(), String> {
        let connection = self.client.connect(url).await.map_err(|error| error.to_string())?;
        let request = Request { method: "GET", url, headers: &[], body: None };
        let answer = connection.send(&request).await.map_err(|error| error.to_string())?;
        if answer.status >= 500 { Err(format!("HTTP {}", answer.status)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::Seen;

    /// Tries of 10 ms, one every 100 ms: which of them went well.
    fn seen(all: &[bool]) -> Seen {
        let mut seen = Seen::default();
        let from = DateTime::<Utc>::UNIX_EPOCH;
        for (number, well) in (0..).zip(all) {
            let begun = from + TimeDelta::milliseconds(number * 100);
            let answer = if *well { Ok(()) } else { Err("refused".to_owned()) };
            seen.note(begun, begun + TimeDelta::milliseconds(10), answer);
        }
        seen
    }

    fn gap(all: &[bool]) -> Option<i64> {
        seen(all).gap().map(|gap| gap.num_milliseconds())
    }

    #[test]
    fn the_gap_is_from_the_first_failure_to_the_success_after_the_last() {
        assert_eq!(gap(&[]), Some(0));
        assert_eq!(gap(&[true, true]), Some(0));
        assert_eq!(gap(&[true, false, false, true, true]), Some(210));
        assert_eq!(gap(&[true, false, true, false, true]), Some(310), "it came, went and came: one gap");
        assert_eq!(gap(&[true, false]), None, "it lasts");
        let seen = seen(&[true, false, true, true]);
        assert_eq!((seen.probes, seen.failures, seen.in_row), (4, 1, 2));
    }
}
