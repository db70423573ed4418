//! Answers held against expectations. Pure.

use serde_json::{Map, Value};

use crate::catalog::{AllowEmpty, Call, Check, Expectation};
use crate::event::{Failure, FailureKind};
use crate::source::{Located, suggest};
use crate::step::check::asked::{Answer, Asked, Record, expression};
use crate::step::check::subject::{Finding, Subject};
use crate::value::{Expr, RefAt, Reference, Scope};
use crate::world::secret::CUT;

/// The longest value that is told of a failed expectation, in bytes of JSON.
const LONGEST_VALUE: usize = 2048;

/// The longest name of an item that has none, in characters.
const LONGEST_NAME: usize = 100;

/// Holds what was asked against what the check expects: the check as a whole first, then the items of each list.
pub(super) fn hold(check: &Check, mut record: Record) -> (Vec<Subject>, Record) {
    let mut whole = Subject { name: None, findings: Vec::new() };
    let scope = record.scope(check);
    let mut active = Vec::new();
    for expect in &check.expects {
        match applies(check, &record, expect, &scope) {
            Ok(true) => active.push(expect),
            Ok(false) => {}
            Err(failure) => whole.findings.push(Finding::Unknown(Box::new(failure))),
        }
    }
    give_up_unnamed(check, &active, &mut record);
    let mut lists: Vec<(&Located<Expr>, Vec<Subject>)> = Vec::new();
    let look = Look { check, record: &record, masked: record.masked(check, &scope), scope };
    for expect in active {
        let Some(list) = &expect.for_each else {
            whole.findings.extend(look.finding(expect, None));
            continue;
        };
        match look.items(expect, list) {
            Err(finding) => whole.findings.push(finding),
            Ok(items) => {
                let at = lists.iter().position(|(known, _)| *known == list).unwrap_or_else(|| {
                    let subjects = items.iter().map(|_| Subject { name: None, findings: Vec::new() });
                    lists.push((list, subjects.collect()));
                    lists.len() - 1
                });
                let shown = look.shown(list);
                let mut held = 0;
                for (index, (item, subject)) in items.iter().zip(&mut lists[at].1).enumerate() {
                    let here = look.at(list, index, item, shown.get(index));
                    let Some(finding) = here.finding(expect, Some(index)) else { continue };
                    held += 1;
                    subject.findings.push(finding);
                    if subject.name.is_none() || expect.name.is_some() {
                        subject.name = Some(here.name(expect, index, item));
                    }
                }
                if held == 0 {
                    let text = list.value.text().trim();
                    whole.findings.push(look.nothing(expect, &format!("`when` leaves out each item of `{text}`")));
                }
            }
        }
    }
    let nowhere = whole.findings.is_empty() && lists.iter().all(|(_, subjects)| subjects.is_empty());
    let lost = record.asked.iter().flat_map(Asked::answers).find_map(Answer::undecided);
    let unknown = |subject: &Subject| subject.findings.iter().any(|it| matches!(it, Finding::Unknown(_)));
    let told = unknown(&whole) || lists.iter().flat_map(|(_, subjects)| subjects).any(unknown);
    if let Some(lost) = lost.filter(|_| !told) {
        // A call that decides nothing is never passed over, be it that no expectation looks at it.
        whole.findings.push(Finding::Unknown(Box::new(lost.clone())));
    } else if nowhere {
        let message = "nothing was held against the answers: `when` of each expectation is false";
        whole.findings.push(Finding::Unknown(Box::new(Failure::new(FailureKind::Guard, message))));
    }
    let mut subjects: Vec<Subject> = Vec::new();
    subjects.extend((!whole.findings.is_empty()).then_some(whole));
    subjects.extend(lists.into_iter().flat_map(|(_, subjects)| subjects).filter(|it| !it.findings.is_empty()));
    (subjects, record)
}

/// Whether an expectation must hold at all.
fn applies(check: &Check, record: &Record, expect: &Expectation, scope: &Scope) -> Result<bool, Failure> {
    let Some(when) = &expect.when else { return Ok(true) };
    if by_item(&when.value) {
        return Ok(true);
    }
    if let Some(failure) = record.undecided(check, refs(when)) {
        return Err(failure.clone());
    }
    when.value.eval_bool(scope).map_err(|error| expression(&when.value, &error.to_string()))
}

/// An error of a service that no expectation names decides nothing.
fn give_up_unnamed(check: &Check, active: &[&Expectation], record: &mut Record) {
    for (call, asked) in check.calls.iter().zip(&mut record.asked) {
        if active.iter().any(|expect| names_error(expect, call)) {
            continue;
        }
        for answer in asked.answers_mut() {
            if let Answer::Refused(failure) = answer {
                let mut failure = (**failure).clone();
                let remedy = "an error that no expectation of the check names decides nothing";
                failure.remedy.get_or_insert_with(|| remedy.to_owned());
                *answer = Answer::Undecided(Box::new(failure));
            }
        }
    }
}

