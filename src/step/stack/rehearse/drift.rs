//! Drift: what was changed beside `CloudFormation` a change set does not see, on the way there or back.
//!
//! To look for drift begins something at the service, so a rehearsal does not: it tells what the last search found.

use crate::aws::AwsReads;
use crate::aws::stacks::{DriftedResource, LastDrift, NoEcho, StackDescription};
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::told;

/// The most resources that are named.
const NAMED: usize = 5;

/// What the last search for drift has found.
pub(super) async fn drift(stack: &StackDescription, no_echo: &NoEcho, aws: &AwsReads, cx: &ReadContext) -> Need {
    let name = &stack.name;
    let what = format!("the resources of stack {name} as its template says");
    let search = format!("`aws cloudformation detect-stack-drift --stack-name {name}`");
    let Some(LastDrift { status, checked }) = &stack.drift else {
        return Need::there(what, format!("the service tells of no search for drift; {search} begins one"));
    };
    let when = checked.map(|at| format!(", looked for at {}", at.format("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
    match status.as_str() {
        "DRIFTED" => {
            let found = match told(cx, aws.stacks().drifted(&stack.id, no_echo)).await {
                Ok(found) => named(found),
                Err(untold) => format!("which of them is not told: {}", untold.why),
            };
            Need::missing(
                what,
                format!("drift{when}: {found}"),
                format!(
                    "bring template and resources together (put them back, or take the change into the template); then \
                     {search}, and look again"
                ),
            )
        }
        "IN_SYNC" => Need::there(what, format!("no drift{when}")),
        "NOT_CHECKED" => Need::there(
            what,
            format!("nobody has looked for drift: what was changed beside CloudFormation is not known; {search} looks"),
        ),
        other => Need::there(what, format!("the last search for drift gave {other}{when}; {search} looks again")),
    }
}

fn named(mut found: Vec<DriftedResource>) -> String {
    found.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
    let more = found.len().saturating_sub(NAMED);
    let mut lines: Vec<String> = found.iter().take(NAMED).map(DriftedResource::line).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if lines.is_empty() { "which of them is not told".to_owned() } else { lines.join("; ") }
}
