//! How many calls go to a service at once: as many as anybody wants, until it asks to slow down; then half of those that were
//! under way, and one more whenever all that may be have gone well.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How often a call is tried again as a whole that was throttled through all of its attempts.
const ROUNDS: u32 = 4;

/// The calls to one service.
#[derive(Debug, Default)]
pub(in crate::aws) struct Lane {
    traffic: Mutex<Traffic>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Traffic {
    /// How many are under way.
    busy: usize,
    /// How many may be; none: as many as want.
    width: Option<usize>,
    /// How many have gone well since it was last widened.
    well: usize,
}

/// A place on a lane, until it is dropped.
struct Turn<'a>(&'a Lane);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.traffic().busy -= 1;
        self.0.freed.notify_one();
    }
}

impl Lane {
    /// Makes a call when it is its turn, and once more, a few times, while `throttled` is what it gave.
    pub(in crate::aws) async fn calls<T, E>(
        &self,
        mut call: impl AsyncFnMut() -> Result<T, E>,
        throttled: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        for _ in 1..ROUNDS {
            match self.once(&mut call, &throttled).await {
                Err(error) if throttled(&error) => {}
                settled => return settled,
            }
        }
        self.once(&mut call, &throttled).await
    }

    async fn once<T, E>(
        &self,
        call: &mut impl AsyncFnMut() -> Result<T, E>,
        throttled: &impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let turn = self.turn().await;
        let settled = call().await;
        let mut traffic = self.traffic();
        match &settled {
            Err(error) if throttled(error) => {
                traffic.width = Some((traffic.busy / 2).max(1));
                traffic.well = 0;
            }
            Ok(_) | Err(_) => {
                traffic.well += 1;
                if let Some(width) = traffic.width.filter(|width| traffic.well >= *width) {
                    traffic.width = Some(width + 1);
                    traffic.well = 0;
                    self.freed.notify_one();
                }
            }
        }
        drop(traffic);
        drop(turn);
        settled
    }

    async fn turn(&self) -> Turn<'_> {
        loop {
            // Heard from now on: what is freed between the look and the wait is not missed.
            let freed = self.freed.notified();
            {
                let mut traffic = self.traffic();
                if traffic.width.is_none_or(|width| traffic.busy < width) {
                    traffic.busy += 1;
                    return Turn(self);
                }
            }
            freed.await;
        }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::task::LocalSet;

    use super::{Lane, ROUNDS};

    #[tokio::test]
    async fn what_is_throttled_is_tried_again_a_few_times_and_then_told() {
        let lane = Lane::default();
        let tried = Cell::new(0);
        let call = async || {
            tried.set(tried.get() + 1);
            if tried.get() < 3 { Err("slow down") } else { Ok(tried.get()) }
        };
        assert_eq!(lane.calls(call, |error| *error == "slow down").await, Ok(3));
        tried.set(0);
        let never = async || {
            tried.set(tried.get() + 1);
            Err::<(), _>("slow down")
        };
        assert_eq!(lane.calls(never, |error| *error == "slow down").await, Err("slow down"));
        assert_eq!(tried.get(), ROUNDS);
        tried.set(0);
        let other = async || {
            tried.set(tried.get() + 1);
            Err::<(), _>("refused")
        };
        assert_eq!(lane.calls(other, |error| *error == "slow down").await, Err("refused"));
        assert_eq!(tried.get(), 1, "what is no throttling is an answer");
    }

    /// A service that bears three calls at once: all come through, and those that wait are not forgotten.
    #[tokio::test]
    async fn a_hundred_calls_find_a_way_through_a_narrow_place() {
        let (busy, most, done) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let lane = Lane::default();
        let one = async || {
            let call = async || {
                busy.set(busy.get() + 1);
                most.set(busy.get().max(most.get()));
                let fits = busy.get() <= 3;
                tokio::task::yield_now().await;
                busy.set(busy.get() - 1);
                if fits { Ok(()) } else { Err("slow down") }
            };
            while lane.calls(call, |error| *error == "slow down").await.is_err() {}
            done.set(done.get() + 1);
        };
        LocalSet::new().run_until(futures_util::future::join_all((0..100).map(|_| one()))).await;
        assert_eq!((busy.get(), done.get()), (0, 100));
        assert!(most.get() > 3, "it began with all");
        assert!(lane.traffic().width.is_some_and(|width| width < 20), "{lane:?}");
    }
}
