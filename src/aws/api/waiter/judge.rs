//! What an answer means to a waiter.

use serde_json::Value;

use super::answer::{Answer, Verdict};
use super::model::{Matcher, State, Waiter};

impl Waiter {
    /// What the answer means: the first acceptor that matches decides, and where none does it is "not yet".
    pub fn judge(&self, answer: Answer<'_>) -> Verdict {
        let decisive = self.acceptors.iter().find(|acceptor| acceptor.matcher.matches(answer));
        match (decisive.map(|acceptor| (acceptor.state, &acceptor.matcher)), answer) {
            (Some((State::Success, _)), _) => Verdict::Success,
            (Some((State::Failure, matcher)), _) => Verdict::Failure { reason: matcher.reason() },
            (Some((State::Retry, matcher)), _) => Verdict::Retry { last: matcher.seen(answer) },
            (None, Answer::Error { .. }) => Verdict::Unnamed,
            (None, Answer::Output { .. }) => {
                let last = self.acceptors.iter().find_map(|acceptor| acceptor.matcher.seen(answer));
                Verdict::Retry { last }
            }
        }
    }

    /// What the waiter looks at in this answer, by name: a path with its value, `status`, `error.code`. What is not there is
    /// left out.
    pub fn seen(&self, answer: Answer<'_>) -> Vec<(String, Value)> {
        let mut seen: Vec<(String, Value)> = Vec::new();
        for matcher in self.acceptors.iter().map(|acceptor| &acceptor.matcher) {
            let Some(value) = matcher.seen(answer) else { continue };
            let name = match (matcher, answer) {
                (_, Answer::Error { .. }) if !matches!(matcher, Matcher::Status(_)) => "error.code".to_owned(),
                (Matcher::Path(at, _) | Matcher::PathAll(at, _) | Matcher::PathAny(at, _), _) => at.to_string(),
                (Matcher::Status(_), _) => "status".to_owned(),
                (Matcher::Code(_) | Matcher::AnyError(_), _) => "error.code".to_owned(),
            };
            if !seen.iter().any(|(known, _)| *known == name) {
                seen.push((name, value));
            }
        }
        seen
    }
}

impl Matcher {
    fn matches(&self, answer: Answer<'_>) -> bool {
        let items = |value: &Value, held: &dyn Fn(&[Value]) -> bool| {
            value.as_array().is_some_and(|items| !items.is_empty() && held(items))
        };
        match (self, answer) {
            (Matcher::Path(at, expected), Answer::Output { output, .. }) => *at.search(output) == *expected,
            (Matcher::PathAll(at, expected), Answer::Output { output, .. }) => {
                items(&at.search(output), &|items| items.iter().all(|item| item == expected))
            }
            (Matcher::PathAny(at, expected), Answer::Output { output, .. }) => {
                items(&at.search(output), &|items| items.contains(expected))
            }
            (Matcher::Status(expected), Answer::Output { status, .. } | Answer::Error { status, .. }) => {
                *expected == status
            }
            (Matcher::Code(expected), Answer::Error { code, .. }) => expected == code,
            (Matcher::Path(..) | Matcher::PathAll(..) | Matcher::PathAny(..), Answer::Error { .. })
            | (Matcher::Code(_), Answer::Output { .. }) => false,
            (Matcher::AnyError(expected), Answer::Error { .. }) => *expected,
            (Matcher::AnyError(expected), Answer::Output { .. }) => !*expected,
        }
    }

    /// What the matcher looks at in this answer; nothing when it is not there.
    fn seen(&self, answer: Answer<'_>) -> Option<Value> {
        match (self, answer) {
            (
                Matcher::Path(at, _) | Matcher::PathAll(at, _) | Matcher::PathAny(at, _),
                Answer::Output { output, .. },
            ) => Some(at.search(output).into_owned()).filter(|value| !value.is_null()),
            (
                Matcher::Path(..)
                | Matcher::PathAll(..)
                | Matcher::PathAny(..)
                | Matcher::Code(_)
                | Matcher::AnyError(_),
                Answer::Error { code, .. },
            ) => Some(code.into()),
            (Matcher::Status(_), Answer::Output { status, .. } | Answer::Error { status, .. }) => Some(status.into()),
            (Matcher::Code(_) | Matcher::AnyError(_), Answer::Output { .. }) => None,
        }
    }

