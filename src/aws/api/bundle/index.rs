//! The index of the bundle: text at its beginning, read once, without unpacking anything.

use std::sync::LazyLock;

use super::entry::ServiceEntry;
use super::error::BundleError;
use super::part::Part;

/// The bundle: eight bytes of magic, the index's length, the index, the parts. `scripts/models` says it in full.
static BUNDLE: &[u8] = include_bytes!("models.bin");
const MAGIC: &[u8] = b"ckmodel\x01";

static INDEX: LazyLock<Index> =
    LazyLock::new(|| Index::read(BUNDLE).expect("the tests read the bundle that is built into this binary"));

struct Index {
    version: &'static str,
    partitions: Part,
    /// Sorted by name.
    entries: Vec<ServiceEntry>,
}

impl Index {
    /// `None` when it is not a bundle of this format.
    fn read(bundle: &'static [u8]) -> Option<Self> {
        let (length, rest) = bundle.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
        let (index, parts) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let mut lines = str::from_utf8(index).ok()?.lines();
        Some(Self {
            version: lines.next()?.strip_prefix("botocore ")?,
            partitions: Part::parse(lines.next()?.strip_prefix("partitions ")?, parts)?,
            entries: lines.map(|line| ServiceEntry::parse(line, parts)).collect::<Option<_>>()?,
        })
    }
}

/// The version of botocore that the models are from.
pub fn version() -> &'static str {
    INDEX.version
}

/// All services, sorted by name.
pub fn entries() -> &'static [ServiceEntry] {
    &INDEX.entries
}

/// The names of all services, sorted: botocore's, which are the AWS CLI's but for a few.
pub fn services() -> impl Iterator<Item = &'static str> {
    entries().iter().map(ServiceEntry::name)
}

/// The partitions of AWS and their regions: botocore's `partitions.json`, which the endpoint rules refer to.
pub fn partitions() -> Result<String, BundleError> {
    INDEX.partitions.unpack().map_err(|reason| BundleError::Damaged { service: "aws", part: "partitions", reason })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{BUNDLE, Index, entries, partitions, services, version};

    #[test]
    fn every_part_of_every_service_is_json_of_its_kind() {
        assert!(services().is_sorted() && services().count() > 400);
        for entry in entries() {
            let json = |text: String| serde_json::from_str::<Value>(&text).unwrap();
            let model = json(entry.model().unwrap());
            assert_eq!(model["metadata"]["serviceId"], entry.service_id(), "{}", entry.name());
            assert_eq!(model["metadata"]["endpointPrefix"], entry.endpoint_prefix(), "{}", entry.name());
            assert!(model["operations"].is_object() && model["shapes"].is_object(), "{}", entry.name());
            assert!(json(entry.endpoint_rules().unwrap())["rules"].is_array(), "{}", entry.name());
            if let Some(paginators) = entry.paginators().unwrap() {
                assert!(json(paginators)["pagination"].is_object(), "{}", entry.name());
            }
            if let Some(waiters) = entry.waiters().unwrap() {
                assert!(json(waiters)["waiters"].is_object(), "{}", entry.name());
            }
        }
    }

    #[test]
    fn the_partitions_are_there() {
        let partitions: Value = serde_json::from_str(&partitions().unwrap()).unwrap();
        assert_eq!(partitions["partitions"][0]["id"], "aws");
    }

    #[test]
    fn the_version_is_the_one_that_is_pinned() {
        let pins = include_str!("../../../../scripts/models-requirements.txt");
        assert!(pins.contains(&format!("\nbotocore=={} ", version())), "{}", version());
    }

    #[test]
    fn a_cut_bundle_is_none() {
        for end in [0, 7, 11, 12, 100, 50_000] {
            assert!(Index::read(&BUNDLE[..end]).is_none(), "{end}");
        }
        assert!(Index::read(&BUNDLE[1..]).is_none());
    }
}
