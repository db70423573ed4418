//! The parameters of a call: as the command line gives them, held against the model before anything is sent.

use std::fs;

use serde_json::{Map, Value};

use crate::aws::api::client::Operation;
use crate::aws::api::model::{Flag, ShapeKind, ShapeRef};
use crate::aws::api::validate::{Fault, FaultKind, Given, validate};
use crate::aws::api::{Path, PathPart};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::settings::Settings;
use crate::source::suggest;

/// An input, and what the service may refuse of it although its model is no proof of that.
#[derive(Debug)]
pub(super) struct Input {
    /// The parameters.
    pub value: Value,
    /// One line a doubt.
    pub doubts: Vec<String>,
}

/// The input of an operation: from `NAME=VALUE`s or from `--with`.
pub(super) fn input(
    operation: Operation,
    values: &[(String, String)],
    with: Option<&str>,
    settings: &Settings,
) -> Result<Input, CommandError> {
    let (value, mut faults) = match with {
        Some(text) => (whole(text, settings)?, Vec::new()),
        None => assemble(operation, values),
    };
    let mut doubts = Vec::new();
    for fault in validate(operation.service(), operation.model(), &Given::from(&value)) {
        if fault.is_warning() { doubts.push(words(&fault)) } else { faults.push(words(&fault)) }
    }
    if faults.is_empty() {
        return Ok(Input { value, doubts });
    }
    let error = CommandError::new(ExitCode::Usage, format!("{} does not take this input", operation.call()));
    Err(faults.into_iter().fold(error, CommandError::hint))
}

/// `--with`: JSON, or a file of it.
fn whole(text: &str, settings: &Settings) -> Result<Value, CommandError> {
    let usage = |message: String| CommandError::new(ExitCode::Usage, message);
    let (text, from) = match text.strip_prefix('@') {
        None => (text.to_owned(), "--with".to_owned()),
        Some(file) => {
            let read = fs::read_to_string(settings.folder.join(file));
            (read.map_err(|error| usage(format!("{file} cannot be read: {error}")))?, file.to_owned())
        }
    };
    match serde_json::from_str(&text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => {
            Err(usage(format!("{from} is JSON, but no object")).hint("for example --with '{\"TableName\": \"t\"}'"))
        }
        Err(error) => Err(usage(format!("{from} is no JSON: {error}"))),
    }
}

/// `NAME=VALUE`s, each as the model wants it; and what is wrong with the names.
fn assemble(operation: Operation, values: &[(String, String)]) -> (Value, Vec<String>) {
    let mut map = Map::new();
    let mut faults = Vec::new();
    let shape = operation.service().input(operation.model());
    for (name, text) in values {
        if let Err(why) = put(&mut map, shape, name, text) {
            faults.push(format!("`{name}`: {why}"));
        }
    }
    (Value::Object(map), faults)
}

