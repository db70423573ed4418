//! A secret as encoders of bytes write it: base64, hexadecimal, UTF-16.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Encoded forms that are shorter than this stand in any output by chance, in bytes.
const SHORTEST: usize = 6;

/// The line lengths of wrapped base64: MIME (RFC 2045) and the `base64` program, PEM (RFC 7468).
const WIDTHS: [usize; 2] = [76, 64];

/// Every encoded form.
pub(super) fn encodings(text: &str) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for (padded, bare) in [(STANDARD, STANDARD_NO_PAD), (URL_SAFE, URL_SAFE_NO_PAD)] {
        for before in 0..3 {
            forms.push(inside(&bare, text, before));
        }
        // By itself, and as `echo` gives it.
        for whole in [text.to_owned(), format!("{text}\n")] {
            let encoded = padded.encode(&whole);
            for width in WIDTHS.into_iter().filter(|width| encoded.len() > *width) {
                forms.push(wrapped(&encoded, width));
            }
            forms.push(encoded);
            forms.push(bare.encode(&whole));
        }
    }
    forms.push(hex::encode(text));
    forms.push(hex::encode_upper(text));
    let mut forms: Vec<Vec<u8>> = forms.into_iter().map(String::into_bytes).collect();
    forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// What base64 of a longer text shows of this one, when `before` bytes (modulo 3) stand before it: the characters that no
/// other byte has a part in.
fn inside(engine: &GeneralPurpose, text: &str, before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(text.as_bytes());
    let encoded = engine.encode(&bytes);
    encoded[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

fn wrapped(encoded: &str, width: usize) -> String {
    let mut lines = String::new();
    for (index, char) in encoded.char_indices() {
        if index > 0 && index % width == 0 {
            lines.push('\n');
        }
        lines.push(char);
    }
    lines
}
