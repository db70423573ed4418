//! What putting objects back needs: a bucket that keeps versions, before anything is written into it.

use crate::aws::objects::Versioning;
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::told;
use crate::step::s3::task::S3RestoreTask;

/// Looks whether the bucket keeps versions.
pub(in crate::step) async fn rehearse(undo: &S3RestoreTask, cx: &ReadContext) -> Vec<Need> {
    let Some(aws) = &cx.aws else { return Vec::new() };
    let bucket = &undo.bucket;
    let what = format!("the versions of bucket {bucket}");
    let remedy =
        format!("`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled`");
    let objects = aws.objects();
    vec![match told(cx, objects.versioning(bucket)).await {
        Ok(Versioning::Enabled) => Need::there(what, "versioning is on"),
        Ok(Versioning::Never) => Need::missing(what, "it keeps none: what is overwritten is gone", remedy),
        Ok(Versioning::Suspended) => {
            Need::missing(what, "versioning is suspended: what is overwritten is gone", remedy)
        }
        Err(untold) if untold.gone => Need::later(what, "the bucket is not there yet"),
        Err(untold) => untold.need(what),
    }]
}
