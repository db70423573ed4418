//! What a stack was before a step changed it: put on record, and read back for the way back.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::aws::Aws;
use crate::aws::stacks::{StackCapture, StackDescription, TemplateText};
use crate::event::{ArtifactRef, Captured, EffectResult, EffectState, Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::effect::Halt;
use crate::step::stack::execute::EXECUTE;
use crate::step::stack::outcome::file;
use crate::step::stack::restore::Undone;
use crate::world::secret::CUT;

/// The name of the file that holds the template.
const TEMPLATE: &str = "previous-template";

/// What a stack was.
pub(super) enum Before {
    /// There was none: whoever made it since is undone by deleting it.
    Absent {
        /// Its name.
        name: String,
    },
    /// It was there.
    There(Box<StackBefore>),
}

/// A stack as it was.
pub(super) struct StackBefore {
    /// Everything, the template's text among it.
    pub(super) stack: StackCapture,
    /// The template, read.
    pub(super) template: TemplateText,
}

/// Puts on record what the stack is, before the step's first effect. Only an execution changes it: what an earlier attempt
/// found holds from there on, and not before (somebody else may have deployed while a change set waited).
pub(super) async fn record(
    cx: &WriteContext,
    aws: &Aws,
    name: &str,
    before: Option<&StackDescription>,
    earlier: &[EffectState],
) -> Result<(), Halt> {
    let executed = earlier.iter().any(|effect| effect.call == EXECUTE && effect.result != Some(EffectResult::Refused));
    if executed && cx.captured().is_some() {
        return Ok(());
    }
    let capture = match before {
        Some(stack) => aws.reads().stacks().capture(&stack.id).await?.value,
        None => None,
    };
    let captured = match capture {
        Some(capture) => there(cx, capture)?,
        None => Captured { before: json!({ "exists": false, "name": name }), ..Captured::default() },
    };
    cx.capture(captured).await?;
    Ok(())
}

fn there(cx: &WriteContext, mut capture: StackCapture) -> Result<Captured, Box<Failure>> {
    let template = std::mem::take(&mut capture.template).into_bytes();
    let kept = file(cx, TEMPLATE, "text/plain", &template)?;
    let mut before = serde_json::to_value(&capture).expect("a capture is plain data");
    let members = before.as_object_mut().expect("a capture is an object");
    members.remove("template");
    members.insert("exists".to_owned(), Value::from(true));
    // Of the whole text: it tells later whether a secret was cut from what is on the disk.
    members.insert("template_sha256".to_owned(), Value::from(hex::encode(Sha256::digest(&template))));
    cx.befores.keep_whole(&kept, template);
    Ok(Captured { before, artifacts: vec![kept], ..Captured::default() })
}

/// Reads back what is on record of a stack, as it was before a step. `given`: what parameters had, where it was cut.
pub(super) fn read(
    cx: &WriteContext,
    undone: &Undone,
    given: &BTreeMap<String, String>,
) -> Result<Before, Box<Failure>> {
    let step = &undone.step;
    let Some(captured) = &undone.captured else {
        let message = format!("there is no record of what the stack was before `{step}`");
        return Err(guard(message, "put it back by hand: CloudFormation's own events say what was changed"));
    };
    let before = &with_given(&captured.before, given);
    let name = before.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if before.get("exists") == Some(&Value::from(false)) && !name.is_empty() {
        return Ok(Before::Absent { name });
    }
    let broken = |why: String| {
        let message = format!("what the stack was before `{step}` cannot be read from the run: {why}");
        guard(message, "`checkride evidence verify` says whether the run's files are whole")
    };
    if let Some(what) = cut_in(before, "") {
        let message = format!("a secret was cut from {what} of stack {name} before it went on record");
        let remedy = format!(
            "put stack {name} back by hand, with the secret filled in for each {CUT}; declare such a parameter NoEcho, \
             and it is not on record at all, or say in the step where it comes from: \
             `parameters = {{ NAME = \"${{input.…}}\" }}`"
        );
        return Err(guard(message, &remedy));
    }
    let kept = captured.artifacts.iter().find(|file| file.name == TEMPLATE);
    let kept = kept.ok_or_else(|| broken("its template is not among the files".to_owned()))?;
    let text = template(cx, kept, before, &name, &broken)?;
    let mut members = before.as_object().cloned().ok_or_else(|| broken("it is no object".to_owned()))?;
    members.insert("template".to_owned(), Value::from(text.as_str()));
    let stack = serde_json::from_value(Value::Object(members)).map_err(|error| broken(error.to_string()))?;
    Ok(Before::There(Box::new(StackBefore { stack, template: TemplateText::new(text) })))
}

/// The template as it was: from memory, or from the run's files when nothing was cut from it.
fn template(
    cx: &WriteContext,
    kept: &ArtifactRef,
    before: &Value,
    name: &str,
    broken: &impl Fn(String) -> Box<Failure>,
) -> Result<String, Box<Failure>> {
    let bytes = match cx.befores.whole(kept) {
        Some(whole) => whole,
        None => cx.read.artifacts.get(&kept.digest).map_err(|error| broken(error.to_string()))?,
    };
    let digest = hex::encode(Sha256::digest(&bytes));
    if before.get("template_sha256").and_then(Value::as_str) != Some(digest.as_str()) {
        let message = format!("a secret was cut from the template of stack {name} before it went on record");
        let remedy = format!(
            "put stack {name} back by hand, from artifacts/{} of the run with the secret filled in for each {CUT}; a \
             secret belongs into a NoEcho parameter or into Secrets Manager",
            kept.digest
        );
        return Err(guard(message, &remedy));
    }
    String::from_utf8(bytes).map_err(|error| broken(error.to_string()))
}

/// What is on record, with the values of parameters that were cut out of it.
fn with_given(before: &Value, given: &BTreeMap<String, String>) -> Value {
    let mut before = before.clone();
    for parameter in before.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let given = parameter.get("name").and_then(Value::as_str).and_then(|name| given.get(name));
        let was_cut = parameter.get("value").and_then(Value::as_str).is_some_and(|value| value.contains(CUT));
        if let (Some(given), true) = (given, was_cut) {
            parameter["value"] = Value::from(given.as_str());
        }
    }
    before
}

/// Where the mark of a cut secret stands in a value.
fn cut_in(value: &Value, path: &str) -> Option<String> {
    let within = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::String(text) => text.contains(CUT).then(|| format!("`{path}`")),
        Value::Array(items) => items.iter().find_map(|item| {
            let named = item.get("name").or_else(|| item.get("key")).and_then(Value::as_str).unwrap_or_default();
            cut_in(item, &within(named))
        }),
        // An output is not put back: it comes of itself.
        Value::Object(members) => members
            .iter()
            .filter(|(key, _)| !path.is_empty() || key.as_str() != "outputs")
            .find_map(|(key, value)| cut_in(value, &within(key))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn guard(message: String, remedy: &str) -> Box<Failure> {
    Box::new(Failure::new(FailureKind::Guard, message).with_remedy(remedy))
}
