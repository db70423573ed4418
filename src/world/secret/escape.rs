//! A secret as writers of text spell it: JSON, XML and HTML, URLs, shells, programming languages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Every spelling, the plain one first. Those of a text without special characters are all the same.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    all.extend(JSON.iter().map(|style| json(text, style)));
    // JSON in a string of JSON: policies, log events, secrets of several fields.
    all.push(json(&json(text, &JSON[0]), &JSON[0]));
    all.extend(ENTITIES.iter().map(|entities| replaced(text, entities)));
    all.extend(BACKSLASHED.iter().map(|special| backslashed(text, |char| special.contains(char), true)));
    for special in SHELL {
        all.push(backslashed(text, |char| special.contains(char), false));
    }
    // What `Shellwords.escape` and its like leave.
    all.push(backslashed(text, |char| !(char.is_alphanumeric() || "_-.,:+/@\n".contains(char)), false));
    all.extend(QUOTED.iter().map(|(quote, written)| text.replace(quote, written)));
    for set in URL {
        let upper = utf8_percent_encode(text, set).to_string();
        for encoded in [lower(&upper), upper] {
            all.push(encoded.replace("%20", "+"));
            all.push(encoded);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// How an encoder of JSON differs from the shortest spelling.
struct Json {
    /// Hexadecimal digits in upper case.
    upper: bool,
    /// Everything beyond ASCII as a `\u` and four digits.
    ascii: bool,
    /// Control characters as a `\u` and four digits, also those with a letter of their own.
    long: bool,
    /// Characters that are escaped by a backslash.
    short: &'static str,
    /// Characters that are written as a `\u` and four digits.
    coded: &'static str,
}

const PLAIN: Json = Json { upper: false, ascii: false, long: false, short: "\"\\", coded: "" };

/// serde and most others; PHP with and without its flags; Python; encoders that write upper case; Go; Gson; .NET.
const JSON: [Json; 11] = [
    PLAIN,
    Json { short: "\"\\/", ..PLAIN },
    Json { ascii: true, short: "\"\\/", ..PLAIN },
    Json { ascii: true, ..PLAIN },
    Json { ascii: true, upper: true, ..PLAIN },
    Json { coded: "<>&\u{2028}\u{2029}", ..PLAIN },
    Json { coded: "<>&='", ..PLAIN },
    Json { ascii: true, upper: true, short: "\\", coded: "<>&'\"+`\u{7f}", ..PLAIN },
    Json { ascii: true, short: "\\", coded: "<>&'\"", ..PLAIN },
    Json { long: true, ..PLAIN },
    Json { long: true, upper: true, ..PLAIN },
];

fn json(text: &str, style: &Json) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut units = [0; 2];
    for char in text.chars() {
        let letter = match char {
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            _ => None,
        };
        match letter {
            Some(letter) if !style.long => out.extend(['\\', letter]),
            _ if style.coded.contains(char) || char < ' ' || (style.ascii && !char.is_ascii()) => {
                for unit in char.encode_utf16(&mut units) {
                    let code = if style.upper { format!("{unit:04X}") } else { format!("{unit:04x}") };
                    out.push_str("\\u");
                    out.push_str(&code);
                }
            }
            _ => {
                if style.short.contains(char) {
                    out.push('\\');
                }
                out.push(char);
            }
        }
    }
    out
}

type Entities = &'static [(char, &'static str)];

/// Text alone; attributes; the names of HTML 4 and of XML; Python; Go; numbers; hexadecimal numbers.
const ENTITIES: [Entities; 8] = [
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#x27;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")],
    &[('&', "&#38;"), ('<', "&#60;"), ('>', "&#62;"), ('"', "&#34;"), ('\'', "&#39;")],
    &[('&', "&#x26;"), ('<', "&#x3c;"), ('>', "&#x3e;"), ('"', "&#x22;"), ('\'', "&#x27;")],
];

fn replaced(text: &str, entities: Entities) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match entities.iter().find(|(special, _)| *special == char) {
            Some((_, entity)) => out.push_str(entity),
            None => out.push(char),
        }
    }
    out
}

/// Strings of programming languages, in either quotes or both; `$'…'` of shells.
const BACKSLASHED: [&str; 4] = ["\\", "\\\"", "\\'", "\\'\""];

/// In double quotes; by `printf %q`, of old and of new shells.
const SHELL: [&str; 3] = ["\\\"$`", " \\'\"|&;()<>!{}*[?]^$`~#\t", " \\'\"|&;()<>!{}*[?]^$`,~#=%\t"];

/// Inside single quotes; quotes that are doubled, as in SQL, YAML and CSV.
const QUOTED: [(&str, &str); 4] = [("'", r"'\''"), ("'", r#"'"'"'"#), ("'", "''"), ("\"", "\"\"")];

/// The text with a backslash before special characters and, where `letters` says so, letters for control characters.
fn backslashed(text: &str, special: impl Fn(char) -> bool, letters: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\n' if letters => out.push_str("\\n"),
            '\r' if letters => out.push_str("\\r"),
            '\t' if letters => out.push_str("\\t"),
            '\u{1b}' if letters => out.push_str("\\x1b"),
            _ => {
                if special(char) {
                    out.push('\\');
                }
                out.push(char);
            }
        }
    }
    out
}

/// RFC 3986.
const STRICT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// RFC 3986; a path of it; `encodeURIComponent`; `encodeURI`; forms; queries, as browsers write them.
const URL: [&AsciiSet; 6] = [
    &STRICT,
    &STRICT.remove(b'/'),
    &STRICT.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')'),
    &STRICT
        .remove(b'!')
        .remove(b'*')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')')
        .remove(b';')
        .remove(b'/')
        .remove(b'?')
        .remove(b':')
        .remove(b'@')
        .remove(b'&')
        .remove(b'=')
        .remove(b'+')
        .remove(b'$')
        .remove(b',')
        .remove(b'#'),
    &STRICT.add(b'~').remove(b'*'),
    &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\''),
];

/// With the digits of percent codes in lower case.
fn lower(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut digits = 0;
    for char in encoded.chars() {
        if digits > 0 {
            out.push(char.to_ascii_lowercase());
            digits -= 1;
        } else {
            out.push(char);
            digits = if char == '%' { 2 } else { 0 };
        }
    }
    out
}