/// Whether an expectation says what is to follow from an error of a call.
fn names_error(expect: &Expectation, call: &Call) -> bool {
    let id = &call.id.value;
    let refs = expect.refs();
    let of = |root: &str, at: &RefAt<'_>| at.reference.root == root && at.reference.path.first() == Some(id);
    if refs.iter().any(|at| of("error", at)) {
        return true;
    }
    // The entries of a list have the errors of their calls.
    let goes_through = call.for_each.is_some() && refs.iter().any(|at| of("call", at));
    let item =
        |at: &RefAt<'_>| at.reference.root == "item" && at.reference.path.first().is_some_and(|it| it == "error");
    goes_through && (refs.iter().any(item) || expect.that.value.text().contains(".error"))
}

fn refs(expr: &Located<Expr>) -> impl Iterator<Item = RefAt<'_>> {
    expr.value.references().iter().map(|reference| RefAt { reference, literal: expr.span })
}

fn by_item(expr: &Expr) -> bool {
    expr.references().iter().any(|reference| matches!(reference.root.as_str(), "item" | "answer"))
}

/// Where an expectation is looked at: the check as a whole, or an item.
struct Look<'a> {
    check: &'a Check,
    record: &'a Record,
    scope: Scope,
    /// The same with what is sensitive taken out.
    masked: Scope,
}