/// Puts one value where its name says: a member, a part of one behind a dot, one more item of a list.
fn put(map: &mut Map<String, Value>, shape: Option<ShapeRef<'_>>, name: &str, text: &str) -> Result<(), &'static str> {
    let entry = shape.and_then(ShapeRef::entry).map(|(_, value)| value);
    let (first, rest) = match name.split_once('.') {
        // A key of a map may have dots, where nothing can be behind it.
        Some(_) if entry.is_some_and(|value| is_plain(value)) => (name, None),
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let member = || {
        let shape = shape?;
        shape.member(first).map(|member| shape.follow(&member.reference))
    };
    let of = entry.or_else(member);
    if let Some(rest) = rest {
        let inner = map.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = inner else { return Err("given as a whole and in parts") };
        return put(inner, of, rest, text);
    }
    let list = of.filter(|of| matches!(of.kind(), ShapeKind::List(_)));
    match (list, map.get_mut(first)) {
        (Some(list), at) if !text.trim_start().starts_with('[') => {
            let item = value_of(list.item(), text);
            match at {
                None => {
                    map.insert(first.to_owned(), Value::Array(vec![item]));
                }
                Some(Value::Array(items)) => items.push(item),
                Some(_) => return Err("given twice"),
            }
        }
        (_, None) => {
            map.insert(first.to_owned(), value_of(of, text));
        }
        (_, Some(_)) => return Err("given twice"),
    }
    Ok(())
}

fn is_plain(shape: ShapeRef<'_>) -> bool {
    !shape.is_document()
        && !matches!(shape.kind(), ShapeKind::Structure(_) | ShapeKind::List(_) | ShapeKind::Map { .. })
}

/// A value as its shape wants it. What does not fit stays text: the model's check says so, with its place.
fn value_of(shape: Option<ShapeRef<'_>>, text: &str) -> Value {
    let json = || serde_json::from_str::<Value>(text).ok();
    let value = match shape {
        None => json(),
        Some(shape) if shape.is_document() || shape.has(Flag::JsonValue) => json(),
        Some(shape) => match shape.kind() {
            ShapeKind::Text(_) | ShapeKind::Blob => None,
            ShapeKind::Timestamp => json().filter(Value::is_number),
            ShapeKind::Structure(_)
            | ShapeKind::List(_)
            | ShapeKind::Map { .. }
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean => json(),
        },
    };
    value.unwrap_or_else(|| Value::from(text))
}

/// A fault as a line, with what may have been meant.
fn words(fault: &Fault) -> String {
    let help = match &fault.kind {
        FaultKind::Unknown { known } => fault.path.0.last().and_then(|part| match part {
            PathPart::Name(name) => suggest::help(name, known.iter().map(String::as_str)),
            PathPart::Index(_) => None,
        }),
        FaultKind::NotInEnum { choices } => {
            let known = choices.iter().map(String::as_str);
            (choices.len() <= 12).then(|| suggest::list(choices)).or_else(|| suggest::help(&last(&fault.path), known))
        }
        FaultKind::WrongType { .. }
        | FaultKind::Missing { .. }
        | FaultKind::TooSmall { .. }
        | FaultKind::TooLarge { .. }
        | FaultKind::EmptyLabel
        | FaultKind::NotBase64
        | FaultKind::NotTime
        | FaultKind::UnionCount { .. }
        | FaultKind::EventStream
        | FaultKind::TooDeep => None,
    };
    let place = if fault.path.0.is_empty() { String::new() } else { format!("`{}`: ", fault.path) };
    match help {
        Some(help) => format!("{place}{} ({help})", fault.kind),
        None => format!("{place}{}", fault.kind),
    }
}

fn last(path: &Path) -> String {
    path.0.last().map(|part| Path(vec![part.clone()]).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::{assemble, input};
    use crate::aws::api::client::resolve;
    use crate::cli::settings::Settings;
    use crate::report::Look;

    fn given(call: &str, values: &[&str]) -> (Value, Vec<String>) {
        let pairs = values.iter().map(|it| it.split_once('=').unwrap());
        let pairs: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assemble(resolve(call).unwrap(), &pairs)
    }

    #[test]
    fn a_value_becomes_what_its_parameter_is() {
        for (call, values, wanted) in [
            ("dynamodb:DescribeTable", &["TableName=123"][..], json!({ "TableName": "123" })),
            ("dynamodb:ListTables", &["Limit=5"], json!({ "Limit": 5 })),
            ("dynamodb:ListTables", &["Limit=many"], json!({ "Limit": "many" })),
            ("ec2:DescribeVpcs", &["DryRun=true"], json!({ "DryRun": true })),
            ("ec2:DescribeVpcs", &["VpcIds=vpc-1", "VpcIds=vpc-2"], json!({ "VpcIds": ["vpc-1", "vpc-2"] })),
            ("ec2:DescribeVpcs", &["VpcIds=[\"vpc-1\"]"], json!({ "VpcIds": ["vpc-1"] })),
            (
                "ec2:DescribeVpcs",
                &["Filters={\"Name\": \"tag:stage\", \"Values\": [\"prod\"]}"],
                json!({ "Filters": [{ "Name": "tag:stage", "Values": ["prod"] }] }),
            ),
            (
                "dynamodb:GetItem",
                &["TableName=t", "Key.id.S=7", "ExpressionAttributeNames.#a.b=c"],
                json!({ "TableName": "t", "Key": { "id": { "S": "7" } }, "ExpressionAttributeNames": { "#a.b": "c" } }),
            ),
            (
                "cloudwatch:GetMetricStatistics",
                &["StartTime=1700000000", "EndTime=2026-11-21T00:00:00Z"],
                json!({ "StartTime": 1_700_000_000, "EndTime": "2026-11-21T00:00:00Z" }),
            ),
            ("dynamodb:ListTables", &["Nothing={\"a\": 1}"], json!({ "Nothing": { "a": 1 } })),
        ] {
            assert_eq!(given(call, values), (wanted, Vec::new()), "{call}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_named() {
        let (_, faults) = given("dynamodb:DescribeTable", &["TableName=a", "TableName=b"]);
        assert_eq!(faults, ["`TableName`: given twice"]);
        let (_, faults) = given("dynamodb:GetItem", &["Key=7", "Key.id.S=7"]);
        assert_eq!(faults, ["`Key.id.S`: given as a whole and in parts"]);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let settings = Settings::read(None).unwrap();
        let values = [("Tablename", "t"), ("Key.id.X", "7"), ("ConsistentRead", "perhaps"), ("AttributesToGet", "")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let error = input(resolve("dynamodb:GetItem").unwrap(), &values, None, &settings).unwrap_err();
        assert_snapshot!(error.lines(Look::default(), 100).join("\n"), @r"
        error: dynamodb:GetItem does not take this input
        hint: `Tablename`: no such parameter (did you mean `TableName`?)
        hint: `Key.id.X`: no such parameter (known here: `S`, `N`, `B`, `SS`, `NS`, `BS`, `M`, `L`,
          `NULL`, `BOOL`)
        hint: `ConsistentRead`: expected a boolean, found text
        hint: `TableName` is missing
        ");
    }
}
