//! What functions have beside their template: aliases and reserved concurrency. No way back of a stack touches them;
//! they go on record, so that a person can.

use serde_json::{Value, json};

use crate::aws::AwsReads;
use crate::aws::stacks::StackResource;
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::{Asked, Look, all, asked};

/// The most functions that are looked at.
const MOST: usize = 50;

/// Looks at the functions of a stack.
pub(super) async fn beside(resources: &[StackResource], aws: &AwsReads, cx: &ReadContext) -> Vec<Need> {
    let functions = resources.iter().filter(|resource| resource.resource_type == "AWS::Lambda::Function");
    let mut functions: Vec<(&str, &str)> =
        functions.filter_map(|one| Some((one.logical_id.as_str(), one.physical_id.as_deref()?))).collect();
    functions.sort_unstable();
    let more = functions.len().saturating_sub(MOST);
    let looks = functions.into_iter().take(MOST).map(|(id, name)| {
        let look: Look<'_, Vec<Need>> = Box::pin(async move { of_function(id, name, aws, cx).await });
        look
    });
    let mut needs: Vec<Need> = all(looks.collect()).await.into_iter().flatten().collect();
    if more > 0 {
        needs.push(Need::later(format!("{more} more functions"), "so many are not looked at"));
    }
    needs
}

async fn of_function(id: &str, name: &str, aws: &AwsReads, cx: &ReadContext) -> Vec<Need> {
    let input = json!({ "FunctionName": name });
    let (aliases, limit) = tokio::join!(
        asked(cx, aws, "lambda:ListAliases", input.clone()),
        asked(cx, aws, "lambda:GetFunctionConcurrency", input),
    );
    let mut needs = Vec::new();
    match aliases {
        Asked::There(answer) => {
            let found = answer["Aliases"].as_array().cloned().unwrap_or_default();
            needs.extend(found.iter().map(|alias| {
                let alias_name = alias["Name"].as_str().unwrap_or_default();
                Need::there(format!("alias `{alias_name}` of function `{id}`"), points_at(alias))
            }));
        }
        Asked::Gone(why) => needs.push(not_on_record("aliases", id, &why)),
        Asked::Untold(untold) => needs.push(not_on_record("aliases", id, &untold.why)),
    }
    match limit {
        Asked::There(answer) => {
            let limit = answer["ReservedConcurrentExecutions"].as_u64();
            let what = || format!("the reserved concurrency of function `{id}`");
            needs.extend(limit.map(|limit| Need::there(what(), limit.to_string())));
        }
        Asked::Gone(why) => needs.push(not_on_record("reserved concurrency", id, &why)),
        Asked::Untold(untold) => needs.push(not_on_record("reserved concurrency", id, &untold.why)),
    }
    needs
}

/// The way back does not need it, so nobody is held up.
fn not_on_record(what: &str, id: &str, why: &str) -> Need {
    Need::later(format!("the {what} of function `{id}`"), format!("not on record: {why}"))
}

fn points_at(alias: &Value) -> String {
    let version = alias["FunctionVersion"].as_str().unwrap_or_default();
    let weights = alias["RoutingConfig"]["AdditionalVersionWeights"].as_object();
    let weights = weights.into_iter().flatten().map(|(version, weight)| format!("{weight} of the calls to {version}"));
    std::iter::once(format!("points at version {version}")).chain(weights).collect::<Vec<_>>().join(", ")
}
