//! Whether IAM allows what an undo calls, by its own simulation.

use std::collections::BTreeMap;

use crate::aws::AwsReads;
use crate::aws::api::access::iam_actions;
use crate::aws::simulation::{Question, Verdict, ask, principal};
use crate::event::Need;
use crate::step::rehearse::ask::patiently;
use crate::step::{CallOn, ReadContext};

/// The most actions that are named.
const NAMED: usize = 8;

/// Asks for the permissions of the caller for these calls. `whose`: what is undone, for people. Nobody is held up where
/// IAM does not tell: then it is told so.
pub(in crate::step) async fn permissions(cx: &ReadContext, aws: &AwsReads, calls: &[CallOn], whose: &str) -> Need {
    let what = format!("the permissions to put back {whose}");
    let asked = match patiently(cx, Box::pin(simulated(aws, calls))).await {
        Ok(asked) => asked,
        Err(untold) => Err(untold.why),
    };
    let (caller, verdicts) = match asked {
        Ok(asked) => asked,
        Err(why) => return Need::later(what, why),
    };
    let denied = lines(&verdicts, |verdict| match verdict {
        Verdict::Denied(why) => Some(why),
        Verdict::Allowed | Verdict::Open(_) => None,
    });
    let open = lines(&verdicts, |verdict| match verdict {
        Verdict::Open(why) => Some(why),
        Verdict::Allowed | Verdict::Denied(_) => None,
    });
    if !denied.is_empty() {
        let remedy = format!("allow {caller} these actions, or give the step a `role` that may");
        return Need::missing(what, format!("by IAM's simulation: {}", denied.join("; ")), remedy);
    }
    if !open.is_empty() {
        return Need::later(what, format!("IAM's simulation does not tell: {}", open.join("; ")));
    }
    Need::there(what, format!("all {} actions are allowed, by IAM's simulation", verdicts.len()))
}

/// Who calls, and each action with what IAM says of it.
async fn simulated(aws: &AwsReads, calls: &[CallOn]) -> Result<(String, Vec<(String, Verdict)>), String> {
    let caller = aws.caller().await.map_err(|error| error.to_string())?.value;
    let (api, settings) = (aws.api(), aws.settings());
    let own = principal(&api, settings, &caller).await?;
    let partition = caller.arn.split(':').nth(1).unwrap_or("aws");
    let mut questions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for call in calls {
        let resource = call.target.arn(partition, &settings.region, &settings.account);
        questions.entry(resource).or_default().extend(iam_actions(call.service, call.operation));
    }
    let mut verdicts = Vec::new();
    for (resource, mut actions) in questions {
        actions.sort();
        actions.dedup();
        if actions.is_empty() {
            continue;
        }
        let region = settings.region.clone();
        verdicts.extend(ask(&api, &Question { principal: own.clone(), resource, region, actions }).await?);
    }
    Ok((own, verdicts))
}

fn lines(verdicts: &[(String, Verdict)], wanted: fn(&Verdict) -> Option<&String>) -> Vec<String> {
    let all: Vec<String> =
        verdicts.iter().filter_map(|(action, it)| Some(format!("{action}: {}", wanted(it)?))).collect();
    let more = all.len().saturating_sub(NAMED);
    let mut lines: Vec<String> = all.into_iter().take(NAMED).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}
