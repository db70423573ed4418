//! A number as `DynamoDB` holds it: up to 38 significant digits, from 1E-130 to 9.9…E+125, positive or negative.
//!
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>)

use std::fmt;

/// The most significant digits.
const DIGITS: usize = 38;
/// The power of ten of the first digit.
const SMALLEST: i64 = -130;
const LARGEST: i64 = 125;

/// A number, by its one plain text: no exponent, no zero that says nothing. Two numbers are equal when their values
/// are.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Number(String);

/// Why a text is no number of `DynamoDB`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NumberFault {
    /// It is not written like one.
    #[error("it is not written like a number")]
    Form,
    /// It has more than 38 significant digits.
    #[error("it has more than 38 significant digits")]
    Digits,
    /// It is too large, or too near to zero.
    #[error("it is not between 1E-130 and 9.9E+125")]
    Magnitude,
}

impl Number {
    /// Reads a number as `DynamoDB` takes it: with a sign, a fraction and an exponent, if there are any.
    ///
    /// # Errors
    /// What `DynamoDB` would refuse.
    pub fn read(text: &str) -> Result<Self, NumberFault> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) | None => (false, text),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
            return Err(NumberFault::Form);
        }
        let exponent = exponent.map_or(Ok(0), power)?;
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let leading = all.len() - significant.len();
        let significant = significant.trim_end_matches('0');
        if significant.is_empty() {
            return Ok(Self("0".to_owned()));
        }
        if significant.len() > DIGITS {
            return Err(NumberFault::Digits);
        }
        // A text has no 2^63 digits: both lengths fit.
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 4);
        let first = exponent.saturating_add(length(whole.len()) - 1 - length(leading));
        if !(SMALLEST..=LARGEST).contains(&first) {
            return Err(NumberFault::Magnitude);
        }
        Ok(Self(plain(negative, significant, first)))
    }

    /// What an answer holds. What is no number stays as it came: it is equal to nothing else.
    pub(super) fn of_answer(text: String) -> Self {
        Self::read(&text).unwrap_or(Self(text))
    }

    /// The plain text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// An exponent. One that is too long for a number is out of `DynamoDB`'s range, too.
fn power(text: &str) -> Result<i64, NumberFault> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberFault::Form);
    }
    let least = digits.trim_start_matches('0');
    // Ten digits are beyond any sum of lengths that could bring it back.
    let size: i64 = if least.len() > 10 { 10_000_000_000 } else { least.parse().unwrap_or_default() };
    Ok(if text.starts_with('-') { -size } else { size })
}

/// `digits` with the first of them at 10^`first`.
fn plain(negative: bool, digits: &str, first: i64) -> String {
    let mut text = String::with_capacity(digits.len() + 8);
    if negative {
        text.push('-');
    }
    match usize::try_from(first) {
        Ok(first) if digits.len() <= first + 1 => {
            text.push_str(digits);
            text.extend(std::iter::repeat_n('0', first + 1 - digits.len()));
        }
        Ok(first) => {
            text.push_str(&digits[..=first]);
            text.push('.');
            text.push_str(&digits[first + 1..]);
        }
        Err(_) => {
            text.push_str("0.");
            let zeros = usize::try_from(-1 - first).expect("a negative power is below minus zero");
            text.extend(std::iter::repeat_n('0', zeros));
            text.push_str(digits);
        }
    }
    text
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

/// What people store is shown to nobody by chance.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{Number, NumberFault};

    fn read(text: &str) -> Result<String, NumberFault> {
        Number::read(text).map(|number| number.text().to_owned())
    }

    #[test]
    fn a_number_has_one_text() {
        for (given, plain) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("0e99", "0"),
            ("+007.50", "7.5"),
            ("1E2", "100"),
            ("1.25e+1", "12.5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("100e-4", "0.01"),
            ("0.0001E3", "0.1"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            ("1234567890123456789012345678901234567800000", "1234567890123456789012345678901234567800000"),
        ] {
            assert_eq!(read(given).as_deref(), Ok(plain), "{given}");
        }
        assert_eq!(read("1E125").unwrap().len(), 126);
        assert_eq!(read("1E-130").unwrap().len(), 132);
    }

    #[test]
    fn what_dynamodb_refuses_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "0x10", "1 ", "1_000", "NaN", "Infinity", "1.2.3", "--1", "١"] {
            assert_eq!(read(text), Err(NumberFault::Form), "{text}");
        }
        assert_eq!(read("123456789012345678901234567890123456789"), Err(NumberFault::Digits));
        for text in ["1E126", "10E125", "1E-131", "0.1E-130", "1E99999999999999999999", "-1E-99999999999999999999"] {
            assert_eq!(read(text), Err(NumberFault::Magnitude), "{text}");
        }
    }

    #[test]
    fn an_answer_that_is_no_number_is_kept() {
        assert_eq!(Number::of_answer("1.0".to_owned()), Number::from(1_u64));
        assert_eq!(Number::of_answer("many".to_owned()).text(), "many");
        assert_eq!(format!("{:?}", Number::from(42_i64)), "Number", "what people store is not shown");
    }

    proptest! {
        /// However it is spelled: leading and trailing zeros, a point anywhere, the exponent that makes up for it.
        #[test]
        fn spellings_of_one_value_are_one_number(digits in "[1-9][0-9]{0,30}", power in -60_i64..60, left in 0_usize..5,
            right in 0_usize..5, point in 0_usize..40, negative in any::<bool>()) {
            let sign = if negative { "-" } else { "" };
            let usual = read(&format!("{sign}{digits}E{power}")).unwrap();
            let padded = format!("{}{digits}{}", "0".repeat(left), "0".repeat(right));
            let at = point.min(padded.len());
            let moved = power - i64::try_from(right).unwrap() + i64::try_from(padded.len() - at).unwrap();
            let other = format!("{sign}{}.{}e{moved}", &padded[..at], &padded[at..]);
            prop_assert_eq!(read(&other).unwrap(), usual.clone(), "{}", other);
            prop_assert_eq!(read(&usual).unwrap(), usual, "a plain text is its own");
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = read(&text);
        }

        #[test]
        fn integers_are_equal_when_they_are(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(read(&a.to_string()) == read(&b.to_string()), a == b);
            prop_assert_eq!(Number::read(&a.to_string()).unwrap(), Number::from(a));
        }
    }
}
