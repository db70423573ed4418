//! `--query`: what an expression makes of an answer.

use serde_json::Value;

use crate::aws::api::PathPart;
use crate::aws::api::client::Operation;
use crate::aws::api::validate::{OutputType, output_type};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::source::suggest;
use crate::value::{Expr, Reference, Scope};
use crate::world::clock::Clock;

/// The names that a query sees.
const ROOTS: [&str; 2] = ["out", "error"];

/// Reads a query, and holds its paths against the model of the answer.
pub(super) fn parse(text: &str, operation: Operation) -> Result<Expr, CommandError> {
    let usage = |message: String| CommandError::new(ExitCode::Usage, message);
    let expr = Expr::parse(text).map_err(|faults| {
        let mut faults = faults.into_iter();
        let first = faults.next().expect("an expression that does not parse has a fault");
        let help = first.help.clone();
        let error = faults.fold(usage(format!("--query: {}", first.message)), |it, fault| it.hint(fault.message));
        help.into_iter().fold(error, CommandError::hint)
    })?;
    let faults: Vec<String> = expr.references().iter().filter_map(|it| leads_nowhere(it, operation)).collect();
    let mut faults = faults.into_iter();
    match faults.next() {
        None => Ok(expr),
        Some(first) => Err(faults.fold(usage(format!("--query: {first}")), CommandError::hint)),
    }
}

/// What is wrong with a path that no answer of this operation can have.
fn leads_nowhere(reference: &Reference, operation: Operation) -> Option<String> {
    let near = |name: &str, known: &[&str]| {
        suggest::help(name, known.iter().copied()).map(|help| format!(" ({help})")).unwrap_or_default()
    };
    match reference.root.as_str() {
        "error" => None,
        "out" => {
            let mut at = output_type(operation.service(), operation.model());
            for (position, name) in reference.path.iter().enumerate() {
                let item = name.parse::<usize>().ok().filter(|_| matches!(at, OutputType::List(_)));
                let part = item.map_or_else(|| PathPart::Name(name.clone()), PathPart::Index);
                let Ok(next) = at.walk(std::slice::from_ref(&part)) else {
                    let path = [&["out".to_owned()], &reference.path[..position]].concat().join(".");
                    return Some(format!("`{path}` has no `{name}`{}", near(name, &at.names())));
                };
                at = next;
            }
            None
        }
        other => Some(format!("there is no `{other}` here{}", near(other, &ROOTS))),
    }
}

/// The value of a query.
pub(super) fn evaluate(query: &Expr, out: &Value, error: &Value) -> Result<Value, CommandError> {
    let mut scope = Scope::new().with("out", out.clone()).with("error", error.clone());
    scope.set_now(Clock::System.now());
    query.eval(&scope).map_err(|error| {
        CommandError::new(ExitCode::VerificationUnknown, format!("--query: {error}"))
            .hint("ask with `has(…)` for what an answer may leave out; without --query the whole answer is shown")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{evaluate, parse};
    use crate::aws::api::client::resolve;
    use crate::cli::error::ErrorSource;
    use crate::cli::exit::ExitCode;

    #[test]
    fn a_path_that_no_answer_has_is_refused_before_anything_is_called() {
        let operation = resolve("dynamodb:DescribeTable").unwrap();
        for good in [
            "out.Table.TableStatus == 'ACTIVE'",
            "out.Table.KeySchema[0].AttributeName",
            "out.Table.KeySchema.map(k, k.AttributeName)",
            "has(out.Table.SSEDescription) && out.Table.SSEDescription.Status == 'ENABLED'",
            "error.code",
        ] {
            assert!(parse(good, operation).is_ok(), "{good}");
        }
        for (bad, wanted) in [
            ("out.Table.TableStatu", "`out.Table` has no `TableStatu` (did you mean `TableStatus`?)"),
            ("out.Tables", "`out` has no `Tables` (did you mean `Table`?)"),
            ("out.Table.TableName.Length", "`out.Table.TableName` has no `Length`"),
            ("otu.Table", "there is no `otu` here (did you mean `out`?)"),
        ] {
            let error = parse(bad, operation).unwrap_err();
            let ErrorSource::Words { message, .. } = error.source else { panic!() };
            assert_eq!((message, error.kind), (format!("--query: {wanted}"), ExitCode::Usage));
        }
        assert!(parse("out.Table ==", operation).is_err());
    }

    #[test]
    fn a_value_that_is_not_there_is_unknown() {
        let query = parse("out.Table.TableStatus", resolve("dynamodb:DescribeTable").unwrap()).unwrap();
        assert_eq!(evaluate(&query, &json!({ "Table": { "TableStatus": "ACTIVE" } }), &json!({})).unwrap(), "ACTIVE");
        let error = evaluate(&query, &json!({}), &json!({})).unwrap_err();
        assert_eq!(error.kind, ExitCode::VerificationUnknown);
    }
}
