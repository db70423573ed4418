//! What must not be in an output, said again in the plainest way: encoders of others, and searches byte by byte. Nothing of
//! the code under test is used.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A secret in every encoding, by name. Each entry shows the whole secret.
pub(super) fn encoded(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let json = serde_json::to_string(secret).expect("a string is JSON");
    let json = &json[1..json.len() - 1];
    let url = utf8_percent_encode(secret, STRICT).to_string();
    let url_lower = {
        let mut out = url.clone().into_bytes();
        for at in 0..out.len() {
            if out[at] == b'%' {
                out[at + 1].make_ascii_lowercase();
                out[at + 2].make_ascii_lowercase();
            }
        }
        String::from_utf8(out).expect("it is ASCII")
    };
    let ascii: String = json
        .chars()
        .map(|char| if char.is_ascii() { char.to_string() } else { format!("\\u{:04x}", u32::from(char)) })
        .collect();
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let texts = [
        ("plain", secret.to_owned()),
        ("json", json.to_owned()),
        ("json, slash", json.replace('/', "\\/")),
        ("json, ascii", ascii.clone()),
        ("json, php", ascii.replace('/', "\\/")),
        ("json, go", json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")),
        ("url", url.clone()),
        ("url, form", url.replace("%20", "+")),
        ("url, lower", url_lower),
        ("hex", secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))),
        ("hex, upper", secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"))),
        ("xml", xml.clone()),
        ("html", xml.replace('"', "&quot;").replace('\'', "&#39;")),
        ("shell", secret.replace('\'', r"'\''")),
        ("shell, python", secret.replace('\'', r#"'"'"'"#)),
    ];
    let mut all: Vec<(&'static str, Vec<u8>)> = texts.map(|(name, text)| (name, text.into_bytes())).into();
    all.push(("utf-16", secret.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    if secret.len() > 5 {
        all.push(("base64", STANDARD.encode(secret).into_bytes()));
        all.push(("base64, url", URL_SAFE.encode(secret).into_bytes()));
    }
    all
}

/// What base64 of a longer text shows of a secret for certain: the groups of three bytes that lie in it.
pub(super) fn groups(text: &str, secret: &str, at: usize) -> String {
    let first = at.div_ceil(3);
    let last = (at + secret.len()) / 3;
    if first >= last { String::new() } else { STANDARD.encode(text)[first * 4..last * 4].to_owned() }
}

/// Whether a text holds another.
pub(super) fn holds(text: &[u8], other: &[u8]) -> bool {
    text.windows(other.len()).any(|window| window == other)
}

/// Whether a person at a terminal could have read a secret, at any moment; as far as characters that were taken back go, only
/// within what the redactor promises.
pub(super) fn shows(text: &[u8], secret: &[u8]) -> bool {
    struct Shown {
        byte: u8,
        /// The most that ever stood behind it and was taken back.
        erased: usize,
    }
    let mut screen: Vec<Shown> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            0x1b => at += sequence(&text[at..]) - 1,
            0 | b'\r' => {}
            0x08 => {
                while let Some(gone) = screen.pop() {
                    if let Some(top) = screen.last_mut() {
                        top.erased = top.erased.max(gone.erased + 1);
                    }
                    if gone.byte & 0xc0 != 0x80 {
                        break;
                    }
                }
            }
            byte => {
                screen.push(Shown { byte, erased: 0 });
                if let Some(start) = screen.len().checked_sub(secret.len()) {
                    let last = &screen[start..];
                    let same = last.iter().zip(secret).all(|(shown, byte)| shown.byte == *byte);
                    let near = last[..last.len() - 1]
                        .iter()
                        .zip(1..)
                        .all(|(shown, n)| shown.erased <= if n < 4 { 1 } else { 8 });
                    if same && near {
                        return true;
                    }
                }
            }
        }
        at += 1;
    }
    false
}

/// The length of an escape sequence, of the kinds that the generator makes.
fn sequence(text: &[u8]) -> usize {
    let end = |from: usize, ends: &dyn Fn(u8) -> bool| {
        text[from..].iter().position(|byte| ends(*byte)).map_or(text.len(), |at| from + at + 1)
    };
    match text.get(1) {
        Some(b'[') => end(2, &|byte| byte.is_ascii_alphabetic()),
        Some(b']') => end(2, &|byte| byte == 7),
        Some(b'(') => 3.min(text.len()),
        Some(_) => 2,
        None => 1,
    }
}
