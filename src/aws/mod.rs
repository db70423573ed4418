//! AWS (stub until the door lands).
/// Reads.
#[derive(Clone, Debug)]
pub struct AwsReads;
/// All.
#[derive(Clone, Debug)]
pub struct Aws;
