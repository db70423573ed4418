//! A large previous template goes back by a bucket only.

use serde_json::json;

use crate::aws::AwsReads;
use crate::aws::stacks::MAX_INLINE;
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::{Asked, asked};
use crate::step::stack::restore::StackRestoreTask;

/// The bucket for a template of so many bytes; none is needed for a small one.
pub(super) async fn bucket(
    stack: &str,
    bytes: u64,
    undo: &StackRestoreTask,
    cx: &ReadContext,
    aws: &AwsReads,
) -> Option<Need> {
    if bytes <= MAX_INLINE as u64 {
        return None;
    }
    let what = format!("a bucket for the previous template of stack {stack}");
    let large = format!("it has {bytes} bytes, and a call carries {MAX_INLINE} at most");
    let Some(bucket) = &undo.upload_bucket else {
        let remedy = "name a bucket of the account in the stack-restore step: `upload_bucket = \"…\"`";
        return Some(Need::missing(what, large, remedy));
    };
    let input = json!({ "Bucket": bucket, "ExpectedBucketOwner": aws.settings().account });
    Some(match asked(cx, aws, "s3:HeadBucket", input).await {
        Asked::There(_) => Need::there(what, format!("s3://{bucket}")),
        Asked::Gone(why) => {
            let remedy = format!("make the bucket {bucket} before the deployment, or name another");
            Need::missing(what, format!("{large}; s3://{bucket} is not there ({why})"), remedy)
        }
        Asked::Untold(untold) => untold.need(what),
    })
}
