//! What is common to the readers of outputs: scalars, and faults with a path.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Number, Value};

use super::time;
use crate::aws::api::Path;
use crate::aws::api::model::{ShapeKind, ShapeRef};

/// As many levels as serde reads, and as the reader of XML lets through.
pub(super) const LEVELS: usize = 128;

/// A value that is not what the model says, on its way up.
#[derive(Debug)]
pub(super) struct Odd {
    pub(super) path: Path,
    pub(super) expected: &'static str,
    pub(super) found: String,
}

impl Odd {
    pub(super) fn new(expected: &'static str, found: impl Into<String>) -> Self {
        Odd { path: Path::default(), expected, found: found.into() }
    }
}

/// Places a fault below a name or an index, on its way up.
pub(super) trait Within<T> {
    fn below(self, name: &str) -> Result<T, Odd>;
    fn below_item(self, index: usize) -> Result<T, Odd>;
}

impl<T> Within<T> for Result<T, Odd> {
    fn below(self, name: &str) -> Result<T, Odd> {
        self.map_err(|odd| Odd { path: odd.path.below(name), ..odd })
    }

    fn below_item(self, index: usize) -> Result<T, Odd> {
        self.map_err(|odd| Odd { path: odd.path.below_item(index), ..odd })
    }
}

/// A scalar from text: of an element, an attribute or a header.
pub(super) fn from_text(shape: ShapeRef<'_>, text: &str) -> Result<Value, Odd> {
    Ok(match shape.kind() {
        ShapeKind::Text(_) => text.into(),
        ShapeKind::Integer | ShapeKind::Long => integer(text).ok_or_else(|| odd("a whole number", text))?,
        ShapeKind::Float | ShapeKind::Double => float(text).ok_or_else(|| odd("a number", text))?,
        ShapeKind::Boolean => text.trim().eq_ignore_ascii_case("true").into(),
        ShapeKind::Blob => blob(text).ok_or_else(|| odd("base64", text))?,
        ShapeKind::Timestamp => moment(&Value::String(text.to_owned())).ok_or_else(|| odd("a time", text))?,
        ShapeKind::Structure(_) | ShapeKind::List(_) | ShapeKind::Map { .. } => {
            return Err(odd("more than text", text));
        }
    })
}

fn odd(expected: &'static str, text: &str) -> Odd {
    let found: String = text.chars().take(60).filter(|c| !c.is_control()).collect();
    Odd::new(expected, format!("`{found}`"))
}

fn integer(text: &str) -> Option<Value> {
    let text = text.trim();
    text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok()
}

fn float(text: &str) -> Option<Value> {
    let text = text.trim();
    if ["NaN", "Infinity", "-Infinity"].contains(&text) {
        return Some(text.into());
    }
    Number::from_f64(text.parse().ok()?).map(Value::Number)
}

/// Base64 in its one form: some services break lines, or leave out the padding.
pub(super) fn blob(text: &str) -> Option<Value> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &ALPHABET,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    LENIENT.decode(packed).ok().map(|bytes| STANDARD.encode(bytes).into())
}

/// A moment as the AWS CLI prints it.
pub(super) fn moment(value: &Value) -> Option<Value> {
    time::read(value).map(|moment| time::show(moment).into())
}
