//! A `marker` step that writes, with all its values known.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::event::{EffectState, Failure, FailureKind};
use crate::id::StepId;
use crate::step::drill::behind::write_on;
use crate::step::drill::made::Made;
use crate::step::drill::place::{MarkerPlace, Ready, stands};
use crate::step::drill::read_back::ReadBack;
use crate::step::effect::{Halt, door};
use crate::step::kind::{Marker, MarkerDoes};
use crate::step::pause::disturbed;
use crate::step::{Probed, Ran, ReadAction, ReadContext, StepStop, TaskFault, WriteAction, WriteContext, span_words};
use crate::value::{EvalError, Scope, Template};

/// What a `marker` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerTask {
    /// Write markers.
    Write(Writing),
    /// Read them back.
    Read(ReadBack),
}

/// Markers to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Writing {
    /// Where.
    pub place: MarkerPlace,
    /// What of their key is given.
    pub key: BTreeMap<String, Value>,
    /// How many.
    pub count: u32,
    /// The time between two.
    pub every: Duration,
    /// The run's id.
    pub run: String,
    /// The step with whose end those end that are written behind the steps that follow, if any are.
    pub through: Option<StepId>,
}

impl MarkerTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or that is not what its key takes.
    pub fn of(marker: &Marker, scope: &Scope) -> Result<Self, TaskFault> {
        let told = |template: &Template, error: &EvalError| TaskFault {
            span: Some(template.span()),
            why: format!("`{}`: {error}", template.text()),
        };
        let place = MarkerPlace::of(&marker.place, scope).map_err(|(template, error)| told(template, &error))?;
        match &marker.does {
            MarkerDoes::Write { key, count, every } => {
                let key = key.as_ref().map(|key| key.eval(scope)).transpose();
                let key = key.map_err(|error| TaskFault { span: None, why: format!("`key`: {error}") })?;
                let key = key.and_then(|key| key.as_object().cloned()).unwrap_or_default().into_iter().collect();
                let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
                let through = marker.through.as_ref().map(|through| through.value.clone());
                Ok(Self::Write(Writing { place, key, count: *count, every: *every, run, through }))
            }
            MarkerDoes::Read { written, at, before } => {
                let markers = written.eval(scope).map_err(|error| told(written, &error))?;
                let text = |time: &Template| time.eval_text(scope).map_err(|error| told(time, &error));
                let at = at.as_ref().map(text).transpose()?;
                let before = before.as_ref().map(text).transpose()?;
                ReadBack::of(place, &markers, at.as_deref(), before.as_deref())
                    .map(Self::Read)
                    .map_err(|why| TaskFault { span: Some(written.span()), why })
            }
        }
    }

    /// What it will do, as far as its values are known.
    pub fn preview(marker: &Marker, scope: &Scope) -> Vec<String> {
        let place = MarkerPlace::preview(&marker.place, scope);
        match &marker.does {
            MarkerDoes::Write { count, every, .. } => {
                Writing::lines(&place, *count, *every, marker.through.as_ref().map(|through| &through.value))
            }
            MarkerDoes::Read { .. } => vec![format!("reads the markers back from {}", place.words())],
        }
    }

    /// What it will do.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Write(writing) => {
                Writing::lines(&writing.place, writing.count, writing.every, writing.through.as_ref())
            }
            Self::Read(back) => vec![format!("reads {} markers back from {}", back.markers.len(), back.place.words())],
        }
    }
}

impl ReadAction for MarkerTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        match self {
            Self::Read(back) => back.read(cx).await,
            Self::Write(_) => Ok(Ran::failed(Failure::new(FailureKind::Guard, "to write markers is a write"))),
        }
    }
}

impl WriteAction for MarkerTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        self.lines()
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match self {
            Self::Read(back) => back.read(&mut cx.read).await,
            Self::Write(writing) => match Box::pin(writing.write(cx)).await {
                Ok(ran) => Ok(ran),
                Err(Halt::Stop(stop)) => Err(stop),
                Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
            },
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        let Some(aws) = &cx.aws else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        let untold = || Probed::CannotTell { why: "it is not known what it wrote".to_owned() };
        let Some(made) = Made::of(&known.call, &known.target) else { return untold() };
        match stands(aws, &made).await {
            // The next attempt goes on behind it.
            Ok(Some(true)) => Probed::UnderWay,
            Ok(Some(false)) => Probed::NotDone,
            Ok(None) | Err(Halt::Stop(_)) => untold(),
            Err(Halt::Failed(failure)) => Probed::CannotTell { why: failure.message },
        }
    }
}

impl Writing {
    fn lines(place: &MarkerPlace, count: u32, every: Duration, through: Option<&StepId>) -> Vec<String> {
        let (every, place, what) = (span_words(every), place.words(), place.what());
        let first = match count {
            1 => format!("writes a marker into {place}: {what}"),
            _ => format!("writes {count} markers into {place}, one every {every}: {what}"),
        };
        let on =
            through.map(|through| format!("  then goes on, behind the steps that follow, until `{through}` has ended"));
        let removed = "  they are removed by the step that undoes this one".to_owned();
        std::iter::once(first).chain(on).chain([removed]).collect()
    }

    async fn write(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "marker")?;
        let ready = self.place.ready(&aws, &self.key, &self.run).await?;
        let mut markers = Self::earlier(cx, &ready).await?;
        let mut number = u32::try_from(cx.earlier.len()).unwrap_or(u32::MAX);
        let mut put = async || {
            number += 1;
            ready.put(cx, &aws, number).await
        };
        while markers.len() < self.count as usize {
            if !markers.is_empty() {
                Self::pause(cx, self.every).await?;
            }
            let marker = put().await?;
            let at = marker["at"].as_str().unwrap_or_default();
            cx.read.say(format!("marker {} of {}, {at}", markers.len() + 1, self.count));
            markers.push(marker);
        }
        // What is written after this step is written after the time of its last marker, as exact as a restore takes it.
        Self::pause(cx, ready.rest()).await?;
        let first = markers.get(self.count as usize - 1).or(markers.last()).and_then(|marker| marker["at"].as_str());
        let written = first.map(str::to_owned);
        let out = |markers: &[Value], pace: Duration| {
            let last = markers.last().and_then(|marker| marker["at"].as_str());
            let pace = u64::try_from(pace.as_millis()).unwrap_or(u64::MAX);
            json!({ "markers": markers, "written": written, "last": last, "exact_ms": pace })
        };
        if self.through.is_none() {
            return Ok(Ran { warning: ready.warning(), ..Ran::well(out(&markers, self.every)) });
        }
        let followed = write_on(cx, self.every, Ran::well(out(&markers, self.every)), put).await?;
        let missed = followed.warning();
        markers.extend(followed.markers);
        let warnings: Vec<String> = ready.warning().into_iter().chain(missed).collect();
        let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
        Ok(Ran { warning, ..Ran::well(out(&markers, followed.pace)) })
    }

    async fn pause(cx: &WriteContext, time: Duration) -> Result<(), Halt> {
        let wait = tokio::time::sleep(time);
        cx.read.within(wait).await.map_err(|end| disturbed(end, "markers are written").into())
    }

    /// The markers that an earlier attempt has written, as they are there.
    async fn earlier(cx: &WriteContext, ready: &Ready) -> Result<Vec<Value>, Halt> {
        let aws = door(cx, "marker")?.reads();
        let mut markers = Vec::new();
        for made in Made::all(&cx.earlier) {
            markers.extend(ready.found(&aws, &made).await?);
        }
        Ok(markers)
    }
}
