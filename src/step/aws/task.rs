//! One call, with all its values known.

use serde_json::Value;

use crate::aws::api::client::Operation;
use crate::aws::api::protocol::sensitive;
use crate::event::{EffectState, Failure, FailureKind};
use crate::step::aws::answer::{api_failure, hidden, ran};
use crate::step::aws::answers::Asked;
use crate::step::aws::capture::capture;
use crate::step::aws::effect::change;
use crate::step::inverse::Way;
use crate::step::{Hidden, Probed, Ran, ReadAction, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;
use crate::world::secret::CUT;

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
    /// How what is there is put on record before, where it is.
    pub way: Option<&'static Way>,
}

pub(super) fn no_account() -> Failure {
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
        let aws = cx.aws.as_ref().ok_or_else(no_account)?;
        let api = aws.api();
        let call = async || {
            let reply = if self.pages == 1 {
                api.one_page(read, &self.input).await
            } else {
                api.all_pages(read, &self.input, self.pages).await
            };
            reply.map_err(|failure| api_failure(&failure))
        };
        let (answer, shared) = match &cx.answers {
            Some(answers) => {
                let asked = Asked::new(aws.settings(), self.operation, &self.input, self.pages);
                answers.ask(asked, self.pages, call).await
            }
            None => (call().await, false),
        };
        let mut ran = match answer {
            Ok(reply) => ran(reply, &*cx.artifacts)?,
            Err(failure) => Ran::failed(failure),
        };
        ran.shared = usize::from(shared);
        Ok(ran)
    }
}

/// The input with what is sensitive taken out.
pub(super) fn without_secrets(operation: Operation, input: &Value) -> Value {
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
        if let Some(way) = self.way
            && let Err(failure) = capture(cx, way, self.operation, &self.input).await?
        {
            return Ok(Ran::failed(failure));
        }
        match change(cx, self.operation, &self.input).await? {
            Ok(reply) => Ok(ran(reply, &*cx.read.artifacts).unwrap_or_else(Ran::failed)),
            Err(failure) => Ok(Ran::failed(failure)),
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
