//! Answers held against expectations, with no AWS.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::catalog::{Catalog, Check};
use crate::event::{Failure, FailureKind};
use crate::source::{Diagnostics, Sources, render};
use crate::step::check::asked::{Answer, Asked, Entry, Record};
use crate::step::check::found::found;
use crate::step::check::held::hold;
use crate::step::kind::ITEM_FIELDS;
use crate::step::{Hidden, Ran};
use crate::value::Scope;

/// A check of a list of functions, and of each of them.
fn check(expects: &str) -> Arc<Check> {
    let text = format!(
        r#"format = 1

[[check]]
id       = "it"
title    = "It"
severity = "low"
about    = "It."
remedy   = "mend ${{param.what}}"

[check.params]
what        = {{ text = true }}
allow_empty = {{ boolean = true, default = false }}

[[check.call]]
id   = "list"
call = "lambda:ListFunctions"

[[check.call]]
id       = "each"
for_each = "call.list.Functions"
call     = "lambda:GetFunctionConcurrency"
with     = {{ FunctionName = "${{item.FunctionName}}" }}

[[check.call]]
id   = "other"
call = "lambda:GetAccountSettings"

[[check.expect]]
that = "param.what != '' && !param.allow_empty || true"

{expects}"#
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("checks")).unwrap();
    std::fs::write(folder.path().join("checks/it.toml"), text).unwrap();
    let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
    let catalog = Catalog::of_project(folder.path(), &mut sources, &mut faults);
    assert!(faults.is_empty(), "{}", render(&faults, &sources, false));
    Arc::clone(catalog.get("it").unwrap())
}

fn refused(code: &str) -> Answer {
    let (service, operation, code) = ("lambda".to_owned(), "GetFunctionConcurrency".to_owned(), code.to_owned());
    let kind = FailureKind::Aws { service, operation, code, status: 404 };
    Answer::Refused(Box::new(Failure::new(kind, "it is not there")))
}

fn lost(kind: FailureKind) -> Answer {
    Answer::Undecided(Box::new(Failure::new(kind, "no answer came")))
}

/// What is found when these functions have these answers, and the third call has that one.
fn find(expects: &str, answers: Vec<Answer>, other: Answer) -> Ran {
    find_with(expects, answers, other, false, Vec::new())
}

fn find_with(expects: &str, answers: Vec<Answer>, other: Answer, allow_empty: bool, hidden: Vec<Hidden>) -> Ran {
    let check = check(expects);
    let items: Vec<Value> = (0..answers.len()).map(|n| json!({ "FunctionName": format!("f{n}") })).collect();
    let entries = items.iter().cloned().zip(answers).map(|(item, answer)| Entry { item, answer });
    let entries = entries.collect();
    let mut base = Scope::new();
    base.set(&["param"], json!({ "what": "all", "allow_empty": allow_empty }));
    let list = Asked::Once(Answer::Given(json!({ "Functions": items })));
    let asked = vec![list, Asked::Each(entries), Asked::Once(other)];
    let (subjects, record) = hold(&check, Record { base, asked, hidden, ..Record::default() });
    found(&check, &subjects, record)
}

fn some(number: u64) -> Answer {
    Answer::Given(json!({ "ReservedConcurrentExecutions": number }))
}

fn well() -> Answer {
    Answer::Given(json!({}))
}

fn kind(ran: &Ran) -> Option<&FailureKind> {
    ran.failure.as_ref().map(|failure| &failure.kind)
}

const EACH: &str = "[[check.expect]]\nfor_each = \"call.list.Functions\"\nname = \"item.FunctionName\"\n\
                    that = \"has(answer.each.ReservedConcurrentExecutions) && answer.each.ReservedConcurrentExecutions > 4\"\n";

#[test]
fn items_are_told_one_by_one_up_to_a_bound() {
    let ran = find(EACH, (0..30).map(|n| some(if n < 3 { 9 } else { 1 })).collect(), well());
    let failure = ran.failure.unwrap();
    assert_eq!(failure.message, "27 of 31 failed: f3, f4, f5, f6, f7 and 22 more");
    assert_eq!((failure.causes.len(), failure.causes[20].as_str()), (21, "and 7 more"));
    assert!(failure.causes[0].starts_with("f3: expected `has(answer.each"), "{}", failure.causes[0]);
    assert_eq!(failure.values.len(), 20);
    assert_eq!(failure.values[0], ("f3: answer.each.ReservedConcurrentExecutions".to_owned(), json!(1)));
    assert_eq!(failure.remedy.as_deref(), Some("mend all"));
    assert_eq!((&ran.out["failed"], &ran.out["passed"]), (&json!(27), &json!(4)));
    assert_eq!(ran.out["items"][30]["outcome"], "failed");
    let fields: Vec<&String> = ran.out["items"][30].as_object().unwrap().keys().collect();
    assert_eq!(fields, ITEM_FIELDS);
}

#[test]
fn one_that_failed_outweighs_one_that_is_not_known_and_that_outweighs_all_that_passed() {
    let ran = find(EACH, vec![some(9), lost(FailureKind::Throttled), some(1)], well());
    assert_eq!(kind(&ran), Some(&FailureKind::Expectation));
    let failure = ran.failure.unwrap();
    assert!(failure.message.starts_with("f2: expected"), "{}", failure.message);
    assert_eq!(failure.causes, ["f1: not decided: no answer came"]);
    let ran = find(EACH, vec![some(9), lost(FailureKind::Throttled), some(9)], well());
    assert_eq!(kind(&ran), Some(&FailureKind::Throttled));
    assert_eq!(ran.out["unknown"], 1);
    let ran = find(EACH, vec![some(9), some(9)], well());
    assert_eq!((kind(&ran), ran.note.as_deref()), (None, Some("2 items")));
}

