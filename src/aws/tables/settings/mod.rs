//! What a restore does not carry over: read of a table, compared with the restored one's, and put back where an API
//! can.
//!
//! "You must manually set up the following on the restored table": auto scaling, IAM policies, alarms, tags, streams,
//! time to live, point-in-time recovery, deletion protection
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_restores.html>). A resource
//! policy, a Kinesis destination, contributor insights and replicas hang on the table, too, and stay with it.

mod alarms;
mod change;
mod data;
mod difference;
mod read;
mod scaling;
#[cfg(test)]
mod tests;
mod told;

pub use change::SettingChange;
pub use data::{Alarm, Destination, Insights, Known, Recovery, Scaling, ScalingPolicy, ScalingTarget, TableSettings};
pub use difference::{Difference, Remedy, Setting, differences};
