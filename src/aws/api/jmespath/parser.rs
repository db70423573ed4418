//! From words to a tree, by the strength with which an operator binds.

use super::expression::{Items, Node};
use super::fault::JmespathFault;
use super::lexer::{Spanned, Token, words};

/// The longest expression in the models has 160 bytes. The bound also keeps the tree shallow: each level takes a word.
const LENGTH_MAX: usize = 1024;
/// How deep brackets may be nested.
const DEPTH_MAX: usize = 32;

/// How strongly what follows binds. An operator weaker than [`PROJECTION_END`] ends a projection.
const PIPE: u8 = 1;
const OR: u8 = 2;
const AND: u8 = 3;
const COMPARE: u8 = 5;
const FLATTEN: u8 = 9;
const PROJECTION_END: u8 = 10;
const STAR: u8 = 20;
const FILTER: u8 = 21;
const DOT: u8 = 40;
const NOT: u8 = 45;
const BRACKET: u8 = 55;

struct Parser {
    words: Vec<Spanned>,
    next: usize,
    depth: usize,
}

pub(super) fn parse(text: &str) -> Result<Node, JmespathFault> {
    if text.len() > LENGTH_MAX {
        return Err(JmespathFault::TooLarge);
    }
    let mut parser = Parser { words: words(text)?, next: 0, depth: 0 };
    let node = parser.expression(0)?;
    if *parser.peek() == Token::End { Ok(node) } else { Err(parser.unexpected()) }
}

