//! An expression, read.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::fault::JmespathFault;
use super::lexer::Comparison;
use super::parser::parse;

/// A `JMESPath` expression, read and ready to be asked.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Expression {
    source: String,
    pub(super) node: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// What is asked.
    Current,
    Field(String),
    /// An item of a list; negative from the end.
    Index(i64),
    Literal(Value),
    /// The second, asked of what the first gives.
    Then(Box<Node>, Box<Node>),
    /// The second, asked of each item that the first gives; what is null is left out.
    Each(Items, Box<Node>),
    Not(Box<Node>),
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// `[a, b]`; null when it is asked of null.
    List(Vec<Node>),
    Length(Box<Node>),
    Keys(Box<Node>),
}

/// Where the items of a projection come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Items {
    /// `x[*]`: the items of a list.
    List(Box<Node>),
    /// `x.*`: the values of an object.
    Values(Box<Node>),
    /// `x[]`: the items of a list, and of the lists in it.
    Flat(Box<Node>),
    /// `x[?c]`: the items of a list of which the condition holds.
    Where(Box<Node>, Box<Node>),
}

impl Expression {
    /// Reads an expression.
    pub fn read(source: &str) -> Result<Self, JmespathFault> {
        Ok(Expression { source: source.to_owned(), node: parse(source)? })
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names of `a.b.c`; nothing for an expression that is more than names with dots.
    pub fn names(&self) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        let mut node = &self.node;
        loop {
            match node {
                Node::Field(name) => {
                    names.push(name.as_str());
                    names.reverse();
                    return Some(names);
                }
                Node::Then(left, right) => {
                    let Node::Field(name) = right.as_ref() else { return None };
                    names.push(name.as_str());
                    node = left;
                }
                Node::Current
                | Node::Index(_)
                | Node::Literal(_)
                | Node::Each(..)
                | Node::Not(_)
                | Node::Or(..)
                | Node::And(..)
                | Node::Compare(..)
                | Node::List(_)
                | Node::Length(_)
                | Node::Keys(_) => return None,
            }
        }
    }
}

impl TryFrom<String> for Expression {
    type Error = JmespathFault;

    fn try_from(source: String) -> Result<Self, JmespathFault> {
        Expression::read(&source)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.source)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}
