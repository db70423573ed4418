//! A `marker` step that writes, with all its values known.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::aws::tables::{Attribute, Condition, Item, Number, Table, Written};
use crate::aws::{Aws, AwsReads};
use crate::event::{EffectResult, EffectState, Failure, FailureKind};
use crate::id::StepId;
use crate::step::drill::behind::write_on;
use crate::step::drill::made::Made;
use crate::step::drill::read_back::ReadBack;
use crate::step::effect::{Halt, door, effect_that, planned};
use crate::step::kind::{Marker, MarkerDoes};
use crate::step::pause::disturbed;
use crate::step::{Probed, Ran, ReadAction, ReadContext, StepStop, TaskFault, WriteAction, WriteContext, span_words};
use crate::value::{EvalError, Scope, Template};
use crate::world::clock::{Clock, rfc3339};

/// The attribute that says of which run a marker is. Items that have it are none of the table's own.
pub(super) const RUN: &str = "checkride_run";
/// The attribute that says which of the step's markers it is, from 1.
const NUMBER: &str = "checkride_number";
/// The attribute that says when it was written.
pub(super) const AT: &str = "checkride_at";

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
    /// The table.
    pub table: String,
    /// The attributes of their key that are given.
    pub key: BTreeMap<String, Value>,
    /// How many.
    pub count: u32,
    /// The time between two.
    pub every: Duration,
    /// The run's id.
    pub run: String,
    /// The step with whose end the markers end that follow the first ones; none: there are no more.
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
        let table = marker.table.eval_text(scope).map_err(|error| told(&marker.table, &error))?;
        match &marker.does {
            MarkerDoes::Write { key, count, every } => {
                let key = key.as_ref().map(|key| key.eval(scope)).transpose();
                let key = key.map_err(|error| TaskFault { span: None, why: format!("`key`: {error}") })?;
                let key = key.and_then(|key| key.as_object().cloned()).unwrap_or_default().into_iter().collect();
                let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
                let through = marker.through.as_ref().map(|through| through.value.clone());
                Ok(Self::Write(Writing { table, key, count: *count, every: *every, run, through }))
            }
            MarkerDoes::Read { written, at, before } => {
                let markers = written.eval(scope).map_err(|error| told(written, &error))?;
                let text = |time: &Template| time.eval_text(scope).map_err(|error| told(time, &error));
                let at = at.as_ref().map(text).transpose()?;
                let before = before.as_ref().map(text).transpose()?;
                ReadBack::of(table, &markers, at.as_deref(), before.as_deref())
                    .map(Self::Read)
                    .map_err(|why| TaskFault { span: Some(written.span()), why })
            }
        }
    }

    /// What it will do, as far as its values are known.
    pub fn preview(marker: &Marker, scope: &Scope) -> Vec<String> {
        let table = marker.table.preview(scope);
        match &marker.does {
            MarkerDoes::Write { count, every, .. } => {
                Writing::lines(&table, *count, *every, marker.through.as_ref().map(|through| &through.value))
            }
            MarkerDoes::Read { .. } => vec![format!("reads the markers back from DynamoDB table {table}")],
        }
    }

    /// What it will do.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Write(writing) => {
                Writing::lines(&writing.table, writing.count, writing.every, writing.through.as_ref())
            }
            Self::Read(back) => vec![format!("reads {} markers back from {}", back.markers.len(), back.table)],
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
        let Some(Made::Marker { table, key }) = Made::of(&known.call, &known.target) else {
            return Probed::CannotTell { why: "it is not known what it wrote".to_owned() };
        };
        match aws.tables().item(&table, &key).await {
            // The next attempt goes on behind it.
            Ok(reply) if reply.value.is_some() => Probed::UnderWay,
            Ok(_) => Probed::NotDone,
            Err(error) => Probed::CannotTell { why: error.to_string() },
        }
    }
}

impl Writing {
    fn lines(table: &str, count: u32, every: Duration, through: Option<&StepId>) -> Vec<String> {
        let every = span_words(every);
        let first = format!(
            "writes {count} markers into DynamoDB table {table}, one every {every}: items of their own, with a time"
        );
        let on =
            through.map(|through| format!("  then goes on, behind the steps that follow, until `{through}` has ended"));
        let removed = "  they are removed by the step that undoes this one".to_owned();
        std::iter::once(first).chain(on).chain([removed]).collect()
    }

