//! The names that the expressions of a check may use, each where it may.

use crate::catalog::codes::{CHECK_NAME, CHECK_UNUSED};
use crate::catalog::model::{Check, refs_of};
use crate::source::reader::Reader;
use crate::source::{Diagnostic, Located, suggest};
use crate::value::{Expr, RefAt};

/// What a place in a check sees beside `param` and `aws`.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    /// How many of the calls were made before.
    calls: usize,
    /// Whether there is an `item`.
    item: bool,
    /// The list that the place goes through.
    list: Option<&'a Located<Expr>>,
}

/// Tells each name that is not in scope where it stands, and each parameter that nothing uses.
pub(super) fn check_names(check: &Check, reader: &Reader<'_>) {
    let look = |at: RefAt<'_>, place: Place<'_>| look(check, at, place, reader);
    let mut used: Vec<&str> = Vec::new();
    let mut all: Vec<(RefAt<'_>, Place<'_>)> = Vec::new();
    for (calls, call) in check.calls.iter().enumerate() {
        let before = Place { calls, ..Place::default() };
        let inside = Place { item: call.for_each.is_some(), ..before };
        all.extend(call.for_each.iter().flat_map(refs_of).map(|at| (at, before)));
        all.extend(call.when.iter().flat_map(refs_of).map(|at| (at, inside)));
        all.extend(call.with.iter().flat_map(|(_, value)| value.refs()).map(|at| (at, inside)));
    }
    for expect in &check.expects {
        let before = Place { calls: check.calls.len(), ..Place::default() };
        let list = expect.for_each.as_ref();
        let inside = Place { item: list.is_some(), list, ..before };
        let of_list: Vec<_> = expect.for_each.iter().flat_map(refs_of).map(|at| at.literal).collect();
        all.extend(
            expect.refs().into_iter().map(|at| (at, if of_list.contains(&at.literal) { before } else { inside })),
        );
    }
    all.extend(check.remedy.refs().map(|at| (at, Place::default())));
    for (at, place) in all {
        if at.reference.root == "param" {
            used.extend(at.reference.path.first().map(String::as_str));
        }
        look(at, place);
    }
    for param in &check.params {
        if !used.contains(&param.name.value.as_str()) {
            let message = format!("parameter `{}` is used nowhere", param.name.value);
            reader.push(Diagnostic::warning(CHECK_UNUSED, message).at(param.name.span, "unused"));
        }
    }
}

fn look(check: &Check, at: RefAt<'_>, place: Place<'_>, reader: &Reader<'_>) {
    let (root, path) = (at.reference.root.as_str(), &at.reference.path);
    let span = reader.sources().within(at.literal, at.reference.start, at.reference.end);
    let fault = |message: String, help: Option<String>| {
        reader.push(Diagnostic::error(CHECK_NAME, message).at(span, "").maybe_help(help));
    };
    let field = |name: &str, fields: &[&str]| {
        if !fields.contains(&name) {
            fault(format!("`{root}` has no field `{name}`"), suggest::help(name, fields.iter().copied()));
        }
    };
    match (root, path.as_slice()) {
        ("param", [name, ..]) if check.param(name).is_none() => {
            let names = check.params.iter().map(|param| param.name.value.as_str());
            fault(format!("the check has no parameter `{name}`"), suggest::help(name, names));
        }
        ("aws", [name, ..]) => field(name, &["account", "region", "profile", "emulated"]),
        ("call" | "error" | "answer", []) => fault(format!("`{root}` needs the id of a call: `{root}.ID`"), None),
        ("call" | "error" | "answer", [id, rest @ ..]) => {
            let Some(position) = check.calls.iter().position(|call| call.id.value == *id) else {
                let ids = check.calls.iter().map(|call| call.id.value.as_str());
                return fault(format!("the check has no call `{id}`"), suggest::help(id, ids));
            };
            let call = &check.calls[position];
            if position >= place.calls {
                let help = if place.calls == 0 { "a parameter" } else { "a parameter, or a call before it" };
                fault(format!("call `{id}` is not made yet here"), Some(format!("what may stand here is {help}")));
            } else if root == "answer" && !(call.for_each.is_some() && call.for_each.as_ref() == place.list) {
                let help = format!("an expectation with the same `for_each` as call `{id}` has it");
                fault(format!("there is no `answer.{id}` here"), Some(help));
            } else if let ("error", Some(name)) = (root, rest.first()) {
                field(name, &["code", "status", "message"]);
            }
        }
        ("item", _) if !place.item => {
            fault("there is no `item` here".to_owned(), Some("`for_each` gives one".to_owned()));
        }
        ("param" | "item", _) | ("aws", []) => {}
        (unknown, _) => {
            let known = ["param", "aws", "call", "error", "item", "answer"];
            let help = match unknown {
                "input" | "params" => Some("a check's own parameters are `param.NAME`".to_owned()),
                "out" => Some("the answer of a call is `call.ID`".to_owned()),
                _ if check.calls.iter().any(|call| call.id.value == unknown) => {
                    Some(format!("the answer of that call is `call.{unknown}`"))
                }
                _ => suggest::help(unknown, known),
            };
            fault(format!("there is no `{unknown}` in a check"), help);
        }
    }
}
