//! An s3-restore step with all its values known.

use std::rc::Rc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::aws::Aws;
use crate::aws::objects::Versioning;
use crate::event::{EffectState, Failure, FailureKind};
use crate::source::Span;
use crate::step::kind::{CreatedSince, S3Restore};
use crate::step::s3::ask::{ask, count};
use crate::step::s3::halt::Halt;
use crate::step::s3::pace::Pace;
use crate::step::s3::pass::{Pass, Tally};
use crate::step::s3::story::Story;
use crate::step::s3::take_up::take_up;
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::{EvalError, Scope, Template};
use crate::world::clock::rfc3339;

/// What an s3-restore step is asked to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3RestoreTask {
    /// The bucket.
    pub bucket: String,
    /// The beginning of the keys.
    pub prefix: String,
    /// The time to go back to.
    pub at: DateTime<Utc>,
    /// Whether objects that did not exist then get a delete marker on top.
    pub hides: bool,
}

impl WriteAction for S3RestoreTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        self.lines()
    }

    fn confirms_itself(&self) -> bool {
        true
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.restore(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever became of a batch: the next attempt begins with a look at it, and goes on with what is left.
    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        match &cx.aws {
            Some(_) => Probed::UnderWay,
            None => Probed::CannotTell { why: "the run has no account to ask".to_owned() },
        }
    }
}

impl S3RestoreTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or that is no bucket or no time.
    pub fn of(restore: &S3Restore, scope: &Scope) -> Result<Self, TaskFault> {
        let fault = |span: Option<Span>, why: String| TaskFault { span, why };
        let text = |template: &Template| {
            let told = |error: EvalError| fault(Some(template.span()), format!("`{}`: {error}", template.text()));
            template.eval_text(scope).map_err(told)
        };
        let (at, span) = match &restore.at {
            Some(at) => (text(at)?, Some(at.span())),
            // What a run is, its scope says.
            None => (scope.get(&["run", "started"]).and_then(Value::as_str).unwrap_or_default().to_owned(), None),
        };
        let time = DateTime::parse_from_rfc3339(&at)
            .map_err(|error| fault(span, format!("`at` is `{at}`, which is no time (RFC 3339): {error}")))?;
        let bucket = text(&restore.bucket)?;
        if bucket.is_empty() || bucket.contains(['/', ':']) {
            let why = format!("`{bucket}` is no name of a bucket: the name alone, neither `s3://…` nor an ARN");
            return Err(fault(Some(restore.bucket.span()), why));
        }
        let prefix = restore.prefix.as_ref().map(text).transpose()?.unwrap_or_default();
        Ok(Self { bucket, prefix, at: time.to_utc(), hides: restore.created_since == CreatedSince::Hide })
    }

    /// The calls of a step of a plan, as far as its values are known.
    pub fn preview(restore: &S3Restore, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let prefix = restore.prefix.as_ref().map(text).unwrap_or_default();
        let at = restore.at.as_ref().map_or_else(|| "the beginning of the run".to_owned(), text);
        Self::outline(&text(&restore.bucket), &prefix, &at, restore.created_since == CreatedSince::Hide)
    }

    /// The calls, as far as they are known before the versions are listed.
    fn outline(bucket: &str, prefix: &str, at: &str, hides: bool) -> Vec<String> {
        let since = if hides {
            "s3:DeleteObject (a delete marker on top, no version) of what did not exist then"
        } else {
            "what did not exist then stays"
        };
        vec![
            format!("s3:ListObjectVersions of s3://{bucket}/{prefix}"),
            format!("s3:CopyObject, on top, of each version that was current at {at} and is not now"),
            format!(
                "  aws s3api copy-object --bucket {bucket} --key KEY --copy-source '{bucket}/KEY?versionId=VERSION'"
            ),
            format!("  {since}"),
        ]
    }

    pub(super) fn lines(&self) -> Vec<String> {
        Self::outline(&self.bucket, &self.prefix, &self.when(), self.hides)
    }

    /// The time, for people.
    pub(super) fn when(&self) -> String {
        rfc3339(self.at)
    }

    /// Where it works.
    pub(super) fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    async fn restore(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = cx.aws.clone().ok_or_else(|| {
            Failure::new(FailureKind::Guard, "an s3-restore step needs an account")
                .with_remedy("give the profile an `[aws]` section")
        })?;
        self.may(cx, &aws).await?;
        let ours = take_up(cx, &aws, self).await?;
        let mut shown = None;
        if !cx.unasked {
            cx.read.say(format!("counting what is to be put back under {}", self.place()));
            let counted = count(cx, &aws, self, &ours).await?;
            if counted.all() > 0 {
                ask(cx, &aws, self, &counted).await?;
            }
            shown = Some(counted);
        }
        let story = Story::after(&ours);
        let (pace, total, tally) = (Pace::default(), Rc::default(), Tally::default());
        let mut pass = Pass { cx, aws: &aws, task: self, ours, story, pace, shown, total, tally, hidden: 0 };
        match pass.go().await {
            Ok(()) => {}
            // What was done belongs to the record of the attempt that failed.
            Err(Halt::Failed(failure)) => {
                let Ran { out, artifacts, .. } = pass.story.ran(self, 0);
                return Ok(Ran { out, artifacts, ..Ran::failed(*failure) });
            }
            Err(Halt::Stop(stop)) => return Err(Halt::Stop(stop)),
        }
        // Where nothing was changed, the pass was the look.
        let left = if pass.story.has_changed() { pass.proof().await? } else { 0 };
        Ok(pass.story.ran(self, left))
    }

    /// Refuses what cannot be put back, before anything is changed.
    async fn may(&self, cx: &WriteContext, aws: &Aws) -> Result<(), Halt> {
        let at = self.when();
        if cx.read.scope.now().is_some_and(|now| self.at > now) {
            let failure = Failure::new(FailureKind::Guard, format!("{at} has not come yet: nothing is known of it"));
            return Err(failure.with_remedy("give `at` a time in the past").into());
        }
        let bucket = &self.bucket;
        let (message, remedy) = match aws.reads().objects().versioning(bucket).await?.value {
            Versioning::Enabled => return Ok(()),
            Versioning::Never => (
                format!("bucket {bucket} keeps no versions: what was there at {at} is not there any more"),
                format!(
                    "put the objects back from a backup; `aws s3api put-bucket-versioning --bucket {bucket} \
                     --versioning-configuration Status=Enabled` keeps what is written from then on"
                ),
            ),
            Versioning::Suspended => (
                format!("versioning of bucket {bucket} is suspended: a copy would replace a version for ever"),
                format!(
                    "`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled`, \
                     then retry"
                ),
            ),
        };
        Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into())
    }
}
