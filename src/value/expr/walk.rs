//! A walk over a parsed expression: the names that it uses, the functions that it calls, the types that cannot fit.

use cel::IdedExpr;
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr as Ast, LiteralValue, SourceInfo};
use regex::Regex;

use super::bound::{Bound, items_of};
use super::parse::{Member, Reference};
use super::types::{FUNCTIONS, Signature, Style, TYPE_NAMES, Ty};
use crate::source::suggest;
use crate::value::scan::{Scan, Token};
use crate::value::{ExprFault, FaultKind};

/// Macros within macros, at most.
const MACRO_DEPTH: usize = 2;

/// What the walk found.
pub(super) struct Walked {
    pub(super) references: Vec<Reference>,
    pub(super) members: Vec<Member>,
    pub(super) faults: Vec<ExprFault>,
    pub(super) ty: Ty,
    /// The depth of the tree.
    pub(super) depth: usize,
}

pub(super) fn walk(text: &str, program: &IdedExpr, info: &SourceInfo) -> Walked {
    let mut walker = Walker {
        text,
        info,
        bound: Vec::new(),
        references: Vec::new(),
        members: Vec::new(),
        faults: Vec::new(),
        level: 0,
        depth: 0,
    };
    let ty = walker.visit(program);
    walker.references.sort_by_key(|reference| (reference.start, reference.end));
    walker.references.dedup_by(|a, b| a.start == b.start && a.end == b.end);
    walker.faults.sort_by_key(|fault| (fault.start, fault.end));
    walker.faults.dedup();
    walker.members.sort_by_key(|member| (member.start, member.end));
    walker.members.dedup();
    Walked { references: walker.references, members: walker.members, faults: walker.faults, ty, depth: walker.depth }
}

struct Walker<'a> {
    text: &'a str,
    info: &'a SourceInfo,
    bound: Vec<Bound<'a>>,
    references: Vec<Reference>,
    members: Vec<Member>,
    faults: Vec<ExprFault>,
    level: usize,
    depth: usize,
}

impl<'a> Walker<'a> {
    fn visit(&mut self, expr: &'a IdedExpr) -> Ty {
        self.level += 1;
        self.depth = self.depth.max(self.level);
        let ty = self.visit_here(expr);
        self.level -= 1;
        ty
    }

