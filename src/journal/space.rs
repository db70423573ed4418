//! Room on the disk: looked for before a run begins, and reserved ahead of what is written.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::sys::statvfs::statvfs;

/// How much is reserved ahead of the journal's end, in bytes.
pub(crate) const AHEAD: u64 = 1024 * 1024;

/// The least that must be free for a run to begin, in bytes.
pub const LEAST_ROOM: u64 = 64 * 1024 * 1024;

/// Reserves room in a file without making it longer. A file system that cannot do so leaves it at that: then lack of room
/// shows when something is written, and stops the run there.
#[cfg(target_os = "linux")]
pub(crate) fn reserve(file: &File, from: u64, bytes: u64) -> io::Result<()> {
    use nix::errno::Errno;
    use nix::fcntl::{FallocateFlags, fallocate};
    let (Ok(from), Ok(bytes)) = (i64::try_from(from), i64::try_from(bytes)) else { return Ok(()) };
    loop {
        return match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, from, bytes) {
            Err(Errno::EINTR) => continue,
            Err(errno @ (Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG | Errno::EIO)) => Err(io::Error::from(errno)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
}

/// Only Linux reserves room without making the file longer.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reserve(_: &File, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

/// Asks the system to begin to put a part of a file on the disk, and goes on: who waits for the whole file at its end then waits
/// for little. What was written there is not kept in memory. That it cannot do so is no harm; an error of the disk comes with
/// the wait.
#[cfg(target_os = "linux")]
pub(crate) fn begin_to_sync(file: &File, from: u64, bytes: u64) {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
    let (Ok(from), Ok(bytes)) = (i64::try_from(from), i64::try_from(bytes)) else { return };
    // Pages that are not needed any more are written at once, or soon after.
    let _ = posix_fadvise(file, from, bytes, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
}

/// Only of Linux it is known that it takes the advice so.
#[cfg(not(target_os = "linux"))]
pub(crate) fn begin_to_sync(_: &File, _: u64, _: u64) {}

/// How many bytes are free for this user where a path is, or will be. None when the system does not say.
pub(crate) fn free(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|path| path.exists())?;
    let stat = statvfs(there).ok()?;
    let (blocks, size): (u128, u128) = (stat.blocks_available().into(), stat.fragment_size().into());
    u64::try_from(blocks * size).ok()
}
