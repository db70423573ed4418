//! What ends a drill before its time: an alarm of its runbook's `abort`, alarms that nobody can see any more, or its budget.
//!
//! It is looked before the drill begins (then the drill is refused), and on and on while its steps run forward. What is
//! found goes on record ([`EventKind::DrillStopped`]) and ends it as an operator's abort would: no step begins, one that only
//! waits is left, and what it made is removed.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};

use crate::engine::bake::LONGEST_LOOK;
use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::engine::steps::Steps;
use crate::event::{
    Answer, AnswerSource, Choice, Criterion, Direction, DrillMoment, DrillStop, EventKind, Failure, FailureKind,
    Question,
};
use crate::id::{Phase, StepId};
use crate::step::bake::{Alarm, BakeTask, Left, Watched};
use crate::step::{CancelHandle, ReadContext, span_words};
use crate::value::Template;
use crate::world::clock::Clock;

/// How often it is looked when the runbook does not say.
const EVERY: Duration = Duration::from_secs(30);

/// For how long the alarms may stay unseen, or for three looks where that is longer: who cannot see a drill's harm does not go
/// on with it.
const UNSEEN: Duration = Duration::from_mins(5);

/// How often it is looked, whether the first look is due, and for how long looks may have no answer.
struct Pace {
    every: Duration,
    at_once: bool,
    unseen: Duration,
}

/// The watch over a drill, until it finds something.
pub(super) type Lookout = JoinHandle<DrillStop>;

impl<P: Performer + 'static> Engine<P> {
    /// Looks before a drill begins. False: it is refused.
    pub(super) async fn look_out_first(&mut self) -> Result<bool, RecordError> {
        if self.performer.lookout().is_none() {
            return Ok(true);
        }
        let performer = Rc::clone(&self.performer);
        match performer.look_out().await {
            Ok(found) if found.is_empty() => return Ok(true),
            Ok(found) => {
                let message = format!("{}, and the drill has not begun", found.join("; "));
                let remedy = "hold the drill when it is over: what is ill already shows nothing of a drill's harm";
                self.refuse_by("abort", message, Some(remedy.to_owned())).await?;
            }
            Err(failure) => {
                let message = format!("what would end the drill cannot be watched: {}", failure.message);
                self.refuse_by("abort", message, failure.remedy).await?;
            }
        }
        Ok(false)
    }

    /// Watches from now on, as long as the drill goes forward. `at_once`: the first look is due.
    pub(super) fn begin_lookout(&mut self, at_once: bool) {
        let state = self.recorder.state();
        let under_way =
            self.plan.is_drill() && state.phase(Phase::Drill).started && !state.phase(Phase::Drill).finished;
        let forward = state.direction == Direction::Forward && state.drill.stopped.is_none();
        let every = self.performer.lookout();
        let budget = self.plan.drill.abort_ms.map(Duration::from_millis);
        if !under_way || !forward || (every.is_none() && budget.is_none()) {
            return;
        }
        let left = budget.map(|budget| {
            // The drill's time goes on while nobody sits at it.
            let began = state.drill.moments.get(&DrillMoment::Started).copied().unwrap_or_else(|| Clock::System.now());
            let spent = (Clock::System.now() - began).to_std().unwrap_or_default();
            (budget, Instant::now() + budget.saturating_sub(spent))
        });
        let pace = every.map(|every| Pace { every, at_once, unseen: UNSEEN.max(every * 3) });
        let performer = Rc::clone(&self.performer);
        self.lookout = Some(spawn_local(async move {
            tokio::select! {
                stop = over(left) => stop,
                stop = watch(async || performer.look_out().await, pace) => stop,
            }
        }));
    }

    /// Nothing is watched any more.
    pub(super) fn end_lookout(&mut self) {
        if let Some(lookout) = self.lookout.take() {
            lookout.abort();
        }
    }

    /// Something was found.
    pub(super) async fn stop_drill(&mut self, stop: DrillStop) -> Result<(), RecordError> {
        self.lookout = None;
        let state = self.recorder.state();
        if !matches!(state.direction, Direction::Forward | Direction::Stopping) || state.phase(Phase::Drill).finished {
            return Ok(());
        }
        self.recorder.record(EventKind::DrillStopped { stop }).await?;
        self.cancel.halt();
        Ok(())
    }

    /// The answer to a question that is open when a drill is stopped: nobody is asked any more.
    pub(super) fn answer_of_stop(&self, question: &Question) -> Option<Answer> {
        let state = self.recorder.state();
        let stop = state.drill.stopped.as_ref().filter(|_| state.is_stopped())?;
        let fits = |choice: &Choice| question.choices.contains(choice);
        let choice = [Choice::Abort, Choice::No].into_iter().find(fits)?;
        let (by, reason) = ("policy".to_owned(), Some(stop.what.clone()));
        Some(Answer { choice, by, from: AnswerSource::Policy, reason, value: None, evidence: Vec::new() })
    }
}

