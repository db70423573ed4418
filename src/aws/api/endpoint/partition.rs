//! AWS's partitions (`partitions.json`): which one a region belongs to, and the suffixes of its host names.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::datum::Datum;
use super::fault::RuleSetFault;

/// All partitions.
#[derive(Clone, Debug)]
pub struct Partitions(Vec<Known>);

/// What a region's partition says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// `aws`, `aws-cn`, `aws-us-gov`, ….
    pub name: String,
    /// The end of host names.
    pub dns_suffix: String,
    /// The end of host names that answer on IPv6 too.
    pub dual_stack_dns_suffix: String,
    /// Whether there are endpoints with FIPS.
    #[serde(rename = "supportsFIPS")]
    pub supports_fips: bool,
    /// Whether there are endpoints with dual stack.
    pub supports_dual_stack: bool,
    /// The region in which global services of the partition are signed.
    pub implicit_global_region: String,
}

/// What AWS's list of regions says of a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegionStanding {
    /// A partition lists it.
    Listed,
    /// No partition lists it, and one has names like it: it is newer than the list, or a slip.
    Fitting,
    /// No partition has names like it.
    Strange,
}

#[derive(Clone, Debug)]
struct Known {
    outputs: Partition,
    pattern: Regex,
    /// The regions that are listed, each with what differs there.
    regions: BTreeMap<String, Differs>,
}

/// What a single region says otherwise than its partition.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Differs {
    name: Option<String>,
    dns_suffix: Option<String>,
    dual_stack_dns_suffix: Option<String>,
    #[serde(rename = "supportsFIPS")]
    supports_fips: Option<bool>,
    supports_dual_stack: Option<bool>,
    implicit_global_region: Option<String>,
}

#[derive(Deserialize)]
struct RawFile {
    partitions: Vec<RawPartition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPartition {
    id: String,
    region_regex: String,
    outputs: Partition,
    #[serde(default)]
    regions: BTreeMap<String, Differs>,
}

impl Partitions {
    /// Reads `partitions.json`.
    pub fn read(json: &[u8]) -> Result<Self, RuleSetFault> {
        let raw: RawFile = serde_json::from_slice(json)?;
        let known: Vec<Known> = raw.partitions.into_iter().map(Known::read).collect::<Result<_, _>>()?;
        if known.is_empty() { Err(RuleSetFault::NoPartition) } else { Ok(Partitions(known)) }
    }

    /// How surely there is such a region.
    pub fn standing(&self, region: &str) -> RegionStanding {
        if self.0.iter().any(|known| known.regions.contains_key(region)) {
            RegionStanding::Listed
        } else if self.0.iter().any(|known| known.pattern.is_match(region)) {
            RegionStanding::Fitting
        } else {
            RegionStanding::Strange
        }
    }

    /// Every region that is listed, in all partitions.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|known| known.regions.keys()).map(String::as_str)
    }

    /// The region's partition: the one that lists it, else the one whose pattern it fits, else the first (`aws`).
    pub fn of(&self, region: &str) -> Partition {
        let listed = || self.0.iter().find(|known| known.regions.contains_key(region));
        let fitting = || self.0.iter().find(|known| known.pattern.is_match(region));
        let known = listed().or_else(fitting).or(self.0.first()).expect("there is at least one partition");
        let partition = known.outputs.clone();
        match known.regions.get(region) {
            Some(differs) => differs.clone().over(partition),
            None => partition,
        }
    }
}

impl Known {
    fn read(raw: RawPartition) -> Result<Self, RuleSetFault> {
        // Regions are ASCII. With Unicode's word characters the patterns would take a hundred times as long to compile.
        let pattern = RegexBuilder::new(&raw.region_regex)
            .unicode(false)
            .build()
            .map_err(|source| RuleSetFault::Pattern { partition: raw.id, source })?;
        Ok(Known { outputs: raw.outputs, pattern, regions: raw.regions })
    }
}

