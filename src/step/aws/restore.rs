//! Putting back what a call has changed.
//!
//! It looks first: what is as it was before needs nothing, so it can be done again after a crash. What is neither as it was
//! nor as the step had made it, somebody has changed since: it is put back all the same, and named. After its calls it looks
//! until it reads back what was there before, for a service may take its time.

use serde_json::{Map, Value, json};

use crate::aws::api::client::Operation;
use crate::aws::api::protocol::sensitive;
use crate::event::{Captured, EffectState, Failure, FailureKind};
use crate::id::StepId;
use crate::step::aws::AwsTask;
use crate::step::aws::answer::hidden;
use crate::step::aws::capture::{once, pause, still};
use crate::step::aws::effect::change;
use crate::step::inverse::{Looked, Put, Way, as_set, differences, hidden_in, is_as_set, is_same, puts};
use crate::step::{Hidden, Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;
use crate::world::secret::CUT;

/// A setting, put back as it was before.
#[derive(Clone, Debug)]
pub struct RestoreTask {
    /// The step that changed it.
    pub of: StepId,
    /// What it called.
    pub operation: Operation,
    /// How that is put back.
    pub way: &'static Way,
    /// What is on record of what was there before; none when nothing is.
    pub captured: Option<Captured>,
    /// The parameters of the call, as far as they are known without a record.
    pub preview: Value,
}

/// What was there before, as far as it can be put back.
struct Known {
    before: Value,
    /// The fields that the record does not hold.
    lost: Vec<String>,
}

impl Known {
    fn of(captured: &Captured) -> Self {
        let Value::Object(fields) = &captured.before else {
            return Self { before: captured.before.clone(), lost: Vec::new() };
        };
        let (lost, known): (Map<_, _>, Map<_, _>) =
            fields.clone().into_iter().partition(|(_, value)| value.to_string().contains(CUT));
        Self { before: Value::Object(known), lost: lost.into_iter().map(|(name, _)| name).collect() }
    }

    /// What is there now, without what cannot be compared.
    fn seen(&self, now: &Value) -> Value {
        match now {
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| !self.lost.contains(name));
                Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            other => other.clone(),
        }
    }
}

impl RestoreTask {
    /// The calls with their values, before it is known what was there: plan and checklist show them.
    pub fn lines(of: &StepId, way: &'static Way, with: &Value, fields: &[String]) -> Vec<String> {
        let later = Value::from(format!("(known after {of})"));
        let before: Map<String, Value> = fields.iter().map(|name| (name.clone(), later.clone())).collect();
        let mut lines = vec![format!("looks by {}", way.reads().call())];
        for put in puts(way, &Value::Object(before), true, with) {
            lines.extend(AwsTask::lines(put.operation, &put.input));
        }
        lines.extend(
            puts(way, &Value::Null, true, with)
                .iter()
                .map(|put| format!("or {}, where nothing was there before", put.operation.call())),
        );
        lines.extend(way.note.iter().map(|note| format!("  note: {note}")));
        lines
    }

    /// The texts that go to the service and that its model calls secret.
    pub fn secrets(&self) -> Vec<Hidden> {
        let mut all = Vec::new();
        for put in self.captured.iter().flat_map(|captured| self.calls(captured, &Known::of(captured), true)) {
            let shape = put.operation.service().input(put.operation.model());
            all.extend(shape.into_iter().flat_map(|shape| sensitive(shape, &put.input)).map(hidden));
        }
        all
    }

    fn calls(&self, captured: &Captured, known: &Known, there: bool) -> Vec<Put> {
        puts(self.way, &known.before, there, &captured.by)
    }

    fn is_back(&self, known: &Known, looked: &Looked) -> bool {
        looked.ready && is_same(self.way, &known.before, &known.seen(&looked.setting))
    }

    /// What somebody has changed since the step had set it.
    fn overwritten(&self, captured: &Captured, known: &Known, now: &Value) -> Option<String> {
        let set = as_set(self.way, self.operation, &captured.by)?;
        // What is secret is in neither.
        let (set, (shown, _)) = (known.seen(&set), hidden_in(self.way, &known.seen(now)));
        if is_as_set(&set, &shown) {
            return None;
        }
        let values: Vec<String> =
            differences(self.way, &set, &shown).into_iter().map(|(path, _, is)| named(&path, &is)).collect();
        let values = values.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
        Some(format!("somebody has changed it since `{}`: overwritten is {values}", self.of))
    }

    fn out(&self, captured: &Captured, was: &Value, changed: bool) -> Value {
        let shown = |setting: &Value| hidden_in(self.way, setting).0;
        json!({ "before": shown(&captured.before), "was": shown(was), "changed": changed })
    }

    /// A service that cannot have none again.
    fn remark(&self, known: &Known) -> Option<&str> {
        let leaves = known.before.is_null() && self.way.leaves.is_some();
        self.way.note.as_deref().filter(|_| leaves)
    }

    /// What is not as it was, although all is put back that can be: of whom, and what.
    fn stays(&self, known: &Known, captured: &Captured) -> Vec<String> {
        let Some(remark) = self.remark(known) else { return Vec::new() };
        let whose = self.way.keys.iter().filter_map(|key| captured.by.get(key)?.as_str()).collect::<Vec<_>>().join(" ");
        vec![format!("{whose}: {remark}")]
    }

