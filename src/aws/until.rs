//! Looking until it is so: with a pace, a deadline, and word of each status.

use tokio::time::Instant;

use super::clients::Reply;
use super::error::AwsError;
use super::pace::poll_delay;

/// What is waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Awaited {
    /// It can be used.
    Up,
    /// It is not there any more.
    Gone,
}

/// Why what was waited for did not come.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WaitFault {
    /// It is in a status out of which nothing comes by itself.
    #[error("it is `{status}`")]
    DeadEnd {
        /// The status.
        status: String,
    },
    /// It is not there, and was to be.
    #[error("it is not there")]
    Missing,
    /// The deadline is over.
    #[error("it is {}, and the time is over", .status.as_deref().map_or("not there".to_owned(), |it| format!("`{it}`")))]
    Late {
        /// The status that was seen last; none when there was nothing.
        status: Option<String>,
    },
    /// It could not be looked at.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

/// What a status means to whoever waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::aws) enum Judgement {
    /// This is it.
    Reached,
    /// It will not come.
    DeadEnd,
    /// There is nothing, yet or any more.
    Missing,
    /// It may come.
    GoesOn,
}

/// How often in a row something may not be there that was just made: a look may come before it is known everywhere.
const MISSES: u32 = 3;

/// Looks until `judge` is content with what it sees. A look that fails for a moment only is made again, slower. At the
/// deadline it looks a last time.
pub(in crate::aws) async fn until<T>(
    emulated: bool,
    deadline: Instant,
    mut look: impl AsyncFnMut() -> Result<Reply<Option<T>>, AwsError>,
    status: impl Fn(&T) -> &str,
    judge: impl Fn(Option<&str>) -> Judgement,
    mut told: impl FnMut(Option<&str>),
) -> Result<Reply<Option<T>>, WaitFault> {
    let mut last: Option<Option<String>> = None;
    let (mut failed, mut missed) = (0, 0);
    loop {
        let is_last = Instant::now() >= deadline;
        match look().await {
            Ok(reply) => {
                failed = 0;
                let now = reply.value.as_ref().map(|it| status(it).to_owned());
                if last.as_ref() != Some(&now) {
                    told(now.as_deref());
                    last = Some(now.clone());
                }
                match judge(now.as_deref()) {
                    Judgement::Reached => return Ok(reply),
                    Judgement::DeadEnd => return Err(WaitFault::DeadEnd { status: now.unwrap_or_default() }),
                    Judgement::Missing if missed == MISSES => return Err(WaitFault::Missing),
                    Judgement::Missing => missed += 1,
                    Judgement::GoesOn => missed = 0,
                }
            }
            Err(error) if error.is_transient() && !is_last => failed += 1,
            Err(error) => return Err(error.into()),
        }
        if is_last {
            return Err(WaitFault::Late { status: last.flatten() });
        }
        let next = Instant::now() + poll_delay(emulated, failed);
        tokio::time::sleep_until(next.min(deadline)).await;
    }
}
