//! The variables of macros, and what they stand for.

use cel::IdedExpr;
use cel::common::ast::Expr as Ast;
use cel::common::ast::operators as op;

use super::parse::ITEM;
use super::walk::path_of;

/// The variable of a macro.
pub(super) struct Bound<'a> {
    pub(super) name: &'a str,
    /// The path of what it stands for, where it is known: that of the list, and [`ITEM`].
    pub(super) path: Option<Vec<String>>,
}

/// The path of the items of a list: of one that has a path, or of what a filter leaves of it.
pub(super) fn items_of(list: &IdedExpr, bound: &[Bound<'_>]) -> Option<Vec<String>> {
    if let Some(path) = path_of(list) {
        let known = bound.iter().rev().find(|bound| bound.name == path.root);
        let mut whole = match known {
            Some(bound) => bound.path.clone()?,
            None => vec![path.root.to_owned()],
        };
        whole.extend(path.fields.iter().map(|field| (*field).to_owned()));
        whole.push(ITEM.to_owned());
        return Some(whole);
    }
    let Ast::Comprehension(comprehension) = &list.expr else { return None };
    let Ast::Call(step) = &comprehension.loop_step.expr else { return None };
    let [_, Ast::Call(kept), _] = step.args.iter().map(|arg| &arg.expr).collect::<Vec<_>>()[..] else {
        return None;
    };
    let [_, Ast::List(kept)] = kept.args.iter().map(|arg| &arg.expr).collect::<Vec<_>>()[..] else { return None };
    let is_item = |it: &IdedExpr| matches!(&it.expr, Ast::Ident(name) if *name == comprehension.iter_var);
    let filters = step.func_name == op::CONDITIONAL && matches!(kept.elements.as_slice(), [one] if is_item(one));
    if filters { items_of(&comprehension.iter_range, bound) } else { None }
}
