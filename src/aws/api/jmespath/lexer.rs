//! Expressions in words.

use serde_json::Value;

use super::fault::JmespathFault;

/// A word and the byte at which it begins.
pub(super) type Spanned = (Token, usize);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    /// A name in quotes: never a function.
    Quoted(String),
    Literal(Value),
    Number(i64),
    Compare(Comparison),
    Dot,
    Star,
    Comma,
    Pipe,
    Or,
    And,
    Not,
    Current,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// `[]`
    Flatten,
    /// `[?`
    Filter,
    End,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Words of a fixed spelling; of two that begin alike the longer stands first.
const FIXED: [(&str, Token); 20] = [
    ("[]", Token::Flatten),
    ("[?", Token::Filter),
    ("[", Token::OpenBracket),
    ("]", Token::CloseBracket),
    ("||", Token::Or),
    ("|", Token::Pipe),
    ("&&", Token::And),
    ("!=", Token::Compare(Comparison::Unequal)),
    ("!", Token::Not),
    ("==", Token::Compare(Comparison::Equal)),
    ("<=", Token::Compare(Comparison::LessOrEqual)),
    ("<", Token::Compare(Comparison::Less)),
    (">=", Token::Compare(Comparison::GreaterOrEqual)),
    (">", Token::Compare(Comparison::Greater)),
    (".", Token::Dot),
    ("*", Token::Star),
    (",", Token::Comma),
    ("@", Token::Current),
    ("(", Token::Open),
    (")", Token::Close),
];

/// All words of an expression, with [`Token::End`] last.
pub(super) fn words(text: &str) -> Result<Vec<Spanned>, JmespathFault> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = word(&text[at..], first).map_err(|fault| match fault {
            None => JmespathFault::Character { character: first, at },
            Some(Unended) => JmespathFault::Text { at },
        })?;
        words.push((token, at));
        at += length;
    }
    words.push((Token::End, text.len()));
    Ok(words)
}

/// A text without an end.
struct Unended;

/// The first word and its length in bytes. `Err(None)`: nothing begins like this.
fn word(rest: &str, first: char) -> Result<(Token, usize), Option<Unended>> {
    let run = |of: fn(char) -> bool| rest.find(|c| !of(c)).unwrap_or(rest.len());
    match first {
        'a'..='z' | 'A'..='Z' | '_' => {
            let length = run(|c| c.is_ascii_alphanumeric() || c == '_');
            Ok((Token::Name(rest[..length].to_owned()), length))
        }
        '0'..='9' | '-' => {
            let length = 1 + rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1);
            rest[..length].parse().map(|number| (Token::Number(number), length)).map_err(|_| None)
        }
        '\'' => {
            let (inner, length) = until(rest, '\'')?;
            Ok((Token::Literal(Value::String(inner.replace("\\'", "'").replace("\\\\", "\\"))), length))
        }
        '"' => {
            let (_, length) = until(rest, '"')?;
            let name = serde_json::from_str(&rest[..length]).map_err(|_| Some(Unended))?;
            Ok((Token::Quoted(name), length))
        }
        '`' => {
            let (inner, length) = until(rest, '`')?;
            let value = serde_json::from_str(&inner.replace("\\`", "`")).map_err(|_| Some(Unended))?;
            Ok((Token::Literal(value), length))
        }
        _ => {
            let fixed = FIXED.iter().find(|(spelling, _)| rest.starts_with(spelling));
            fixed.map(|(spelling, token)| (token.clone(), spelling.len())).ok_or(None)
        }
    }
}

/// What stands between the quote that the text begins with and the next one that no backslash hides, and the length of
/// both with what is between.
fn until(rest: &str, quote: char) -> Result<(&str, usize), Option<Unended>> {
    let mut hidden = false;
    for (at, character) in rest.char_indices().skip(1) {
        if !hidden && character == quote {
            return Ok((&rest[1..at], at + 1));
        }
        hidden = !hidden && character == '\\';
    }
    Err(Some(Unended))
}
