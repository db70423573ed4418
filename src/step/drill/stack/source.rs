//! Where a clean stack comes from: what a run has on record, or the stack as it stands.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::aws::stacks::{MASKED, StackCapture};
use crate::event::{Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::made::{EXPIRES, TAG, tags};
use crate::step::drill::stack::task::{StackPlan, StackRedeployTask};
use crate::step::effect::Halt;
use crate::step::records::{StackOnRecord, StackWanted};
use crate::value::Scope;
use crate::world::secret::CUT;

/// A stack as it was, and who says so.
pub(super) struct Source {
    /// The stack.
    pub(super) stack: StackCapture,
    /// The record that it is from; none: the stack as it stands.
    pub(super) record: Option<StackOnRecord>,
}

impl Source {
    /// For the step's outputs.
    pub(super) fn from(&self) -> &'static str {
        if self.record.is_some() { "evidence" } else { "live" }
    }

    /// For people, in the report.
    pub(super) fn line(&self) -> String {
        let Self { stack, record } = self;
        let Some(StackOnRecord { run, step, deployed, at, artifact, .. }) = record else {
            return format!("from stack {} as it stands", stack.id);
        };
        let how = if *deployed { "deployed" } else { "found" };
        format!(
            "from the evidence of run {run}, which was verified: as step `{step}` {how} it at {at}, template {artifact}"
        )
    }

    /// For the step's outputs.
    pub(super) fn run(&self) -> Value {
        json!(self.record.as_ref().map(|record| &record.run))
    }

    /// The tags of the clean stack: those that people set, and the run's.
    pub(super) fn tags(&self, run: &str, scope: &Scope) -> BTreeMap<String, String> {
        let is_own = |key: &str| !key.starts_with("aws:") && ![TAG, EXPIRES].contains(&key);
        let own = self.stack.tags.iter().filter(|tag| is_own(&tag.key) && !tag.value.contains(CUT));
        own.map(|tag| (tag.key.clone(), tag.value.clone())).chain(tags(run, scope)).collect()
    }

    /// The parameters of the clean stack: those given, else those that were.
    pub(super) fn parameters(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Box<Failure>> {
        let mut all = BTreeMap::new();
        let mut hidden = Vec::new();
        for parameter in self.stack.parameters.iter().filter(|one| !given.contains_key(&one.name)) {
            if parameter.value == MASKED || parameter.value.contains(CUT) {
                hidden.push(parameter.name.as_str());
            }
            all.insert(parameter.name.clone(), parameter.value.clone());
        }
        all.extend(given.clone());
        if hidden.is_empty() {
            return Ok(all);
        }
        let message = format!("the value of {} is on no record: it is NoEcho, or a secret was cut", hidden.join(", "));
        let remedy = format!("give it by `parameters = {{ {} = \"${{input.…}}\" }}`", hidden[0]);
        Err(Box::new(Failure::new(FailureKind::Guard, message).with_remedy(remedy)))
    }
}

impl StackRedeployTask {
    /// Finds what is redeployed. The stack of then was in the profile's region, wherever the clean one goes.
    pub(super) async fn source(&self, cx: &WriteContext, aws: &Aws) -> Result<Source, Halt> {
        let settings = aws.settings();
        let region = self.home.as_deref().unwrap_or(&settings.region);
        let source = match &self.from {
            StackPlan::Evidence(run) => {
                let wanted =
                    StackWanted { stack: &self.stack, account: &settings.account, region, run: run.as_deref() };
                let record = cx
                    .records
                    .find(wanted)
                    .map_err(|none| Failure::new(FailureKind::Guard, none.why).with_remedy(none.remedy))?;
                Source { stack: record.stack.clone(), record: Some(record) }
            }
            StackPlan::Live => {
                let there = aws.in_region(region)?;
                let Some(stack) = there.reads().stacks().capture(&self.stack).await?.value else {
                    let message = format!("there is no stack {} in {region}", self.stack);
                    let remedy = "redeploy what is on record of it: `from = \"evidence\"`";
                    return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
                };
                Source { stack, record: None }
            }
        };
        if source.stack.template.contains(CUT) {
            let message =
                format!("a secret was cut from the template of stack {} before it went on record", self.stack);
            let remedy =
                "a secret belongs into a NoEcho parameter, or into Secrets Manager; `from = \"live\"` has it whole";
            return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
        }
        cx.read.say(source.line());
        Ok(source)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{Scope, Source};

    fn source() -> Source {
        let stack = json!({
            "name": "orders", "id": "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/0", "status": "UPDATE_COMPLETE",
            "template": "{}", "outputs": [], "capabilities": [], "role_arn": null, "notification_arns": [],
            "termination_protection": true,
            "parameters": [
                { "name": "Stage", "value": "prod", "resolved": null }, { "name": "Token", "value": "****", "resolved": null },
            ],
            "tags": [
                { "key": "team", "value": "shop" }, { "key": "aws:x", "value": "y" },
                { "key": "checkride:expires", "value": "2026-01-02T03:04:05.000Z" },
            ],
        });
        Source { stack: serde_json::from_value(stack).unwrap(), record: None }
    }

    #[test]
    fn what_is_on_no_record_is_asked_for_by_name() {
        let refused = source().parameters(&BTreeMap::new()).unwrap_err();
        assert!(refused.message.contains("the value of Token is on no record"), "{}", refused.message);
        let given = BTreeMap::from([("Token".to_owned(), "t".to_owned()), ("Stage".to_owned(), "drill".to_owned())]);
        assert_eq!(source().parameters(&given).unwrap(), given);
    }

    #[test]
    fn the_clean_stack_carries_the_tags_of_people_and_of_the_run() {
        let tags = source().tags("R", &Scope::default());
        assert_eq!(
            tags.into_iter().collect::<Vec<_>>(),
            [("checkride:run".to_owned(), "R".to_owned()), ("team".to_owned(), "shop".to_owned())]
        );
    }
}
