//! The functions that expressions have beside CEL's own.

use std::sync::Arc;

use cel::extractors::This;
use cel::{Context, ExecutionError, Value as Cel};
use chrono::{DateTime, Utc};
use regex::RegexBuilder;

use super::eval::to_cel;

/// A regular expression may take this many bytes when it is compiled.
const REGEX_SIZE: usize = 1024 * 1024;

/// Adds `json`, `capture` and `age`; `age` counts to `now`.
pub(super) fn add(context: &mut Context<'_, '_>, now: Option<DateTime<Utc>>) {
    let added = [
        context.add_function("json", json),
        context.add_function("capture", capture),
        context.add_function("age", move |This(moment): This<Cel>| age(&moment, now)),
    ];
    debug_assert!(added.iter().all(Result::is_ok), "CEL's own library has none of these names");
}

fn json(This(text): This<Arc<String>>) -> Result<Cel, ExecutionError> {
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => Ok(to_cel(&value)),
        Err(error) => Err(ExecutionError::function_error("json", format!("the text is no JSON: {error}"))),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "CEL hands its arguments over")]
fn capture(This(text): This<Arc<String>>, pattern: Arc<String>) -> Result<Arc<String>, ExecutionError> {
    let fail = |message: String| ExecutionError::function_error("capture", message);
    let regex = RegexBuilder::new(&pattern)
        .size_limit(REGEX_SIZE)
        .build()
        .map_err(|_| fail(format!("`{pattern}` is no regular expression")))?;
    let found = regex.captures(&text).ok_or_else(|| fail(format!("nothing in the text matches `{pattern}`")))?;
    let group = found.get(1).or_else(|| found.get(0)).map_or("", |group| group.as_str());
    Ok(Arc::new(group.to_owned()))
}

fn age(moment: &Cel, now: Option<DateTime<Utc>>) -> Result<i64, ExecutionError> {
    let fail = |message: String| ExecutionError::function_error("age", message);
    let moment = match moment {
        Cel::Timestamp(moment) => moment.to_utc(),
        Cel::String(text) => DateTime::parse_from_rfc3339(text)
            .map_err(|_| fail(format!("`{text}` is no RFC 3339 time, such as 2026-11-21T18:15:00Z")))?
            .to_utc(),
        Cel::Int(seconds) => {
            DateTime::from_timestamp(*seconds, 0).ok_or_else(|| fail("the number is no time".to_owned()))?
        }
        other => return Err(fail(format!("{} is no time", other.type_of()))),
    };
    let now = now.ok_or_else(|| fail("the present time is not known here".to_owned()))?;
    Ok((now - moment).num_seconds())
}
