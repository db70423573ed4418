//! Places inside a TOML string: from an offset in its value to an offset in the file.

/// The range, within the literal `raw` (quotes included), that holds the bytes `start..end` of the literal's value.
///
/// A range past the value's end is cut to it. Anything that is no string literal is taken as it stands.
pub(super) fn raw_range(raw: &str, start: usize, end: usize) -> (usize, usize) {
    let (open, basic) = if raw.starts_with("\"\"\"") {
        (3, true)
    } else if raw.starts_with("'''") {
        (3, false)
    } else if raw.starts_with('"') {
        (1, true)
    } else if raw.starts_with('\'') {
        (1, false)
    } else {
        return (start.min(raw.len()), end.clamp(start, raw.len().max(start)).min(raw.len()));
    };
    let close = if raw.len() >= open * 2 { raw.len() - open } else { raw.len() };
    let mut at = open;
    if open == 3 {
        at += if raw[at..].starts_with("\r\n") { 2 } else { usize::from(raw[at..].starts_with('\n')) };
    }
    let mut value_at = 0;
    let mut from = None;
    let mut to = None;
    while at < close {
        let (raw_len, value_len) = unit(&raw[at..close], basic);
        if value_len > 0 {
            if from.is_none() && value_at + value_len > start {
                from = Some(at);
            }
            if to.is_none() && value_at >= end {
                to = Some(at);
            }
        }
        at += raw_len;
        value_at += value_len;
    }
    let close = close.max(open.min(raw.len()));
    let from = from.unwrap_or(close);
    (from, to.unwrap_or(close).max(from))
}

/// The length in the file and in the value of the character or escape at the start of `rest`.
fn unit(rest: &str, basic: bool) -> (usize, usize) {
    let mut chars = rest.chars();
    let first = chars.next().expect("only asked before the end");
    if !(basic && first == '\\') {
        return (first.len_utf8(), first.len_utf8());
    }
    let Some(escape) = chars.next() else { return (1, 0) };
    let digits = match escape {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        c if c.is_whitespace() => {
            // A backslash at the end of a line swallows all blanks up to the next text.
            return (rest[1..].find(|c: char| !c.is_whitespace()).map_or(rest.len(), |n| n + 1), 0);
        }
        c => return (1 + c.len_utf8(), 1),
    };
    let hex = rest.get(2..2 + digits).unwrap_or_default();
    let value = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    match value {
        Some(value) => (2 + digits, value.len_utf8()),
        None => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::raw_range;

    fn cut(raw: &str, start: usize, end: usize) -> &str {
        let (from, to) = raw_range(raw, start, end);
        &raw[from..to]
    }

    #[test]
    fn plain_and_literal_strings() {
        assert_eq!(cut(r#""input.x""#, 0, 5), "input");
        assert_eq!(cut("'input.x'", 6, 7), "x");
        assert_eq!(cut("''", 0, 0), "");
    }

    #[test]
    fn escapes_are_seen_through() {
        assert_eq!(cut(r#""a\"b\u00e9c""#, 1, 2), r#"\""#);
        assert_eq!(cut(r#""a\"b\u00e9c""#, 3, 5), r"\u00e9");
        assert_eq!(cut(r#""a\"b\u00e9c""#, 5, 6), "c");
    }

    #[test]
    fn the_first_line_break_of_a_long_string_is_not_in_its_value() {
        assert_eq!(cut("\"\"\"\nabc\n\"\"\"", 0, 3), "abc");
        assert_eq!(cut("'''\r\nabc'''", 0, 3), "abc");
        assert_eq!(cut("\"\"\"a\\\n   b\"\"\"", 1, 2), "b");
    }

    #[test]
    fn past_the_end_is_the_end() {
        assert_eq!(raw_range("\"ab\"", 2, 9), (3, 3));
        assert_eq!(raw_range("\"", 0, 9), (1, 1));
    }
}
