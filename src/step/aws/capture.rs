//! Looking at a setting until it stands still, and putting it on record before it is changed.

use std::time::Duration;

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, Operation};
use crate::aws::poll_delay;
use crate::event::{Captured, Failure};
use crate::step::aws::answer::api_failure;
use crate::step::aws::task::no_account;
use crate::step::end::End;
use crate::step::inverse::{Looked, Way, hidden_in, look, without_secrets};
use crate::step::{ReadContext, StepStop, WriteContext};

/// Puts what is there on record, unless an earlier attempt has done so and may have changed it since.
pub(super) async fn capture(
    cx: &WriteContext,
    way: &Way,
    operation: Operation,
    input: &Value,
) -> Result<Result<(), Failure>, StepStop> {
    if cx.captured().is_some() {
        return Ok(Ok(()));
    }
    let setting = match still(&cx.read, way, input).await {
        Ok(looked) => looked.setting,
        Err(mut failure) => {
            failure.message =
                format!("what is there before {} could not be read: {}", operation.call(), failure.message);
            let remedy = "nothing was changed; where nothing is to be put back, say `capture = false`";
            failure.remedy = Some(failure.remedy.map_or(remedy.to_owned(), |own| format!("{own}; {remedy}")));
            return Ok(Err(failure));
        }
    };
    let (shown, hidden) = hidden_in(way, &setting);
    let whole = hidden.then_some(setting);
    let captured = Captured { before: shown, by: without_secrets(way, operation, input).0, ..Captured::default() };
    cx.capture_with(captured, whole).await.map(Ok)
}

/// Looks until no earlier change is under way.
pub(super) async fn still(cx: &ReadContext, way: &Way, with: &Value) -> Result<Looked, Failure> {
    let (mut failed, mut told) = (0, false);
    loop {
        let found = once(cx, way, with).await?;
        match found {
            Ok(looked) if looked.ready => return Ok(looked),
            Ok(_) => {
                failed = 0;
                if !told {
                    cx.say(format!("{}: an earlier change is under way, and is waited for", way.reads().call()));
                    told = true;
                }
            }
            Err(failure) => {
                failed += 1;
                if failed > PATIENCE {
                    return Err(failure);
                }
            }
        }
        pause(cx, failed).await.map_err(|end| disturbed(end, way))?;
    }
}

/// How many looks in a row may give nothing before a step that has changed nothing yet gives up. The SDK has repeated each.
const PATIENCE: u32 = 1;

/// One look. The inner error is one that another look may not have.
pub(super) async fn once(cx: &ReadContext, way: &Way, with: &Value) -> Result<Result<Looked, Failure>, Failure> {
    let Some(aws) = &cx.aws else { return Err(no_account()) };
    let looked = cx.within(Box::pin(look(way, with, &aws.api()))).await.map_err(|end| disturbed(end, way))?;
    match looked {
        Ok(looked) => Ok(Ok(looked)),
        Err(failure) => match &failure {
            ApiFailure::Aws(error) if error.is_transient() => Ok(Err(api_failure(&failure))),
            ApiFailure::Aws(_) | ApiFailure::NotSent(_) | ApiFailure::Pages(_) => Err(api_failure(&failure)),
        },
    }
}

/// Waits until the next look. `failed` counts the looks in a row that gave nothing.
pub(super) async fn pause(cx: &ReadContext, failed: u32) -> Result<(), End> {
    let emulated = cx.aws.as_ref().is_some_and(|aws| aws.settings().emulator.is_some());
    let delay = poll_delay(emulated, failed).max(Duration::from_millis(1));
    cx.within(tokio::time::sleep(delay)).await
}

fn disturbed(end: End, way: &Way) -> Failure {
    let call = way.reads().call();
    end.failure(format!("{call}: stopped by the operator"), format!("{call}: not still within the step's time"))
}
