//! Asking an expression of a value.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::expression::{Expression, Items, Node};
use super::lexer::Comparison;

static NULL: Value = Value::Null;

impl Expression {
    /// What the expression gives; null where there is nothing. What a function cannot take (the length of null) gives
    /// null too, where `JMESPath` stops with an error: in a waiter both mean that the condition does not hold.
    pub fn search<'v>(&'v self, value: &'v Value) -> Cow<'v, Value> {
        search(&self.node, value)
    }
}

/// Whether `JMESPath` takes a value for true: not null, not false, not empty.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

// The depth of the recursion is that of the expression, which the parser bounds.
fn search<'v>(node: &'v Node, value: &'v Value) -> Cow<'v, Value> {
    match node {
        Node::Current => Cow::Borrowed(value),
        Node::Field(name) => Cow::Borrowed(value.get(name).unwrap_or(&NULL)),
        Node::Index(index) => Cow::Borrowed(item(value, *index)),
        Node::Literal(literal) => Cow::Borrowed(literal),
        Node::Then(left, right) => match search(left, value) {
            Cow::Borrowed(found) => search(right, found),
            Cow::Owned(found) => Cow::Owned(search(right, &found).into_owned()),
        },
        Node::Each(items, each) => match all(items, value) {
            None => Cow::Borrowed(&NULL),
            Some(items) => {
                let found = items.iter().map(|item| search(each, item)).filter(|found| !found.is_null());
                Cow::Owned(found.map(Cow::into_owned).collect())
            }
        },
        Node::Not(of) => Cow::Owned(Value::Bool(!is_truthy(&search(of, value)))),
        Node::Or(left, right) => {
            let found = search(left, value);
            if is_truthy(&found) { found } else { search(right, value) }
        }
        Node::And(left, right) => {
            let found = search(left, value);
            if is_truthy(&found) { search(right, value) } else { found }
        }
        Node::Compare(comparison, left, right) => {
            let held = compare(*comparison, &search(left, value), &search(right, value));
            Cow::Owned(held.map_or(Value::Null, Value::Bool))
        }
        Node::List(_) if value.is_null() => Cow::Borrowed(&NULL),
        Node::List(nodes) => Cow::Owned(nodes.iter().map(|node| search(node, value).into_owned()).collect()),
        Node::Length(of) => Cow::Owned(match search(of, value).as_ref() {
            Value::String(text) => text.chars().count().into(),
            Value::Array(items) => items.len().into(),
            Value::Object(members) => members.len().into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => Value::Null,
        }),
        Node::Keys(of) => Cow::Owned(match search(of, value).as_ref() {
            Value::Object(members) => members.keys().map(String::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Value::Null,
        }),
    }
}

/// An item of a list, from the end when the index is negative.
fn item(value: &Value, index: i64) -> &Value {
    let Value::Array(items) = value else { return &NULL };
    let distance = usize::try_from(index.unsigned_abs()).ok();
    let at = if index < 0 { distance.and_then(|distance| items.len().checked_sub(distance)) } else { distance };
    at.and_then(|at| items.get(at)).unwrap_or(&NULL)
}

/// The items of a projection; nothing when there is no list (no object, for values).
fn all<'v>(items: &'v Items, value: &'v Value) -> Option<Vec<Cow<'v, Value>>> {
    match items {
        Items::List(of) => list(search(of, value)),
        Items::Values(of) => match search(of, value) {
            Cow::Borrowed(Value::Object(members)) => Some(members.values().map(Cow::Borrowed).collect()),
            Cow::Owned(Value::Object(members)) => Some(members.into_values().map(Cow::Owned).collect()),
            _ => None,
        },
        Items::Flat(of) => {
            let mut flat = Vec::new();
            for item in list(search(of, value))? {
                if item.is_array() { flat.extend(list(item)?) } else { flat.push(item) }
            }
            Some(flat)
        }
        Items::Where(of, condition) => {
            let mut items = list(search(of, value))?;
            items.retain(|item| is_truthy(&search(condition, item)));
            Some(items)
        }
    }
}

fn list(value: Cow<'_, Value>) -> Option<Vec<Cow<'_, Value>>> {
    match value {
        Cow::Borrowed(Value::Array(items)) => Some(items.iter().map(Cow::Borrowed).collect()),
        Cow::Owned(Value::Array(items)) => Some(items.into_iter().map(Cow::Owned).collect()),
        _ => None,
    }
}

/// Whether a comparison holds. Only numbers have an order.
fn compare(comparison: Comparison, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => order(left, right),
        _ => None,
    };
    let equal = || order.map_or_else(|| left == right, Ordering::is_eq);
    match comparison {
        Comparison::Equal => Some(equal()),
        Comparison::Unequal => Some(!equal()),
        Comparison::Less => order.map(Ordering::is_lt),
        Comparison::LessOrEqual => order.map(Ordering::is_le),
        Comparison::Greater => order.map(Ordering::is_gt),
        Comparison::GreaterOrEqual => order.map(Ordering::is_ge),
    }
}

/// The order of two numbers, exact for integers.
fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Expression;

    fn ask(expression: &str, value: &Value) -> Value {
        Expression::read(expression).unwrap().search(value).into_owned()
    }

    #[test]
    fn each_form_of_the_models_gives_what_jmespath_says() {
        let data = json!({
            "State": "running", "Empty": [], "Zero": 0, "Done": true, "Nothing": null, "Text": "äb",
            "Job": {"Status": {"Code": "OK"}},
            "Items": [{"Key": "a", "State": "on", "Tags": [1, 2]}, {"Key": "b", "State": "off", "Tags": [3]}, {"Key": "c"}],
            "Map": {"z": {"S": 1}, "a": {"S": 2}, "m": {}},
            "Nested": [[1, [2]], [3], 4],
            "odd name": 7,
        });
        for (expression, wanted) in [
            ("State", json!("running")),
            ("Job.Status.Code", json!("OK")),
            ("Job.Missing.Code", json!(null)),
            ("\"odd name\"", json!(7)),
            ("Items[0].Key", json!("a")),
            ("Items[-1].Key", json!("c")),
            ("Items[-4]", json!(null)),
            ("Items[9]", json!(null)),
            ("Items[].State", json!(["on", "off"])),
            ("Items[*].State", json!(["on", "off"])),
            ("Items[].Tags", json!([[1, 2], [3]])),
            ("Items[].Tags[]", json!([1, 2, 3])),
            ("Items[*].Tags[0]", json!([1, 3])),
            ("Items[*].[Key, State]", json!([["a", "on"], ["b", "off"], ["c", null]])),
            ("Items[*].[Key, State][]", json!(["a", "on", "b", "off", "c"])),
            ("Items[*].[Key, State][] | [0]", json!("a")),
            ("Nested[]", json!([1, [2], 3, 4])),
            ("Map.*.S", json!([1, 2])),
            ("keys(Map)", json!(["z", "a", "m"])),
            ("State[]", json!(null)),
            ("Missing[].x", json!(null)),
            ("Items[?State == 'on'].Key", json!(["a"])),
            ("Items[?!(State == 'on' || Key == 'c')].Key", json!(["b"])),
            ("length(Items)", json!(3)),
            ("length(Items[?State == 'on' || State == 'off']) == `2`", json!(true)),
            ("length(Text)", json!(2)),
            ("length(Missing)", json!(null)),
            ("length(Missing || '') > `0`", json!(false)),
            ("length(Empty) == `0`", json!(true)),
            ("Zero == `0.0`", json!(true)),
            ("State < `1`", json!(null)),
            ("Missing || Items[-1].Key", json!("c")),
            ("Done && State", json!("running")),
            ("Empty && State", json!([])),
            ("State != 'a' && State != 'b'", json!(true)),
            ("!Done", json!(false)),
            ("Missing", json!(null)),
            ("@", data.clone()),
            ("Done || Missing && Missing", json!(true)),
            ("'it\\'s'", json!("it's")),
        ] {
            assert_eq!(ask(expression, &data), wanted, "{expression}");
        }
    }

    #[test]
    fn big_integers_stay_exact() {
        let data = json!({"a": 9_007_199_254_740_993_u64, "b": 9_007_199_254_740_992_u64, "c": u64::MAX});
        assert_eq!(ask("a == b", &data), json!(false));
        assert_eq!(ask("a > b", &data), json!(true));
        assert_eq!(ask("c", &data), json!(u64::MAX));
    }
}
