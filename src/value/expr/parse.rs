//! From text to a checked expression.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cel::IdedExpr;
use cel::parser::Parser;
use serde_json::Value;

use super::eval;
use super::message::syntax_fault;
use super::stack::guarded;
use super::types::Ty;
use super::walk::walk;
use crate::value::scan::measure;
use crate::value::{EvalError, ExprFault, FaultKind, Scope};

/// The longest expression, in bytes.
const LENGTH_LIMIT: usize = 4 * 1024;
/// The most names, values, operators and brackets.
const NODE_LIMIT: usize = 500;
/// The deepest nesting of brackets and conditionals.
const DEPTH_LIMIT: usize = 24;
/// What is parsed and evaluated on the caller's stack: shallower than this.
const SHALLOW: usize = 3;

/// How many expressions are remembered.
const KNOWN_MAX: usize = 10_000;

thread_local! {
    /// What was parsed once. The same few expressions (`${input.stage}`, `out.exit == 0`) stand in a runbook hundreds of
    /// times, and CEL's parser is the slowest part of reading one.
    static KNOWN: RefCell<HashMap<Arc<str>, Expr>> = RefCell::default();
}

/// A name that an expression uses, as far as it is written out: `step.build.exit`, `input["stage"]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference {
    /// The first name: `step`, `input`, `aws`, `env`, `run`, `item`, `out`, `error`, `attempt`, or one that is unknown.
    pub root: String,
    /// The names after it. A number is the index of a list.
    pub path: Vec<String>,
    /// Whether `has(…)` only asks for it.
    pub tested: bool,
    /// The first byte in the text.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Reference {
    /// Root and path together.
    pub fn full_path(&self) -> Vec<&str> {
        std::iter::once(self.root.as_str()).chain(self.path.iter().map(String::as_str)).collect()
    }
}

/// What stands in the path of a [`Member`] for an item of the list before it.
pub const ITEM: &str = "[]";

/// What an expression asks of the items of a list, inside of a macro: `f.Runtime` in `out.Functions.all(f, f.Runtime == 'x')`
/// is `out.Functions.[].Runtime`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Names, and [`ITEM`] for an item.
    pub path: Vec<String>,
    /// The first byte in the text.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// An expression that parsed. Two are equal when their texts are.
#[derive(Clone)]
pub struct Expr {
    text: Arc<str>,
    program: Arc<IdedExpr>,
    references: Arc<[Reference]>,
    members: Arc<[Member]>,
    ty: Ty,
    deep: bool,
}

impl Expr {
    /// Parses and checks an expression.
    ///
    /// # Errors
    ///
    /// A syntax error (the first one); else unknown functions, wrong argument counts and types that cannot fit; else, before
    /// anything is parsed, an expression over the limits.
    pub fn parse(text: &str) -> Result<Self, Vec<ExprFault>> {
        if let Some(known) = KNOWN.with_borrow(|known| known.get(text).cloned()) {
            return Ok(known);
        }
        let expr = Self::parse_anew(text)?;
        KNOWN.with_borrow_mut(|known| {
            if known.len() < KNOWN_MAX {
                known.insert(Arc::clone(&expr.text), expr.clone());
            }
        });
        Ok(expr)
    }

    fn parse_anew(text: &str) -> Result<Self, Vec<ExprFault>> {
        check_size(text).map_err(|fault| vec![fault])?;
        let deep = measure(text).depth >= SHALLOW;
        let parsed = guarded(deep, || Parser::default().parse_with_source_info(text));
        let (mut program, info) = match parsed {
            Ok(Ok(parsed)) => parsed,
            Ok(Err(errors)) => return Err(vec![syntax_fault(text, &errors)]),
            Err(_) => {
                return Err(vec![ExprFault::new(FaultKind::Syntax, "the expression cannot be parsed", 0, text.len())]);
            }
        };
        let walked = walk(text, &program, &info);
        if !walked.faults.is_empty() {
            return Err(walked.faults);
        }
        eval::bound_iterations(&mut program);
        Ok(Self {
            text: text.into(),
            program: Arc::new(program),
            references: walked.references.into(),
            members: walked.members.into(),
            ty: walked.ty,
            deep: walked.depth > SHALLOW * 4,
        })
    }