/// Ends when the time is over.
async fn over(left: Option<(Duration, Instant)>) -> DrillStop {
    let Some((budget, end)) = left else { return std::future::pending().await };
    sleep_until(end).await;
    DrillStop { criterion: Criterion::Budget, what: format!("the drill's budget of {} is used up", span_words(budget)) }
}

/// Ends when a look finds something, or when none was had for too long. A look that fails is made again.
async fn watch(look: impl AsyncFn() -> Result<Vec<String>, Failure>, pace: Option<Pace>) -> DrillStop {
    let Some(Pace { every, at_once, unseen }) = pace else { return std::future::pending().await };
    if !at_once {
        sleep(every).await;
    }
    let mut seen = Instant::now();
    loop {
        match look().await {
            Ok(found) if found.is_empty() => seen = Instant::now(),
            Ok(found) => return DrillStop { criterion: Criterion::Alarm, what: found.join("; ") },
            Err(failure) if seen.elapsed() >= unseen => {
                let what = format!("its alarms could not be looked at for {}: {}", span_words(unseen), failure.message);
                return DrillStop { criterion: Criterion::Unwatched, what };
            }
            Err(_) => {}
        }
        sleep(every).await;
    }
}

impl Steps {
    /// How often the alarms are looked at that end a drill; none: there are none.
    pub(super) fn alarms_every(&self) -> Option<Duration> {
        let abort = self.runbook.drill.abort.as_ref().filter(|abort| !abort.alarms.is_empty())?;
        Some(abort.every.unwrap_or(EVERY))
    }

    /// One look at those alarms: what is in ALARM, in words.
    pub(super) async fn alarms_found(&self) -> Result<Vec<String>, Failure> {
        let Some(abort) = &self.runbook.drill.abort else { return Ok(Vec::new()) };
        let text = |template: &Template| {
            template.eval_text(&self.base).map_err(|error| {
                let failure = Failure::new(FailureKind::Expression, format!("`{}`: {error}", template.text()));
                self.locate(failure, template.span())
            })
        };
        let usual = abort.region.as_ref().map(text).transpose()?;
        let mut by_region: BTreeMap<Option<String>, Vec<Watched<String>>> = BTreeMap::new();
        for alarm in &abort.alarms {
            let (name, region) = named(&text(alarm)?);
            let watched = Watched { what: name, span: alarm.span() };
            by_region.entry(region.or_else(|| usual.clone())).or_default().push(watched);
        }
        let mut found = Vec::new();
        for (region, names) in by_region {
            let task = BakeTask { names, prefixes: Vec::new(), checks: Vec::new() };
            let alarms = self.alarms_of(&task, region.as_deref()).await?;
            for name in &task.names {
                let Some(alarm) = alarms.iter().find(|alarm| alarm.name == name.what) else {
                    let failure = Failure::new(FailureKind::Guard, format!("there is no alarm {}", name.what));
                    let failure = failure.with_remedy("correct `abort` of `[phase.drill]`, or its region");
                    return Err(self.locate(failure, name.span));
                };
                if alarm.is_in_alarm() {
                    found.push(self.redactor.cut(&format!("alarm {} is in ALARM: {}", alarm.name, alarm.reason)));
                }
            }
        }
        Ok(found)
    }

