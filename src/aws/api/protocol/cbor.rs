//! CBOR (RFC 8949), as far as AWS uses it, to and from what JSON has: bytes are base64, a tagged moment is its seconds,
//! and numbers that JSON does not have are the words that the models have for them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::output::LEVELS;

/// Why bytes are no CBOR.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum CborFault {
    #[error("it ends early")]
    Truncated,
    #[error("bytes follow its end")]
    Trailing,
    #[error("it is nested too deeply")]
    TooDeep,
    #[error("a key is no text")]
    Key,
    #[error("text is not UTF-8")]
    Utf8,
    #[error("the byte {0:#04x} means nothing here")]
    Byte(u8),
}

const BREAK: u8 = 0xff;

/// Reads one value.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, CborFault> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(LEVELS)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(CborFault::Trailing) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], CborFault> {
        let count = usize::try_from(count).map_err(|_| CborFault::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CborFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, CborFault> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self, bytes: u64) -> Result<u64, CborFault> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The argument of a first byte; none for an indefinite length.
    fn argument(&mut self, first: u8) -> Result<Option<u64>, CborFault> {
        match first & 0x1f {
            small @ 0..=23 => Ok(Some(small.into())),
            size @ 24..=27 => self.number(1 << (size - 24)).map(Some),
            31 => Ok(None),
            _ => Err(CborFault::Byte(first)),
        }
    }

    fn ends(&mut self) -> bool {
        let ends = self.rest.first() == Some(&BREAK);
        if ends {
            self.rest = &self.rest[1..];
        }
        ends
    }

    fn value(&mut self, levels: usize) -> Result<Value, CborFault> {
        let levels = levels.checked_sub(1).ok_or(CborFault::TooDeep)?;
        let first = self.byte()?;
        if first >> 5 == 7 {
            return self.simple(first);
        }
        let argument = self.argument(first)?;
        match (first >> 5, argument) {
            (0, Some(number)) => Ok(number.into()),
            (1, Some(number)) => {
                let number = -1 - i128::from(number);
                #[expect(clippy::cast_precision_loss, reason = "no JSON holds it exactly")]
                Ok(i64::try_from(number).map_or_else(|_| (number as f64).into(), Value::from))
            }
            (2, length) => Ok(STANDARD.encode(self.string(2, length)?).into()),
            (3, length) => Ok(String::from_utf8(self.string(3, length)?).map_err(|_| CborFault::Utf8)?.into()),
            (4, length) => {
                let mut items = Vec::new();
                while self.goes_on(length, items.len()) {
                    items.push(self.value(levels)?);
                }
                Ok(Value::Array(items))
            }
            (5, length) => {
                let mut entries = Map::new();
                let mut count = 0;
                while self.goes_on(length, count) {
                    let Value::String(key) = self.value(levels)? else { return Err(CborFault::Key) };
                    let value = self.value(levels)?;
                    entries.insert(key, value);
                    count += 1;
                }
                Ok(Value::Object(entries))
            }
            // A tag: of moments is all that AWS sends, and those are told by the model.
            (6, Some(_)) => self.value(levels),
            _ => Err(CborFault::Byte(first)),
        }
    }

    fn goes_on(&mut self, length: Option<u64>, count: usize) -> bool {
        match length {
            Some(length) => (count as u64) < length,
            None => !self.ends(),
        }
    }

    /// A string of bytes or of text, in one piece or in several.
    fn string(&mut self, major: u8, length: Option<u64>) -> Result<Vec<u8>, CborFault> {
        if let Some(length) = length {
            return self.take(length).map(<[u8]>::to_vec);
        }
        let mut whole = Vec::new();
        while !self.ends() {
            let first = self.byte()?;
            match self.argument(first)? {
                Some(length) if first >> 5 == major => whole.extend_from_slice(self.take(length)?),
                _ => return Err(CborFault::Byte(first)),
            }
        }
        Ok(whole)
    }

    fn simple(&mut self, first: u8) -> Result<Value, CborFault> {
        let float = match first & 0x1f {
            20 => return Ok(false.into()),
            21 => return Ok(true.into()),
            22 | 23 => return Ok(Value::Null),
            25 => half(u16::try_from(self.number(2)?).expect("it has two bytes")),
            26 => f32::from_bits(u32::try_from(self.number(4)?).expect("it has four bytes")).into(),
            27 => f64::from_bits(self.number(8)?),
            _ => return Err(CborFault::Byte(first)),
        };
        Ok(Number::from_f64(float).map_or_else(|| word(float).into(), Value::Number))
    }
}

