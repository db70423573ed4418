//! A look of a rehearsal: it has an end, and what it could not tell is told.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, resolve};
use crate::aws::{AwsError, AwsErrorKind, AwsReads, Reply};
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::end::End;

/// How long one look may take, with its repetitions.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many looks are under way at once, at most.
const AT_ONCE: usize = 8;

/// Why a look gave nothing.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::step) struct Untold {
    /// In words.
    pub(in crate::step) why: String,
    /// What a person can do.
    pub(in crate::step) remedy: Option<String>,
    /// Whether the service says that there is no such thing.
    pub(in crate::step) gone: bool,
    /// Whether the service says that the caller may not look.
    pub(in crate::step) denied: bool,
}

impl Untold {
    /// For a reason of our own.
    pub(in crate::step) fn because(why: impl Into<String>, remedy: Option<String>) -> Self {
        Self { why: why.into(), remedy, gone: false, denied: false }
    }

    /// The same as a need that cannot be told.
    pub(in crate::step) fn need(self, what: impl Into<String>) -> Need {
        Need { remedy: self.remedy, ..Need::unknown(what, self.why) }
    }

    fn of(error: &AwsError) -> Self {
        let denied = match &error.kind {
            AwsErrorKind::AccessDenied { .. } => true,
            // The answer to a HEAD has no body that could hold a code.
            AwsErrorKind::Service { status, .. } => *status == 403,
            AwsErrorKind::Throttled { .. }
            | AwsErrorKind::Expired { .. }
            | AwsErrorKind::Credentials { .. }
            | AwsErrorKind::Connect
            | AwsErrorKind::Timeout
            | AwsErrorKind::LostReply
            | AwsErrorKind::Unsupported { .. }
            | AwsErrorKind::Request
            | AwsErrorKind::EndpointNotLoopback { .. }
            | AwsErrorKind::EndpointOverridden { .. }
            | AwsErrorKind::RegionInvalid { .. }
            | AwsErrorKind::Fenced { .. }
            | AwsErrorKind::Settings { .. } => false,
        };
        let remedy = error.remedy().map(str::to_owned);
        Self { gone: says_gone(error), denied, ..Self::because(error.to_string(), remedy) }
    }
}

/// What a look at one thing found.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::step) enum Asked {
    /// It is there: the service's answer.
    There(Value),
    /// It is not, in the service's words.
    Gone(String),
    /// It could not be told.
    Untold(Untold),
}

/// A look that has not begun.
pub(in crate::step) type Look<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Waits for a look, but not for ever. It is boxed at once: the futures of calls are large, and many are nested here.
pub(in crate::step) fn patiently<'a, T: 'a>(
    cx: &'a ReadContext,
    look: impl Future<Output = T> + 'a,
) -> Look<'a, Result<T, Untold>> {
    let look = Box::pin(look);
    Box::pin(async move {
        match tokio::time::timeout(PATIENCE, cx.within(look)).await {
            Ok(Ok(given)) => Ok(given),
            Ok(Err(End::Cancelled | End::Halted)) => Err(Untold::because("stopped by the operator", None)),
            Ok(Err(End::Deadline)) | Err(_) => {
                let why = format!("no answer within {} s", PATIENCE.as_secs());
                Err(Untold::because(why, Some("look again in a moment".to_owned())))
            }
        }
    })
}

/// What a domain verb gives.
pub(in crate::step) fn told<'a, T: 'a>(
    cx: &'a ReadContext,
    look: impl Future<Output = Result<Reply<T>, AwsError>> + 'a,
) -> Look<'a, Result<T, Untold>> {
    let look = patiently(cx, look);
    Box::pin(async move {
        match look.await? {
            Ok(reply) => Ok(reply.value),
            Err(error) => Err(Untold::of(&error)),
        }
    })
}

/// What a read of the API gives. `call` is one of ours, and reads.
pub(in crate::step) fn asked<'a>(
    cx: &'a ReadContext,
    aws: &AwsReads,
    call: &'static str,
    input: Value,
) -> Look<'a, Asked> {
    let read = resolve(call).ok().and_then(|it| it.read()).expect("a rehearsal calls reads that the models know");
    let api = aws.api();
    let look = patiently(cx, async move { api.call(read, &input).await });
    Box::pin(async move {
        match look.await {
            Ok(Ok(reply)) => Asked::There(reply.value),
            Ok(Err(ApiFailure::Aws(error))) if says_gone(&error) => Asked::Gone(error.to_string()),
            Ok(Err(ApiFailure::Aws(error))) => Asked::Untold(Untold::of(&error)),
            Ok(Err(failure @ (ApiFailure::NotSent(_) | ApiFailure::Pages(_)))) => {
                Asked::Untold(Untold::because(failure.to_string(), None))
            }
            Err(untold) => Asked::Untold(untold),
        }
    })
}

/// Whether a service says that there is no such thing. Each has words of its own for it.
pub(in crate::step) fn says_gone(error: &AwsError) -> bool {
    let AwsErrorKind::Service { code, message, status } = &error.kind else { return false };
    *status == 404
        || code.contains("NotFound")
        || code.starts_with("NoSuch")
        || (code == "ValidationError" && message.contains("does not exist"))
}

/// Looks at all of them, some at once; what they gave is in their order.
pub(in crate::step) async fn all<T>(looks: Vec<Look<'_, T>>) -> Vec<T> {
    let mut given: Vec<Option<T>> = looks.iter().map(|_| None).collect();
    let mut waiting = looks.into_iter().enumerate();
    let mut begun: Vec<(usize, Look<'_, T>)> = Vec::new();
    poll_fn(|cx| {
        loop {
            begun.extend(waiting.by_ref().take(AT_ONCE - begun.len()));
            let before = begun.len();
            begun.retain_mut(|(at, look)| match look.as_mut().poll(cx) {
                Poll::Ready(value) => {
                    given[*at] = Some(value);
                    false
                }
                Poll::Pending => true,
            });
            if begun.is_empty() && waiting.len() == 0 {
                return Poll::Ready(());
            }
            // Where one has ended, another may begin.
            if begun.len() == before || waiting.len() == 0 {
                return Poll::Pending;
            }
        }
    })
    .await;
    given.into_iter().map(|value| value.expect("every look has ended")).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::{AT_ONCE, Look, all};

    #[tokio::test]
    async fn looks_keep_their_order_and_are_bounded() {
        let (now, most) = (&Cell::new(0), &Cell::new(0));
        let looks = (0..40_u64).map(|n| {
            let look: Look<'_, u64> = Box::pin(async move {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                tokio::time::sleep(Duration::from_millis((40 - n) % 7)).await;
                now.set(now.get() - 1);
                n
            });
            look
        });
        assert_eq!(all(looks.collect()).await, (0..40).collect::<Vec<_>>());
        assert_eq!(most.get(), AT_ONCE);
        assert!(all::<()>(Vec::new()).await.is_empty());
    }
}
