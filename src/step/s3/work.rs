//! A batch, worked through side by side.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::aws::Aws;
use crate::step::ReadContext;
use crate::step::end::End;
use crate::step::s3::batch::{Job, Made};
use crate::step::s3::one::{Try, WhyNot};
use crate::step::s3::pace::Pace;

/// How often an object is tried.
const TRIES: u32 = 8;

/// What became of a batch.
#[derive(Debug, Default)]
pub(in crate::step) struct Worked {
    /// What was done.
    pub(in crate::step) made: Vec<(Job, Made)>,
    /// What was not.
    pub(in crate::step) not: Vec<(Job, WhyNot)>,
    /// How many were never tried, or were on their way when the step was stopped.
    pub(in crate::step) left: usize,
    /// How many of those were on their way.
    pub(in crate::step) under_way: usize,
    /// Why it was stopped.
    pub(in crate::step) end: Option<End>,
}

impl Worked {
    /// Whether anything may have been done that is not known.
    pub(in crate::step) fn is_unknown(&self) -> bool {
        self.under_way > 0 || self.not.iter().any(|(_, why)| why.may_be_done())
    }

    /// Why no further batch is begun: what holds for every object.
    pub(in crate::step) fn for_all(&self) -> Option<&WhyNot> {
        self.not.iter().map(|(_, why)| why).find(|why| why.is_for_all())
    }
}

/// Works through the jobs, each by `attempt`; tells of each that is done.
pub(in crate::step) async fn work<F>(
    cx: &ReadContext,
    aws: &Aws,
    jobs: Vec<Job>,
    pace: &mut Pace,
    attempt: impl Fn(Job) -> F,
    mut told: impl FnMut(),
) -> Worked
where
    F: Future<Output = (Job, Try)> + Send + 'static,
{
    let mut worked = Worked::default();
    let mut waiting: VecDeque<(Job, u32)> = jobs.into_iter().map(|job| (job, 1)).collect();
    let mut under_way: JoinSet<(Job, u32, Try)> = JoinSet::new();
    loop {
        while worked.for_all().is_none() && under_way.len() < pace.width() && pace.not_before().is_none() {
            let Some((job, tries)) = waiting.pop_front() else { break };
            let tried = attempt(job);
            under_way.spawn(async move {
                let (job, tried) = tried.await;
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
