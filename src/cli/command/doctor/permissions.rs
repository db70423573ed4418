//! What IAM allows of the planned calls, by its own simulation.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::api::client::ApiReads;
use crate::aws::simulation::{self, Verdict, principal};
use crate::aws::{AwsReads, Caller};
use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::needs::{Needs, Planned};
use crate::cli::command::doctor::patience::{TOO_LONG, all, patiently};
use crate::plan::Principal;
use crate::report::count;

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
    let asked = simulation::Question {
        principal: question.principal.clone(),
        resource: question.resource.clone(),
        region: question.region.clone(),
        actions: question.actions.keys().cloned().collect(),
    };
    let verdicts = simulation::ask(api, &asked).await?;
    Ok(verdicts.into_iter().map(|(action, it)| (line(&action, &question.actions[&action]), it)).collect())
}
