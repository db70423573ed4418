//! The paths of a check's expressions, held against what AWS's models say of the answers.

use crate::aws::api::PathPart;
use crate::aws::api::client::Operation;
use crate::aws::api::validate::{OutputType, output_type};
use crate::catalog::codes::CHECK_MEMBER;
use crate::catalog::model::{Check, refs_of};
use crate::source::reader::Reader;
use crate::source::{Diagnostic, Located, suggest};
use crate::value::{Expr, ITEM, Member, RefAt};

/// What stands at the end of a path.
#[derive(Clone, Copy)]
enum Shape {
    /// A part of an answer.
    Answer(OutputType<'static>),
    /// The list that a call with `for_each` gives; the call's place in the check.
    Each(usize),
    /// An entry of that list: `item`, `out`, `error`.
    Entry(usize),
    /// Not known before the run.
    Unknown,
}

/// Why a path leads nowhere.
struct Nowhere {
    message: String,
    help: Option<String>,
}

/// Where a path is looked up.
struct Members<'a> {
    check: &'a Check,
    operations: &'a [Option<Operation>],
}

/// Tells each path that the models say leads nowhere. `operations` are those of the calls, where they are known.
pub(super) fn check_members(check: &Check, operations: &[Option<Operation>], reader: &Reader<'_>) {
    let members = Members { check, operations };
    let tell = |at: RefAt<'_>, fault: Nowhere| {
        let span = reader.sources().within(at.literal, at.reference.start, at.reference.end);
        reader.push(Diagnostic::error(CHECK_MEMBER, fault.message).at(span, "").maybe_help(fault.help));
    };
    let lists = check.calls.iter().map(|call| (call.for_each.as_ref(), call.refs(), call.exprs()));
    let lists = lists.chain(check.expects.iter().map(|it| (it.for_each.as_ref(), it.refs(), it.exprs())));
    for (list, refs, exprs) in lists {
        let item = list.map_or(Shape::Unknown, |list| members.item(list));
        for at in refs {
            let of_list = list.is_some_and(|list| list.span == at.literal);
            if let Err(fault) = members.walk(at, if of_list { Shape::Unknown } else { item }) {
                tell(at, fault);
            }
        }
        for expr in exprs {
            let item = if list.is_some_and(|list| list.span == expr.span) { Shape::Unknown } else { item };
            for member in expr.value.members() {
                if let Err(fault) = members.of_item(member, item, expr) {
                    let span = reader.sources().within(expr.span, member.start, member.end);
                    reader.push(Diagnostic::error(CHECK_MEMBER, fault.message).at(span, "").maybe_help(fault.help));
                }
            }
        }
        let whole = list.and_then(|list| Some((path_of(list)?, list)));
        if let Some((at, list)) = whole
            && let Ok(Shape::Answer(shape)) = members.walk(at, Shape::Unknown)
            && shape.item().is_none()
        {
            let message = format!("`{}` is no list in the model of the service", list.value.text().trim());
            tell(at, Nowhere { message, help: None });
        }
    }
}

