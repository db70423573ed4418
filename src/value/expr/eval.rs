//! From a checked expression and a scope to a value.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, EntryExpr, Expr as Ast};
use cel::objects::Key;
use cel::{Context, Env, ExecutionError, IdedExpr, Value as Cel};
use serde_json::{Map, Number, Value};

use super::functions;
use super::parse::Reference;
use crate::value::{EvalError, Scope};

/// The most items that the macros of one expression may go through, all together.
pub(in crate::value) const ITERATION_LIMIT: usize = 1_000_000;

/// The function that the lists of macros are wrapped in: it counts their items. No author can write its name.
const BOUNDED: &str = "@bounded";

/// CEL's standard library, made once.
static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Wraps the list of each macro, so that its items are counted before the macro goes through them.
pub(super) fn bound_iterations(expr: &mut IdedExpr) {
    match &mut expr.expr {
        Ast::Unspecified | Ast::Ident(_) | Ast::Literal(_) | Ast::Struct(_) => {}
        Ast::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(bound_iterations),
        Ast::Select(select) => bound_iterations(&mut select.operand),
        Ast::List(list) => list.elements.iter_mut().for_each(bound_iterations),
        Ast::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    bound_iterations(&mut entry.key);
                    bound_iterations(&mut entry.value);
                }
            }
        }
        Ast::Comprehension(comprehension) => {
            bound_iterations(&mut comprehension.iter_range);
            bound_iterations(&mut comprehension.loop_step);
            let id = comprehension.iter_range.id;
            let list = std::mem::take(&mut comprehension.iter_range);
            let call = CallExpr { func_name: BOUNDED.to_owned(), target: None, args: vec![list] };
            comprehension.iter_range = IdedExpr { id, expr: Ast::Call(call) };
        }
    }
}

/// Evaluates a program. Only what it refers to is converted.
pub(super) fn eval(
    text: &str,
    program: &IdedExpr,
    references: &[Reference],
    scope: &Scope,
) -> Result<Value, EvalError> {
    let mut context = Context::with_env(Arc::clone(&STANDARD));
    functions::add(&mut context, scope.now());
    let left = Arc::new(AtomicUsize::new(ITERATION_LIMIT));
    let counter = Arc::clone(&left);
    let added = context.add_function(BOUNDED, move |list: Cel| bounded(list, &counter));
    debug_assert!(added.is_ok(), "no other function has this name");
    for (name, value) in needed(references, scope) {
        context.add_variable_from_value(name, value);
    }
    let result = Cel::resolve(program, &context);
    if left.load(Ordering::Relaxed) == 0 {
        return Err(EvalError::Limit);
    }
    match result {
        Ok(value) => from_cel(&value),
        Err(error) => Err(explain(error, text, references, scope)),
    }
}

fn bounded(list: Cel, left: &AtomicUsize) -> Result<Cel, ExecutionError> {
    let length = match &list {
        Cel::List(items) => items.len(),
        Cel::Map(map) => map.map.len(),
        _ => 0,
    };
    let rest = left.load(Ordering::Relaxed).saturating_sub(length);
    left.store(rest, Ordering::Relaxed);
    if rest == 0 {
        return Err(ExecutionError::function_error(BOUNDED, "too many items"));
    }
    Ok(list)
}

/// The part of a scope that some references can see.
#[derive(Default)]
struct Needed<'a> {
    whole: bool,
    fields: HashMap<&'a str, Needed<'a>>,
}

