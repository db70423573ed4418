//! What came of it, in numbers, and in a few names.

use serde_json::{Value, json};

use crate::aws::AwsError;
use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::step::s3::batch::Job;
use crate::step::s3::one::WhyNot;
use crate::step::s3::ours::Ours;
use crate::step::s3::task::S3RestoreTask;
use crate::step::stack::aws_failure;
use crate::step::{ArtifactSink, Ran, ReadContext};

/// How many keys are named.
const NAMED: usize = 20;

/// Keys that are counted, the first of them by name.
#[derive(Debug, Default)]
pub(in crate::step) struct Names {
    pub(in crate::step) count: u64,
    first: Vec<String>,
}

impl Names {
    pub(in crate::step) fn add(&mut self, key: &str) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(key.to_owned());
        }
    }

    /// The names, for the end of a sentence.
    pub(in crate::step) fn list(&self) -> String {
        let more = self.count - self.first.len() as u64;
        let first = self.first.join(", ");
        if more == 0 { first } else { format!("{first} and {more} more") }
    }
}

/// An object that is not back, for people.
struct Missed {
    key: String,
    version: String,
    why: WhyNot,
}

/// What came of it so far.
#[derive(Default)]
pub(super) struct Story {
    /// Copied in this attempt.
    pub(super) copied: u64,
    /// Copied by an earlier attempt.
    pub(super) back: u64,
    /// Hidden by this step.
    pub(super) hidden: u64,
    /// As they were.
    pub(super) unchanged: u64,
    /// Bytes that were copied in this attempt.
    pub(super) bytes: u64,
    /// Not there then, and left as they are.
    pub(super) kept: Names,
    /// Written after the run's last step.
    pub(super) later: Names,
    /// Of which it is not sure that they were so then.
    pub(super) doubtful: Names,
    /// Not back.
    missed: Vec<Missed>,
    pub(super) failed: u64,
    /// The whole list of what is not back.
    list: Option<Box<dyn ArtifactSink>>,
}

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Story").field("copied", &self.copied).field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl Story {
    /// After earlier attempts.
    pub(super) fn after(ours: &Ours) -> Self {
        Self { hidden: ours.hidden(), ..Self::default() }
    }

    /// How many objects are back by this step.
    pub(super) fn restored(&self) -> u64 {
        self.copied + self.back
    }

    /// Whether this attempt has changed anything.
    pub(super) fn has_changed(&self) -> bool {
        self.copied > 0 || self.hidden > 0
    }

    /// An object is not back.
    pub(super) fn miss(&mut self, cx: &ReadContext, key: &str, version: &str, why: WhyNot) -> std::io::Result<()> {
        self.failed += 1;
        if self.list.is_none() {
            self.list = Some(cx.artifacts.create("not-restored", "application/jsonl")?);
        }
        if let Some(list) = &mut self.list {
            let line = json!({ "key": key, "version": version, "why": why.words() });
            list.write(format!("{line}\n").as_bytes())?;
        }
        if self.missed.len() < NAMED {
            self.missed.push(Missed { key: key.to_owned(), version: version.to_owned(), why });
        }
        Ok(())
    }

    /// The same for an object of a batch.
    pub(super) fn miss_job(&mut self, cx: &ReadContext, job: &Job, why: WhyNot) -> std::io::Result<()> {
        self.miss(cx, &job.of.key, &job.of.version, why)
    }

    /// Ends the list of what is not back.
    pub(super) fn end_list(&mut self) -> std::io::Result<Vec<ArtifactRef>> {
        self.list.take().map(ArtifactSink::finish).into_iter().collect()
    }

    fn out(&self, task: &S3RestoreTask) -> Value {
        json!({
            "at": task.when(),
            "restored": self.restored(),
            "unchanged": self.unchanged,
            "hidden": self.hidden,
            "kept": self.kept.count,
            "failed": self.failed,
            "bytes": self.bytes,
        })
    }

    /// What the step gives. `not_as_it_was` says what a last look has found beside what is known to have failed.
    pub(super) fn ran(mut self, task: &S3RestoreTask, not_as_it_was: u64) -> Ran {
        let mut artifacts = Vec::new();
        let mut warnings = Vec::new();
        match self.end_list() {
            Ok(list) => artifacts.extend(list),
            Err(error) => warnings.push(format!("the list of what is not back cannot be put on record: {error}")),
        }
        let failure = self.failure(task).or_else(|| {
            let message = format!(
                "not as of {}, although all was put back: {} of {}",
                task.when(),
                objects(not_as_it_was),
                task.place()
            );
            let failure = Failure::new(FailureKind::Lost, message)
                .with_remedy("somebody else writes there: stop that, then retry");
            (not_as_it_was > 0).then_some(failure)
        });
        let (place, when) = (task.place(), task.when());
        let mut notes = Vec::new();
        let seen = objects(self.unchanged);
        if self.restored() + self.hidden == 0 {
            notes.push(format!("nothing to do: {place} is as it was at {when} ({seen})"));
        } else {
            notes.push(format!("put back as of {when}: {} of {place}", objects(self.restored())));
            if self.hidden > 0 {
                notes.push(format!("hidden by a delete marker: {}", objects(self.hidden)));
            }
            if self.unchanged > 0 {
                notes.push(format!("as they were: {seen}"));
            }
        }
        if self.kept.count > 0 {
            notes.push(format!("kept, though new since then: {}", self.kept.list()));
        }
        if self.later.count > 0 {
            warnings.push(format!(
                "put back over what somebody else wrote after the run's last step, which lies beneath: {} ({})",
                objects(self.later.count),
                self.later.list()
            ));
        }
        if self.doubtful.count > 0 {
            warnings.push(format!(
                "written in the very second of {when}, perhaps only after it: {} ({})",
                objects(self.doubtful.count),
                self.doubtful.list()
            ));
        }
        Ran {
            out: self.out(task),
            note: failure.is_none().then(|| notes.join("; ")),
            // What a step is warned of is all that is told of it: what was done belongs there, too.
            warning: (!warnings.is_empty()).then(|| [notes, warnings].concat().join("; ")),
            failure,
            artifacts,
            ..Ran::default()
        }
    }

    /// Why the step has failed, when an object is not back.
    fn failure(&self, task: &S3RestoreTask) -> Option<Failure> {
        let first = self.missed.first()?;
        let done = objects(self.restored() + self.hidden);
        let refused: Option<&AwsError> = self.missed.iter().find_map(|missed| match &missed.why {
            WhyNot::Refused(error) => Some(error),
            WhyNot::Archived | WhyNot::CustomerKey | WhyNot::NotKnown => None,
        });
        let mut failure = match (refused, &first.why) {
            (Some(error), _) => Failure { causes: Vec::new(), ..aws_failure(error) },
            (None, why) => {
                let code = match why {
                    WhyNot::Archived => "InvalidObjectState",
                    WhyNot::CustomerKey => "CustomerKey",
                    WhyNot::NotKnown | WhyNot::Refused(_) => "VersionNotKnown",
                };
                let (service, operation) = ("s3".to_owned(), "CopyObject".to_owned());
                Failure::new(FailureKind::Aws { service, operation, code: code.to_owned(), status: 0 }, "")
            }
        };
        failure.message = format!("not put back: {} of {} (put back: {done})", objects(self.failed), task.place());
        failure.causes = self.missed.iter().map(|missed| format!("{}: {}", missed.key, missed.why.words())).collect();
        let archived = self.missed.iter().find(|missed| matches!(missed.why, WhyNot::Archived));
        let again = "a retry goes on with what is left";
        failure.remedy = Some(match (archived, failure.remedy.take()) {
            (Some(missed), _) => format!(
                "bring each out of the archive first, which takes hours: `aws s3api restore-object --bucket {} --key '{}' \
                 --version-id {} --restore-request Days=7`; {again}",
                task.bucket, missed.key, missed.version
            ),
            (None, Some(remedy)) => format!("{remedy}; {again}"),
            (None, None) => {
                format!("look at each by `aws s3api list-object-versions`, put right what is in the way; {again}")
            }
        });
        Some(failure)
    }
}

/// `1 object`, `2 objects`.
pub(in crate::step) fn objects(count: u64) -> String {
    if count == 1 { "1 object".to_owned() } else { format!("{count} objects") }
}

/// Bytes, as people read them.
pub(in crate::step) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} bytes");
    }
    let (mut whole, mut rest, mut unit) = (count, 0, None);
    for next in UNITS {
        if whole < 1000 && unit.is_some() {
            break;
        }
        (whole, rest, unit) = (whole / 1000, whole % 1000 / 100, Some(next));
    }
    format!("{whole}.{rest} {}", unit.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Names, bytes, objects};

    #[test]
    fn numbers_are_read_by_people() {
        assert_eq!([0, 1, 2].map(objects), ["0 objects", "1 object", "2 objects"]);
        assert_eq!(
            [0, 999, 1000, 1_550, 6_000_000_000].map(bytes),
            ["0 bytes", "999 bytes", "1.0 kB", "1.5 kB", "6.0 GB"]
        );
    }

    #[test]
    fn the_first_are_named() {
        let mut names = Names::default();
        for number in 0..22 {
            names.add(&format!("k{number}"));
        }
        assert!(names.list().ends_with("k18, k19 and 2 more"), "{}", names.list());
    }
}
