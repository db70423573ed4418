//! The rollback rehearsal: before the first change, whether there is a way back from all of them.
//!
//! Each undo step is held against the step that it undoes, by reads alone. What it needs and what was found goes on record.
//! Something that is missing, or cannot be told, is a guard: the session ends before anything was changed, and the next one
//! rehearses anew. Only `--break-glass` passes it, and each step that it passes is a deviation.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::engine::schedule;
use crate::event::{DeviationKind, EventKind, Need, NeedState, Progress, Rehearsal, SessionEnd};
use crate::id::StepId;
use crate::step::Refused;

/// After how long it is told which undo steps are still looked at.
const SLOW: Duration = Duration::from_secs(3);

impl<P: Performer + 'static> Engine<P> {
    /// Rehearses what is left to rehearse, and refuses to go on when an undo is not ready.
    pub(super) async fn rehearse(&mut self) -> Result<(), RecordError> {
        let pairs: Vec<(StepId, StepId)> = schedule::rehearsal(&self.plan, self.recorder.state())
            .map(|(undo, change)| (undo.clone(), change.clone()))
            .collect();
        let Some(mut rehearsals) = self.look_ahead(pairs).await? else { return Ok(()) };
        // In file order, but for the worst, which comes first.
        rehearsals.sort_by_key(worst);
        for Rehearsal { undo, change, needs } in rehearsals {
            self.recorder.record(EventKind::Rehearsed { undo, change, needs }).await?;
        }
        self.hold_back().await
    }

    /// The rehearsals, side by side. `None`: the operator interrupted them, and nothing is known.
    async fn look_ahead(&mut self, pairs: Vec<(StepId, StepId)>) -> Result<Option<Vec<Rehearsal>>, RecordError> {
        let at_once = Arc::new(Semaphore::new(self.jobs.clamp(1, Semaphore::MAX_PERMITS)));
        let mut looks = JoinSet::new();
        let mut open = BTreeMap::new();
        let mut rehearsals = Vec::new();
        for (place, (undo, change)) in pairs.into_iter().enumerate() {
            rehearsals.push(Rehearsal { undo: undo.clone(), change: change.clone(), needs: Vec::new() });
            // A step that will not run needs no way back. Whether it runs may be known later only.
            let runs = !matches!(self.performer.condition(&change, &self.ended.borrow()), Ok(Some(_)));
            if !runs {
                continue;
            }
            open.insert(place, (undo.clone(), change.clone()));
            let task = self.task(&change, 1);
            let (performer, at_once) = (Rc::clone(&self.performer), Arc::clone(&at_once));
            looks.spawn_local(async move {
                let _turn = at_once.acquire().await;
                (place, performer.rehearse(task, &undo).await)
            });
        }
        let mut slow = Some(Instant::now() + SLOW);
        while !looks.is_empty() {
            let happening = tokio::select! {
                Some(looked) = looks.join_next() => {
                    match looked {
                        Ok((place, mut needs)) => {
                            needs.sort_by_key(|need| need.state.rank());
                            rehearsals[place].needs = needs;
                            open.remove(&place);
                        }
                        // A panic is a bug of ours: what the undo needs is not known, and that is no leave to go on.
                        Err(_) => return self.lost().await.map(|()| None),
                    }
                    continue;
                }
                () = tokio::time::sleep_until(slow.unwrap_or_else(Instant::now)), if slow.is_some() => {
                    slow = None;
                    for (undo, change) in open.values() {
                        let text = format!("looking what `{undo}` will need to undo it");
                        self.recorder.progress(Progress::Message { step: change.clone(), text });
                    }
                    continue;
                }
                happening = self.next() => happening,
            };
            self.take_in(happening).await?;
            if self.recorder.state().interrupted || self.ending.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(rehearsals))
    }

    async fn lost(&mut self) -> Result<(), RecordError> {
        self.refuse("the rehearsal of the rollback panicked: a bug in checkride".to_owned(), None).await
    }

    /// Refuses to go on when an undo is not ready, unless the operator broke the glass.
    async fn hold_back(&mut self) -> Result<(), RecordError> {
        let blocked: Vec<Rehearsal> =
            self.recorder.state().rehearsals.iter().filter(|one| one.not_ready().next().is_some()).cloned().collect();
        if blocked.is_empty() {
            return Ok(());
        }
        if self.break_glass {
            for one in &blocked {
                let reason = format!("its undo `{}` is not ready: {}", one.undo, listed(one.not_ready()));
                let (what, step) = (DeviationKind::BreakGlass, Some(one.change.clone()));
                self.recorder.record(EventKind::Deviation { what, step, reason }).await?;
            }
            return Ok(());
        }
        let each: Vec<String> =
            blocked.iter().map(|one| format!("{} (`{}`)", listed(one.not_ready()), one.undo)).collect();
        let message = format!("the rollback is not ready: {}", each.join("; "));
        let remedy =
            "make it ready, then resume the run: it looks again. --break-glass REASON goes on without a way back";
        self.refuse(message, Some(remedy.to_owned())).await
    }

    async fn refuse(&mut self, message: String, remedy: Option<String>) -> Result<(), RecordError> {
        self.refuse_by("readiness", message, remedy).await
    }

    pub(super) async fn refuse_by(
        &mut self,
        guard: &'static str,
        message: String,
        remedy: Option<String>,
    ) -> Result<(), RecordError> {
        self.ending = Some((SessionEnd::Refused, None, None));
        let guard = guard.to_owned();
        self.recorder.record(EventKind::GuardRefused { guard, message, remedy }).await
    }

    /// Ends the session at a guard that was looked at before it, unless the operator broke the glass.
    pub(super) async fn bar(&mut self, refused: Refused) -> Result<(), RecordError> {
        let Refused { guard, message, remedy } = refused;
        if self.break_glass {
            let reason = format!("the {guard} guard is passed: {message}");
            return self
                .recorder
                .record(EventKind::Deviation { what: DeviationKind::BreakGlass, step: None, reason })
                .await;
        }
        self.refuse_by(guard, message, Some(remedy)).await
    }

    /// What cannot be undone although it is about to be done: the operator broke the glass.
    pub(super) fn without_way_back(&self) -> Vec<String> {
        let blocked = self.recorder.state().rehearsals.iter().filter(|one| one.not_ready().next().is_some());
        blocked
            .map(|one| {
                let title = self.performer.title(&one.change);
                format!("! no way back from {title}: {}", listed(one.not_ready()))
            })
            .collect()
    }
}

fn worst(rehearsal: &Rehearsal) -> u8 {
    rehearsal.needs.iter().map(|need| need.state.rank()).min().unwrap_or(u8::MAX)
}

/// Needs in a row: "the previous template is missing, its drift could not be told". What was found stands in the rehearsal.
fn listed<'a>(needs: impl Iterator<Item = &'a Need>) -> String {
    let one = |need: &Need| {
        let state = match need.state {
            NeedState::There => "is there",
            NeedState::Missing => "is missing",
            NeedState::Unknown => "could not be told",
            NeedState::Later => "is known later",
        };
        format!("{} {state}", need.what)
    };
    needs.map(one).collect::<Vec<_>>().join(", ")
}
