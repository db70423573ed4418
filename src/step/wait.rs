//! What the kind `wait` makes of one look, where a waiter of AWS's models decides. The loop is the engine's: it holds the
//! conditions, hides secrets and puts changes on record.

use std::time::Duration;

use serde_json::Value;

use crate::aws::api::waiter::{Answer, Verdict, Waiter};
use crate::event::{Failure, FailureKind};

/// What a waiter says of a look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WaiterSays {
    /// What was waited for is there.
    Come,
    /// It will never be there, for this reason.
    Never(String),
    /// Not yet.
    NotYet,
    /// An error that it does not name. AWS's own tools give up; here it is asked again, as after any look that decides
    /// nothing.
    Unnamed,
}

/// Asks a waiter about an answer: `out`, or the failure that it was. A failure that is no answer is not for a waiter.
pub fn ask_waiter(waiter: &Waiter, out: &Value, failure: Option<&Failure>) -> WaiterSays {
    let Some(answer) = answer(out, failure) else { return WaiterSays::Unnamed };
    match waiter.judge(answer) {
        Verdict::Success => WaiterSays::Come,
        Verdict::Failure { reason } => WaiterSays::Never(reason),
        Verdict::Retry { .. } => WaiterSays::NotYet,
        Verdict::Unnamed => WaiterSays::Unnamed,
    }
}

/// What a waiter looks at in an answer, by name.
pub fn waiter_sees(waiter: &Waiter, out: &Value, failure: Option<&Failure>) -> Vec<(String, Value)> {
    answer(out, failure).map(|answer| waiter.seen(answer)).unwrap_or_default()
}

fn answer<'a>(out: &'a Value, failure: Option<&'a Failure>) -> Option<Answer<'a>> {
    match failure.map(|failure| &failure.kind) {
        // The models ask for no other status of a success.
        None => Some(Answer::Output { status: 200, output: out }),
        Some(kind @ FailureKind::Aws { code, status, .. }) if kind.is_answer() => {
            Some(Answer::Error { status: *status, code })
        }
        Some(_) => None,
    }
}

/// A length of time as a runbook writes it: `600ms`, `5s`, `1h 30m`.
pub fn span_words(span: Duration) -> String {
    let (seconds, milliseconds) = (span.as_secs(), u64::from(span.subsec_millis()));
    if seconds == 0 {
        return format!("{milliseconds}ms");
    }
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"), (milliseconds, "ms")];
    let told: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{WaiterSays, ask_waiter, span_words, waiter_sees};
    use crate::aws::api::client::resolve;
    use crate::event::{Failure, FailureKind};

    fn refused(code: &str, status: u16) -> Failure {
        let (service, operation) = ("dynamodb".to_owned(), "DescribeTable".to_owned());
        Failure::new(FailureKind::Aws { service, operation, code: code.to_owned(), status }, "no")
    }

    #[test]
    fn a_span_is_as_a_runbook_writes_it() {
        for (milliseconds, words) in [
            (600, "600ms"),
            (0, "0ms"),
            (1500, "1s 500ms"),
            (90_000, "1m 30s"),
            (3_600_000, "1h"),
            (5_405_000, "1h 30m 5s"),
        ] {
            assert_eq!(span_words(Duration::from_millis(milliseconds)), words);
        }
    }

    #[test]
    fn a_waiter_is_asked_about_answers_alone() {
        let table = resolve("dynamodb:DescribeTable").unwrap();
        let (exists, gone) =
            (table.waiter("TableExists").unwrap().unwrap(), table.waiter("TableNotExists").unwrap().unwrap());
        let active = json!({ "Table": { "TableStatus": "ACTIVE" } });
        let missing = refused("ResourceNotFoundException", 400);
        assert_eq!(ask_waiter(exists, &active, None), WaiterSays::Come);
        assert_eq!(ask_waiter(exists, &json!({ "Table": { "TableStatus": "CREATING" } }), None), WaiterSays::NotYet);
        assert_eq!(ask_waiter(exists, &Value::Null, Some(&missing)), WaiterSays::NotYet);
        assert_eq!(ask_waiter(gone, &Value::Null, Some(&missing)), WaiterSays::Come);
        assert_eq!(
            ask_waiter(gone, &Value::Null, Some(&refused("ResourceNotFoundException", 503))),
            WaiterSays::Unnamed
        );
        assert_eq!(ask_waiter(exists, &Value::Null, Some(&refused("ValidationException", 400))), WaiterSays::Unnamed);
        let silence = Failure::new(FailureKind::Transport, "nobody there");
        assert_eq!(ask_waiter(gone, &Value::Null, Some(&silence)), WaiterSays::Unnamed);
        assert_eq!(waiter_sees(exists, &active, None), [("Table.TableStatus".to_owned(), json!("ACTIVE"))]);
        assert_eq!(waiter_sees(exists, &Value::Null, Some(&silence)), []);
    }
}
