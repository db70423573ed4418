//! A batch, worked through side by side.

use std::collections::VecDeque;

use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::aws::Aws;
use crate::step::ReadContext;
use crate::step::end::End;
use crate::step::s3::batch::{Job, Made};
use crate::step::s3::one::{Try, WhyNot, attempt};
use crate::step::s3::pace::Pace;

/// How often an object is tried.
const TRIES: u32 = 8;

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Worked {
    /// What was done.
    pub(super) made: Vec<(Job, Made)>,
    /// What was not.
    pub(super) not: Vec<(Job, WhyNot)>,
    /// How many were never tried, or were on their way when the step was stopped.
    pub(super) left: usize,
    /// How many of those were on their way.
    pub(super) under_way: usize,
    /// Why it was stopped.
    pub(super) end: Option<End>,
}

impl Worked {
    /// Whether anything may have been done that is not known.
    pub(super) fn is_unknown(&self) -> bool {
        self.under_way > 0 || self.not.iter().any(|(_, why)| why.may_be_done())
    }

    /// Why no further batch is begun: what holds for every object.
    pub(super) fn for_all(&self) -> Option<&WhyNot> {
        self.not.iter().map(|(_, why)| why).find(|why| why.is_for_all())
    }
}

/// Works through the jobs; tells of each that is done.
pub(super) async fn work(
    cx: &ReadContext,
    aws: &Aws,
    bucket: &str,
    jobs: Vec<Job>,
    pace: &mut Pace,
    mut told: impl FnMut(),
) -> Worked {
    let mut worked = Worked::default();
    let mut waiting: VecDeque<(Job, u32)> = jobs.into_iter().map(|job| (job, 1)).collect();
    let mut under_way: JoinSet<(Job, u32, Try)> = JoinSet::new();
    loop {
        while worked.for_all().is_none() && under_way.len() < pace.width() && pace.not_before().is_none() {
            let Some((job, tries)) = waiting.pop_front() else { break };
            let (aws, bucket) = (aws.clone(), bucket.to_owned());
            under_way.spawn(async move {
                let tried = attempt(&aws, &bucket, &job).await;
                (job, tries, tried)
            });
        }
        let idle = under_way.is_empty();
        if idle && (waiting.is_empty() || worked.for_all().is_some()) {
            break;
        }
        let pause = pace.not_before().filter(|_| !waiting.is_empty());
        if idle && pause.is_none() {
            // The pause has ended since it was looked at: the next may begin.
            continue;
        }
        let next = async {
            tokio::select! {
                Some(joined) = under_way.join_next(), if !idle => Some(joined),
                () = async { if let Some(then) = pause { sleep_until(then).await } }, if pause.is_some() => None,
            }
        };
        match cx.within(next).await {
            Err(end) => {
                // What was sent may come to its end all the same.
                worked.under_way = under_way.len();
                worked.end = Some(end);
                break;
            }
            Ok(None) => {}
            Ok(Some(Err(error))) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
            Ok(Some(Ok((job, tries, tried)))) => match tried {
                Try::Made(made) => {
                    pace.well();
                    worked.made.push((job, made));
                    told();
                }
                Try::Again(error) if tries < TRIES => {
                    pace.slower(aws);
                    waiting.push_back((job, tries + 1));
                    drop(error);
                }
                Try::Again(error) => worked.not.push((job, WhyNot::Refused(error))),
                Try::Not(why) => worked.not.push((job, why)),
            },
        }
    }
    worked.left = waiting.len() + worked.under_way;
    worked
}
