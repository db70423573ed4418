//! Items in `DynamoDB`'s own JSON: `{"id": {"S": "a"}, "n": {"N": "1"}}`.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::item::{Attribute, Item};
use super::number::{Number, NumberFault};

/// "Nested attributes: up to 32 levels deep".
const DEEPEST: usize = 32;

/// Why a JSON is no item.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ItemFault {
    /// An item is an object.
    #[error("an item is an object of attributes")]
    NoObject,
    /// A value has the form `{"TYPE": …}`.
    #[error("`{path}` is no object with one type in it, such as {{\"S\": \"text\"}}")]
    NoType {
        /// The attribute, from the item on.
        path: String,
    },
    /// There is no such type.
    #[error("`{path}` has the type `{name}`, which DynamoDB does not have")]
    UnknownType {
        /// The attribute.
        path: String,
        /// The type as given.
        name: String,
    },
    /// The value does not fit its type.
    #[error("`{path}` is not what {name} holds: {expected}")]
    Value {
        /// The attribute.
        path: String,
        /// The type.
        name: &'static str,
        /// What it holds.
        expected: &'static str,
    },
    /// A text is no number.
    #[error("`{path}` is no number of DynamoDB: {fault}")]
    Number {
        /// The attribute.
        path: String,
        /// Why not.
        fault: NumberFault,
    },
    /// It goes too deep.
    #[error("`{path}` is more than 32 levels deep")]
    Deep {
        /// The attribute.
        path: String,
    },
}

impl Item {
    /// Reads an item.
    ///
    /// # Errors
    /// The first thing in it that `DynamoDB` would refuse.
    pub fn from_json(value: &Value) -> Result<Self, ItemFault> {
        let object = value.as_object().ok_or(ItemFault::NoObject)?;
        members(object, "", 0).map(Self)
    }

    /// The item as JSON. Numbers are plain, sets are sorted.
    pub fn to_json(&self) -> Value {
        object(&self.0)
    }
}

impl Attribute {
    /// Reads a value: `{"S": "text"}`.
    ///
    /// # Errors
    /// As [`Item::from_json`]; `path` is what the value is called there.
    pub fn from_json(value: &Value, path: &str) -> Result<Self, ItemFault> {
        read(value, path, 0)
    }

    /// The value as JSON.
    pub fn to_json(&self) -> Value {
        let content = match self {
            Attribute::Text(text) => json!(text),
            Attribute::Number(number) => json!(number.text()),
            Attribute::Binary(bytes) => json!(STANDARD.encode(bytes)),
            Attribute::Bool(flag) => json!(flag),
            Attribute::Null => json!(true),
            Attribute::List(values) => values.iter().map(Attribute::to_json).collect(),
            Attribute::Map(values) => object(values),
            Attribute::Texts(set) => set.iter().map(String::as_str).collect(),
            Attribute::Numbers(set) => set.iter().map(Number::text).collect(),
            Attribute::Binaries(set) => set.iter().map(|bytes| STANDARD.encode(bytes)).collect(),
        };
        json!({ self.type_name(): content })
    }
}

fn object(values: &BTreeMap<String, Attribute>) -> Value {
    values.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>().into()
}

fn members(object: &Map<String, Value>, path: &str, depth: usize) -> Result<BTreeMap<String, Attribute>, ItemFault> {
    let each = object.iter().map(|(name, value)| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        Ok((name.clone(), read(value, &path, depth)?))
    });
    each.collect()
}

fn read(value: &Value, path: &str, depth: usize) -> Result<Attribute, ItemFault> {
    let own = || path.to_owned();
    if depth > DEEPEST {
        return Err(ItemFault::Deep { path: own() });
    }
    let no_type = || ItemFault::NoType { path: own() };
    let object = value.as_object().filter(|object| object.len() == 1).ok_or_else(no_type)?;
    let (name, value) = object.iter().next().ok_or_else(no_type)?;
    let wrong = |name, expected| ItemFault::Value { path: own(), name, expected };
    let text = |value: &Value, name| value.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "a text"));
    let number = |value: &Value, name| {
        // Where a text is wanted, a number of JSON may have lost digits already.
        let text = value.as_str().ok_or_else(|| wrong(name, "a number in quotes"))?;
        Number::read(text).map_err(|fault| ItemFault::Number { path: own(), fault })
    };
    let binary = |value: &Value, name| {
        let text = value.as_str().ok_or_else(|| wrong(name, "base64"))?;
        STANDARD.decode(text).map_err(|_| wrong(name, "base64"))
    };
    match name.as_str() {
        "S" => text(value, "S").map(Attribute::Text),
        "N" => number(value, "N").map(Attribute::Number),
        "B" => binary(value, "B").map(Attribute::Binary),
        "BOOL" => value.as_bool().map(Attribute::Bool).ok_or_else(|| wrong("BOOL", "true or false")),
        "NULL" if *value == Value::Bool(true) => Ok(Attribute::Null),
        "NULL" => Err(wrong("NULL", "true")),
        "L" => {
            let values = value.as_array().ok_or_else(|| wrong("L", "a list"))?;
            let each = values.iter().enumerate().map(|(at, value)| read(value, &format!("{path}[{at}]"), depth + 1));
            each.collect::<Result<_, _>>().map(Attribute::List)
        }
        "M" => {
            let object = value.as_object().ok_or_else(|| wrong("M", "an object"))?;
            members(object, path, depth + 1).map(Attribute::Map)
        }
        "SS" => set(value, || wrong("SS", SET), |value| text(value, "SS")).map(Attribute::Texts),
        "NS" => set(value, || wrong("NS", SET), |value| number(value, "NS")).map(Attribute::Numbers),
        "BS" => set(value, || wrong("BS", SET), |value| binary(value, "BS")).map(Attribute::Binaries),
        _ => Err(ItemFault::UnknownType { path: own(), name: name.clone() }),
    }
}

const SET: &str = "a list of at least one member, none of them twice";

fn set<T: Ord>(
    value: &Value,
    wrong: impl Fn() -> ItemFault,
    read: impl Fn(&Value) -> Result<T, ItemFault>,
) -> Result<BTreeSet<T>, ItemFault> {
    let values = value.as_array().filter(|values| !values.is_empty()).ok_or_else(&wrong)?;
    let set = values.iter().map(read).collect::<Result<BTreeSet<T>, _>>()?;
    if set.len() == values.len() { Ok(set) } else { Err(wrong()) }
}