#[test]
fn an_error_that_nothing_names_decides_nothing() {
    let ran = find(EACH, vec![some(9), refused("ResourceNotFoundException")], well());
    assert!(matches!(kind(&ran), Some(FailureKind::Aws { .. })), "{ran:?}");
    // Of a call that no expectation looks at, too.
    let ran = find(EACH, vec![some(9)], refused("ServiceException"));
    assert!(matches!(kind(&ran), Some(FailureKind::Aws { .. })), "{ran:?}");
    let ran = find(EACH, vec![some(9)], lost(FailureKind::Access));
    assert_eq!(kind(&ran), Some(&FailureKind::Access));
    let named = format!("{EACH}\n[[check.expect]]\nthat = \"error.other.code == 'ServiceException'\"\n");
    assert_eq!(kind(&find(&named, vec![some(9)], refused("ServiceException"))), None);
    assert_eq!(kind(&find(&named, vec![some(9)], well())), Some(&FailureKind::Expectation));
    // Access that was refused is no answer, whatever names it.
    assert_eq!(kind(&find(&named, vec![some(9)], lost(FailureKind::Access))), Some(&FailureKind::Access));
    // Of an item: by its error, by the entry of the list, by all entries.
    let gone = "'ResourceNotFoundException'";
    for that in [
        format!("for_each = \"call.list.Functions\"\nthat = \"error.each.code == {gone}\""),
        format!("for_each = \"call.each\"\nthat = \"item.error.code == {gone}\""),
        format!("that = \"call.each.all(it, it.error.code == {gone})\""),
    ] {
        let expects = format!("[[check.expect]]\n{that}\n");
        assert_eq!(kind(&find(&expects, vec![refused("ResourceNotFoundException")], well())), None, "{that}");
        let ran = find(&expects, vec![refused("OtherException")], well());
        assert_eq!(kind(&ran), Some(&FailureKind::Expectation), "{that}");
        let ran = find(&expects, vec![lost(FailureKind::Transport)], well());
        assert_eq!(kind(&ran), Some(&FailureKind::Transport), "{that}");
    }
}

#[test]
fn an_empty_list_never_passes_by_itself() {
    assert_eq!(kind(&find(EACH, vec![], well())), Some(&FailureKind::Expectation));
    let given = format!("{EACH}allow_empty = \"${{param.allow_empty}}\"\n");
    assert_eq!(kind(&find(&given, vec![], well())), Some(&FailureKind::Expectation));
    let ran = find_with(&given, vec![], well(), true, Vec::new());
    assert_eq!(
        (kind(&ran), ran.note.as_deref()),
        (None, Some("`call.list.Functions` is empty: nothing was looked at, which is allowed"))
    );
    let warns = format!("{EACH}or = \"warn\"\n");
    let ran = find(&warns, vec![], well());
    assert_eq!(ran.warning.as_deref(), Some("`call.list.Functions` is empty: nothing was looked at"));
}

#[test]
fn an_expectation_that_no_item_is_held_against_does_not_pass() {
    let some_of = |when: &str| format!("{EACH}when = \"{when}\"\n");
    let ran = find(&some_of("item.FunctionName == 'f1'"), vec![some(1), some(9)], well());
    assert_eq!((kind(&ran), &ran.out["passed"], ran.note.as_deref()), (None, &json!(2), Some("1 item")));
    let ran = find(&some_of("item.FunctionName == 'f2'"), vec![some(9), some(9)], well());
    assert_eq!(kind(&ran), Some(&FailureKind::Expectation), "{ran:?}");
    assert_eq!(
        ran.failure.unwrap().message,
        "`when` leaves out each item of `call.list.Functions`: nothing was looked at"
    );
    let unknown = find(&some_of("item.Runtime == 'f2'"), vec![some(9)], well());
    assert_eq!(kind(&unknown), Some(&FailureKind::Expression));
}

#[test]
fn what_is_sensitive_is_judged_and_not_told() {
    let expects = "[[check.expect]]\nfor_each = \"call.list.Functions\"\nname = \"answer.each.Name\"\n\
                   that = \"answer.each == {}\"\n";
    let text = |path: &[&str]| Hidden {
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        text: SecretString::from("qz".to_owned()),
    };
    let expects = expects.replace("answer.each.Name", "string(answer.each.ReservedConcurrentExecutions)");
    let secret = Answer::Given(json!({ "ReservedConcurrentExecutions": "qz" }));
    let hidden = vec![text(&["call", "each", "0", "out", "ReservedConcurrentExecutions"])];
    let ran = find_with(&expects, vec![secret], well(), false, hidden);
    let told = format!("{:?}{}", ran.failure, ran.out);
    assert!(!told.contains("qz") && told.contains("[secret]"), "{told}");
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let ran = find("[[check.expect]]\nthat = \"call.other.AccountLimit.ConcurrentExecutions > 0\"\n", vec![], well());
    assert_eq!(kind(&ran), Some(&FailureKind::Expression));
    let message = ran.failure.unwrap().message;
    assert!(message.ends_with("there is no `call.other.AccountLimit.ConcurrentExecutions`"), "{message}");
    let guarded = "[[check.expect]]\nthat = \"!has(call.other.AccountLimit)\"\n";
    assert_eq!(kind(&find(guarded, vec![], well())), None);
    let ran = find("[[check.expect]]\nthat = \"!has(call.other.AccountLimit)\"\n", vec![], Answer::NotMade);
    assert_eq!(kind(&ran), Some(&FailureKind::Expression), "a call that was not made has no answer: {ran:?}");
}