    /// What matched, in words.
    fn reason(&self) -> String {
        match self {
            Matcher::Path(at, expected) => format!("`{at}` is {expected}"),
            Matcher::PathAll(at, expected) => format!("each of `{at}` is {expected}"),
            Matcher::PathAny(at, expected) => format!("one of `{at}` is {expected}"),
            Matcher::Status(status) => format!("the answer has status {status}"),
            Matcher::Code(code) => format!("the service answered with the error {code}"),
            Matcher::AnyError(true) => "the service answered with an error".to_owned(),
            Matcher::AnyError(false) => "the service answered without an error".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Answer, Verdict};
    use crate::aws::api::waiter::Waiters;

    fn waiters() -> Waiters {
        let file = json!({"version": 2, "waiters": {
            "Stack": {"operation": "DescribeStacks", "delay": 30, "maxAttempts": 120, "acceptors": [
                {"matcher": "pathAll", "argument": "Stacks[].StackStatus", "expected": "DONE", "state": "success"},
                {"matcher": "pathAny", "argument": "Stacks[].StackStatus", "expected": "FAILED", "state": "failure"},
                {"matcher": "error", "expected": "ValidationError", "state": "failure"},
                {"matcher": "error", "expected": "Slow", "state": "retry"}]},
            "Bucket": {"operation": "HeadBucket", "delay": 5, "maxAttempts": 20, "acceptors": [
                {"matcher": "status", "expected": 200, "state": "success"},
                {"matcher": "status", "expected": 403, "state": "failure"},
                {"matcher": "status", "expected": 404, "state": "retry"}]},
            "Function": {"operation": "GetFunction", "delay": 1, "maxAttempts": 300, "acceptors": [
                {"matcher": "path", "argument": "State", "expected": "Active", "state": "success"},
                {"matcher": "path", "argument": "State", "expected": "Pending", "state": "retry"},
                {"matcher": "path", "argument": "length(Items) > `0`", "expected": true, "state": "failure"}]},
            "Gone": {"operation": "Get", "delay": 1, "maxAttempts": 3, "acceptors": [
                {"matcher": "error", "expected": true, "state": "success"},
                {"matcher": "error", "expected": false, "state": "retry"}]},
        }});
        Waiters::read(file.to_string().as_bytes()).unwrap()
    }

    fn judge(name: &str, answer: &Result<Value, &str>, status: u16) -> Verdict {
        let waiters = waiters();
        waiters.get(name).unwrap().judge(match answer {
            Ok(output) => Answer::Output { status, output },
            Err(code) => Answer::Error { status, code },
        })
    }

    #[test]
    fn the_first_acceptor_that_matches_decides() {
        let stacks = |states: &[&str]| {
            let stacks: Vec<Value> = states.iter().map(|state| json!({"StackStatus": state})).collect();
            Ok(json!({"Stacks": stacks}))
        };
        let failure = |reason: &str| Verdict::Failure { reason: reason.into() };
        let retry = |last: Value| Verdict::Retry { last: Some(last).filter(|last| !last.is_null()) };
        for (name, answer, status, verdict) in [
            ("Stack", stacks(&["DONE", "DONE"]), 200, Verdict::Success),
            ("Stack", stacks(&["DONE", "GOING"]), 200, retry(json!(["DONE", "GOING"]))),
            ("Stack", stacks(&["GOING", "FAILED"]), 200, failure("one of `Stacks[].StackStatus` is \"FAILED\"")),
            ("Stack", stacks(&[]), 200, retry(json!([]))),
            ("Stack", Ok(json!({})), 200, retry(json!(null))),
            ("Stack", Ok(json!(null)), 200, retry(json!(null))),
            ("Stack", Err("ValidationError"), 400, failure("the service answered with the error ValidationError")),
            ("Stack", Err("Slow"), 503, retry(json!("Slow"))),
            ("Stack", Err("AccessDenied"), 403, Verdict::Unnamed),
            ("Stack", Err(""), 500, Verdict::Unnamed),
            ("Bucket", Ok(json!({})), 200, Verdict::Success),
            ("Bucket", Err("404"), 404, retry(json!(404))),
            ("Bucket", Err("403"), 403, failure("the answer has status 403")),
            ("Bucket", Err("500"), 500, Verdict::Unnamed),
            ("Function", Ok(json!({"State": "Active", "Items": [1]})), 200, Verdict::Success),
            ("Function", Ok(json!({"State": "Pending"})), 200, retry(json!("Pending"))),
            ("Function", Ok(json!({"State": "New"})), 200, retry(json!("New"))),
            ("Function", Ok(json!({"Items": [1]})), 200, failure("`length(Items) > `0`` is true")),
            ("Gone", Err("NotFound"), 404, Verdict::Success),
            ("Gone", Ok(json!({})), 200, retry(json!(null))),
        ] {
            assert_eq!(judge(name, &answer, status), verdict, "{name} {answer:?} {status}");
        }
    }

    #[test]
    fn what_a_waiter_looks_at_is_named_once() {
        let waiters = waiters();
        let seen = |name: &str, answer: Answer<'_>| waiters.get(name).unwrap().seen(answer);
        let named = |name: &str, value: Value| vec![(name.to_owned(), value)];
        let output = json!({"Stacks": [{"StackStatus": "GOING"}]});
        let answer = Answer::Output { status: 200, output: &output };
        assert_eq!(seen("Stack", answer), named("Stacks[].StackStatus", json!(["GOING"])));
        assert_eq!(seen("Bucket", answer), named("status", json!(200)));
        assert_eq!(seen("Gone", answer), []);
        let error = Answer::Error { status: 404, code: "Nothing" };
        assert_eq!(seen("Stack", error), named("error.code", json!("Nothing")));
        assert_eq!(seen("Bucket", error), named("status", json!(404)));
    }

    #[test]
    fn a_waiter_says_how_it_waits() {
        let waiters = waiters();
        let stack = waiters.get("Stack").unwrap();
        assert_eq!((stack.operation(), stack.delay().as_secs(), stack.max_attempts()), ("DescribeStacks", 30, 120));
        assert_eq!(waiters.names().collect::<Vec<_>>(), ["Bucket", "Function", "Gone", "Stack"]);
        assert!(waiters.get("Other").is_none());
    }
}