    fn not_on_record(&self) -> Failure {
        Failure::new(FailureKind::Guard, format!("what was there before `{}` is not on record", self.of))
            .with_remedy("put it back by hand; a step with `capture = false` keeps nothing")
    }

    fn lost(&self, lost: &[String]) -> Failure {
        let names = lost.join(", ");
        let message = format!("{names} of {} is secret, and its value before is on no record", self.operation.call());
        Failure::new(FailureKind::Guard, message).with_remedy("put it back by hand: from where it came at first")
    }

    /// What there is to say when all that can be put back is there again.
    fn ended(&self, known: &Known, ran: Ran) -> Ran {
        if known.lost.is_empty() { ran } else { Ran { failure: Some(self.lost(&known.lost)), ..ran } }
    }
}

/// How many differences are named.
const SHOWN: usize = 8;

fn named(path: &str, value: &Value) -> String {
    if path.is_empty() { value.to_string() } else { format!("{path} = {value}") }
}

impl WriteAction for RestoreTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let Some(captured) = &self.captured else {
            return Self::lines(&self.of, self.way, &self.preview, &self.way.field_names());
        };
        let known = Known::of(captured);
        let calls = self.calls(captured, &known, true);
        let mut lines: Vec<String> = calls.iter().flat_map(|put| AwsTask::lines(put.operation, &put.input)).collect();
        if !known.lost.is_empty() {
            lines.push(format!("  {} is secret, and on no record", known.lost.join(", ")));
        }
        lines
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        let Some(captured) = &self.captured else { return Ok(Ran::failed(self.not_on_record())) };
        let known = Known::of(captured);
        let looked = match still(&cx.read, self.way, &captured.by).await {
            Ok(looked) => looked,
            Err(failure) => return Ok(Ran::failed(failure)),
        };
        let was = looked.setting.clone();
        let mut requests = looked.requests.clone();
        if self.is_back(&known, &looked) {
            let note = Some("it is as it was before: nothing to do".to_owned());
            let stays = self.stays(&known, captured);
            let ran = Ran { note, stays, requests, ..Ran::well(self.out(captured, &was, false)) };
            return Ok(self.ended(&known, ran));
        }
        let warning = self.overwritten(captured, &known, &was);
        if let Some(warning) = &warning {
            cx.read.say(warning.clone());
        }
        let calls = self.calls(captured, &known, !was.is_null());
        for put in &calls {
            if let Err(failure) = change(cx, put.operation, &put.input).await? {
                return Ok(Ran { requests, ..Ran::failed(failure) });
            }
        }
        let mut failed = 0;
        let mut last = None;
        loop {
            match once(&cx.read, self.way, &captured.by).await {
                Ok(Ok(looked)) => {
                    requests.clone_from(&looked.requests);
                    if self.is_back(&known, &looked) {
                        let names: Vec<String> = calls.iter().map(|put| put.operation.call()).collect();
                        let remark = self.remark(&known).map(|remark| format!(": {remark}")).unwrap_or_default();
                        let note = Some(format!("put back by {}{remark}", names.join(", ")));
                        let stays = self.stays(&known, captured);
                        let ran = Ran { note, warning, stays, requests, ..Ran::well(self.out(captured, &was, true)) };
                        return Ok(self.ended(&known, ran));
                    }
                    (last, failed) = (Some(looked), 0);
                }
                Ok(Err(_)) => failed += 1,
                Err(failure) => return Ok(Ran { requests, ..Ran::failed(self.not_back(failure, &known, last)) }),
            }
            if let Err(end) = pause(&cx.read, failed).await {
                let failure = end.failure("stopped by the operator", "it does not read back as it was before");
                return Ok(Ran { requests, ..Ran::failed(self.not_back(failure, &known, last)) });
            }
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        let Some(captured) = &self.captured else { return Probed::CannotTell { why: self.not_on_record().message } };
        let known = Known::of(captured);
        match once(cx, self.way, &captured.by).await {
            Ok(Ok(looked)) if self.is_back(&known, &looked) => {
                let note = Some("it is as it was before".to_owned());
                let stays = self.stays(&known, captured);
                let ran = Ran { note, stays, ..Ran::well(self.out(captured, &looked.setting, true)) };
                Probed::Done(Box::new(self.ended(&known, ran)))
            }
            Ok(Ok(looked)) if !looked.ready => Probed::UnderWay,
            Ok(Ok(_)) => Probed::NotDone,
            Ok(Err(failure)) | Err(failure) => Probed::CannotTell { why: failure.message },
        }
    }
}

impl RestoreTask {
    /// A failure with the places that are not as they were.
    fn not_back(&self, failure: Failure, known: &Known, last: Option<Looked>) -> Failure {
        let Some(last) = last else { return failure };
        let (before, _) = hidden_in(self.way, &known.before);
        let (now, _) = hidden_in(self.way, &known.seen(&last.setting));
        let differ = differences(self.way, &before, &now).into_iter().take(SHOWN);
        let causes = differ.map(|(path, was, is)| {
            let path = if path.is_empty() { "the setting".to_owned() } else { path };
            format!("{path} is {is}, and was {was}")
        });
        failure.caused_by(causes.collect())
    }
}