    async fn write(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "marker")?;
        let tables = aws.tables();
        let Some(table) = tables.reads().describe(&self.table).await?.value else {
            let message = format!("there is no table {} in {}", self.table, aws.settings().region);
            return Err(Failure::new(FailureKind::Guard, message).into());
        };
        let mut markers = self.earlier(cx, &aws.reads()).await?;
        let mut number = u32::try_from(cx.earlier.len()).unwrap_or(u32::MAX);
        let mut put = async || {
            number += 1;
            self.put(cx, &aws, &table, number).await
        };
        while markers.len() < self.count as usize {
            if !markers.is_empty() {
                let wait = tokio::time::sleep(self.every);
                cx.read.within(wait).await.map_err(|end| disturbed(end, "markers are written"))?;
            }
            let marker = put().await?;
            cx.read.say(format!(
                "marker {} of {}, {}",
                markers.len() + 1,
                self.count,
                marker["at"].as_str().unwrap_or("?")
            ));
            markers.push(marker);
        }
        // A table is restored to the second: what is written after this step is written after the second of its last marker.
        self.end_of_second(cx).await?;
        let first = markers.get(self.count as usize - 1).or(markers.last()).and_then(|marker| marker["at"].as_str());
        let written = first.map(str::to_owned);
        let out = |markers: &[Value], pace: Duration| {
            let last = markers.last().and_then(|marker| marker["at"].as_str());
            let pace = u64::try_from(pace.as_millis()).unwrap_or(u64::MAX);
            json!({ "markers": markers, "written": written, "last": last, "exact_ms": pace })
        };
        let streams = table
            .stream
            .is_some()
            .then(|| format!("{} has a stream: who reads it sees the markers, by their attribute `{RUN}`", self.table));
        if self.through.is_none() {
            return Ok(Ran { warning: streams, ..Ran::well(out(&markers, self.every)) });
        }
        let followed = write_on(cx, self.every, Ran::well(out(&markers, self.every)), put).await?;
        let missed = followed.warning();
        markers.extend(followed.markers);
        let warnings: Vec<String> = streams.into_iter().chain(missed).collect();
        let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
        Ok(Ran { warning, ..Ran::well(out(&markers, followed.pace)) })
    }

    /// Writes one marker.
    async fn put(&self, cx: &WriteContext, aws: &Aws, table: &Table, number: u32) -> Result<Value, Halt> {
        let tables = aws.tables();
        let key = self.key(table, cx, number)?;
        let at = rfc3339(Clock::System.now());
        let item = [(RUN, &self.run), (AT, &at)]
            .into_iter()
            .fold(key.clone(), |item, (name, text)| item.with(name, Attribute::Text(text.clone())))
            .with(NUMBER, Attribute::Text(number.to_string()));
        let made = Made::Marker { table: table.arn.clone(), key: key.clone() };
        let absent = Condition::Absent(table.key.partition.name.clone());
        let putting = planned(aws, "dynamodb:PutItem", &made.target(), false);
        let call = async |_| tables.put(&table.name, &item, Some(&absent)).await;
        let written = effect_that(cx, putting, call, |written| became(*written)).await?;
        if written == Written::Refused {
            let message = format!("there is an item with the key {} already", key.to_json());
            return Err(Failure::new(FailureKind::Guard, message)
                .with_remedy("give the markers a `key` of their own")
                .into());
        }
        Ok(json!({ "key": key.to_json(), "at": at }))
    }

    async fn end_of_second(&self, cx: &WriteContext) -> Result<(), Halt> {
        let rest = 1_000 - u64::from(Clock::System.now().timestamp_subsec_millis().min(999));
        let wait = tokio::time::sleep(Duration::from_millis(rest));
        cx.read.within(wait).await.map_err(|end| disturbed(end, "markers are written").into())
    }

    /// The markers that an earlier attempt has written, as they are in the table.
    async fn earlier(&self, cx: &WriteContext, aws: &AwsReads) -> Result<Vec<Value>, Halt> {
        let mut markers = Vec::new();
        for made in Made::all(&cx.earlier) {
            let Made::Marker { table, key } = made else { continue };
            if let Some(item) = aws.tables().item(&table, &key).await?.value
                && let Some(Attribute::Text(at)) = item.get(AT)
            {
                markers.push(json!({ "key": key.to_json(), "at": at }));
            }
        }
        Ok(markers)
    }

    /// The key of a marker: what is given, and the rest made so that no two of them, of no run, are the same.
    fn key(&self, table: &Table, cx: &WriteContext, number: u32) -> Result<Item, Halt> {
        let own = format!("checkride#{}#{}#{number:05}", self.run, cx.read.step);
        let attributes: Vec<_> = std::iter::once(&table.key.partition).chain(&table.key.sort).collect();
        // The last attribute of the key that is not given counts; where all are given, the marker would always be the same.
        let free = attributes.iter().rev().find(|attribute| !self.key.contains_key(&attribute.name));
        let Some(free) = free.map(|attribute| attribute.name.clone()) else {
            let message = "`key` gives the whole key: every marker would be the same item";
            let remedy = "leave one attribute of the key to checkride";
            return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
        };
        let mut key = Item::default();
        for attribute in attributes {
            let given = self.key.get(&attribute.name);
            let text = match given {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None if attribute.name == free => own.clone(),
                None => format!("checkride#{}", self.run),
            };
            let value = match (attribute.kind.as_str(), given) {
                ("N", None) => Attribute::Number(below_zero(&text)),
                ("N", Some(_)) => Attribute::Number(Number::read(&text).map_err(|error| {
                    Failure::new(FailureKind::Guard, format!("`key.{}` is no number: {error}", attribute.name))
                })?),
                ("B", _) => Attribute::Binary(text.into_bytes()),
                _ => Attribute::Text(text),
            };
            key = key.with(&attribute.name, value);
        }
        Ok(key)
    }
}

/// What became of a write under a condition.
pub(super) fn became(written: Written) -> EffectResult {
    match written {
        Written::Done => EffectResult::Done,
        Written::Refused => EffectResult::Refused,
    }
}

/// A number of 37 digits below zero, made of a text: no application counts there.
fn below_zero(text: &str) -> Number {
    let digest = Sha256::digest(text);
    let part = |from: usize| {
        let bytes = digest[from..].first_chunk().expect("a digest has 32 bytes");
        u64::from_be_bytes(*bytes) % 1_000_000_000_000_000_000
    };
    let digits = format!("{:018}{:018}", part(0), part(8));
    Number::read(&format!("-1{digits}")).expect("a minus and 37 digits are a number of DynamoDB's")
}