impl Look<'_> {
    /// The items of a list; or what is found where there are none to look at.
    fn items(&self, expect: &Expectation, list: &Located<Expr>) -> Result<Vec<Value>, Finding> {
        let unknown = |failure: Failure| Finding::Unknown(Box::new(failure));
        let through = |at: &RefAt<'_>| {
            // The list of a call with `for_each` is there, whatever became of each of its calls.
            let each = |(call, asked): (&Call, &Asked)| {
                Some(&call.id.value) == at.reference.path.first() && matches!(asked, Asked::Each(_))
            };
            let mut calls = self.check.calls.iter().zip(&self.record.asked);
            !(at.reference.root == "call" && at.reference.path.len() == 1 && calls.any(each))
        };
        if let Some(failure) = self.record.undecided(self.check, refs(list).filter(|at| through(at) || !is_path(list)))
        {
            return Err(unknown(failure.clone()));
        }
        let items = match list.value.eval(&self.scope) {
            Ok(Value::Array(items)) => items,
            Ok(_) => return Err(unknown(expression(&list.value, "this is no list"))),
            Err(error) => return Err(unknown(expression(&list.value, &error.to_string()))),
        };
        if items.is_empty() {
            return Err(self.nothing(expect, &format!("`{}` is empty", list.value.text().trim())));
        }
        Ok(items)
    }

    /// What is found where there is nothing to look at.
    fn nothing(&self, expect: &Expectation, why: &str) -> Finding {
        let allowed = match &expect.allow_empty {
            AllowEmpty::Fixed(allowed) => *allowed,
            AllowEmpty::Given(template) => match template.eval(&self.scope) {
                Ok(Value::Bool(allowed)) => allowed,
                Ok(_) | Err(_) => false,
            },
        };
        if allowed {
            Finding::Empty(format!("{why}: nothing was looked at, which is allowed"))
        } else {
            let expected = format!("{why}: nothing was looked at");
            Finding::Fails { expected, warns: expect.warns, values: Vec::new() }
        }
    }

    /// The items of a list with what is sensitive taken out.
    fn shown(&self, list: &Located<Expr>) -> Vec<Value> {
        match list.value.eval(&self.masked) {
            Ok(Value::Array(items)) => items,
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    /// The same at an item: with `item`, and the answers of the calls that were made for it.
    fn at(&self, list: &Located<Expr>, index: usize, item: &Value, shown: Option<&Value>) -> Self {
        let mut answers = Map::new();
        let mut masked = Map::new();
        let mut errors = self.scope.get(&["error"]).cloned().unwrap_or_default();
        for (call, asked) in self.check.calls.iter().zip(&self.record.asked) {
            let (Some(own), Asked::Each(entries)) = (&call.for_each, asked) else { continue };
            let Some(entry) = entries.get(index).filter(|entry| own == list && entry.item == *item) else { continue };
            let id = call.id.value.as_str();
            let place = index.to_string();
            let out = |scope: &Scope| scope.get(&["call", id, &place, "out"]).cloned().unwrap_or_default();
            answers.insert(id.to_owned(), out(&self.scope));
            masked.insert(id.to_owned(), out(&self.masked));
            errors[id] = entry.answer.error();
        }
        let of = |scope: &Scope, answers: Map<String, Value>, item: Value| {
            scope.with("item", item).with("answer", Value::Object(answers)).with("error", errors.clone())
        };
        // What cannot be had without what is sensitive is not shown at all.
        let shown = shown.cloned().unwrap_or_else(|| Value::from(CUT));
        Self {
            check: self.check,
            record: self.record,
            scope: of(&self.scope, answers, item.clone()),
            masked: of(&self.masked, masked, shown),
        }
    }

    /// What an item is called.
    fn name(&self, expect: &Expectation, index: usize, item: &Value) -> String {
        let named = expect.name.as_ref().and_then(|name| name.value.eval(&self.masked).ok());
        let own = self.masked.get(&["item"]).unwrap_or(item);
        let text = match named.as_ref().unwrap_or(own) {
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::String(_) | Value::Null => format!("item {index}"),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
        };
        text.chars().take(LONGEST_NAME).collect()
    }

    /// What is found of one expectation; none where its `when` leaves the item out.
    fn finding(&self, expect: &Expectation, item: Option<usize>) -> Option<Finding> {
        let unknown = |failure: Failure| Some(Finding::Unknown(Box::new(failure)));
        let parts = || std::iter::once(&expect.that).chain(expect.when.iter().filter(|_| item.is_some()));
        for at in parts().flat_map(refs) {
            let failure = match item.and_then(|index| self.answer_of(expect, &at, index)) {
                Some(answer) => answer.undecided(),
                None => self.record.undecided(self.check, std::iter::once(at)),
            };
            if let Some(failure) = failure {
                return unknown(failure.clone());
            }
        }
        if let Some(index) = item
            && let Some(failure) = self.entry_of(expect, index).and_then(Answer::undecided)
        {
            return unknown(failure.clone());
        }
        if let Some(when) = expect.when.as_ref().filter(|when| by_item(&when.value)) {
            match when.value.eval_bool(&self.scope) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return unknown(expression(&when.value, &error.to_string())),
            }
        }
        let that = &expect.that.value;
        match that.eval_bool(&self.scope) {
            Ok(true) => Some(Finding::Holds),
            Ok(false) => Some(Finding::Fails {
                expected: format!("expected `{}`{}", that.text().trim(), self.absent(that)),
                warns: expect.warns,
                values: that.paths_with_values(&self.masked).into_iter().map(|(path, it)| (path, short(it))).collect(),
            }),
            Err(error) => unknown(expression(that, &error.to_string())),
        }
    }

    /// The paths that an expression asks for and that are not there, in words.
    fn absent(&self, that: &Expr) -> String {
        let absent = that.references().iter().filter(|at| self.masked.get(&at.full_path()).is_none());
        let mut paths: Vec<&str> = absent.map(|at| &that.text()[at.start..at.end]).collect();
        paths.dedup();
        if paths.is_empty() { String::new() } else { format!(": there is no {}", suggest::list(&paths)) }
    }

    /// The answer for an item that a name leads to: `answer.ID`, and `error.ID` of such a call.
    fn answer_of(&self, expect: &Expectation, at: &RefAt<'_>, index: usize) -> Option<&Answer> {
        let id = at.reference.path.first().filter(|_| matches!(at.reference.root.as_str(), "answer" | "error"))?;
        let call = self.check.calls.iter().position(|call| call.id.value == *id)?;
        let same = self.check.calls[call].for_each == expect.for_each;
        match self.record.asked.get(call).filter(|_| same)? {
            Asked::Each(entries) => entries.get(index).map(|entry| &entry.answer),
            Asked::Once(answer) => Some(answer),
        }
    }

    /// The answer that an item is, where the list is that of a call with `for_each`.
    fn entry_of(&self, expect: &Expectation, index: usize) -> Option<&Answer> {
        let list = expect.for_each.as_ref().filter(|list| is_path(list))?;
        let [id] = list.value.references().first().filter(|at| at.root == "call")?.path.as_slice() else { return None };
        let call = self.check.calls.iter().position(|call| call.id.value == *id)?;
        match self.record.asked.get(call)? {
            Asked::Each(entries) => entries.get(index).map(|entry| &entry.answer),
            Asked::Once(_) => None,
        }
    }
}

/// Whether an expression is one path and nothing else.
fn is_path(list: &Located<Expr>) -> bool {
    let text = list.value.text();
    let around = |at: &Reference| text[..at.start].trim().is_empty() && text[at.end..].trim().is_empty();
    list.value.references().first().is_some_and(around)
}

/// A value that is not longer than anyone reads.
fn short(value: Value) -> Value {
    let text = value.to_string();
    match text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST_VALUE).last() {
        Some(end) if text.len() > LONGEST_VALUE => {
            Value::String(format!("{} [cut: {} bytes]", &text[..end], text.len()))
        }
        Some(_) | None => value,
    }
}