impl Token {
    fn strength(&self) -> u8 {
        match self {
            Token::Pipe => PIPE,
            Token::Or => OR,
            Token::And => AND,
            Token::Compare(_) => COMPARE,
            Token::Flatten => FLATTEN,
            Token::Filter => FILTER,
            Token::Dot => DOT,
            Token::OpenBracket => BRACKET,
            Token::Name(_)
            | Token::Quoted(_)
            | Token::Literal(_)
            | Token::Number(_)
            | Token::Star
            | Token::Comma
            | Token::Not
            | Token::Current
            | Token::Open
            | Token::Close
            | Token::CloseBracket
            | Token::End => 0,
        }
    }
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.words[self.next].0
    }

    /// The word after the next one.
    fn peek_after(&self) -> Option<&Token> {
        self.words.get(self.next + 1).map(|(token, _)| token)
    }

    /// The next word; the end stays.
    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        if token != Token::End {
            self.next += 1;
        }
        token
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), JmespathFault> {
        if self.peek() != wanted {
            return Err(self.unexpected());
        }
        self.take();
        Ok(())
    }

    fn unexpected(&self) -> JmespathFault {
        let (token, at) = &self.words[self.next];
        let found = if *token == Token::End { String::new() } else { format!("{token:?}") };
        JmespathFault::Unexpected { found, at: *at }
    }

    /// An expression up to the first operator that binds no stronger than `floor`.
    fn expression(&mut self, floor: u8) -> Result<Node, JmespathFault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(JmespathFault::TooLarge);
        }
        let mut node = self.first()?;
        while self.peek().strength() > floor {
            node = self.further(node)?;
        }
        self.depth -= 1;
        Ok(node)
    }

    /// What can begin an expression.
    fn first(&mut self) -> Result<Node, JmespathFault> {
        let token = self.peek().clone();
        if matches!(token, Token::Flatten | Token::Filter) {
            // A bracket with nothing before it is about what is asked.
            return self.further(Node::Current);
        }
        let fault = self.unexpected();
        self.take();
        match token {
            Token::Name(name) if *self.peek() == Token::Open => self.function(name),
            Token::Name(name) | Token::Quoted(name) => Ok(Node::Field(name)),
            Token::Literal(value) => Ok(Node::Literal(value)),
            Token::Current => Ok(Node::Current),
            Token::Not => Ok(Node::Not(self.expression(NOT)?.into())),
            Token::Star => self.values(Node::Current),
            Token::OpenBracket => self.bracket_first(),
            Token::Open => {
                let node = self.expression(0)?;
                self.expect(&Token::Close)?;
                Ok(node)
            }
            Token::Number(_)
            | Token::Compare(_)
            | Token::Dot
            | Token::Comma
            | Token::Pipe
            | Token::Or
            | Token::And
            | Token::Close
            | Token::CloseBracket
            | Token::Flatten
            | Token::Filter
            | Token::End => Err(fault),
        }
    }

    /// What can go on after an expression.
    fn further(&mut self, left: Node) -> Result<Node, JmespathFault> {
        let left = Box::new(left);
        match self.peek() {
            Token::Dot => {
                self.take();
                if *self.peek() == Token::Star {
                    self.take();
                    return self.values(*left);
                }
                Ok(Node::Then(left, self.after_dot(DOT)?.into()))
            }
            Token::Pipe => {
                self.take();
                Ok(Node::Then(left, self.expression(PIPE)?.into()))
            }
            Token::Or => {
                self.take();
                Ok(Node::Or(left, self.expression(OR)?.into()))
            }
            Token::And => {
                self.take();
                Ok(Node::And(left, self.expression(AND)?.into()))
            }
            Token::Compare(comparison) => {
                let comparison = *comparison;
                self.take();
                Ok(Node::Compare(comparison, left, self.expression(COMPARE)?.into()))
            }
            Token::Flatten => {
                self.take();
                Ok(Node::Each(Items::Flat(left), self.projected(FLATTEN)?.into()))
            }
            Token::Filter => {
                self.take();
                let condition = self.expression(0)?;
                self.expect(&Token::CloseBracket)?;
                let each = if *self.peek() == Token::Flatten { Node::Current } else { self.projected(FILTER)? };
                Ok(Node::Each(Items::Where(left, condition.into()), each.into()))
            }
            Token::OpenBracket => {
                self.take();
                self.index_or_all(*left)
            }
            Token::Name(_)
            | Token::Quoted(_)
            | Token::Literal(_)
            | Token::Number(_)
            | Token::Star
            | Token::Comma
            | Token::Not
            | Token::Current
            | Token::Open
            | Token::Close
            | Token::CloseBracket
            | Token::End => Err(self.unexpected()),
        }
    }

    /// After `[`: `3]` or `*]`.
    fn index_or_all(&mut self, left: Node) -> Result<Node, JmespathFault> {
        let fault = self.unexpected();
        let token = self.take();
        let index = if let Token::Number(index) = token { Some(index) } else { None };
        if index.is_none() && token != Token::Star {
            return Err(fault);
        }
        self.expect(&Token::CloseBracket)?;
        match index {
            Some(index) => Ok(Node::Then(left.into(), Node::Index(index).into())),
            None => Ok(Node::Each(Items::List(left.into()), self.projected(STAR)?.into())),
        }
    }

    /// A bracket with nothing before it: an index, all items, or a list of expressions.
    fn bracket_first(&mut self) -> Result<Node, JmespathFault> {
        let all = *self.peek() == Token::Star && self.peek_after() == Some(&Token::CloseBracket);
        if all || matches!(self.peek(), Token::Number(_)) {
            return self.index_or_all(Node::Current);
        }
        self.list(&Token::CloseBracket).map(Node::List)
    }

    /// Expressions with commas between, and what closes them.
    fn list(&mut self, close: &Token) -> Result<Vec<Node>, JmespathFault> {
        let mut nodes = vec![self.expression(0)?];
        while *self.peek() == Token::Comma {
            self.take();
            nodes.push(self.expression(0)?);
        }
        self.expect(close)?;
        Ok(nodes)
    }

    fn values(&mut self, left: Node) -> Result<Node, JmespathFault> {
        Ok(Node::Each(Items::Values(left.into()), self.projected(STAR)?.into()))
    }

    /// What is asked of each item of a projection.
    fn projected(&mut self, floor: u8) -> Result<Node, JmespathFault> {
        if self.peek().strength() < PROJECTION_END {
            return Ok(Node::Current);
        }
        if *self.peek() != Token::Dot {
            return self.expression(floor);
        }
        self.take();
        self.after_dot(floor)
    }

    /// What can stand after a dot: a name, a star, or a list.
    fn after_dot(&mut self, floor: u8) -> Result<Node, JmespathFault> {
        if *self.peek() == Token::OpenBracket {
            self.take();
            return self.list(&Token::CloseBracket).map(Node::List);
        }
        let may_stand = matches!(self.peek(), Token::Name(_) | Token::Quoted(_) | Token::Star);
        if may_stand { self.expression(floor) } else { Err(self.unexpected()) }
    }

    fn function(&mut self, name: String) -> Result<Node, JmespathFault> {
        self.expect(&Token::Open)?;
        let wrong = |name| Err(JmespathFault::Function { name });
        if *self.peek() == Token::Close {
            return wrong(name);
        }
        match (name.as_str(), <[Node; 1]>::try_from(self.list(&Token::Close)?)) {
            ("length", Ok([of])) => Ok(Node::Length(of.into())),
            ("keys", Ok([of])) => Ok(Node::Keys(of.into())),
            _ => wrong(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JmespathFault, parse};

    #[test]
    fn wrong_expressions_are_refused() {
        let unexpected = |found: &str, at| JmespathFault::Unexpected { found: found.into(), at };
        for (text, fault) in [
            ("", unexpected("", 0)),
            ("a.", unexpected("", 2)),
            ("a b", unexpected("Name(\"b\")", 2)),
            ("a[", unexpected("", 2)),
            ("a[b]", unexpected("Name(\"b\")", 2)),
            ("(a", unexpected("", 2)),
            ("a.'b'", unexpected("Literal(String(\"b\"))", 2)),
            ("&a", JmespathFault::Character { character: '&', at: 0 }),
            ("a = b", JmespathFault::Character { character: '=', at: 2 }),
            ("é", JmespathFault::Character { character: 'é', at: 0 }),
            ("a[1:2]", JmespathFault::Character { character: ':', at: 3 }),
            ("a.{b: c}", JmespathFault::Character { character: '{', at: 2 }),
            ("'a", JmespathFault::Text { at: 0 }),
            ("a == `{`", JmespathFault::Text { at: 5 }),
            ("sort(a)", JmespathFault::Function { name: "sort".into() }),
            ("length(a, b)", JmespathFault::Function { name: "length".into() }),
            ("length()", JmespathFault::Function { name: "length".into() }),
        ] {
            assert_eq!(parse(text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn size_is_bounded() {
        assert_eq!(parse(&"(".repeat(1000)), Err(JmespathFault::TooLarge));
        assert_eq!(parse(&"!".repeat(1000)), Err(JmespathFault::TooLarge));
        assert_eq!(parse(&"a".repeat(2000)), Err(JmespathFault::TooLarge));
        assert!(parse(&format!("a{}", ".b".repeat(500))).is_ok());
    }
}
