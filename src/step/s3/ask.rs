//! Where no rollback was confirmed as a whole: it is counted first, shown, and a person says yes to just that.

use chrono::{DateTime, Utc};

use crate::aws::Aws;
use crate::aws::stacks::shown_digest;
use crate::event::{AnswerSource, Ask, Choice, Question};
use crate::step::s3::find::{Key, Verdict};
use crate::step::s3::halt::Halt;
use crate::step::s3::ours::Ours;
use crate::step::s3::story::{Names, bytes, objects};
use crate::step::s3::task::S3RestoreTask;
use crate::step::s3::walk::Walk;
use crate::step::{NoAnswer, StepStop, WriteContext};
use crate::world::clock::rfc3339;

/// What there is to be done.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Objects to copy.
    pub(super) copies: u64,
    /// Their bytes.
    bytes: u64,
    /// Objects to hide.
    pub(super) hides: u64,
    kept: u64,
    same: u64,
    not_known: u64,
    oldest: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
    first: Names,
}

impl Counted {
    /// Counts a key.
    pub(super) fn add(&mut self, key: &Key, verdict: Verdict, hides: bool) {
        match verdict {
            Verdict::AsItWas | Verdict::Back => self.same += 1,
            Verdict::Absent => {}
            Verdict::NotKnown => self.not_known += 1,
            Verdict::CreatedSince if hides => self.hides += 1,
            Verdict::CreatedSince => self.kept += 1,
            Verdict::Copy => {
                let Some(was) = &key.was else { return };
                self.copies += 1;
                self.bytes += was.size;
                self.oldest = Some(self.oldest.map_or(was.modified, |oldest| oldest.min(was.modified)));
                self.newest = Some(self.newest.map_or(was.modified, |newest| newest.max(was.modified)));
                self.first.add(&was.key);
            }
        }
    }

    /// How many cannot be put back.
    pub(super) fn not_known(&self) -> u64 {
        self.not_known
    }

    /// How many objects are changed.
    pub(super) fn all(&self) -> u64 {
        self.copies + self.hides
    }

    /// What is shown.
    fn lines(&self, task: &S3RestoreTask) -> Vec<String> {
        let mut lines = Vec::new();
        if self.copies > 0 {
            let at = task.when();
            lines.push(format!("~   back to the version of {at}: {}, {}", objects(self.copies), bytes(self.bytes)));
        }
        if let (Some(oldest), Some(newest)) = (self.oldest, self.newest) {
            lines.push(format!("    written from {} to {}", rfc3339(oldest), rfc3339(newest)));
        }
        if self.hides > 0 {
            lines.push(format!("-   new since then, hidden by a delete marker on top: {}", objects(self.hides)));
        }
        if self.kept > 0 {
            lines.push(format!("    new since then, kept: {}", objects(self.kept)));
        }
        if self.same > 0 {
            lines.push(format!("    as they were: {}", objects(self.same)));
        }
        if self.not_known > 0 {
            lines.push(format!("!   what they were is gone: {}", objects(self.not_known)));
        }
        lines.push("    no version is deleted: what is there now lies beneath".to_owned());
        lines
    }
}

/// Counts what there is to be done.
pub(super) async fn count(cx: &WriteContext, aws: &Aws, task: &S3RestoreTask, ours: &Ours) -> Result<Counted, Halt> {
    let mut counted = Counted::default();
    let mut walk = Walk::new(aws.reads().objects(), &task.bucket, &task.prefix, task.at);
    while let Some(key) = walk.next(&cx.read).await?? {
        let verdict = key.verdict(ours);
        counted.add(&key, verdict, task.hides);
    }
    Ok(counted)
}

/// Asks until there is an answer to act on.
pub(super) async fn ask(cx: &WriteContext, aws: &Aws, task: &S3RestoreTask, counted: &Counted) -> Result<(), Halt> {
    let question = question(cx, aws, task, counted);
    loop {
        let answer = cx.read.ask(question.clone()).await?;
        return Err(Halt::Stop(match answer.choice {
            Choice::Run => return Ok(()),
            Choice::Decline => StepStop::Declined { reason: answer.reason },
            Choice::Skip => StepStop::Skipped { reason: answer.reason.unwrap_or_default() },
            Choice::Abort => StepStop::Aborted,
            // The operator reads on, or has put a note on record. A file says the same for ever.
            Choice::Show | Choice::Note if matches!(answer.from, AnswerSource::Terminal { .. }) => continue,
            Choice::Show
            | Choice::Note
            | Choice::Yes
            | Choice::No
            | Choice::Done
            | Choice::NotApplicable
            | Choice::Value
            | Choice::Execute
            | Choice::Retry
            | Choice::RollBack
            | Choice::Happened
            | Choice::DidNotHappen
            | Choice::Gap
            | Choice::Observe
            | Choice::Recommend
            | Choice::Enough => StepStop::NoAnswer(NoAnswer::DoesNotFit {
                question: question.id.clone(),
                why: format!("`{}` is not an answer to it", answer.choice),
            }),
        }));
    }
}

fn question(cx: &WriteContext, aws: &Aws, task: &S3RestoreTask, counted: &Counted) -> Question {
    let settings = aws.settings();
    let title = format!(
        "Put back {} of {} in {} {}{}?",
        objects(counted.all()),
        task.place(),
        settings.account,
        settings.region,
        if settings.emulator.is_some() { " (emulator)" } else { "" }
    );
    let choices = vec![Choice::Run, Choice::Show, Choice::Note, Choice::Skip, Choice::Decline, Choice::Abort];
    let mut question = Question::new(format!("{}.objects", cx.read.step), Ask::ApproveChange, title, choices);
    question.step = Some(cx.read.step.clone());
    question.body = counted.lines(task);
    question.shown = Some(shown_digest(&task.place(), &question.body));
    question.detail = task.lines();
    if counted.first.count > 0 {
        question.detail.push(format!("  {}", counted.first.list()));
    }
    question.typed.clone_from(&cx.typed);
    question
}
