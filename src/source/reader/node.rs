//! A TOML file as a tree, each node with its place.

use serde_json::Value;

use crate::source::{Located, Span};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Where it stands; for a table under a `[header]`, the header.
    pub span: Span,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum NodeValue {
    /// A string.
    Text(String),
    /// An integer of at most 64 bits.
    Integer(i64),
    /// A float, or an integer too large for 64 bits.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or time, as written.
    Datetime(String),
    /// An array, or an array of tables.
    List(Vec<Node>),
    /// A table.
    Table(Tree),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Located<String>,
    /// The value.
    pub node: Node,
}

/// A table, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The entries.
    pub entries: Vec<Entry>,
}

impl Tree {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }
}

impl Node {
    /// What the value is, in words with an article.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            NodeValue::Text(_) => "a string",
            NodeValue::Integer(_) => "an integer",
            NodeValue::Float(_) => "a float",
            NodeValue::Boolean(_) => "a boolean",
            NodeValue::Datetime(_) => "a date",
            NodeValue::List(_) => "a list",
            NodeValue::Table(_) => "a table",
        }
    }

    /// The node as JSON: dates become text, infinite floats null.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Text(text) | NodeValue::Datetime(text) => Value::from(text.as_str()),
            NodeValue::Integer(number) => Value::from(*number),
            NodeValue::Float(number) => Value::from(*number),
            NodeValue::Boolean(truth) => Value::from(*truth),
            NodeValue::List(items) => items.iter().map(Node::to_json).collect(),
            NodeValue::Table(tree) => tree.to_json(),
        }
    }
}

impl Tree {
    /// The table as a JSON object, in the order of the file.
    pub fn to_json(&self) -> Value {
        let entries = self.entries.iter().map(|entry| (entry.key.value.clone(), entry.node.to_json()));
        Value::Object(entries.collect())
    }
}