fn needed(references: &[Reference], scope: &Scope) -> Vec<(String, Cel)> {
    let mut roots: HashMap<&str, Needed<'_>> = HashMap::new();
    for reference in references {
        let mut place = roots.entry(reference.root.as_str()).or_default();
        for field in &reference.path {
            place = place.fields.entry(field.as_str()).or_default();
        }
        place.whole = true;
    }
    let convert = |(name, needed): (&str, Needed<'_>)| Some((name.to_owned(), part(scope.get(&[name])?, &needed)));
    roots.into_iter().filter_map(convert).collect()
}

fn part(value: &Value, needed: &Needed<'_>) -> Cel {
    match value {
        Value::Object(map) if !needed.whole => {
            let field = |(name, below): (&&str, &Needed<'_>)| Some((key(name), part(map.get(*name)?, below)));
            Cel::Map(needed.fields.iter().filter_map(field).collect::<HashMap<Key, Cel>>().into())
        }
        other => to_cel(other),
    }
}

fn key(name: &str) -> Key {
    Key::String(Arc::new(name.to_owned()))
}

/// A JSON value as CEL has it. Whole numbers are signed; one that does not fit is a float.
pub(super) fn to_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(truth) => Cel::Bool(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Cel::Int(number),
            None => Cel::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(map) => {
            Cel::Map(map.iter().map(|(name, value)| (key(name), to_cel(value))).collect::<HashMap<Key, Cel>>().into())
        }
    }
}

fn from_cel(value: &Cel) -> Result<Value, EvalError> {
    Ok(match value {
        Cel::Null => Value::Null,
        Cel::Bool(truth) => Value::Bool(*truth),
        Cel::Int(number) => Value::from(*number),
        Cel::UInt(number) => Value::from(*number),
        Cel::Float(number) => match Number::from_f64(*number) {
            Some(number) => Value::Number(number),
            None => return Err(EvalError::Other { message: format!("the result is {number}, which is no value") }),
        },
        Cel::String(text) => Value::String(text.as_str().to_owned()),
        Cel::List(items) => Value::Array(items.iter().map(from_cel).collect::<Result<_, _>>()?),
        Cel::Map(map) => {
            let mut entries: Vec<(String, Value)> = Vec::with_capacity(map.map.len());
            for (key, value) in map.map.iter() {
                let name = match key {
                    Key::String(text) => text.as_str().to_owned(),
                    Key::Int(number) => number.to_string(),
                    Key::Uint(number) => number.to_string(),
                    Key::Bool(truth) => truth.to_string(),
                };
                entries.push((name, from_cel(value)?));
            }
            // CEL's maps have no order; the order of names is the same on every run.
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Cel::Timestamp(moment) => Value::String(moment.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        Cel::Duration(length) => Value::String(format!("{}s", length.num_seconds())),
        Cel::Bytes(_) | Cel::Function(..) | Cel::Opaque(_) | Cel::Struct(_) => {
            return Err(EvalError::Type {
                message: format!("the result is of type {}, which is no value here", value.type_of()),
            });
        }
    })
}

/// CEL's errors in our words. Values are left out: they may be secret, and what is shown of them is not ours to decide.
fn explain(error: ExecutionError, text: &str, references: &[Reference], scope: &Scope) -> EvalError {
    let missing =
        || references.iter().find(|reference| !reference.tested && scope.get(&reference.full_path()).is_none());
    let ty = |message: String| EvalError::Type { message };
    match error {
        ExecutionError::NoSuchKey(name) | ExecutionError::UndeclaredReference(name) => EvalError::NoSuchPath {
            path: missing().map_or_else(|| name.to_string(), |at| text[at.start..at.end].to_owned()),
        },
        ExecutionError::IndexOutOfBounds(index) => {
            EvalError::Other { message: format!("a list has no item {}", plain(&index)) }
        }
        // A path into what is no map (`a.b.c` where `a.b` is text) comes out as an overload that is not there.
        ExecutionError::NoSuchOverload(_) if missing().is_some() => {
            let at = missing().expect("it was just found");
            EvalError::NoSuchPath { path: text[at.start..at.end].to_owned() }
        }
        ExecutionError::NoSuchOverload(overload) => {
            let types: Vec<&str> = overload.argument_types().iter().map(String::as_str).collect();
            ty(format!("`{}` does not take {}", bare(overload.function()), types.join(" and ")))
        }
        ExecutionError::ValuesNotComparable(a, b) => {
            ty(format!("{} and {} cannot be compared", a.type_of(), b.type_of()))
        }
        ExecutionError::UnsupportedBinaryOperator(operator, a, b) => {
            ty(format!("`{}` does not take {} and {}", bare(operator), a.type_of(), b.type_of()))
        }
        ExecutionError::UnexpectedType { want, .. } => ty(format!("a value is not of type {want}")),
        ExecutionError::UnsupportedTargetType { target } => ty(format!("this does not apply to {}", target.type_of())),
        ExecutionError::NotSupportedAsMethod { method, target } => {
            ty(format!("`{method}` does not apply to {}", target.type_of()))
        }
        ExecutionError::UnsupportedIndex(index, _) | ExecutionError::UnsupportedKeyType(index) => {
            ty(format!("{} is no index", index.type_of()))
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            EvalError::Other { message: "division by zero".to_owned() }
        }
        ExecutionError::Overflow(..) => EvalError::Other { message: "a number does not fit 64 bits".to_owned() },
        ExecutionError::FunctionError { function, message }
            if function == "json" || function == "capture" || function == "age" =>
        {
            EvalError::Other { message: format!("{function}(): {message}") }
        }
        ExecutionError::FunctionError { function, .. } => {
            EvalError::Other { message: format!("`{}` cannot be applied to its values", bare(&function)) }
        }
        _ => EvalError::Other { message: "the expression has no value".to_owned() },
    }
}

fn plain(value: &Cel) -> String {
    match value {
        Cel::Int(number) => number.to_string(),
        Cel::UInt(number) => number.to_string(),
        other => format!("of type {}", other.type_of()),
    }
}

/// `_+_` as `+`.
fn bare(function: &str) -> &str {
    match function {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        "@in" => "in",
        "_[_]" => "[]",
        other => other.trim_matches('_'),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use serde_json::{Value, json};

    use crate::value::{EvalError, Expr, Scope};

    fn scope() -> Scope {
        let mut scope = Scope::new();
        scope.set(&["input", "stage"], json!("prod"));
        scope.set(&["input", "n"], json!(10));
        scope.set(&["input", "list"], json!([{ "a": 1 }, { "a": 2 }]));
        scope.set(&["step", "build", "exit"], json!(0));
        scope.set(&["out", "stdout"], json!("version v1.2.3 ok"));
        scope.set_now(Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap());
        scope
    }

    fn eval(text: &str) -> Result<Value, EvalError> {
        Expr::parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}")).eval(&scope())
    }

    #[test]
    fn numbers_of_json_are_signed() {
        assert_eq!(eval("input.n - 20"), Ok(json!(-10)));
        assert_eq!(eval("input.n == 10 && -input.n < 0"), Ok(json!(true)));
        assert_eq!(eval("size(input.list) == 2"), Ok(json!(true)));
        let mut scope = Scope::new();
        scope.set(&["input", "big"], json!(u64::MAX));
        assert_eq!(Expr::parse("input.big > 1").unwrap().eval(&scope), Ok(json!(true)));
    }

    #[test]
    fn our_functions() {
        assert_eq!(eval("capture(out.stdout, 'v([0-9.]+)')"), Ok(json!("1.2.3")));
        assert_eq!(eval("out.stdout.capture('ok')"), Ok(json!("ok")));
        assert_eq!(eval("json('{\"a\": [1, 2]}').a[1]"), Ok(json!(2)));
        assert_eq!(eval("age('2026-11-21T11:59:00Z')"), Ok(json!(60)));
        assert_eq!(eval("age(timestamp('2026-11-21T11:00:00Z')) <= 3600"), Ok(json!(true)));
        let nothing = eval("capture(out.stdout, 'nothing')").unwrap_err();
        assert_eq!(nothing.to_string(), "capture(): nothing in the text matches `nothing`");
        assert!(matches!(eval("json('{')"), Err(EvalError::Other { .. })));
        assert!(matches!(eval("age('yesterday')"), Err(EvalError::Other { .. })));
    }

    #[test]
    fn macros_and_maps() {
        assert_eq!(eval("input.list.map(x, x.a)"), Ok(json!([1, 2])));
        assert_eq!(eval("input.list.all(x, x.a > 0) && input.list.exists_one(x, x.a == 2)"), Ok(json!(true)));
        assert_eq!(eval("{'b': 1, 'a': input.list.filter(x, x.a > 1)}"), Ok(json!({ "a": [{ "a": 2 }], "b": 1 })));
    }

    #[test]
    fn a_missing_path_is_named_as_written() {
        assert_eq!(eval("step.build.exot == 0"), Err(EvalError::NoSuchPath { path: "step.build.exot".into() }));
        assert_eq!(eval("step.other.exit == 0"), Err(EvalError::NoSuchPath { path: "step.other.exit".into() }));
        assert_eq!(eval("nothing.at.all"), Err(EvalError::NoSuchPath { path: "nothing.at.all".into() }));
        assert_eq!(eval("input.stage.x.y"), Err(EvalError::NoSuchPath { path: "input.stage.x.y".into() }));
        assert_eq!(eval("has(step.build.nope) || true"), Ok(json!(true)));
        assert_eq!(eval("has(step.build.nope)"), Ok(json!(false)));
    }

    #[test]
    fn errors_show_types_and_no_values() {
        let error = eval("input.stage + input.n").unwrap_err();
        assert!(matches!(error, EvalError::Type { .. }), "{error:?}");
        assert!(!error.to_string().contains("prod"), "{error}");
        assert!(matches!(eval("input.stage < input.n"), Err(EvalError::Type { .. })));
        assert!(matches!(eval("1 / (input.n - 10)"), Err(EvalError::Other { .. })));
        assert!(matches!(eval("input.list[7]"), Err(EvalError::Other { .. })));
    }

    #[test]
    fn what_is_not_known_yet_says_after_what() {
        let mut scope = scope();
        scope.mark_unknown(&["step", "stack"], "stack");
        let expr = Expr::parse("step.stack.table == ''").unwrap();
        let error = expr.eval(&scope).unwrap_err();
        assert_eq!(error, EvalError::NotYetKnown { path: "step.stack.table".into(), after: "stack".into() });
    }

    #[test]
    fn iterations_are_bounded() {
        let mut scope = Scope::new();
        scope.set(&["input", "l"], json!((0..2000).collect::<Vec<_>>()));
        let expr = Expr::parse("input.l.all(x, input.l.all(y, x + y >= 0))").unwrap();
        assert_eq!(expr.eval(&scope), Err(EvalError::Limit));
    }

    #[test]
    fn paths_are_shown_with_their_values() {
        let expr = Expr::parse("step.build.exit == 1 || input.stage == 'dev' || step.build.exit > 5").unwrap();
        let shown = expr.paths_with_values(&scope());
        assert_eq!(shown, [("step.build.exit".into(), json!(0)), ("input.stage".into(), json!("prod"))]);
    }

    #[test]
    fn deep_and_long_expressions_at_the_limits_work() {
        let deep = format!("{}true{}", "(".repeat(24), ")".repeat(24));
        assert_eq!(Expr::parse(&deep).unwrap().eval(&scope()), Ok(json!(true)));
        let long = format!("1{} == 249", " + 1".repeat(248));
        assert_eq!(Expr::parse(&long).unwrap().eval(&scope()), Ok(json!(true)));
        assert!(Expr::parse(&format!("({deep})")).is_err());
        assert!(Expr::parse(&format!("1{}", " + 1".repeat(250))).is_err());
    }
}
