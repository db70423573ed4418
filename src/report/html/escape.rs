//! The one door through which text enters the page. The templates' configuration names [`Shown`] as their escaper, so no
//! value gets by it; only the style sheet, which is ours, is printed as it is.

use std::fmt;

use askama::filters::Escaper;

use crate::report::plain::escaped;
use crate::source::is_hostile;

/// Escapes what HTML would read, and shows what must not act: a control character, a turned reading order, an invisible
/// letter stand as escapes (`\x1b`, `\u{202e}`). A value may stand in text, in an attribute in quotes, or in a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, c) in string.char_indices() {
            let entity = match c {
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '&' => Some("&amp;"),
                '"' => Some("&quot;"),
                '\'' => Some("&#39;"),
                _ => None,
            };
            if entity.is_none() && !is_hostile(c) {
                continue;
            }
            dest.write_str(&string[plain..at])?;
            plain = at + c.len_utf8();
            match entity {
                Some(entity) => dest.write_str(entity)?,
                None => write!(dest, "{}", escaped(c))?,
            }
        }
        dest.write_str(&string[plain..])
    }
}
