//! What goes on record of a stack, and what is cut from it: a secret of the run stays in no file.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::aws::stacks::StackDescription;
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::Untold;
use crate::world::secret::CUT;

/// The parameters in whose values a secret of the run stands: it is cut from their record.
pub(super) fn cut_parameters(stack: &StackDescription, cx: &ReadContext) -> Result<BTreeSet<String>, Untold> {
    let values = stack.parameters.iter().map(|one| (one.name.clone(), Value::from(one.value.as_str())));
    let text = Value::Object(values.collect()).to_string();
    let kept = kept(cx, "previous-parameters", "application/json", text.as_bytes())?;
    let Some(kept) = kept else { return Ok(BTreeSet::new()) };
    let kept: Map<String, Value> = serde_json::from_slice(&kept).unwrap_or_default();
    let is_whole = |name: &String| kept.get(name).and_then(Value::as_str).is_some_and(|value| !value.contains(CUT));
    Ok(stack.parameters.iter().map(|one| one.name.clone()).filter(|name| !is_whole(name)).collect())
}

/// Whether the template goes on record whole; told only where it does not.
pub(super) fn template(name: &str, body: &str, cx: &ReadContext) -> Option<Need> {
    let what = format!("the record of the previous template of stack {name}");
    match kept(cx, "previous-template", "text/plain", body.as_bytes()) {
        Ok(None) => None,
        Ok(Some(_)) => Some(Need::missing(
            what,
            "a secret of the run stands in it in clear, and is cut from the record: only the session that deploys could \
             put it back",
            "a secret belongs into a NoEcho parameter or into Secrets Manager: deploy that first, or keep the template by \
             hand",
        )),
        Err(untold) => Some(untold.need(what)),
    }
}

/// What is left of some bytes on record, where that is not the whole.
fn kept(cx: &ReadContext, name: &str, media: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, Untold> {
    let failed = |error: std::io::Error| {
        let why = format!("{name} could not be written to the run's files: {error}");
        Untold::because(why, Some("make room for the run's files".to_owned()))
    };
    let file = cx.artifacts.put(name, media, bytes).map_err(failed)?;
    if file.digest.ends_with(&hex::encode(Sha256::digest(bytes))) {
        return Ok(None);
    }
    cx.artifacts.get(&file.digest).map(Some).map_err(failed)
}
