//! Looking at a setting.

use serde_json::{Map, Value, json};

use crate::aws::api::client::{ApiFailure, ApiReads};
use crate::aws::api::jmespath::is_truthy;
use crate::step::inverse::found::Setting;
use crate::step::inverse::tree::follow;
use crate::step::inverse::way::Way;

/// How many pages of an answer are read, at most.
const PAGES: usize = 100;

/// What a look has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// What is there.
    pub setting: Setting,
    /// Whether it may be changed: no earlier change is under way.
    pub ready: bool,
    /// The ids under which AWS has recorded the look.
    pub requests: Vec<String>,
}

impl Way {
    /// The parameters of the read, for a call with these.
    pub fn read_input(&self, with: &Value) -> Value {
        Value::Object(self.input_of(&self.read, &Map::new(), &json!({ "with": with })))
    }
}

/// Reads the setting that a call with these parameters concerns.
///
/// # Errors
/// Those of the read, but for the ones that say that nothing is there.
pub async fn look(way: &Way, with: &Value, api: &ApiReads) -> Result<Looked, ApiFailure> {
    let read = way.reads().read().expect("a test reads every row of the table: its read is one");
    match api.all_pages(read, &way.read_input(with), PAGES).await {
        Ok(reply) => {
            let ready = way.ready.as_ref().is_none_or(|path| is_truthy(&follow(path, &reply.value, with)));
            Ok(Looked { setting: way.setting_of(&reply.value, with), ready, requests: reply.request_ids })
        }
        Err(ApiFailure::Aws(error)) if way.absent.iter().any(|code| code == error.code()) => {
            let requests = error.request_id.iter().cloned().collect();
            Ok(Looked { setting: Value::Null, ready: true, requests })
        }
        Err(failure) => Err(failure),
    }
}