    /// The expression as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that it uses, in the order of the text. Variables of macros are none.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// What its macros ask of the items of lists, in the order of the text, as far as the lists have paths.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The fault of an expression that can never be `true` or `false`, for a place that needs a condition.
    pub fn not_a_condition(&self) -> Option<ExprFault> {
        (!matches!(self.ty, Ty::Bool | Ty::Unknown)).then(|| {
            ExprFault::new(FaultKind::Type, format!("this is {}, not a condition", self.ty), 0, self.text.len())
                .help("a condition is `true` or `false`: compare with `==`, `!=`, `<`, `in`")
        })
    }

    /// Whether the expression is the word `true` or `false`, and which.
    pub fn constant(&self) -> Option<bool> {
        match self.text.trim() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The value of the expression.
    pub fn eval(&self, scope: &Scope) -> Result<Value, EvalError> {
        for reference in self.references.iter() {
            if let Some(after) = scope.unknown_after(&reference.full_path()) {
                let path = self.text[reference.start..reference.end].to_owned();
                return Err(EvalError::NotYetKnown { path, after: after.to_owned() });
            }
        }
        guarded(self.deep, || eval::eval(&self.text, &self.program, &self.references, scope))
            .unwrap_or_else(|_| Err(EvalError::Other { message: "the expression cannot be evaluated".to_owned() }))
    }

    /// The value of a condition.
    pub fn eval_bool(&self, scope: &Scope) -> Result<bool, EvalError> {
        match self.eval(scope)? {
            Value::Bool(truth) => Ok(truth),
            other => Err(EvalError::Type { message: format!("the condition is {}, not a boolean", kind_of(&other)) }),
        }
    }

    /// Each path in the expression that has a value, as written, with its value: what a failed condition shows.
    pub fn paths_with_values(&self, scope: &Scope) -> Vec<(String, Value)> {
        let mut list: Vec<(String, Value)> = Vec::new();
        for reference in self.references.iter() {
            let written = &self.text[reference.start..reference.end];
            if list.iter().any(|(path, _)| path == written) {
                continue;
            }
            if let Some(value) = scope.get(&reference.full_path()) {
                list.push((written.to_owned(), value.clone()));
            }
        }
        list
    }
}

/// What a JSON value is, with an article.
pub(in crate::value) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn check_size(text: &str) -> Result<(), ExprFault> {
    if text.len() > LENGTH_LIMIT {
        let message = format!("the expression has {} bytes; {LENGTH_LIMIT} is the limit", text.len());
        return Err(ExprFault::new(FaultKind::Limit, message, 0, text.len()));
    }
    if text.trim().is_empty() {
        return Err(ExprFault::new(FaultKind::Syntax, "the expression is empty", 0, text.len()));
    }
    let size = measure(text);
    if size.nodes > NODE_LIMIT {
        let message =
            format!("the expression has {} names, values and operators; {NODE_LIMIT} is the limit", size.nodes);
        return Err(
            ExprFault::new(FaultKind::Limit, message, 0, text.len()).help("split it over several steps or outputs")
        );
    }
    if size.depth > DEPTH_LIMIT {
        return Err(too_deep(text, size.deepest));
    }
    Ok(())
}

pub(super) fn too_deep(text: &str, at: usize) -> ExprFault {
    let message = format!("the expression is nested too deep; {DEPTH_LIMIT} brackets and conditionals is the limit");
    ExprFault::new(FaultKind::Limit, message, at, (at + 1).min(text.len()))
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expr {}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.text).finish()
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
