//! Answers of reads that a run has had already. A verification asks AWS the same again and again: what one step was told
//! counts for the next, as long as nothing lies between them that may have taken time or changed something.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::aws::AwsSettings;
use crate::aws::api::client::{ApiReply, Operation};
use crate::event::{Failure, FailureKind};

/// How much is kept, in bytes of JSON: in memory it takes some times as much. What has no room is asked for again.
const ROOM: usize = 16 * 1024 * 1024;

/// What a read gave, as a step sees it: all of its pages.
pub(super) type Answer = Result<ApiReply, Failure>;

/// The memory that the answers of several runs share.
#[derive(Clone, Debug)]
pub struct AnswerRoom(Arc<AtomicUsize>);

impl Default for AnswerRoom {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(ROOM)))
    }
}

/// The answers that a run has had. They are in memory only.
#[derive(Default)]
pub struct Answers {
    room: AnswerRoom,
    kept: Mutex<HashMap<Asked, Arc<Slot>>>,
}

/// What was asked, where, and as whom: two that are equal have one answer.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Asked {
    settings: AwsSettings,
    service: &'static str,
    operation: &'static str,
    /// Whether one page is asked for of an answer that may have several.
    one_page: bool,
    input: Value,
}

impl Asked {
    /// A call with these settings; `pages` as in the step.
    pub(super) fn new(settings: &AwsSettings, operation: Operation, input: &Value, pages: usize) -> Self {
        let paginator = operation.paginator().ok().flatten();
        let turns = paginator.is_some_and(|paginator| !paginator.is_turned_by(input));
        Self {
            settings: settings.clone(),
            service: operation.service_name(),
            operation: operation.name(),
            one_page: turns && pages == 1,
            input: input.clone(),
        }
    }
}

/// The place of one answer. Whoever asks first holds it until the answer is there; the others wait.
type Slot = tokio::sync::Mutex<State>;

#[derive(Default)]
enum State {
    /// Nobody has asked.
    #[default]
    Open,
    /// The answer said nothing, or has no room: each asks for itself, and nobody waits.
    Loose,
    /// The answer.
    Kept(Box<Kept>),
}

/// An answer that is kept. What it takes of the room is given back when it is dropped.
struct Kept {
    answer: Answer,
    bytes: usize,
    room: AnswerRoom,
}

