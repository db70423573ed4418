//! The calls of a check, made; and what came of each.

use serde_json::{Map, Value, json};

use crate::aws::api::client::resolve;
use crate::catalog::{Call, Check};
use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::step::aws::AwsTask;
use crate::step::{Hidden, Ran, ReadContext, error_map};
use crate::value::{Expr, RefAt, Scope};
use crate::world::secret::CUT;

/// The most items for which a call is made.
const MOST_ITEMS: usize = 10_000;

/// What came of one call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Its `when` is false.
    NotMade,
    /// The service answered.
    Given(Value),
    /// The service answered with an error.
    Refused(Box<Failure>),
    /// There is no answer that says anything, or the call could not be made.
    Undecided(Box<Failure>),
}

/// A call that was made for an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) item: Value,
    pub(super) answer: Answer,
}

/// What came of a call of the check.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// Made once, or not at all.
    Once(Answer),
    /// Made for each item of a list.
    Each(Vec<Entry>),
}

/// All that was asked so far, with what belongs to it.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// What `param`, `aws` and functions see.
    pub(super) base: Scope,
    /// One for each call of the check, in its order.
    pub(super) asked: Vec<Asked>,
    /// What the models call sensitive; paths begin with `call`.
    pub(super) hidden: Vec<Hidden>,
    /// The ids under which AWS has recorded the calls.
    pub(super) requests: Vec<String>,
    /// Files that belong to the answers.
    pub(super) artifacts: Vec<ArtifactRef>,
    /// How many of the answers are those of the same calls, made earlier in the run.
    pub(super) shared: usize,
}

impl Answer {
    fn out(&self) -> Value {
        match self {
            // As with any step that calls AWS, an error has no answer: whatever goes into it has no value.
            Self::NotMade | Self::Undecided(_) | Self::Refused(_) => Value::Null,
            Self::Given(value) => value.clone(),
        }
    }

    /// `error` of this call, as expressions see it.
    pub(super) fn error(&self) -> Value {
        match self {
            Self::NotMade | Self::Given(_) => error_map(None),
            Self::Refused(failure) | Self::Undecided(failure) => error_map(Some(failure)),
        }
    }

    /// Why it decides nothing, if it does not.
    pub(super) fn undecided(&self) -> Option<&Failure> {
        match self {
            Self::Undecided(failure) => Some(failure),
            Self::NotMade | Self::Given(_) | Self::Refused(_) => None,
        }
    }
}

impl Asked {
    /// Every answer.
    pub(super) fn answers(&self) -> Vec<&Answer> {
        match self {
            Self::Once(answer) => vec![answer],
            Self::Each(entries) => entries.iter().map(|entry| &entry.answer).collect(),
        }
    }

    /// Every answer, to be changed.
    pub(super) fn answers_mut(&mut self) -> Vec<&mut Answer> {
        match self {
            Self::Once(answer) => vec![answer],
            Self::Each(entries) => entries.iter_mut().map(|entry| &mut entry.answer).collect(),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Once(answer) => answer.out(),
            Self::Each(entries) => {
                let entry = |it: &Entry| json!({ "item": it.item, "out": it.answer.out(), "error": it.answer.error() });
                entries.iter().map(entry).collect()
            }
        }
    }

    /// The first error, where there is one.
    fn error(&self) -> Value {
        let refused = |answer: &&Answer| matches!(answer, Answer::Refused(_) | Answer::Undecided(_));
        self.answers().into_iter().find(refused).map_or_else(|| error_map(None), Answer::error)
    }
}

impl Record {
    /// What an expression sees: all that was asked so far.
    pub(super) fn scope(&self, check: &Check) -> Scope {
        let mut calls = Map::new();
        let mut errors = Map::new();
        for (call, asked) in check.calls.iter().zip(&self.asked) {
            calls.insert(call.id.value.clone(), asked.value());
            errors.insert(call.id.value.clone(), asked.error());
        }
        self.base.with("call", Value::Object(calls)).with("error", Value::Object(errors))
    }

    /// The same with what is sensitive taken out: what may be shown.
    pub(super) fn masked(&self, check: &Check, scope: &Scope) -> Scope {
        let mut calls = scope.get(&["call"]).cloned().unwrap_or_default();
        for hidden in &self.hidden {
            let path = Hidden { path: hidden.path[1..].to_vec(), text: hidden.text.clone() };
            if let Some(place) = calls.pointer_mut(&path.pointer()) {
                *place = Value::from(CUT);
            }
        }
        debug_assert!(check.calls.len() >= self.asked.len(), "each was asked at most once");
        scope.with("call", calls)
    }

