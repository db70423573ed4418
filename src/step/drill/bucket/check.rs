//! Whether two objects hold the same: by what S3 keeps of them where that tells, else by reading both.

use std::collections::BTreeMap;

use crate::aws::objects::{ObjectContent, ObjectReads, ObjectVersion};
use crate::aws::{AwsError, Reply};

/// How often an object is read whose bytes did not all arrive.
const TRIES: u32 = 4;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) reads: ObjectReads,
    pub(super) bucket: String,
}

/// Two objects of the same key and size.
#[derive(Clone, Debug)]
pub(super) struct Two {
    /// Their key, behind the prefixes.
    pub(super) key: String,
    pub(super) one: ObjectVersion,
    pub(super) other: ObjectVersion,
}

impl Two {
    /// Whether the listings alone say that they hold the same: the tag of an object that came in one piece is the MD5 of
    /// what it holds, and what else S3 makes tags of (KMS) it makes for one object alone (Amazon S3 API reference, "Object").
    pub(super) fn is_same_by_tag(&self) -> bool {
        !self.one.etag.is_empty() && !self.one.etag.contains('-') && self.one.etag == self.other.etag
    }
}

/// Whether two objects hold the same. What is not there any more does not.
pub(super) async fn is_same(one: &Side, other: &Side, two: &Two) -> Result<bool, AwsError> {
    let (left, right) = (looked_at(one, &two.one).await?, looked_at(other, &two.other).await?);
    let (Some(left), Some(right)) = (left, right) else { return Ok(false) };
    if let Some(told) = told(&left, &right) {
        return Ok(told);
    }
    Ok(digest(one, &two.one).await? == digest(other, &two.other).await?)
}

/// What S3 tells of it without reading; none: nothing that decides.
fn told(one: &ObjectContent, other: &ObjectContent) -> Option<bool> {
    if one.size != other.size {
        return Some(false);
    }
    if !one.hides_etag && !other.hides_etag {
        if one.etag == other.etag {
            return Some(true);
        }
        // Cut otherwise, the same has another tag.
        if !one.etag.contains('-') && !other.etag.contains('-') {
            return Some(false);
        }
    }
    let (algorithm, value) = first_of_both(&one.checksums, &other.checksums)?;
    match (one.of_parts, other.of_parts) {
        (false, false) => Some(other.checksums[algorithm] == value),
        (true, true) => (other.checksums[algorithm] == value).then_some(true),
        (true, false) | (false, true) => None,
    }
}

fn first_of_both<'a>(
    one: &'a BTreeMap<&'static str, String>,
    other: &BTreeMap<&'static str, String>,
) -> Option<(&'static str, &'a str)> {
    // A long checksum says more than a short one.
    let known = ["SHA256", "SHA1", "CRC64NVME", "CRC32C", "CRC32"].into_iter();
    known.filter(|name| other.contains_key(name)).find_map(|name| Some((name, one.get(name)?.as_str())))
}

/// The id to ask for a version by; a bucket that keeps none is asked without.
fn id(version: &ObjectVersion) -> Option<&str> {
    (version.version != "null" || !version.latest).then_some(version.version.as_str())
}

async fn looked_at(side: &Side, version: &ObjectVersion) -> Result<Option<ObjectContent>, AwsError> {
    let reply = side.reads.content(&side.bucket, &version.key, id(version)).await?;
    Ok(reply.value)
}

async fn digest(side: &Side, version: &ObjectVersion) -> Result<[u8; 32], AwsError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match side.reads.digest(&side.bucket, &version.key, id(version)).await {
            Ok(Reply { value, .. }) => return Ok(value),
            Err(error) if error.is_transient() && tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{ObjectContent, told};

    fn content(etag: &str, checksums: &[(&'static str, &str)]) -> ObjectContent {
        let checksums: BTreeMap<_, _> = checksums.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        ObjectContent { size: 9, etag: etag.to_owned(), hides_etag: false, checksums, of_parts: false }
    }

    #[test]
    fn what_s3_keeps_tells_where_it_can() {
        let plain = |etag: &str| content(etag, &[]);
        let hidden = |checksums| ObjectContent { hides_etag: true, ..content("k", checksums) };
        let parts = |etag: &str, value| ObjectContent { of_parts: true, ..content(etag, &[("SHA256", value)]) };
        assert_eq!(told(&plain("a"), &plain("a")), Some(true));
        assert_eq!(told(&plain("a"), &plain("b")), Some(false));
        assert_eq!(told(&plain("a"), &ObjectContent { size: 8, ..plain("a") }), Some(false));
        // In parts, or encrypted by KMS, a tag says nothing against it.
        assert_eq!(told(&plain("a-2"), &plain("b")), None);
        assert_eq!(told(&hidden(&[]), &plain("a")), None);
        assert_eq!(told(&hidden(&[("CRC64NVME", "1")]), &content("a", &[("CRC64NVME", "1")])), Some(true));
        assert_eq!(told(&hidden(&[("CRC64NVME", "1")]), &content("a", &[("CRC64NVME", "2")])), Some(false));
        assert_eq!(told(&hidden(&[("CRC64NVME", "1")]), &content("a", &[("SHA256", "1")])), None, "two algorithms");
        // Of parts: equal says the same, and other says nothing.
        assert_eq!(told(&parts("a-2", "1"), &parts("b-2", "1")), Some(true));
        assert_eq!(told(&parts("a-2", "1"), &parts("b-3", "2")), None);
        assert_eq!(told(&parts("a-2", "1"), &content("b", &[("SHA256", "1")])), None);
    }
}
