//! A copy in parts, for an object that is too large for one call.

/// The largest object that `CopyObject` takes, in bytes ("up to 5 GB", which S3 counts as 5 GiB).
pub const LARGEST_COPY: u64 = 5 * GIB;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// The usual part: small enough to be copied within a call's time, large enough for few calls.
const PART: u64 = 512 * MIB;

/// The most parts that an upload has.
const MOST: u64 = 10_000;

/// The first and the last byte of each part of an object of so many bytes.
pub(super) fn parts(size: u64) -> Vec<(u64, u64)> {
    let least = size.div_ceil(MOST).next_multiple_of(MIB);
    let part = PART.max(least);
    (0..size.div_ceil(part)).map(|at| (at * part, ((at + 1) * part).min(size) - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::{GIB, LARGEST_COPY, MIB, parts};

    /// S3's own limits: 10,000 parts, each but the last of 5 MiB to 5 GiB.
    fn fits(size: u64) -> usize {
        let parts = parts(size);
        assert!(!parts.is_empty() && parts.len() <= 10_000, "{size}: {} parts", parts.len());
        assert_eq!((parts[0].0, parts[parts.len() - 1].1), (0, size - 1), "{size}");
        assert!(parts.windows(2).all(|two| two[0].1 + 1 == two[1].0), "{size}: a gap or a lap");
        let sizes: Vec<u64> = parts.iter().map(|(first, last)| last - first + 1).collect();
        assert!(sizes.iter().all(|size| *size <= 5 * GIB), "{size}");
        assert!(sizes[..sizes.len() - 1].iter().all(|size| *size >= 5 * MIB), "{size}");
        sizes.len()
    }

    #[test]
    fn parts_cover_an_object_within_the_limits_of_s3() {
        assert_eq!(fits(6 * GIB), 12);
        assert_eq!(fits(6_000_000_000), 12);
        assert_eq!(fits(LARGEST_COPY + 1), 11);
        assert_eq!(fits(1), 1);
        assert_eq!(fits(5 * 1024 * GIB), 9987);
        assert_eq!(fits(48 * 1024 * GIB), 9999);
    }
}
