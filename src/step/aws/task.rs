//! One call, with all its values known.

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, Operation};
use crate::aws::api::protocol::sensitive;
use crate::event::{EffectResult, EffectState, Failure, FailureKind};
use crate::step::aws::answer::{api_failure, hidden, ran};
use crate::step::{Hidden, NewEffect, Probed, Ran, ReadAction, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;
use crate::world::secret::CUT;

/// The longest target of an effect that is put on record, in characters.
const LONGEST_TARGET: usize = 200;

/// A call of the AWS API with all its values known.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsTask {
    /// The operation.
    pub operation: Operation,
    /// Its parameters.
    pub input: Value,
    /// How many pages of an answer are read, at most.
    pub pages: usize,
    /// The parameters of which a part is written out in the runbook: what stands in a file is not cut.
    pub written: Vec<String>,
}

fn no_account() -> Failure {
    Failure::new(FailureKind::Guard, "a call to AWS needs an account")
        .with_remedy("give the profile an `[aws]` section")
}

impl AwsTask {
    /// The call and its parameters, a line each. What the service's model calls sensitive is not shown.
    pub fn lines(operation: Operation, input: &Value) -> Vec<String> {
        let mut lines = vec![operation.call()];
        let input = without_secrets(operation, input);
        for (name, value) in input.as_object().into_iter().flatten() {
            lines.push(format!("  {name} = {value}"));
        }
        lines
    }

    /// What is worked on, in few words: the parameters that are plain text.
    fn target(&self) -> String {
        let shown = without_secrets(self.operation, &self.input);
        let given = shown.as_object().into_iter().flatten();
        let plain: Vec<String> =
            given.filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?))).collect();
        plain.join(" ").chars().take(LONGEST_TARGET).collect()
    }

    /// The texts of the input that the service's model calls sensitive, and that do not stand in the runbook.
    pub fn secrets(&self) -> Vec<Hidden> {
        let Some(shape) = self.operation.service().input(self.operation.model()) else { return Vec::new() };
        let all = sensitive(shape, &self.input).into_iter().map(hidden);
        all.filter(|it| !it.path.first().is_some_and(|name| self.written.contains(name))).collect()
    }

    /// The result of the call that reads.
    pub(in crate::step) async fn look(&self, cx: &ReadContext) -> Result<Ran, Failure> {
        let Some(read) = self.operation.read() else {
            return Err(Failure::new(FailureKind::Guard, format!("{} is no read", self.operation.call())));
        };
        let api = cx.aws.as_ref().ok_or_else(no_account)?.api();
        let reply = if self.pages == 1 {
            api.one_page(read, &self.input).await
        } else {
            api.all_pages(read, &self.input, self.pages).await
        };
        ran(reply.map_err(|failure| api_failure(&failure))?, &*cx.artifacts)
    }
}

/// The input with what is sensitive taken out.
fn without_secrets(operation: Operation, input: &Value) -> Value {
    let mut shown = input.clone();
    let Some(shape) = operation.service().input(operation.model()) else { return shown };
    for it in sensitive(shape, input) {
        if let Some(place) = shown.pointer_mut(&hidden(it).pointer()) {
            *place = Value::from(CUT);
        }
    }
    shown
}

impl ReadAction for AwsTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        let looked = cx.within(Box::pin(self.look(cx))).await.unwrap_or_else(|end| {
            let call = self.operation.call();
            let over = format!("{call}: no answer within the step's time");
            Err(end.failure(format!("{call}: stopped by the operator"), over))
        });
        Ok(looked.unwrap_or_else(Ran::failed))
    }
}

impl WriteAction for AwsTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        Self::lines(self.operation, &self.input)
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        let Some(aws) = cx.aws.clone() else { return Ok(Ran::failed(no_account())) };
        let effect = NewEffect {
            call: self.operation.call(),
            target: self.target(),
            wants_token: self.operation.token_member().is_some(),
            account: Some(aws.settings().account.clone()),
            region: Some(aws.settings().region.clone()),
        };
        let intent = cx.intend(effect).await?;
        let mut cancel = cx.read.cancel.clone();
        let api = aws.api();
        // A call that was sent is waited for: it has a time-out of its own, of which nobody knows less than of an answer.
        let sent = tokio::select! {
            sent = api.call(self.operation, &self.input, intent.token.as_deref()) => sent,
            () = cancel.killed() => {
                let message = format!("{} was sent, and its answer was not waited for", self.operation.call());
                cx.settle(intent, EffectResult::Unknown, None, Some(message.clone())).await?;
                return Ok(Ran::failed(Failure::new(FailureKind::Lost, message)));
            }
        };
        match sent {
            Ok(reply) => {
                let request = reply.request_ids.last().cloned();
                cx.settle(intent, EffectResult::Done, request, None).await?;
                Ok(ran(reply, &*cx.read.artifacts).unwrap_or_else(Ran::failed))
            }
            Err(failure) => {
                let (result, request) = match &failure {
                    ApiFailure::Aws(error) if error.could_have_happened() => {
                        (EffectResult::Unknown, error.request_id.clone())
                    }
                    ApiFailure::Aws(error) => (EffectResult::Refused, error.request_id.clone()),
                    ApiFailure::NotSent(_) => (EffectResult::Refused, None),
                    // It was done: what it gave is not whole.
                    ApiFailure::Pages(_) => (EffectResult::Done, None),
                };
                cx.settle(intent, result, request, Some(failure.to_string())).await?;
                Ok(Ran::failed(api_failure(&failure)))
            }
        }
    }

    async fn observe(&self, cx: &mut ReadContext) -> Option<Ran> {
        self.operation.read()?;
        ReadAction::run(self, cx).await.ok()
    }

    async fn probe(&self, _: &mut ReadContext, _: &EffectState) -> Probed {
        let why = format!("nothing says whether {} was done", self.operation.call());
        Probed::CannotTell { why }
    }
}
