//! One call that changes something: on disk before it is made, and again after.

use std::future::Future;

use crate::aws::{Aws, AwsError, Reply};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::stack::aws_failure;
use crate::step::{NewEffect, StepStop, WriteContext};

/// Why the way of a step ends early.
#[derive(Debug)]
pub(in crate::step) enum Halt {
    /// With no result to judge.
    Stop(StepStop),
    /// With a failure.
    Failed(Box<Failure>),
}

impl From<StepStop> for Halt {
    fn from(stop: StepStop) -> Self {
        Halt::Stop(stop)
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Halt::Failed(Box::new(failure))
    }
}

impl From<Box<Failure>> for Halt {
    fn from(failure: Box<Failure>) -> Self {
        Halt::Failed(failure)
    }
}

impl From<AwsError> for Halt {
    fn from(error: AwsError) -> Self {
        aws_failure(&error).into()
    }
}

/// The door to AWS that the step writes by.
pub(in crate::step) fn door(cx: &WriteContext, kind: &str) -> Result<Aws, Halt> {
    cx.aws.clone().ok_or_else(|| {
        Failure::new(FailureKind::Guard, format!("a {kind} step needs an account"))
            .with_remedy("give the profile an `[aws]` section")
            .into()
    })
}

/// The record of an effect on AWS.
pub(in crate::step) fn planned(aws: &Aws, call: &str, target: &str, wants_token: bool) -> NewEffect {
    NewEffect {
        call: call.to_owned(),
        target: target.to_owned(),
        wants_token,
        account: Some(aws.settings().account.clone()),
        region: Some(aws.settings().region.clone()),
    }
}

/// Makes one effect whose end is the end of the call. The call gets the client token; it is empty when none was wanted.
pub(in crate::step) async fn effect<T, F, Fut>(cx: &WriteContext, effect: NewEffect, call: F) -> Result<T, Halt>
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<Reply<T>, AwsError>>,
{
    effect_that(cx, effect, call, |_| EffectResult::Done).await
}

/// The same for a call whose answer says whether it happened: a condition that did not hold is no error, and no effect.
pub(in crate::step) async fn effect_that<T, F, Fut>(
    cx: &WriteContext,
    effect: NewEffect,
    call: F,
    became: impl FnOnce(&T) -> EffectResult,
) -> Result<T, Halt>
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<Reply<T>, AwsError>>,
{
    let intent = cx.intend(effect).await?;
    let token = intent.token.clone().unwrap_or_default();
    match call(token).await {
        Ok(reply) => {
            cx.settle(intent, became(&reply.value), reply.request_ids.last().cloned(), None).await?;
            Ok(reply.value)
        }
        Err(error) => {
            let result = if error.is_definite() { EffectResult::Refused } else { EffectResult::Unknown };
            cx.settle(intent, result, error.request_id.clone(), Some(error.to_string())).await?;
            Err(error.into())
        }
    }
}
