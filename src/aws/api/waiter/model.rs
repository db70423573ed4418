//! The models' `waiters-2.json`, read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::fault::{WaiterFault, WaitersFault};
use crate::aws::api::jmespath::Expression;

/// The waiters of one service, by name.
#[derive(Clone, Debug, Deserialize)]
pub struct Waiters {
    waiters: BTreeMap<String, Waiter>,
}

/// What is repeated, and what its answers mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiter {
    operation: String,
    delay: u32,
    max_attempts: u32,
    pub(super) acceptors: Vec<Acceptor>,
}

/// One meaning: the first acceptor that matches decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawAcceptor")]
pub(super) struct Acceptor {
    pub(super) matcher: Matcher,
    pub(super) state: State,
}

#[derive(Clone, Debug)]
pub(super) enum Matcher {
    /// The value is this.
    Path(Expression, Value),
    /// There are items, and each is this.
    PathAll(Expression, Value),
    /// An item is this.
    PathAny(Expression, Value),
    /// The HTTP status is this.
    Status(u16),
    /// The error has this code.
    Code(String),
    /// There is an error (true), or there is none.
    AnyError(bool),
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Success,
    Failure,
    Retry,
}

#[derive(Deserialize)]
struct RawAcceptor {
    matcher: String,
    argument: Option<String>,
    expected: Value,
    state: State,
}

impl Waiters {
    /// Reads `waiters-2.json`, with all its expressions.
    pub fn read(json: &[u8]) -> Result<Self, WaitersFault> {
        Ok(serde_json::from_slice(json)?)
    }

    /// The waiter of this name (`StackCreateComplete`).
    pub fn get(&self, name: &str) -> Option<&Waiter> {
        self.waiters.get(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.waiters.keys().map(String::as_str)
    }
}

impl Waiter {
    /// The operation that is repeated.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The time between two calls.
    pub fn delay(&self) -> Duration {
        Duration::from_secs(self.delay.into())
    }

    /// After how many calls AWS's own tools give up.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }
}

impl TryFrom<RawAcceptor> for Acceptor {
    type Error = WaiterFault;

    fn try_from(raw: RawAcceptor) -> Result<Self, WaiterFault> {
        let RawAcceptor { matcher, argument, expected, state } = raw;
        let argument = argument
            .map(|text| Expression::read(&text).map_err(|fault| WaiterFault::Expression { source_text: text, fault }));
        let matcher = match (matcher.as_str(), argument.transpose()?, expected) {
            ("path", Some(at), expected) => Matcher::Path(at, expected),
            ("pathAll", Some(at), expected) => Matcher::PathAll(at, expected),
            ("pathAny", Some(at), expected) => Matcher::PathAny(at, expected),
            ("error", None, Value::String(code)) => Matcher::Code(code),
            ("error", None, Value::Bool(any)) => Matcher::AnyError(any),
            ("status", None, Value::Number(status)) => {
                let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
                Matcher::Status(status.ok_or(WaiterFault::Matcher(matcher))?)
            }
            _ => return Err(WaiterFault::Matcher(matcher)),
        };
        Ok(Acceptor { matcher, state })
    }
}

#[cfg(test)]
mod tests {
    use super::Waiters;

    #[test]
    fn wrong_waiters_are_refused() {
        for (acceptor, words) in [
            (r#"{"matcher":"guess","expected":1,"state":"success"}"#, "the matcher `guess`"),
            (r#"{"matcher":"path","expected":1,"state":"success"}"#, "the matcher `path`"),
            (r#"{"matcher":"status","expected":70000,"state":"success"}"#, "the matcher `status`"),
            (r#"{"matcher":"error","expected":1,"state":"success"}"#, "the matcher `error`"),
            (r#"{"matcher":"path","argument":"a[","expected":1,"state":"success"}"#, "`a[`: "),
            (r#"{"matcher":"error","expected":"A","state":"perhaps"}"#, "unknown variant `perhaps`"),
        ] {
            let json = format!(
                r#"{{"waiters":{{"W":{{"operation":"O","delay":1,"maxAttempts":2,"acceptors":[{acceptor}]}}}}}}"#
            );
            let fault = Waiters::read(json.as_bytes()).unwrap_err().to_string();
            assert!(fault.contains(words), "{acceptor}: {fault}");
        }
    }
}