    /// Why names that lead to answers decide nothing, if one of the answers does not.
    pub(super) fn undecided<'a>(&self, check: &Check, mut refs: impl Iterator<Item = RefAt<'a>>) -> Option<&Failure> {
        refs.find_map(|at| {
            let id = at.reference.path.first().filter(|_| matches!(at.reference.root.as_str(), "call" | "error"))?;
            let call = check.calls.iter().position(|call| call.id.value == *id)?;
            self.asked.get(call)?.answers().into_iter().find_map(Answer::undecided)
        })
    }

    /// Makes the next call.
    pub(super) async fn ask(&mut self, check: &Check, call: &Call, cx: &ReadContext) {
        let asked = self.next(check, call, cx).await;
        self.asked.push(asked);
    }

    async fn next(&mut self, check: &Check, call: &Call, cx: &ReadContext) -> Asked {
        let undecided = |failure: Failure| Asked::Once(Answer::Undecided(Box::new(failure)));
        if let Some(failure) = self.undecided(check, call.refs().into_iter()) {
            return undecided(failure.clone());
        }
        let scope = self.scope(check);
        let by_item = |expr: &Expr| expr.references().iter().any(|reference| reference.root == "item");
        if let Some(when) = call.when.as_ref().filter(|when| !by_item(&when.value)) {
            match when.value.eval_bool(&scope) {
                Ok(true) => {}
                Ok(false) => return Asked::Once(Answer::NotMade),
                Err(error) => return undecided(expression(&when.value, &error.to_string())),
            }
        }
        let Some(list) = &call.for_each else { return Asked::Once(self.make(call, &scope, cx, None).await) };
        let items = match list.value.eval(&scope) {
            Ok(Value::Array(items)) if items.len() <= MOST_ITEMS => items,
            Ok(Value::Array(items)) => {
                let why = format!("{} items; {MOST_ITEMS} is the limit", items.len());
                return undecided(expression(&list.value, &why));
            }
            Ok(_) => return undecided(expression(&list.value, "this is no list")),
            Err(error) => return undecided(expression(&list.value, &error.to_string())),
        };
        let mut entries = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let scope = scope.with("item", item.clone());
            let wanted = call.when.as_ref().map(|when| (when, when.value.eval_bool(&scope)));
            let answer = match wanted {
                None | Some((_, Ok(true))) => self.make(call, &scope, cx, Some(index)).await,
                Some((_, Ok(false))) => Answer::NotMade,
                Some((when, Err(error))) => Answer::Undecided(Box::new(expression(&when.value, &error.to_string()))),
            };
            entries.push(Entry { item, answer });
        }
        Asked::Each(entries)
    }

    /// One call. `index`: the item that it is made for.
    async fn make(&mut self, call: &Call, scope: &Scope, cx: &ReadContext, index: Option<usize>) -> Answer {
        let mut input = Map::new();
        for (name, value) in &call.with {
            match value.eval(scope) {
                Ok(value) => {
                    input.insert(name.clone(), value);
                }
                Err(error) => {
                    let message = format!("`{name}` of call `{}`: {error}", call.id.value);
                    return Answer::Undecided(Box::new(Failure::new(FailureKind::Expression, message)));
                }
            }
        }
        let operation = match resolve(&call.call.value) {
            Ok(operation) => operation,
            Err(fault) => {
                return Answer::Undecided(Box::new(Failure::new(FailureKind::Guard, fault.to_string())));
            }
        };
        let task =
            AwsTask { operation, input: Value::Object(input), pages: call.pages, written: Vec::new(), way: None };
        let looked = task.look(cx).await;
        self.shared += looked.as_ref().map_or(0, |ran| ran.shared);
        match looked.and_then(|ran| ran.failure.clone().map_or(Ok(ran), Err)) {
            Ok(Ran { out, artifacts, requests, hidden, part, .. }) => {
                self.artifacts.extend(artifacts);
                self.requests.extend(requests);
                if part {
                    let message = format!("call `{}` gives one page of the answer, and there are more", call.id.value);
                    let remedy =
                        "leave `pages`, and the parameter that says how long a page is, to checkride: all are turned";
                    let failure = Failure::new(FailureKind::Lost, message).with_remedy(remedy);
                    return Answer::Undecided(Box::new(failure));
                }
                let mut before = vec!["call".to_owned(), call.id.value.clone()];
                before.extend(index.iter().flat_map(|index| [index.to_string(), "out".to_owned()]));
                let hidden = hidden.into_iter();
                self.hidden.extend(
                    hidden.map(|it| Hidden { path: before.iter().cloned().chain(it.path).collect(), text: it.text }),
                );
                Answer::Given(out)
            }
            Err(failure) => {
                self.requests.extend(failure.request_id.clone());
                let answered = matches!(failure.kind, FailureKind::Aws { .. }) && failure.kind.is_answer();
                let failure = Box::new(failure);
                if answered { Answer::Refused(failure) } else { Answer::Undecided(failure) }
            }
        }
    }
}

/// The failure of an expression that has no value, or none that fits.
pub(super) fn expression(expr: &Expr, why: &str) -> Failure {
    Failure::new(FailureKind::Expression, format!("`{}`: {why}", expr.text().trim()))
}
