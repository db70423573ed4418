//! Moments: the forms in which services write them, and the one in which we do.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Number, Value};

use crate::aws::api::model::TimestampFormat;

/// A moment from JSON: seconds since 1970, or text in any form that AWS uses.
pub(super) fn read(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Number(number) => from_seconds(number),
        Value::String(text) => read_text(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A moment from text: ISO 8601 (with an offset, without one for UTC, or the date alone), RFC 822, or seconds since 1970.
pub(super) fn read_text(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return DateTime::from_timestamp(number, 0);
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_fraction(number);
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    if let Ok(moment) = DateTime::parse_from_rfc2822(text) {
        return Some(moment.to_utc());
    }
    for with_offset in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y%m%dT%H%M%S%.f%#z"] {
        if let Ok(moment) = DateTime::parse_from_str(text, with_offset) {
            return Some(moment.to_utc());
        }
    }
    for in_utc in [
        "%Y-%m-%dT%H:%M:%S%.fZ",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y%m%dT%H%M%SZ",
        "%a, %d %b %Y %H:%M:%S%.f GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, in_utc) {
            return Some(moment.and_utc());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|moment| moment.and_utc())
}

fn from_seconds(number: &Number) -> Option<DateTime<Utc>> {
    match number.as_i64() {
        Some(seconds) => DateTime::from_timestamp(seconds, 0),
        None => from_fraction(number.as_f64()?),
    }
}

/// Microseconds are what the AWS CLI keeps.
fn from_fraction(seconds: f64) -> Option<DateTime<Utc>> {
    let micros = (seconds * 1e6).round();
    // Beyond this a double has no whole microseconds, and chrono no year.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (micros.abs() < 9e18).then(|| DateTime::from_timestamp_micros(micros as i64)).flatten()
}

/// As the AWS CLI v2 prints it: `2015-01-01T00:00:00+00:00`, with microseconds where there are any.
pub(super) fn show(moment: DateTime<Utc>) -> String {
    let fraction = if moment.timestamp_subsec_micros() == 0 { "" } else { "%.6f" };
    moment.format(&format!("%Y-%m-%dT%H:%M:%S{fraction}+00:00")).to_string()
}

/// As text on the wire.
pub(super) fn write_text(moment: DateTime<Utc>, format: TimestampFormat) -> String {
    match format {
        TimestampFormat::Iso8601 => {
            let fraction = if moment.timestamp_subsec_micros() == 0 { "" } else { "%.6f" };
            moment.format(&format!("%Y-%m-%dT%H:%M:%S{fraction}Z")).to_string()
        }
        TimestampFormat::Rfc822 => moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        TimestampFormat::Unix => seconds(moment).to_string(),
    }
}

/// As JSON on the wire.
pub(super) fn write_json(moment: DateTime<Utc>, format: TimestampFormat) -> Value {
    match format {
        TimestampFormat::Iso8601 | TimestampFormat::Rfc822 => Value::String(write_text(moment, format)),
        TimestampFormat::Unix => Value::Number(seconds(moment)),
    }
}

/// Seconds since 1970: whole where they are.
fn seconds(moment: DateTime<Utc>) -> Number {
    if moment.timestamp_subsec_micros() == 0 {
        return moment.timestamp().into();
    }
    #[expect(clippy::cast_precision_loss, reason = "services read a double")]
    let fraction = moment.timestamp_micros() as f64 / 1e6;
    Number::from_f64(fraction).unwrap_or_else(|| moment.timestamp().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{read, read_text, show, write_json, write_text};
    use crate::aws::api::model::TimestampFormat;

    #[test]
    fn every_form_of_a_moment_is_read() {
        for form in [
            "2015-01-25T08:00:00Z",
            "2015-01-25T08:00:00",
            "2015-01-25T10:00:00+02:00",
            "2015-01-25T10:00:00+0200",
            "2015-01-25T08:00:00.000Z",
            "Sun, 25 Jan 2015 08:00:00 GMT",
            "Sunday, 25-Jan-15 08:00:00 GMT",
            "20150125T080000Z",
            "1422172800",
            "1422172800.0",
            "1.4221728E9",
        ] {
            let moment = read_text(form).unwrap_or_else(|| panic!("{form}"));
            assert_eq!(show(moment), "2015-01-25T08:00:00+00:00", "{form}");
        }
        assert_eq!(show(read_text("2015-01-25").unwrap()), "2015-01-25T00:00:00+00:00");
        assert_eq!(show(read(&json!(1_422_172_800.123)).unwrap()), "2015-01-25T08:00:00.123000+00:00");
        assert_eq!(show(read_text("Sun, 25 Jan 2015 08:00:00.456 GMT").unwrap()), "2015-01-25T08:00:00.456000+00:00");
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for form in ["", "soon", "NaN", "inf", "1e300", "2015-13-01", "99999999999999999999"] {
            assert!(read_text(form).is_none(), "{form}");
        }
        assert!(read(&json!(true)).is_none());
        assert!(read(&json!(i64::MAX)).is_none());
    }

    #[test]
    fn moments_are_written_in_three_ways() {
        let moment = read_text("2015-01-25T08:00:00Z").unwrap();
        assert_eq!(write_text(moment, TimestampFormat::Iso8601), "2015-01-25T08:00:00Z");
        assert_eq!(write_text(moment, TimestampFormat::Rfc822), "Sun, 25 Jan 2015 08:00:00 GMT");
        assert_eq!(write_json(moment, TimestampFormat::Unix), json!(1_422_172_800));
        let moment = read_text("2015-01-25T08:00:00.123456Z").unwrap();
        assert_eq!(write_text(moment, TimestampFormat::Iso8601), "2015-01-25T08:00:00.123456Z");
        assert_eq!(write_json(moment, TimestampFormat::Unix), json!(1_422_172_800.123_456));
    }
}
