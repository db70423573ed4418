//! Several looks at once, and an end to each.

use std::future::Future;
use std::time::Duration;

/// How long one look may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What is told of a look that took longer.
pub(super) const TOO_LONG: &str = "no answer within 10 s";

/// Waits for a look, but not for ever.
pub(super) async fn patiently<T>(look: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, look).await.ok()
}

/// Looks at all of them at once; what they gave is in their order. It wants a `LocalSet` around it.
pub(super) async fn all<T: 'static>(looks: impl IntoIterator<Item = impl Future<Output = T> + 'static>) -> Vec<T> {
    let begun: Vec<_> = looks.into_iter().map(tokio::task::spawn_local).collect();
    let mut given = Vec::with_capacity(begun.len());
    for look in begun {
        given.push(look.await.expect("a look is not aborted, and does not panic"));
    }
    given
}
