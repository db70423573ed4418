//! What stands in the status and the headers of an answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::output::{Odd, Within, from_text};
use super::quirks;
use super::reply::Answer;
use crate::aws::api::model::{Flag, Location, ShapeKind, ShapeRef, TimestampFormat};

/// Whether any member stands in the body.
pub(super) fn stays_in_body(shape: ShapeRef<'_>) -> bool {
    shape.members().iter().any(|member| {
        let location = shape.follow(&member.reference).location();
        !matches!(location, Some(Location::Header | Location::Headers | Location::StatusCode))
    })
}

/// The members that stand in the status and the headers.
pub(super) fn members(shape: ShapeRef<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Odd> {
    let mut output = Map::new();
    for member in shape.members() {
        let of = shape.follow(&member.reference);
        match of.location() {
            Some(Location::StatusCode) => {
                output.insert(member.name.to_string(), answer.status.into());
            }
            Some(Location::Header) => {
                if let Some(text) = answer.header(of.location_name().unwrap_or(&member.name)) {
                    match header(of, text) {
                        Err(_) if quirks::may_be_anything(of) => {}
                        read => drop(output.insert(member.name.to_string(), read.below(&member.name)?)),
                    }
                }
            }
            Some(Location::Headers) => {
                let prefix = of.location_name().unwrap_or_default();
                let mut map = Map::new();
                for (name, text) in answer.headers {
                    let begins = name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
                    if begins {
                        map.insert(name[prefix.len()..].to_owned(), (*text).into());
                    }
                }
                output.insert(member.name.to_string(), Value::Object(map));
            }
            Some(Location::Uri | Location::QueryString) | None => {}
        }
    }
    Ok(output)
}

fn header(shape: ShapeRef<'_>, text: &str) -> Result<Value, Odd> {
    if shape.has(Flag::JsonValue) {
        let json = STANDARD.decode(text.trim()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        return json.ok_or_else(|| Odd::new("JSON in base64", "other text"));
    }
    let ShapeKind::List(item) = shape.kind() else { return from_text(shape, text) };
    let item = shape.follow(item);
    let is_date = matches!(item.kind(), ShapeKind::Timestamp)
        && item.timestamp_format().is_none_or(|format| format == TimestampFormat::Rfc822);
    let parts = if is_date { dates(text) } else { split(text) };
    parts.iter().enumerate().map(|(index, part)| from_text(item, part).below_item(index)).collect()
}

/// The parts of a list in a header, RFC 9110, section 5.6.1: a comma in quotes parts nothing.
fn split(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted => quoted = false,
            '"' if part.trim().is_empty() => {
                part.clear();
                (quoted, was_quoted) = (true, true);
            }
            '\\' if quoted => part.extend(letters.next()),
            ',' if !quoted => {
                parts.push(finish(&mut part, &mut was_quoted));
            }
            c => part.push(c),
        }
    }
    parts.push(finish(&mut part, &mut was_quoted));
    parts
}

fn finish(part: &mut String, was_quoted: &mut bool) -> String {
    let text = std::mem::take(part);
    if std::mem::take(was_quoted) { text.trim_end().to_owned() } else { text.trim().to_owned() }
}

/// Dates of RFC 822 hold a comma themselves: every second one parts two of them.
fn dates(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
    pieces.chunks(2).map(|pair| pair.join(", ")).collect()
}

#[cfg(test)]
mod tests {
    use super::{dates, split};

    #[test]
    fn a_list_in_a_header_is_parted_at_commas_outside_quotes() {
        assert_eq!(split("a, b ,c"), ["a", "b", "c"]);
        assert_eq!(split(r#""b,c", "\"def\"", a"#), ["b,c", r#""def""#, "a"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split(r#""never ends, "#), ["never ends,"]);
        assert_eq!(split(r#"W/"etag""#), [r#"W/"etag""#], "a quote within a word is a letter");
    }

    #[test]
    fn dates_keep_their_comma() {
        let date = "Mon, 16 Dec 2019 23:48:18 GMT";
        assert_eq!(dates(&format!("{date}, {date}")), [date, date]);
    }
}