impl Kept {
    /// Whether somebody who reads so many pages at most would have had it.
    fn serves(&self, pages: usize) -> bool {
        self.answer.as_ref().map_or(true, |reply| reply.pages <= pages)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.room.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

impl Answers {
    /// Answers that share the memory of others.
    pub fn within(room: &AnswerRoom) -> Self {
        Self { room: room.clone(), kept: Mutex::default() }
    }

    /// Forgets all: what is asked from now on is asked of AWS.
    pub fn forget(&self) {
        self.kept().clear();
    }

    /// The answer, and whether it is that of an earlier call. While one asks, whoever asks the same waits for it; when that
    /// comes to nothing, each asks for itself.
    pub(super) async fn ask(&self, asked: Asked, pages: usize, call: impl AsyncFnOnce() -> Answer) -> (Answer, bool) {
        let slot = Arc::clone(self.kept().entry(asked).or_default());
        let mut state = slot.lock().await;
        match &*state {
            State::Kept(kept) if kept.serves(pages) => (kept.answer.clone(), true),
            State::Kept(_) => {
                drop(state);
                (call().await, false)
            }
            State::Loose => {
                drop(state);
                let answer = call().await;
                if let Some(kept) = self.keep(&answer) {
                    *slot.lock().await = State::Kept(kept);
                }
                (answer, false)
            }
            State::Open => {
                let answer = call().await;
                *state = self.keep(&answer).map_or(State::Loose, State::Kept);
                (answer, false)
            }
        }
    }

    /// The answer with the room that it takes, if it decides something and there is room.
    fn keep(&self, answer: &Answer) -> Option<Box<Kept>> {
        let bytes = match answer {
            Ok(reply) => length(&reply.value) + reply.stream.as_ref().map_or(0, |stream| stream.bytes.len()),
            Err(failure) if matches!(failure.kind, FailureKind::Aws { .. }) && failure.kind.is_answer() => 0,
            Err(_) => return None,
        };
        let take = |left: usize| left.checked_sub(bytes);
        self.room.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(Box::new(Kept { answer: answer.clone(), bytes, room: self.room.clone() }))
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Asked, Arc<Slot>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Answers may be secret.
        f.debug_struct("Answers").field("asked", &self.kept().len()).finish_non_exhaustive()
    }
}

/// How long a value is as JSON, in bytes.
fn length(value: &Value) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::Ordering;

    use futures_util::future::join_all;
    use serde_json::{Value, json};

    use super::{Answer, AnswerRoom, Answers, Asked, ROOM};
    use crate::aws::AwsSettings;
    use crate::aws::api::client::{ApiReply, resolve};
    use crate::event::{Failure, FailureKind};

    fn asked(call: &str, input: &Value, pages: usize) -> Asked {
        Asked::new(&AwsSettings::default(), resolve(call).unwrap(), input, pages)
    }

    fn table(name: &str) -> Asked {
        asked("dynamodb:DescribeTable", &json!({ "TableName": name }), 1)
    }

    fn reply(value: Value, pages: usize) -> ApiReply {
        let (sensitive, request_ids) = (Vec::new(), vec!["r-1".to_owned()]);
        ApiReply { value, stream: None, sensitive, request_ids, pages, part: false }
    }

    fn refused(status: u16) -> Answer {
        let (service, operation, code) = ("dynamodb".to_owned(), "DescribeTable".to_owned(), "Gone".to_owned());
        Err(Failure::new(FailureKind::Aws { service, operation, code, status }, "it is not there"))
    }

    #[test]
    fn what_is_asked_is_the_same_whatever_the_order_of_its_members() {
        let one = asked("s3:GetObject", &json!({ "Bucket": "b", "Key": "k" }), 1);
        assert_eq!(one, asked("s3:GetObject", &json!({ "Key": "k", "Bucket": "b" }), 1000));
        assert_ne!(one, asked("s3:GetObject", &json!({ "Bucket": "b", "Key": "K" }), 1));
        assert_ne!(one, asked("s3:HeadObject", &json!({ "Bucket": "b", "Key": "k" }), 1));
        let elsewhere = AwsSettings { account: "444455556666".into(), ..AwsSettings::default() };
        let call = resolve("s3:GetObject").unwrap();
        assert_ne!(one, Asked::new(&elsewhere, call, &json!({ "Bucket": "b", "Key": "k" }), 1));
        // One page of a list is not the list, unless the input says which page.
        let list = |input: &Value, pages| asked("dynamodb:ListTables", input, pages);
        assert_ne!(list(&json!({}), 1), list(&json!({}), 2));
        assert_eq!(list(&json!({}), 2), list(&json!({}), 1000));
        let page = json!({ "ExclusiveStartTableName": "a" });
        assert_eq!(list(&page, 1), list(&page, 1000));
    }

    #[tokio::test]
    async fn those_who_ask_at_once_wait_for_one_call() {
        let (answers, calls) = (Answers::default(), Cell::new(0));
        let ask = async |name: &str| {
            let call = async || {
                calls.set(calls.get() + 1);
                tokio::task::yield_now().await;
                Ok(reply(json!(name), 1))
            };
            answers.ask(table(name), 1, call).await
        };
        let all = join_all((0..10).map(|at| ask(if at == 4 { "b" } else { "a" }))).await;
        assert_eq!(calls.get(), 2);
        assert_eq!(all.iter().filter(|(_, shared)| *shared).count(), 8);
        assert!(all.iter().enumerate().all(|(at, (answer, _))| {
            answer.as_ref().unwrap().value == if at == 4 { json!("b") } else { json!("a") }
        }));
        answers.forget();
        assert!(!ask("a").await.1);
    }

    #[tokio::test]
    async fn what_decides_nothing_is_asked_again_by_each_and_an_error_that_does_is_kept() {
        for (first, kept) in [
            (Err(Failure::new(FailureKind::Throttled, "slow down")), false),
            (Err(Failure::new(FailureKind::Transport, "nobody there")), false),
            (Err(Failure::new(FailureKind::Access, "no")), false),
            (Err(Failure::new(FailureKind::Expired, "no")), false),
            (refused(503), false),
            (refused(404), true),
            (Ok(reply(json!({}), 1)), true),
        ] {
            let answers = Answers::default();
            assert_eq!(answers.ask(table("a"), 1, async || first.clone()).await, (first.clone(), false));
            let second = answers.ask(table("a"), 1, async || Ok(reply(json!("new"), 1))).await;
            assert_eq!(second.1, kept, "{first:?}");
            // And whatever it was, from an answer on there is one.
            assert!(answers.ask(table("a"), 1, async || refused(500)).await.1, "{first:?}");
        }
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_holds_up_nobody() {
        let answers = Answers::default();
        let never = answers.ask(table("a"), 1, async || std::future::pending().await);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), never).await.is_err());
        assert!(!answers.ask(table("a"), 1, async || Ok(reply(json!({}), 1))).await.1);
    }

    #[tokio::test]
    async fn who_reads_fewer_pages_asks_for_himself() {
        let answers = Answers::default();
        let list = || asked("dynamodb:ListTables", &json!({}), 2);
        answers.ask(list(), 1000, async || Ok(reply(json!([1, 2, 3]), 3))).await.0.unwrap();
        assert!(answers.ask(list(), 3, async || refused(400)).await.1);
        assert!(!answers.ask(list(), 2, async || refused(400)).await.1);
        assert!(answers.ask(list(), 3, async || refused(400)).await.1, "what is kept stays");
    }

    #[tokio::test]
    async fn what_has_no_room_is_asked_for_again_and_what_is_forgotten_gives_room() {
        let room = AnswerRoom::default();
        let (one, other) = (Answers::within(&room), Answers::within(&room));
        let large = || Ok(reply(json!("x".repeat(ROOM / 2)), 1));
        assert!(!one.ask(table("a"), 1, async || large()).await.1);
        assert!(!other.ask(table("a"), 1, async || large()).await.1, "another run has answers of its own");
        assert!(!other.ask(table("a"), 1, async || large()).await.1, "and there was no room");
        one.forget();
        assert_eq!(room.0.load(Ordering::Relaxed), ROOM);
        assert!(!other.ask(table("a"), 1, async || large()).await.1);
        assert!(other.ask(table("a"), 1, async || large()).await.1);
    }
}
