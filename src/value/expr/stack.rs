//! Room for recursion, and a floor under panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Enough for the deepest expression that passes the limits, in a debug build (measured: 24 brackets take 2.4 MiB to parse,
/// 250 additions in a row 3 MiB to evaluate).
const DEEP_STACK: usize = 32 * 1024 * 1024;

/// `work` panicked, or there was no stack for it.
#[derive(Debug)]
pub(super) struct Broken;

/// Does `work`; on a large stack when it is `deep`.
pub(super) fn guarded<T: Send>(deep: bool, work: impl FnOnce() -> T + Send) -> Result<T, Broken> {
    if !deep {
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| Broken);
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, work);
        worker.map_err(|_| Broken)?.join().map_err(|_| Broken)
    })
}
