//! What putting a setting back will need: that it can be read now, and that what it names is still there.

use serde_json::{Map, Value, json};

use crate::aws::AwsReads;
use crate::aws::api::client::ApiFailure;
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::aws::answer::api_failure;
use crate::step::aws::restore::RestoreTask;
use crate::step::aws::task::AwsTask;
use crate::step::calls::of_way;
use crate::step::inverse::{Looked, Way, hidden_in, look};
use crate::step::rehearse::{Asked, asked, patiently, permissions, says_gone};
use crate::world::secret::CUT;

/// How much of a setting is told, in characters.
const LONGEST: usize = 300;

/// Looks for what the undo of a call will need.
pub(in crate::step) async fn rehearse(change: &AwsTask, undo: &RestoreTask, cx: &ReadContext) -> Vec<Need> {
    let call = change.operation.call();
    let what = format!("what {call} changes, as it is now");
    let Some(aws) = &cx.aws else { return vec![Need::unknown(what, "the run has no account to ask")] };
    let Some(way) = change.way else {
        let remedy = "have the step put on record what is there before: leave out `capture = false`";
        return vec![Need::missing(what, "the step puts nothing on record", remedy)];
    };
    let mut needs = Vec::new();
    if undo.captured.is_some() {
        needs.push(Need::there(what, "on record since the step began to change it"));
    } else {
        needs.extend(of_setting(what, change, way, aws, cx).await);
    }
    needs.push(permissions(cx, aws, &of_way(way), &format!("what {call} changes")).await);
    needs
}

async fn of_setting(what: String, change: &AwsTask, way: &Way, aws: &AwsReads, cx: &ReadContext) -> Vec<Need> {
    let read = way.reads().call();
    let looked = match patiently(cx, Box::pin(look(way, &change.input, &aws.api()))).await {
        Ok(Ok(looked)) => looked,
        Ok(Err(ApiFailure::Aws(error))) if says_gone(&error) => {
            let why = format!(
                "there is nothing yet that could be read ({error}): an earlier step makes it, or the change fails"
            );
            return vec![Need::later(what, why)];
        }
        Ok(Err(failure)) => {
            let failure = api_failure(&failure);
            return vec![Need { remedy: failure.remedy, ..Need::unknown(what, failure.message) }];
        }
        Err(untold) => return vec![untold.need(what)],
    };
    let Looked { setting, ready, .. } = &looked;
    if !ready {
        return vec![Need::later(what, format!("{read}: an earlier change is under way, and is waited for first"))];
    }
    let mut needs = vec![Need::there(what, told(way, setting))];
    let lost = secrets(way, setting);
    if !lost.is_empty() {
        let names = lost.join(", ");
        let detail =
            "secret, so on no record: the session that changes it can put it back, and after that only a person";
        needs.push(Need::there(format!("the value of {names} before"), detail));
    }
    needs.extend(versions(change, setting, aws, cx).await);
    needs
}

/// The setting in few words, without what is secret in it.
fn told(way: &Way, setting: &Value) -> String {
    if setting.is_null() {
        let takes_away: Vec<String> = way.remove.iter().map(|call| format!("{}:{}", way.service, call.name)).collect();
        let how = if takes_away.is_empty() { String::new() } else { format!(", by {}", takes_away.join(", ")) };
        let note = way.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
        return format!("there is none: the way back takes it away again{how}{note}");
    }
    let (shown, _) = hidden_in(way, setting);
    let fields = shown.as_object().cloned().unwrap_or_default();
    let lines: Vec<String> =
        fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| format!("{name} = {value}")).collect();
    let all = if lines.is_empty() { "nothing is set".to_owned() } else { lines.join(", ") };
    if all.chars().count() <= LONGEST { all } else { all.chars().take(LONGEST).chain("…".chars()).collect() }
}

/// The fields of which no record holds the whole.
fn secrets(way: &Way, setting: &Value) -> Vec<String> {
    let (shown, any) = hidden_in(way, setting);
    let fields: Map<String, Value> = shown.as_object().cloned().filter(|_| any).unwrap_or_default();
    fields.into_iter().filter(|(_, value)| value.to_string().contains(CUT)).map(|(name, _)| name).collect()
}

/// The versions that an alias points at: one that is deleted nobody can point at again.
async fn versions(change: &AwsTask, setting: &Value, aws: &AwsReads, cx: &ReadContext) -> Vec<Need> {
    let is_alias = change.operation.service_name() == "lambda" && change.operation.name().ends_with("Alias");
    let Some(function) = change.input.get("FunctionName").and_then(Value::as_str).filter(|_| is_alias) else {
        return Vec::new();
    };
    let weights = setting["RoutingConfig"]["AdditionalVersionWeights"].as_object();
    let others = weights.into_iter().flatten().map(|(version, _)| version.as_str());
    let all = setting["FunctionVersion"].as_str().into_iter().chain(others);
    let mut needs = Vec::new();
    for version in all.filter(|version| *version != "$LATEST") {
        let what = format!("version {version} of function {function}");
        let input = json!({ "FunctionName": function, "Qualifier": version });
        needs.push(match asked(cx, aws, "lambda:GetFunctionConfiguration", input).await {
            Asked::There(found) => {
                Need::there(what, format!("published, {}", found["CodeSha256"].as_str().unwrap_or_default()))
            }
            Asked::Gone(why) => {
                Need::missing(what, why, "no alias can point at it again: publish what it was as a new version")
            }
            Asked::Untold(untold) => untold.need(what),
        });
    }
    needs
}
