//! An item: what its attributes are, and the bytes by which two items are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::number::Number;

/// An item, or the key of one: attributes by their names.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Item(pub BTreeMap<String, Attribute>);

/// The value of an attribute. What `DynamoDB` keeps in no order has none here: two values are equal when it would say
/// so.
#[derive(Clone, Eq, PartialEq)]
pub enum Attribute {
    /// `S`.
    Text(String),
    /// `N`.
    Number(Number),
    /// `B`.
    Binary(Vec<u8>),
    /// `BOOL`.
    Bool(bool),
    /// `NULL`.
    Null,
    /// `L`.
    List(Vec<Attribute>),
    /// `M`.
    Map(BTreeMap<String, Attribute>),
    /// `SS`.
    Texts(BTreeSet<String>),
    /// `NS`.
    Numbers(BTreeSet<Number>),
    /// `BS`.
    Binaries(BTreeSet<Vec<u8>>),
}

impl Item {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.0.get(name)
    }

    /// The same item with an attribute more, or in another's place.
    #[must_use]
    pub fn with(mut self, name: &str, value: Attribute) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// The item as bytes that are the same for equal items, and for no others: attributes by the bytes of their names,
    /// sets sorted, numbers by their plain text, and a length before everything that has one.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        map(&self.0, &mut bytes);
        bytes
    }
}

impl Attribute {
    /// `DynamoDB`'s name of the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Attribute::Text(_) => "S",
            Attribute::Number(_) => "N",
            Attribute::Binary(_) => "B",
            Attribute::Bool(_) => "BOOL",
            Attribute::Null => "NULL",
            Attribute::List(_) => "L",
            Attribute::Map(_) => "M",
            Attribute::Texts(_) => "SS",
            Attribute::Numbers(_) => "NS",
            Attribute::Binaries(_) => "BS",
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Attribute::Text(text) => sized(b'S', text.as_bytes(), bytes),
            Attribute::Number(number) => sized(b'N', number.text().as_bytes(), bytes),
            Attribute::Binary(binary) => sized(b'B', binary, bytes),
            Attribute::Bool(flag) => bytes.extend([b'?', u8::from(*flag)]),
            Attribute::Null => bytes.push(b'0'),
            Attribute::List(values) => {
                count(b'L', values.len(), bytes);
                for value in values {
                    value.write(bytes);
                }
            }
            Attribute::Map(values) => map(values, bytes),
            Attribute::Texts(set) => all(b's', set.iter().map(String::as_bytes), set.len(), bytes),
            Attribute::Numbers(set) => all(b'n', set.iter().map(|it| it.text().as_bytes()), set.len(), bytes),
            Attribute::Binaries(set) => all(b'b', set.iter().map(Vec::as_slice), set.len(), bytes),
        }
    }
}

fn map(values: &BTreeMap<String, Attribute>, bytes: &mut Vec<u8>) {
    count(b'M', values.len(), bytes);
    for (name, value) in values {
        sized(b'S', name.as_bytes(), bytes);
        value.write(bytes);
    }
}

fn all<'a>(tag: u8, members: impl Iterator<Item = &'a [u8]>, length: usize, bytes: &mut Vec<u8>) {
    count(tag, length, bytes);
    for member in members {
        sized(b'-', member, bytes);
    }
}

fn sized(tag: u8, content: &[u8], bytes: &mut Vec<u8>) {
    count(tag, content.len(), bytes);
    bytes.extend_from_slice(content);
}

fn count(tag: u8, length: usize, bytes: &mut Vec<u8>) {
    bytes.push(tag);
    bytes.extend((length as u64).to_be_bytes());
}

/// What people store is shown to nobody by chance: names and types only.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Item ")?;
        f.debug_map().entries(&self.0).finish()
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}