    async fn alarms_of(&self, task: &BakeTask, region: Option<&str>) -> Result<Vec<Alarm>, Failure> {
        let doors = self.doors.at(region, None)?;
        let Some(aws) = doors.reads() else {
            let failure = Failure::new(FailureKind::Guard, "the run has no account, and no alarms");
            return Err(failure.with_remedy("give the profile an `[aws]` section"));
        };
        // What the calls say is nobody's step: it goes nowhere.
        let (line, _) = mpsc::unbounded_channel();
        let (_handle, cancel) = CancelHandle::new();
        let mut cx = ReadContext {
            step: StepId::new("abort").expect("it is an id"),
            attempt: 1,
            scope: self.base.clone(),
            aws: Some(aws),
            answers: None,
            project: self.project.clone(),
            deciding: self.deciding.clone(),
            deadline: Some(Instant::now() + LONGEST_LOOK),
            cancel,
            artifacts: Arc::clone(&self.artifacts),
            environment: Arc::clone(&self.environment),
            line,
        };
        let looked = task.look(&mut cx, &mut Left::default()).await;
        let seen = looked.map_err(|_| Failure::new(FailureKind::Lost, "the alarms could not be looked at"))?;
        seen.alarms.map_err(|failure| *failure)
    }
}

/// The name of an alarm that is given by name or ARN, and the region in its ARN.
fn named(alarm: &str) -> (String, Option<String>) {
    let mut parts = alarm.splitn(7, ':');
    let is_arn = parts.next() == Some("arn") && parts.nth(1) == Some("cloudwatch");
    match (is_arn, parts.next(), parts.nth(1), parts.next()) {
        (true, Some(region), Some("alarm"), Some(name)) => (name.to_owned(), Some(region.to_owned())),
        _ => (alarm.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::{Pace, named, watch};
    use crate::event::{Criterion, DrillStop, Failure, FailureKind};

    /// Looks of which each `answered`th has an answer, and the `found_at`th finds something.
    async fn looked(answered: u32, found_at: u32, unseen: Duration) -> DrillStop {
        let looks = Cell::new(0);
        let look = async || {
            looks.set(looks.get() + 1);
            match looks.get() {
                now if now == found_at => Ok(vec!["alarm orders is in ALARM".to_owned()]),
                now if now % answered == 0 => Ok(Vec::new()),
                _ => Err(Failure::new(FailureKind::Lost, "the connection was lost")),
            }
        };
        watch(look, Some(Pace { every: Duration::from_millis(1), at_once: true, unseen })).await
    }

    #[tokio::test]
    async fn alarms_that_nobody_can_see_end_a_drill_after_a_while() {
        let stop = looked(u32::MAX, u32::MAX, Duration::from_millis(20)).await;
        assert_eq!(stop.criterion, Criterion::Unwatched);
        assert_eq!(stop.what, "its alarms could not be looked at for 20ms: the connection was lost");
    }

    #[tokio::test]
    async fn a_look_that_fails_now_and_then_ends_nothing() {
        let stop = looked(3, 100, Duration::from_hours(1)).await;
        assert_eq!((stop.criterion, stop.what.as_str()), (Criterion::Alarm, "alarm orders is in ALARM"));
    }

    #[test]
    fn an_alarm_is_known_by_its_name_and_by_its_arn() {
        let pair = |name: &str, region: Option<&str>| (name.to_owned(), region.map(str::to_owned));
        assert_eq!(named("orders-errors"), pair("orders-errors", None));
        assert_eq!(named("team:orders: errors"), pair("team:orders: errors", None));
        let arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:team:orders";
        assert_eq!(named(arn), pair("team:orders", Some("eu-west-1")));
        assert_eq!(named("arn:aws:sns:eu-west-1:111122223333:x"), pair("arn:aws:sns:eu-west-1:111122223333:x", None));
    }
}