impl Members<'_> {
    /// What the items of a list are.
    fn item(&self, list: &Located<Expr>) -> Shape {
        let Some(at) = path_of(list) else { return Shape::Unknown };
        match self.walk(at, Shape::Unknown) {
            Ok(Shape::Answer(shape)) => shape.item().map_or(Shape::Unknown, Shape::Answer),
            Ok(Shape::Each(call)) => Shape::Entry(call),
            Ok(Shape::Entry(_) | Shape::Unknown) | Err(_) => Shape::Unknown,
        }
    }

    fn answer(&self, call: usize) -> Shape {
        let Some(Some(operation)) = self.operations.get(call) else { return Shape::Unknown };
        Shape::Answer(output_type(operation.service(), operation.model()))
    }

    fn walk(&self, at: RefAt<'_>, item: Shape) -> Result<Shape, Nowhere> {
        let path = at.reference.path.as_slice();
        match (at.reference.root.as_str(), path) {
            ("call", [id, rest @ ..]) => {
                let Some(call) = self.position(id) else { return Ok(Shape::Unknown) };
                let each = self.check.calls[call].for_each.is_some();
                let shape = if each { Shape::Each(call) } else { self.answer(call) };
                self.into(shape, &format!("call.{id}"), rest)
            }
            ("answer", [id, rest @ ..]) => {
                let Some(call) = self.position(id) else { return Ok(Shape::Unknown) };
                self.into(self.answer(call), &format!("answer.{id}"), rest)
            }
            ("item", rest) => self.into(item, "item", rest),
            _ => Ok(Shape::Unknown),
        }
    }

    /// What a macro asks of an item.
    fn of_item(&self, member: &Member, item: Shape, expr: &Located<Expr>) -> Result<Shape, Nowhere> {
        let mut parts = member.path.split(|name| name == ITEM);
        let first = parts.next().unwrap_or_default();
        let shown = &expr.value.text()[member.start..member.end];
        let shown = shown.split(['.', '[']).next().unwrap_or(shown);
        let mut shape = match first.split_first().map(|(root, rest)| (root.as_str(), rest)) {
            // That the path of the list itself leads somewhere is told where it stands.
            Some(("call", [id, rest @ ..])) => match self.position(id) {
                Some(call) if self.check.calls[call].for_each.is_some() => self.into(Shape::Each(call), "", rest),
                Some(call) => self.into(self.answer(call), "", rest),
                None => return Ok(Shape::Unknown),
            },
            Some(("answer", [id, rest @ ..])) => match self.position(id) {
                Some(call) => self.into(self.answer(call), "", rest),
                None => return Ok(Shape::Unknown),
            },
            Some(("item", rest)) => self.into(item, "", rest),
            Some(_) | None => return Ok(Shape::Unknown),
        }
        .unwrap_or(Shape::Unknown);
        let mut parts = parts.peekable();
        while let Some(rest) = parts.next() {
            shape = match shape {
                Shape::Answer(answer) => answer.item().map_or(Shape::Unknown, Shape::Answer),
                Shape::Each(call) => Shape::Entry(call),
                Shape::Entry(_) | Shape::Unknown => Shape::Unknown,
            };
            let found = self.into(shape, shown, rest);
            // What is inside of another macro is told there.
            shape = if parts.peek().is_some() { found.unwrap_or(Shape::Unknown) } else { found? };
        }
        Ok(shape)
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.check.calls.iter().position(|call| call.id.value == id)
    }

    fn into(&self, shape: Shape, shown: &str, path: &[String]) -> Result<Shape, Nowhere> {
        let Some((first, rest)) = path.split_first() else { return Ok(shape) };
        match shape {
            Shape::Unknown => Ok(Shape::Unknown),
            Shape::Each(_) => Err(Nowhere {
                message: format!("`{shown}` is a list, which has no `{first}`: its call has a `for_each`"),
                help: Some(format!("each of its items has `item`, `out` and `error`: `{shown}.all(it, it.out.…)`")),
            }),
            Shape::Entry(call) => match first.as_str() {
                "out" => self.into(self.answer(call), &format!("{shown}.out"), rest),
                "item" => {
                    let item = self.check.calls[call].for_each.as_ref().map_or(Shape::Unknown, |list| self.item(list));
                    self.into(item, &format!("{shown}.item"), rest)
                }
                "error" => Ok(Shape::Unknown),
                _ => Err(Nowhere {
                    message: format!("`{shown}` has no `{first}`"),
                    help: suggest::help(first, ["item", "out", "error"]),
                }),
            },
            Shape::Answer(answer) => {
                let parts: Vec<PathPart> = path.iter().map(|name| part_of(name)).collect();
                let position = match answer.walk(&parts) {
                    Ok(found) => return Ok(Shape::Answer(found)),
                    Err(position) => position,
                };
                let before = answer.walk(&parts[..position]).ok();
                let holder = std::iter::once(shown).chain(path[..position].iter().map(String::as_str));
                let holder = holder.collect::<Vec<_>>().join(".");
                let name = &path[position];
                let message = match before {
                    Some(before) if before.item().is_some() => format!("`{holder}` is a list, which has no `{name}`"),
                    Some(_) | None => format!("`{holder}` has no `{name}` in the model of the service"),
                };
                let names = before.map(OutputType::names).unwrap_or_default();
                Err(Nowhere { message, help: suggest::help(name, names) })
            }
        }
    }
}

/// A number may be the index of a list; in a map it is a name as any other.
fn part_of(name: &str) -> PathPart {
    name.parse().map_or_else(|_| PathPart::Name(name.to_owned()), PathPart::Index)
}

/// The one path that an expression is, if it is nothing else.
fn path_of(list: &Located<Expr>) -> Option<RefAt<'_>> {
    let text = list.value.text();
    let at = refs_of(list).next()?;
    (text[..at.reference.start].trim().is_empty() && text[at.reference.end..].trim().is_empty()).then_some(at)
}