    fn visit_here(&mut self, expr: &'a IdedExpr) -> Ty {
        if let Some(path) = path_of(expr) {
            return self.name(&path);
        }
        match &expr.expr {
            Ast::Unspecified => {
                self.fault(FaultKind::Syntax, expr, "this part of the expression is missing");
                Ty::Unknown
            }
            Ast::Ident(_) => Ty::Unknown,
            Ast::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Ty::Bool,
                LiteralValue::Bytes(_) => Ty::Bytes,
                LiteralValue::Double(_) => Ty::Double,
                LiteralValue::Int(_) => Ty::Int,
                LiteralValue::Null => Ty::Null,
                LiteralValue::String(_) => Ty::String,
                LiteralValue::UInt(_) => Ty::Uint,
            },
            Ast::List(list) => {
                for element in &list.elements {
                    self.visit(element);
                }
                Ty::List
            }
            Ast::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.visit(&entry.key);
                        self.visit(&entry.value);
                    }
                }
                Ty::Map
            }
            Ast::Struct(_) => {
                self.fault(FaultKind::Syntax, expr, "there are no message types here");
                Ty::Unknown
            }
            Ast::Select(select) => {
                self.visit(&select.operand);
                if select.test { Ty::Bool } else { Ty::Unknown }
            }
            Ast::Comprehension(comprehension) => self.comprehension(expr, comprehension),
            Ast::Call(call) => self.call(expr, call),
        }
    }

    /// A name with the fields after it: a reference, unless a macro binds it or it names a type.
    fn name(&mut self, path: &Path<'a>) -> Ty {
        for index in &path.indices {
            self.visit(index);
        }
        let ty = if path.tested { Ty::Bool } else { Ty::Unknown };
        let internal = path.root.starts_with('@');
        let type_name = path.fields.is_empty() && TYPE_NAMES.contains(&path.root);
        if internal || type_name {
            return ty;
        }
        let (start, first_end) = self.range_of_id(path.id);
        let end = end_of_path(self.text, first_end, path.fields.len()).unwrap_or(first_end);
        if let Some(bound) = self.bound.iter().rev().find(|bound| bound.name == path.root) {
            if let (Some(of), false) = (&bound.path, path.fields.is_empty()) {
                let fields = path.fields.iter().map(|field| (*field).to_owned());
                self.members.push(Member { path: of.iter().cloned().chain(fields).collect(), start, end });
            }
            return ty;
        }
        let root = path.root.trim_start_matches('.').to_owned();
        let path_names = path.fields.iter().map(|field| (*field).to_owned()).collect();
        self.references.push(Reference { root, path: path_names, tested: path.tested, start, end });
        ty
    }

    fn comprehension(&mut self, expr: &'a IdedExpr, comprehension: &'a ComprehensionExpr) -> Ty {
        let range = self.visit(&comprehension.iter_range);
        if !matches!(range, Ty::List | Ty::Map | Ty::Unknown) {
            self.fault(FaultKind::Type, &comprehension.iter_range, format!("this is {range}, not a list or a map"));
        }
        let path = items_of(&comprehension.iter_range, &self.bound);
        self.bound.push(Bound { name: &comprehension.iter_var, path });
        if self.bound.len() == MACRO_DEPTH + 1 {
            let (start, end) = self.range(expr);
            let message = format!("macros are nested more than {MACRO_DEPTH} deep");
            self.faults.push(ExprFault::new(FaultKind::Limit, message, start, end));
        }
        self.visit(&comprehension.loop_step);
        self.bound.pop();
        match &comprehension.accu_init.expr {
            Ast::List(_) => Ty::List,
            _ => Ty::Bool,
        }
    }

    fn call(&mut self, expr: &'a IdedExpr, call: &'a CallExpr) -> Ty {
        let name = call.func_name.as_str();
        let Some(operator) = operator_text(name) else { return self.function(expr, call) };
        let types: Vec<Ty> = call.args.iter().map(|arg| self.visit(arg)).collect();
        match (name, types.as_slice()) {
            (op::CONDITIONAL, [condition, yes, no]) => {
                self.needs_bool(&call.args[0], *condition, "the condition of `? :`");
                if yes == no { *yes } else { Ty::Unknown }
            }
            (op::LOGICAL_AND | op::LOGICAL_OR, sides) => {
                for (side, ty) in call.args.iter().zip(sides) {
                    self.needs_bool(side, *ty, &format!("a side of `{operator}`"));
                }
                Ty::Bool
            }
            (op::LOGICAL_NOT, [ty]) => {
                self.needs_bool(&call.args[0], *ty, "what `!` turns round");
                Ty::Bool
            }
            (op::NEGATE, [ty]) => {
                if !matches!(ty, Ty::Int | Ty::Double | Ty::Duration | Ty::Unknown) {
                    self.fault(FaultKind::Type, expr, format!("`-` does not apply to {ty}"));
                }
                *ty
            }
            (op::EQUALS | op::NOT_EQUALS, [a, b]) => {
                if !a.comparable(*b) {
                    let always = if name == op::EQUALS { "never" } else { "always" };
                    self.pair(expr, call, format!("`{operator}` compares {a} with {b}, which {always} holds"), None);
                }
                Ty::Bool
            }
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [a, b]) => {
                if !a.ordered(*b) {
                    self.pair(expr, call, format!("`{operator}` cannot compare {a} with {b}"), None);
                }
                Ty::Bool
            }
            (op::IN, [_, container]) => {
                if !matches!(container, Ty::List | Ty::Map | Ty::Unknown) {
                    let help = (*container == Ty::String).then(|| "for text: `text.contains(part)`".to_owned());
                    self.pair(expr, call, format!("`in` looks in a list or a map, not in {container}"), help);
                }
                Ty::Bool
            }
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, [a, b]) => {
                let sign = operator.chars().next().unwrap_or('+');
                a.arithmetic(sign, *b).unwrap_or_else(|| {
                    let text_and_number = (*a == Ty::String) != (*b == Ty::String) && name == op::ADD;
                    let help = text_and_number.then(|| "make text of the other side with `string(…)`".to_owned());
                    self.pair(expr, call, format!("`{operator}` does not take {a} and {b}"), help);
                    Ty::Unknown
                })
            }
            (op::INDEX, [container, _]) => {
                if !matches!(container, Ty::List | Ty::Map | Ty::Unknown) {
                    self.fault(FaultKind::Type, &call.args[0], format!("this is {container}, which has no items"));
                }
                Ty::Unknown
            }
            _ => Ty::Unknown,
        }
    }

    fn function(&mut self, expr: &'a IdedExpr, call: &'a CallExpr) -> Ty {
        let target = call.target.as_deref();
        let args: Vec<&IdedExpr> = target.into_iter().chain(&call.args).collect();
        for arg in &args {
            self.visit(arg);
        }
        let name = call.func_name.as_str();
        let Some(signature) = FUNCTIONS.iter().find(|function| function.name == name) else {
            self.unknown_function(expr, name);
            return Ty::Unknown;
        };
        let misplaced = match signature.style {
            Style::Global => target.is_some(),
            Style::Member => target.is_none(),
            Style::Both => false,
        };
        if misplaced || !(signature.min..=signature.max).contains(&args.len()) {
            let (start, end) = self.function_name(expr, name);
            let message = if misplaced {
                format!("`{name}` is not called this way")
            } else {
                format!("`{name}` is called with {}", counted(call.args.len()))
            };
            self.faults.push(
                ExprFault::new(FaultKind::Arguments, message, start, end)
                    .help(format!("it is written `{}`", signature.usage)),
            );
        }
        self.regex(signature, &args);
        signature.result
    }

    /// A regular expression that is written out must be one.
    fn regex(&mut self, signature: &Signature, args: &[&'a IdedExpr]) {
        if !matches!(signature.name, "matches" | "capture") {
            return;
        }
        if let Some(IdedExpr { expr: Ast::Literal(LiteralValue::String(pattern)), .. }) = args.get(1)
            && let Err(error) = Regex::new(pattern.inner())
        {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.fault(FaultKind::Type, args[1], format!("this is no regular expression: {reason}"));
        }
    }

    fn unknown_function(&mut self, expr: &'a IdedExpr, name: &str) {
        let (start, end) = self.function_name(expr, name);
        let other_languages = match name {
            "len" | "length" | "count" => Some("size"),
            "str" | "toString" | "text" => Some("string"),
            "any" | "some" => Some("exists"),
            "every" => Some("all"),
            "match" | "regex" => Some("matches"),
            "includes" => Some("contains"),
            "parseJson" | "fromJson" | "parse_json" => Some("json"),
            _ => None,
        };
        let meant = other_languages.or_else(|| suggest::closest(name, FUNCTIONS.iter().map(|function| function.name)));
        let help = meant.and_then(|meant| FUNCTIONS.iter().find(|function| function.name == meant));
        self.faults.push(
            ExprFault::new(FaultKind::Function, format!("there is no function `{name}`"), start, end).help(
                help.map_or_else(
                    || "`checkride explain RB021` lists the functions".to_owned(),
                    |function| format!("did you mean `{}`?", function.usage),
                ),
            ),
        );
    }

    fn needs_bool(&mut self, expr: &IdedExpr, ty: Ty, what: &str) {
        if !matches!(ty, Ty::Bool | Ty::Unknown) {
            self.fault(FaultKind::Type, expr, format!("{what} is {ty}, not a boolean"));
        }
    }

    /// A fault of a whole operation: its two sides and what is between.
    fn pair(&mut self, expr: &IdedExpr, call: &CallExpr, message: String, help: Option<String>) {
        let mut range = self.range(expr);
        for arg in &call.args {
            let (start, end) = self.range(arg);
            range = (range.0.min(start), range.1.max(end));
        }
        self.faults.push(ExprFault::new(FaultKind::Type, message, range.0, range.1).maybe_help(help));
    }

    fn fault(&mut self, kind: FaultKind, expr: &IdedExpr, message: impl Into<String>) {
        let (start, end) = self.range(expr);
        self.faults.push(ExprFault::new(kind, message, start, end));
    }

    /// The bytes of an expression, as far as the parser tells them: from its first name or literal to its last.
    fn range(&self, expr: &IdedExpr) -> (usize, usize) {
        if let Some(path) = path_of(expr) {
            let (start, end) = self.range_of_id(path.id);
            return (start, end_of_path(self.text, end, path.fields.len()).unwrap_or(end));
        }
        let own = self.range_of_id(expr.id);
        let children: Vec<&IdedExpr> = match &expr.expr {
            Ast::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
            Ast::Select(select) => vec![&select.operand],
            Ast::List(list) => list.elements.iter().collect(),
            Ast::Comprehension(comprehension) => vec![&comprehension.iter_range],
            Ast::Unspecified | Ast::Ident(_) | Ast::Literal(_) | Ast::Map(_) | Ast::Struct(_) => Vec::new(),
        };
        children.into_iter().map(|child| self.range(child)).fold(own, |all, one| (all.0.min(one.0), all.1.max(one.1)))
    }

    fn range_of_id(&self, id: u64) -> (usize, usize) {
        let Some((start, last)) = self.info.offset_for(id) else { return (0, self.text.len()) };
        let start = floor(self.text, start as usize);
        // The parser counts bytes, and its last byte is the last of the token.
        let token = Scan::new(self.text, start).next().map_or(start, |(_, _, end)| end);
        (start, floor(self.text, last as usize + 1).max(token).min(self.text.len()))
    }

    /// The name of a called function: the parser places a call at its opening bracket.
    fn function_name(&self, expr: &IdedExpr, name: &str) -> (usize, usize) {
        let (at, end) = self.range_of_id(expr.id);
        let before = self.text[..at].rfind(name).filter(|start| self.text[start + name.len()..at].trim().is_empty());
        before.map_or((at, end), |start| (start, start + name.len()))
    }
}

