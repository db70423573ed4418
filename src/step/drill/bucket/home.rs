//! A bucket is asked in its own region.

use crate::aws::{Aws, AwsReads};
use crate::step::effect::Halt;

/// The door to the region of a bucket; none when there is no such bucket.
pub(in crate::step::drill) async fn home(aws: &Aws, bucket: &str) -> Result<Option<Aws>, Halt> {
    Ok(match aws.reads().objects().region(bucket).await?.value {
        None => None,
        Some(region) if region == aws.settings().region => Some(aws.clone()),
        Some(region) => Some(aws.in_region(&region)?),
    })
}

/// The same for who only looks.
pub(in crate::step::drill) async fn home_of_reads(aws: &AwsReads, bucket: &str) -> Result<Option<AwsReads>, Halt> {
    Ok(match aws.objects().region(bucket).await?.value {
        None => None,
        Some(region) if region == aws.settings().region => Some(aws.clone()),
        Some(region) => Some(aws.in_region(&region)?),
    })
}
