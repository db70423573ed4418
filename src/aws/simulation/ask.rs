//! One question: what one caller may do with one thing.

use serde_json::{Value, json};

use crate::aws::api::client::{ApiReads, resolve};
use crate::aws::simulation::verdict::{Verdict, is_refusal, verdict};

/// How many actions are asked about at once: the answer stays a page or two.
const BATCH: usize = 50;
/// The most pages of an answer.
const PAGES: usize = 10;

/// What is asked in one go.
#[derive(Clone, Debug)]
pub struct Question {
    /// The user or the role, by its ARN.
    pub principal: String,
    /// The thing, by its ARN; or `*`.
    pub resource: String,
    /// The region that the calls go to.
    pub region: String,
    /// The actions: `cloudformation:DeleteStack`.
    pub actions: Vec<String>,
}

/// Asks IAM. What comes back is each action, in the order of the question, and how it stands.
///
/// # Errors
/// Why nothing can be told, in words.
pub async fn ask(api: &ApiReads, question: &Question) -> Result<Vec<(String, Verdict)>, String> {
    let operation = resolve("iam:SimulatePrincipalPolicy").ok().and_then(|it| it.read());
    let operation = operation.ok_or("the models do not know SimulatePrincipalPolicy")?;
    let narrow = question.resource != "*";
    let mut verdicts = Vec::new();
    for batch in question.actions.chunks(BATCH) {
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
            verdicts.push((action.clone(), verdict(own.unwrap_or(&Value::Null), narrow)));
        }
    }
    Ok(verdicts)
}