/// A name and the fields that follow it.
pub(super) struct Path<'a> {
    id: u64,
    pub(super) root: &'a str,
    pub(super) fields: Vec<&'a str>,
    /// The part in `[…]` of the outermost index that is no literal.
    indices: Vec<&'a IdedExpr>,
    tested: bool,
}

/// The path that an expression spells: an identifier, or fields and string indices of one.
pub(super) fn path_of(expr: &IdedExpr) -> Option<Path<'_>> {
    match &expr.expr {
        Ast::Ident(root) => Some(Path { id: expr.id, root, fields: Vec::new(), indices: Vec::new(), tested: false }),
        Ast::Select(select) => {
            let mut path = path_of(&select.operand)?;
            path.fields.push(&select.field);
            path.tested = select.test;
            Some(path)
        }
        Ast::Call(call) if call.func_name == op::INDEX && call.target.is_none() => {
            let [container, index] = call.args.as_slice() else { return None };
            let Ast::Literal(LiteralValue::String(name)) = &index.expr else { return None };
            let mut path = path_of(container)?;
            path.fields.push(name.inner());
            Some(path)
        }
        _ => None,
    }
}

/// The end of `.a.b["c"]` with `fields` fields, which begins at `from`.
fn end_of_path(text: &str, from: usize, fields: usize) -> Option<usize> {
    let mut tokens = Scan::new(text, from);
    let mut end = from;
    for _ in 0..fields {
        let (_, start, stop) = tokens.next()?;
        let (token, _, after) = tokens.next()?;
        end = match &text[start..stop] {
            "." if token == Token::Word => after,
            "[" => tokens.next()?.2,
            _ => return None,
        };
    }
    Some(end)
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn counted(arguments: usize) -> String {
    match arguments {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}

/// How an operator is written; none for a function.
fn operator_text(name: &str) -> Option<&'static str> {
    Some(match name {
        op::CONDITIONAL => "? :",
        op::LOGICAL_AND => "&&",
        op::LOGICAL_OR => "||",
        op::LOGICAL_NOT => "!",
        op::SUBSTRACT | op::NEGATE => "-",
        op::ADD => "+",
        op::MULTIPLY => "*",
        op::DIVIDE => "/",
        op::MODULO => "%",
        op::EQUALS => "==",
        op::NOT_EQUALS => "!=",
        op::GREATER_EQUALS => ">=",
        op::LESS_EQUALS => "<=",
        op::GREATER => ">",
        op::LESS => "<",
        op::INDEX => "[]",
        op::IN => "in",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Member;
    use crate::value::{Expr, FaultKind};

    fn references(text: &str) -> Vec<String> {
        let expr = Expr::parse(text).unwrap();
        expr.references().iter().map(|reference| text[reference.start..reference.end].to_owned()).collect()
    }

    fn fault(text: &str) -> (FaultKind, String, String) {
        let faults = Expr::parse(text).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        (faults[0].kind, text[faults[0].start..faults[0].end].to_owned(), faults[0].message.clone())
    }

    #[test]
    fn references_are_found_with_their_places() {
        assert_eq!(references("step.build.exit == 0 && 'é' == input . x"), ["step.build.exit", "input . x"]);
        assert_eq!(references("out.json[\"a b\"].c > input.list[0].n"), ["out.json[\"a b\"].c", "input.list"]);
        assert_eq!(references("has(step.a.b)"), ["step.a.b"]);
        assert_eq!(references("step[item.name].x"), ["step", "item.name"]);
        assert_eq!(references("type(out.exit) == int"), ["out.exit"]);
    }

    #[test]
    fn macro_variables_are_no_references() {
        assert_eq!(references("input.list.all(x, x.y > out.z && x in [x])"), ["input.list", "out.z"]);
        assert_eq!(references("input.list.filter(x, x > 1).map(y, y + 1)"), ["input.list"]);
    }

    #[test]
    fn what_macros_ask_of_items_is_known() {
        let members = |text: &str| {
            let expr = Expr::parse(text).unwrap();
            let told = |it: &Member| format!("{} = {}", &text[it.start..it.end], it.path.join("."));
            expr.members().iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(
            members("call.a.L.all(x, x.b.c > 0 && has(x.d))"),
            ["x.b.c = call.a.L.[].b.c", "x.d = call.a.L.[].d"]
        );
        assert_eq!(
            members("call.a.L.filter(x, x.e).all(y, y.M.exists(z, z.f == y.g))"),
            ["x.e = call.a.L.[].e", "y.M = call.a.L.[].M", "z.f = call.a.L.[].M.[].f", "y.g = call.a.L.[].g"]
        );
        // What a map gives is of any shape; what has no path has none.
        assert_eq!(members("call.a.L.map(x, x.e).all(y, y.f == 1)"), ["x.e = call.a.L.[].e"]);
        assert_eq!(members("(true ? out.a : out.b).all(y, y.f == 1)"), Vec::<String>::new());
    }

    #[test]
    fn functions_are_checked() {
        assert_eq!(fault("len(out.x) > 0").0, FaultKind::Function);
        assert_eq!(fault("len(out.x) > 0").1, "len");
        assert_eq!(fault("out.x.startWith('a')").1, "startWith");
        assert_eq!(fault("capture(out.stdout) == ''").0, FaultKind::Arguments);
        assert_eq!(fault("out.list.all(x)").0, FaultKind::Arguments);
        assert_eq!(fault("contains('a', 'b')").0, FaultKind::Arguments);
        assert_eq!(fault("out.stdout.matches('(')").0, FaultKind::Type);
    }

    #[test]
    fn types_that_cannot_fit_are_found() {
        assert_eq!(fault("'a' + 1").1, "'a' + 1");
        assert_eq!(fault("out.x == 1 && ('a' == 1)").1, "'a' == 1");
        assert_eq!(fault("size(out.x) == 'a'").0, FaultKind::Type);
        assert_eq!(fault("'a' in 'abc'").0, FaultKind::Type);
        assert_eq!(fault("!1").0, FaultKind::Type);
        assert_eq!(fault("1 ? 2 : 3").0, FaultKind::Type);
        assert_eq!(fault("[1].all(x, 'a')").0, FaultKind::Type);
        assert_eq!(fault("'abc'.map(x, x)").0, FaultKind::Type);
        assert!(Expr::parse("1 < 1.5 && null != 'a' && 1 == 1u").is_ok());
    }

    #[test]
    fn macros_nest_two_deep() {
        assert!(Expr::parse("out.a.all(x, x.b.exists(y, y.c))").is_ok());
        assert_eq!(fault("out.a.all(x, x.b.exists(y, y.c.map(z, z) == []))").0, FaultKind::Limit);
        assert!(Expr::parse("out.a.map(x, x).map(x, x).map(x, x) == []").is_ok(), "one after the other is not nested");
    }
}
