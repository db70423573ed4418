//! What IAM allows of the planned calls, by its own simulation.
//!
//! `SimulatePrincipalPolicy` evaluates the policies of the caller, and its permissions boundary. Its answers "can differ from
//! your live AWS environment": policies of resources and of the session are not asked
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>). It calls none of the actions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aws::api::client::{ApiReads, resolve};
use crate::aws::{AwsReads, Caller};
use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::needs::{Needs, Planned};
use crate::cli::command::doctor::patience::{TOO_LONG, all, patiently};
use crate::cli::command::doctor::principal::{Verdict, is_refusal, principal, verdict};
use crate::plan::Principal;
use crate::report::count;

/// How many actions are asked about at once: the answer stays a page or two.
const BATCH: usize = 50;
/// The most pages of an answer.
const PAGES: usize = 10;
/// The most denials that are named in words.
const NAMED: usize = 12;
/// The most notes on what is not simulated.
const NOTES: usize = 3;

/// What is asked in one go: actions of one caller on one thing, with the steps that need each.
#[derive(Clone, Debug)]
struct Question {
    principal: String,
    resource: String,
    region: String,
    actions: Actions,
}

/// Each action, with the steps that need it.
type Actions = BTreeMap<String, BTreeSet<String>>;

/// The line.
pub(super) async fn permissions(reads: &AwsReads, caller: &Caller, needs: &Needs, hint: String) -> Finding {
    let finding = asked(reads, caller, &needs.calls, hint).await;
    let more = needs.notes.len().saturating_sub(NOTES);
    let more = (more > 0).then(|| format!("and {more} more that is not simulated"));
    let details = finding.details.iter().chain(needs.notes.iter().take(NOTES)).cloned().chain(more).collect();
    finding.details(details)
}

async fn asked(reads: &AwsReads, caller: &Caller, calls: &[Planned], hint: String) -> Finding {
    if calls.iter().all(|call| call.need.actions.is_empty()) {
        return Finding::ok("permissions", "no call that IAM decides about is planned");
    }
    match patiently(Box::pin(simulate(reads, caller, calls))).await {
        None => not_known(TOO_LONG.to_owned(), hint),
        Some(Err(why)) => not_known(why, hint),
        Some(Ok(verdicts)) => judge(&verdicts, hint),
    }
}

/// The line when nothing of it can be told.
pub(super) fn not_known(why: String, hint: String) -> Finding {
    Finding::unknown("permissions", why).remedy(hint)
}

fn judge(verdicts: &[(String, Verdict)], hint: String) -> Finding {
    let all_of_it = count(verdicts.len(), "permission");
    let lines = |wanted: fn(&Verdict) -> Option<&String>| -> Vec<String> {
        verdicts.iter().filter_map(|(what, it)| wanted(it).map(|why| format!("{what}: {why}"))).collect()
    };
    let denied = lines(|it| match it {
        Verdict::Denied(why) => Some(why),
        Verdict::Allowed | Verdict::Open(_) => None,
    });
    let open = lines(|it| match it {
        Verdict::Open(why) => Some(why),
        Verdict::Allowed | Verdict::Denied(_) => None,
    });
    let scope = "by simulation: policies of resources, sessions and organizations may decide otherwise";
    if denied.is_empty() && open.is_empty() {
        return Finding::ok("permissions", format!("all of {all_of_it} allowed, {scope}"));
    }
    let mut details: Vec<String> = denied.iter().chain(&open).take(NAMED).cloned().collect();
    let more = (denied.len() + open.len()).saturating_sub(NAMED);
    if more > 0 {
        details.push(format!("and {more} more"));
    }
    let found = if denied.is_empty() {
        format!("{} of {all_of_it} cannot be told, {scope}", open.len())
    } else {
        format!("{} of {all_of_it} denied, {scope}", denied.len())
    };
    let finding = if denied.is_empty() {
        Finding::unknown("permissions", found)
    } else {
        Finding::failed("permissions", found, "")
    };
    finding.remedy(hint).details(details)
}

/// Asks IAM. What comes back is each action with the step that needs it, and how it stands.
async fn simulate(reads: &AwsReads, caller: &Caller, calls: &[Planned]) -> Result<Vec<(String, Verdict)>, String> {
    let api = reads.api();
    let own = principal(&api, reads.settings(), caller).await?;
    let mut verdicts = Vec::new();
    let mut questions: BTreeMap<(String, String, String), Actions> = BTreeMap::new();
    for call in calls {
        let principal = match &call.need.by {
            Principal::Caller => &own,
            Principal::Role(arn) => arn,
            Principal::RoleNotKnown => {
                let why = "the role of the step is not known before the run".to_owned();
                verdicts
                    .extend(call.need.actions.iter().map(|it| (line(it, [&call.step]), Verdict::Open(why.clone()))));
                continue;
            }
        };
        let (resource, region) = (&call.need.resource, &call.need.region);
        let question = questions.entry((principal.clone(), resource.clone(), region.clone())).or_default();
        for action in &call.need.actions {
            question.entry(action.clone()).or_default().insert(call.step.clone());
        }
    }
    let questions = questions.into_iter().map(|((principal, resource, region), actions)| Question {
        principal,
        resource,
        region,
        actions,
    });
    let asked = all(questions.map(|question| {
        let api = api.clone();
        async move { ask(&api, &question).await }
    }));
    for answer in asked.await {
        verdicts.extend(answer?);
    }
    Ok(verdicts)
}

fn line<'a>(action: &str, steps: impl IntoIterator<Item = &'a String>) -> String {
    let steps: Vec<&str> = steps.into_iter().map(String::as_str).collect();
    match steps.as_slice() {
        [] => action.to_owned(),
        [one] => format!("{action} ({one})"),
        [one, rest @ ..] => format!("{action} ({one}, and {} more)", rest.len()),
    }
}

async fn ask(api: &ApiReads, question: &Question) -> Result<Vec<(String, Verdict)>, String> {
    let operation = resolve("iam:SimulatePrincipalPolicy").ok().and_then(|it| it.read());
    let operation = operation.ok_or("the models do not know SimulatePrincipalPolicy")?;
    let narrow = question.resource != "*";
    let actions: Vec<&String> = question.actions.keys().collect();
    let mut verdicts = Vec::new();
    for batch in actions.chunks(BATCH) {
        let mut input = json!({
            "PolicySourceArn": question.principal,
            "ActionNames": batch,
            // What every call brings, and policies like to ask for.
            "ContextEntries": [
                { "ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": [question.region] },
                { "ContextKeyName": "aws:SecureTransport", "ContextKeyType": "boolean", "ContextKeyValues": ["true"] },
            ],
        });
        if narrow {
            input["ResourceArns"] = json!([question.resource]);
        }
        let reply = api.all_pages(operation, &input, PAGES).await.map_err(|failure| {
            let who =
                if is_refusal(&failure) { "the caller may not simulate its policies" } else { "IAM does not tell" };
            format!("{who}: {failure}")
        })?;
        let evaluations = reply.value["EvaluationResults"].as_array().cloned().unwrap_or_default();
        for action in batch {
            let own = evaluations
                .iter()
                .find(|it| it["EvalActionName"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(action)));
            let verdict = verdict(own.unwrap_or(&Value::Null), narrow);
            verdicts.push((line(action, &question.actions[*action]), verdict));
        }
    }
    Ok(verdicts)
}
