//! What came of a restore of objects, in numbers, and in a few names.

use serde_json::json;

use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::step::s3::{Names, WhyNot, objects};
use crate::step::stack::aws_failure;
use crate::step::{ArtifactSink, ReadContext};

/// How many objects that are not restored are named.
const NAMED: usize = 20;

/// What came of it so far.
#[derive(Default)]
pub(super) struct Tally {
    /// Objects that are there.
    pub(super) restored: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Objects that are not.
    pub(super) failed: u64,
    /// Of which it is not sure that they were so then.
    pub(super) doubtful: Names,
    named: Vec<(String, String, WhyNot)>,
    list: Option<Box<dyn ArtifactSink>>,
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tally").field("restored", &self.restored).field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl Tally {
    /// An object is not restored.
    pub(super) fn miss(&mut self, cx: &ReadContext, key: &str, version: &str, why: WhyNot) -> Result<(), Failure> {
        self.failed += 1;
        let line = json!({ "key": key, "version": version, "why": why.words() });
        self.write(cx, &format!("{line}\n")).map_err(|error| {
            Failure::new(FailureKind::Io, format!("what is not restored cannot be listed: {error}"))
        })?;
        if self.named.len() < NAMED {
            self.named.push((key.to_owned(), version.to_owned(), why));
        }
        Ok(())
    }

    fn write(&mut self, cx: &ReadContext, line: &str) -> std::io::Result<()> {
        let list = match &mut self.list {
            Some(list) => list,
            none => none.insert(cx.artifacts.create("not-restored", "application/jsonl")?),
        };
        list.write(line.as_bytes())
    }

    /// Ends the list of what is not restored.
    pub(super) fn end_list(&mut self) -> std::io::Result<Vec<ArtifactRef>> {
        self.list.take().map(ArtifactSink::finish).into_iter().collect()
    }

    /// Why the step has failed, when an object is not restored. `bucket`: where they are restored from.
    pub(super) fn failure(&self, bucket: &str) -> Option<Failure> {
        let (_, _, first) = self.named.first()?;
        let refused = self.named.iter().find_map(|(_, _, why)| match why {
            WhyNot::Refused(error) => Some(error),
            WhyNot::Archived | WhyNot::CustomerKey | WhyNot::NotKnown => None,
        });
        let untold = || {
            let code = match first {
                WhyNot::Archived => "InvalidObjectState",
                WhyNot::CustomerKey => "CustomerKey",
                WhyNot::NotKnown | WhyNot::Refused(_) => "VersionNotKnown",
            };
            let (service, operation) = ("s3".to_owned(), "CopyObject".to_owned());
            Failure::new(FailureKind::Aws { service, operation, code: code.to_owned(), status: 0 }, "")
        };
        let mut failure = refused.map_or_else(untold, |error| Failure { causes: Vec::new(), ..aws_failure(error) });
        failure.message =
            format!("not restored: {} of s3://{bucket} (restored: {})", objects(self.failed), objects(self.restored));
        failure.causes = self.named.iter().map(|(key, _, why)| format!("{key}: {}", why.words())).collect();
        let archived = self.named.iter().find(|(_, _, why)| matches!(why, WhyNot::Archived));
        let again = "a retry goes on with what is left";
        failure.remedy = Some(match (archived, failure.remedy.take()) {
            (Some((key, version, _)), _) => format!(
                "bring each out of the archive first, which takes hours: `aws s3api restore-object --bucket {bucket} \
                 --key '{key}' --version-id {version} --restore-request Days=7`; {again}"
            ),
            (None, Some(remedy)) => format!("{remedy}; {again}"),
            (None, None) => format!("look at each by `aws s3api list-object-versions --bucket {bucket}`; {again}"),
        });
        Some(failure)
    }
}