fn word(float: f64) -> &'static str {
    if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// A number of half precision, RFC 8949, appendix D.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// Bytes in the making.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    fn head(&mut self, major: u8, argument: u64) {
        let big = argument.to_be_bytes();
        let (info, size) = match argument {
            0..=23 => return self.0.push(major << 5 | big[7]),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major << 5 | info);
        self.0.extend_from_slice(&big[8 - size..]);
    }

    pub(super) fn null(&mut self) {
        self.0.push(0xf6);
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.0.push(if value { 0xf5 } else { 0xf4 });
    }

    pub(super) fn integer(&mut self, number: &Number) {
        match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => self.head(0, number),
            (None, Some(negative)) => self.head(1, !negative.cast_unsigned()),
            (None, None) => self.float(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    pub(super) fn float(&mut self, number: f64) {
        self.0.push(0xfb);
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.head(2, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.head(3, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn list(&mut self, length: usize) {
        self.head(4, length as u64);
    }

    pub(super) fn map(&mut self, length: usize) {
        self.head(5, length as u64);
    }

    /// What follows is seconds since 1970.
    pub(super) fn moment(&mut self) {
        self.head(6, 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CborFault, decode};

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 8949, appendix A.
        for (hex, value) in [
            ("00", json!(0)),
            ("1903e8", json!(1000)),
            ("1bffffffffffffffff", json!(u64::MAX)),
            ("20", json!(-1)),
            ("3903e7", json!(-1000)),
            ("3b7fffffffffffffff", json!(i64::MIN)),
            ("f90001", json!(5.960_464_477_539_063e-8)),
            ("f97bff", json!(65504.0)),
            ("f9c400", json!(-4.0)),
            ("fa47c35000", json!(100_000.0)),
            ("fb3ff199999999999a", json!(1.1)),
            ("f97e00", json!("NaN")),
            ("f97c00", json!("Infinity")),
            ("fbfff0000000000000", json!("-Infinity")),
            ("f4", json!(false)),
            ("f6", json!(null)),
            ("f7", json!(null)),
            ("c11a514b67b0", json!(1_363_896_240)),
            ("4401020304", json!("AQIDBA==")),
            ("62c3bc", json!("ü")),
            ("5f42010243030405ff", json!("AQIDBAU=")),
            ("7f657374726561646d696e67ff", json!("streaming")),
            ("9f018202039f0405ffff", json!([1, [2, 3], [4, 5]])),
            ("bf6346756ef563416d7421ff", json!({ "Fun": true, "Amt": -2 })),
        ] {
            assert_eq!(decode(&hex::decode(hex).unwrap()), Ok(value), "{hex}");
        }
    }

    #[test]
    fn what_is_no_cbor_is_refused() {
        for (hex, fault) in [
            ("", CborFault::Truncated),
            ("19", CborFault::Truncated),
            ("5bffffffffffffffff00", CborFault::Truncated),
            ("9bffffffffffffffff", CborFault::Truncated),
            ("9f", CborFault::Truncated),
            ("0000", CborFault::Trailing),
            ("a10000", CborFault::Key),
            ("61ff", CborFault::Utf8),
            ("1c", CborFault::Byte(0x1c)),
            ("ff", CborFault::Byte(0xff)),
            ("1f", CborFault::Byte(0x1f)),
            ("5f6161ff", CborFault::Byte(0x61)),
        ] {
            assert_eq!(decode(&hex::decode(hex).unwrap()), Err(fault), "{hex}");
        }
        assert_eq!(decode(&vec![0x81; 1_000_000]), Err(CborFault::TooDeep));
        assert_eq!(decode(&vec![0xc1; 1_000_000]), Err(CborFault::TooDeep));
    }
}