impl Differs {
    fn over(self, partition: Partition) -> Partition {
        Partition {
            name: self.name.unwrap_or(partition.name),
            dns_suffix: self.dns_suffix.unwrap_or(partition.dns_suffix),
            dual_stack_dns_suffix: self.dual_stack_dns_suffix.unwrap_or(partition.dual_stack_dns_suffix),
            supports_fips: self.supports_fips.unwrap_or(partition.supports_fips),
            supports_dual_stack: self.supports_dual_stack.unwrap_or(partition.supports_dual_stack),
            implicit_global_region: self.implicit_global_region.unwrap_or(partition.implicit_global_region),
        }
    }
}

impl From<Partition> for Datum {
    fn from(partition: Partition) -> Self {
        Datum::Record(
            [
                ("name", Datum::Text(partition.name)),
                ("dnsSuffix", Datum::Text(partition.dns_suffix)),
                ("dualStackDnsSuffix", Datum::Text(partition.dual_stack_dns_suffix)),
                ("supportsFIPS", Datum::Flag(partition.supports_fips)),
                ("supportsDualStack", Datum::Flag(partition.supports_dual_stack)),
                ("implicitGlobalRegion", Datum::Text(partition.implicit_global_region)),
            ]
            .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Partitions, RegionStanding, RuleSetFault};

    const FILE: &str = r#"{"version":"1.1","partitions":[
        {"id":"aws","regionRegex":"^(us|eu)\\-\\w+\\-\\d+$","regions":{"eu-west-1":{"description":"Ireland"},
         "odd-1":{"dnsSuffix":"odd.example","supportsFIPS":false}},
         "outputs":{"name":"aws","dnsSuffix":"amazonaws.com","dualStackDnsSuffix":"api.aws","supportsFIPS":true,
         "supportsDualStack":true,"implicitGlobalRegion":"us-east-1"}},
        {"id":"aws-cn","regionRegex":"^cn\\-\\w+\\-\\d+$","regions":{"us-listed-1":{}},
         "outputs":{"name":"aws-cn","dnsSuffix":"amazonaws.com.cn","dualStackDnsSuffix":"api.cn","supportsFIPS":true,
         "supportsDualStack":true,"implicitGlobalRegion":"cn-northwest-1"}}]}"#;

    #[test]
    fn a_region_finds_its_partition() {
        let partitions = Partitions::read(FILE.as_bytes()).unwrap();
        for (region, name) in [
            ("eu-west-1", "aws"),
            ("us-new-9", "aws"),
            ("cn-new-9", "aws-cn"),
            ("us-listed-1", "aws-cn"),
            ("moon-base", "aws"),
            ("", "aws"),
        ] {
            assert_eq!(partitions.of(region).name, name, "{region}");
        }
    }

    #[test]
    fn a_region_is_listed_or_looks_like_one_or_neither() {
        let partitions = Partitions::read(FILE.as_bytes()).unwrap();
        for (region, standing) in [
            ("eu-west-1", RegionStanding::Listed),
            ("us-listed-1", RegionStanding::Listed),
            ("eu-west-9", RegionStanding::Fitting),
            ("moon-base-1", RegionStanding::Strange),
        ] {
            assert_eq!(partitions.standing(region), standing, "{region}");
        }
        assert_eq!(partitions.regions().collect::<Vec<_>>(), ["eu-west-1", "odd-1", "us-listed-1"]);
    }

    #[test]
    fn a_region_may_differ_from_its_partition() {
        let odd = Partitions::read(FILE.as_bytes()).unwrap().of("odd-1");
        assert_eq!((odd.dns_suffix.as_str(), odd.supports_fips), ("odd.example", false));
        assert_eq!((odd.dual_stack_dns_suffix.as_str(), odd.supports_dual_stack), ("api.aws", true));
    }

    #[test]
    fn wrong_files_are_refused() {
        assert!(matches!(Partitions::read(br#"{"partitions":[]}"#), Err(RuleSetFault::NoPartition)));
        assert!(matches!(Partitions::read(b"{}"), Err(RuleSetFault::Json(_))));
        let broken = FILE.replacen("^cn", "^(cn", 1);
        assert!(matches!(Partitions::read(broken.as_bytes()), Err(RuleSetFault::Pattern { .. })));
    }
}
