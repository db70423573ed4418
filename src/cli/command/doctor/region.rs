//! The region, against AWS's own list of partitions.

use crate::aws::AwsSettings;
use crate::aws::api::bundle;
use crate::aws::api::endpoint::{Partitions, RegionStanding};
use crate::cli::command::doctor::finding::Finding;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::source::suggest;

/// AWS's partitions, as they are embedded.
pub(super) fn partitions() -> Result<Partitions, CommandError> {
    let unexpected = |error: &dyn std::error::Error| CommandError::of(ExitCode::Unexpected, error);
    let text = bundle::partitions().map_err(|error| unexpected(&error))?;
    Partitions::read(text.as_bytes()).map_err(|error| unexpected(&error))
}

/// `reached`: something answered there.
pub(super) fn region(aws: &AwsSettings, partitions: &Partitions, reached: bool) -> Finding {
    let (region, partition) = (&aws.region, partitions.of(&aws.region).name);
    // Of `arn:aws-cn:iam::…` the second part.
    let role = aws.role_arn.as_ref().and_then(|role| role.split(':').nth(1));
    if let Some(role) = role.filter(|role| *role != partition) {
        let found = format!("{region} is of partition {partition}, and the role of {role}");
        return Finding::failed("region", found, "correct `region` or `role_arn` of the profile");
    }
    if partitions.standing(region) == RegionStanding::Listed {
        return Finding::ok("region", format!("{region}, of partition {partition}"));
    }
    let near = suggest::closest(region, partitions.regions());
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    if aws.emulator.is_some() {
        let found = format!("{region} is not on this version's list of regions{near}");
        return Finding::warn("region", found, "correct `region` of the profile; an emulator takes any");
    }
    if reached {
        let found = format!("{region} is not on this version's list of regions, and answers all the same{near}");
        return Finding::warn("region", found, "nothing, if it is new");
    }
    let found = format!("{region} is no region that this version knows, and nothing answers there{near}");
    Finding::failed("region", found, "correct `region` of the profile")
}

/// Whether the region is on the list.
pub(super) fn is_listed(aws: &AwsSettings, partitions: &Partitions) -> bool {
    partitions.standing(&aws.region) == RegionStanding::Listed
}
