//! A look at an expression's outer form before anything parses it: how large it is, how deep, and where it ends.
//!
//! The CEL parser recurses, ten calls a bracket: it must never see an expression that is too deep.

/// One token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// A name, number or string.
    Word,
    /// A string that does not end.
    OpenString,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// An operator.
    Operator,
    /// A comma, dot or colon.
    Separator,
    /// A character that is no part of the language.
    Other,
}

/// The tokens of an expression: each with its first byte and the byte after its last.
#[derive(Clone, Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    fn string(&mut self, start: usize, quote_at: usize) -> (Token, usize, usize) {
        let raw = self.text[start..quote_at].contains(['r', 'R']);
        let rest = &self.text[quote_at..];
        let quote = &rest[..1];
        let triple = rest.starts_with(&quote.repeat(3));
        let width = if triple { 3 } else { 1 };
        let mut escaped = false;
        let mut at = width;
        let mut end = None;
        for (offset, c) in rest[width..].char_indices() {
            at = width + offset;
            if escaped {
                escaped = false;
            } else if c == '\\' && !raw {
                escaped = true;
            } else if c == '\n' && !triple {
                break;
            } else if rest[at..].starts_with(&rest[..width]) {
                end = Some(quote_at + at + width);
                break;
            }
            at += c.len_utf8();
        }
        if let Some(end) = end {
            self.at = end;
            (Token::Word, start, end)
        } else {
            self.at = quote_at + at;
            (Token::OpenString, start, self.at)
        }
    }
}

impl Iterator for Scan<'_> {
    type Item = (Token, usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            if !self.text[self.at..].starts_with("//") {
                break;
            }
            let rest = &self.text[self.at..];
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
        let start = self.at;
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        if first == '"' || first == '\'' {
            return Some(self.string(start, start));
        }
        if first.is_alphanumeric() || first == '_' {
            let number = first.is_ascii_digit();
            let part = |c: char| c.is_alphanumeric() || c == '_' || (number && c == '.');
            let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
            let word = &rest[..length];
            let prefix = word.len() <= 2 && word.chars().all(|c| matches!(c, 'r' | 'R' | 'b' | 'B'));
            if prefix && rest[length..].starts_with(['"', '\'']) {
                return Some(self.string(start, start + length));
            }
            self.at += length;
            return Some((Token::Word, start, self.at));
        }
        let two = ["&&", "||", "==", "!=", "<=", ">="].iter().any(|operator| rest.starts_with(operator));
        let (token, length) = match first {
            _ if two => (Token::Operator, 2),
            '(' | '[' | '{' => (Token::Open, 1),
            ')' | ']' | '}' => (Token::Close, 1),
            '+' | '-' | '*' | '/' | '%' | '!' | '<' | '>' | '?' => (Token::Operator, 1),
            ',' | '.' | ':' => (Token::Separator, 1),
            other => (Token::Other, other.len_utf8()),
        };
        self.at += length;
        Some((token, start, self.at))
    }
}

/// How large an expression is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Size {
    /// Names, numbers, strings, operators and opening brackets: at least as many as the nodes that a person would count.
    pub(super) nodes: usize,
    /// The deepest nesting of brackets and conditionals, with the place where it is reached.
    pub(super) depth: usize,
    /// Where the deepest bracket stands.
    pub(super) deepest: usize,
    /// The last bracket that is never closed.
    pub(super) unclosed: Option<usize>,
}

/// Measures an expression.
pub(super) fn measure(text: &str) -> Size {
    let mut size = Size::default();
    let mut open = Vec::new();
    let mut conditionals = 0;
    for (token, start, end) in Scan::new(text, 0) {
        match token {
            Token::Word | Token::OpenString | Token::Operator => size.nodes += 1,
            Token::Open => {
                size.nodes += 1;
                open.push(start);
            }
            Token::Close => {
                open.pop();
            }
            Token::Separator | Token::Other => {}
        }
        if &text[start..end] == "?" {
            conditionals += 1;
        }
        if open.len() + conditionals > size.depth {
            size.depth = open.len() + conditionals;
            size.deepest = start;
        }
    }
    size.unclosed = open.last().copied();
    size
}

/// The offset of the `}` that ends the expression which begins at `from`, or none if it does not end.
pub(super) fn closing_brace(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (token, start, _) in Scan::new(text, from) {
        match token {
            Token::Open => depth += 1,
            Token::Close if depth == 0 => return text[start..].starts_with('}').then_some(start),
            Token::Close => depth -= 1,
            Token::OpenString => return None,
            Token::Word | Token::Operator | Token::Separator | Token::Other => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{closing_brace, measure};

    #[test]
    fn braces_and_quotes_inside_belong_to_the_expression() {
        assert_eq!(closing_brace("a}", 0), Some(1));
        assert_eq!(closing_brace("{'x': '}'}.x} rest", 0), Some(12));
        assert_eq!(closing_brace(r#"'\'}' + "}" + r'\'}"#, 0), Some(18));
        assert_eq!(closing_brace("'''}'''}", 0), Some(7));
        assert_eq!(closing_brace("a", 0), None);
        assert_eq!(closing_brace("'a}", 0), None, "a string that does not end");
        assert_eq!(closing_brace("a)}", 0), None);
    }

    #[test]
    fn size_counts_what_a_person_counts() {
        let size = measure("a.b == 'x' && size([1, 2]) > -3 // no");
        assert_eq!(size.nodes, 13);
        assert_eq!(size.depth, 2);
        assert_eq!(measure("((a").unclosed, Some(1));
        assert_eq!(measure("'(' + \"[\"").depth, 0);
    }
}
