//! What can be said about types without values.

use std::fmt;

/// The type of a part of an expression, as far as it is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ty {
    Unknown,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    List,
    Map,
    Timestamp,
    Duration,
}

impl Ty {
    fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// Whether values of the two can be equal.
    pub(super) fn comparable(self, other: Self) -> bool {
        self == other
            || self == Self::Unknown
            || other == Self::Unknown
            || self == Self::Null
            || other == Self::Null
            || (self.is_number() && other.is_number())
    }

    /// Whether values of the two have an order.
    pub(super) fn ordered(self, other: Self) -> bool {
        let sortable = |ty| !matches!(ty, Self::Null | Self::List | Self::Map);
        sortable(self) && sortable(other) && self.comparable(other)
    }

    /// The type of `self OPERATOR other`, or none when there is none.
    pub(super) fn arithmetic(self, operator: char, other: Self) -> Option<Self> {
        use Ty::{Bytes, Double, Duration, Int, List, String, Timestamp, Uint, Unknown};
        let possible: &[(Ty, Ty, Ty)] = match operator {
            '+' => &[
                (Int, Int, Int),
                (Uint, Uint, Uint),
                (Double, Double, Double),
                (String, String, String),
                (Bytes, Bytes, Bytes),
                (List, List, List),
                (Timestamp, Duration, Timestamp),
                (Duration, Timestamp, Timestamp),
                (Duration, Duration, Duration),
            ],
            '-' => &[
                (Int, Int, Int),
                (Uint, Uint, Uint),
                (Double, Double, Double),
                (Timestamp, Timestamp, Duration),
                (Timestamp, Duration, Timestamp),
                (Duration, Duration, Duration),
            ],
            '*' | '/' => &[(Int, Int, Int), (Uint, Uint, Uint), (Double, Double, Double)],
            _ => &[(Int, Int, Int), (Uint, Uint, Uint)],
        };
        let fits = |have: Ty, want: Ty| have == want || have == Unknown;
        let mut results = possible.iter().filter(|(a, b, _)| fits(self, *a) && fits(other, *b)).map(|(_, _, ty)| *ty);
        let first = results.next()?;
        Some(if results.all(|ty| ty == first) && self != Unknown { first } else { Unknown })
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "a value",
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Int => "an integer",
            Self::Uint => "an unsigned integer",
            Self::Double => "a float",
            Self::String => "a string",
            Self::Bytes => "bytes",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Timestamp => "a timestamp",
            Self::Duration => "a duration",
        })
    }
}

/// How a function is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// `f(x)`.
    Global,
    /// `x.f()`.
    Member,
    /// Either.
    Both,
}

/// A function that expressions may call. Arguments count the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) style: Style,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) result: Ty,
    /// How it is written, for help.
    pub(super) usage: &'static str,
}

const fn signature(
    name: &'static str,
    style: Style,
    (min, max): (usize, usize),
    result: Ty,
    usage: &'static str,
) -> Signature {
    Signature { name, style, min, max, result, usage }
}

/// Every function and macro: CEL's standard library as the crate has it, then ours.
pub(super) static FUNCTIONS: &[Signature] = &[
    signature("all", Style::Member, (3, 3), Ty::Bool, "list.all(x, condition)"),
    signature("bool", Style::Global, (1, 1), Ty::Bool, "bool(value)"),
    signature("bytes", Style::Global, (1, 1), Ty::Bytes, "bytes(text)"),
    signature("contains", Style::Member, (2, 2), Ty::Bool, "text.contains(part)"),
    signature("double", Style::Global, (1, 1), Ty::Double, "double(value)"),
    signature("duration", Style::Global, (1, 1), Ty::Duration, "duration('90s')"),
    signature("dyn", Style::Global, (1, 1), Ty::Unknown, "dyn(value)"),
    signature("endsWith", Style::Member, (2, 2), Ty::Bool, "text.endsWith(part)"),
    signature("exists", Style::Member, (3, 3), Ty::Bool, "list.exists(x, condition)"),
    signature("existsOne", Style::Member, (3, 3), Ty::Bool, "list.existsOne(x, condition)"),
    signature("exists_one", Style::Member, (3, 3), Ty::Bool, "list.exists_one(x, condition)"),
    signature("filter", Style::Member, (3, 3), Ty::List, "list.filter(x, condition)"),
    signature("getDate", Style::Member, (1, 2), Ty::Int, "timestamp.getDate()"),
    signature("getDayOfMonth", Style::Member, (1, 2), Ty::Int, "timestamp.getDayOfMonth()"),
    signature("getDayOfWeek", Style::Member, (1, 2), Ty::Int, "timestamp.getDayOfWeek()"),
    signature("getDayOfYear", Style::Member, (1, 2), Ty::Int, "timestamp.getDayOfYear()"),
    signature("getFullYear", Style::Member, (1, 2), Ty::Int, "timestamp.getFullYear()"),
    signature("getHours", Style::Member, (1, 2), Ty::Int, "timestamp.getHours()"),
    signature("getMilliseconds", Style::Member, (1, 2), Ty::Int, "timestamp.getMilliseconds()"),
    signature("getMinutes", Style::Member, (1, 2), Ty::Int, "timestamp.getMinutes()"),
    signature("getMonth", Style::Member, (1, 2), Ty::Int, "timestamp.getMonth()"),
    signature("getSeconds", Style::Member, (1, 2), Ty::Int, "timestamp.getSeconds()"),
    signature("has", Style::Global, (1, 1), Ty::Bool, "has(map.field)"),
    signature("int", Style::Global, (1, 1), Ty::Int, "int(value)"),
    signature("map", Style::Member, (3, 4), Ty::List, "list.map(x, value)"),
    signature("matches", Style::Both, (2, 2), Ty::Bool, "text.matches(regex)"),
    signature("size", Style::Both, (1, 1), Ty::Int, "size(value)"),
    signature("startsWith", Style::Member, (2, 2), Ty::Bool, "text.startsWith(part)"),
    signature("string", Style::Global, (1, 1), Ty::String, "string(value)"),
    signature("timestamp", Style::Global, (1, 1), Ty::Timestamp, "timestamp('2026-11-21T18:15:00Z')"),
    signature("type", Style::Global, (1, 1), Ty::Unknown, "type(value)"),
    signature("uint", Style::Global, (1, 1), Ty::Uint, "uint(value)"),
    signature("age", Style::Both, (1, 1), Ty::Int, "age(timestamp)"),
    signature("capture", Style::Both, (2, 2), Ty::String, "capture(text, regex)"),
    signature("json", Style::Both, (1, 1), Ty::Unknown, "json(text)"),
];

/// Names that are types, not values: `type(x) == int`.
pub(super) static TYPE_NAMES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, Ty};

    #[test]
    fn every_function_stands_once() {
        let mut names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FUNCTIONS.len());
    }

    #[test]
    fn arithmetic_knows_what_fits() {
        assert_eq!(Ty::Int.arithmetic('+', Ty::Int), Some(Ty::Int));
        assert_eq!(Ty::String.arithmetic('+', Ty::Int), None);
        assert_eq!(Ty::Int.arithmetic('+', Ty::Double), None);
        assert_eq!(Ty::Unknown.arithmetic('+', Ty::Int), Some(Ty::Unknown));
        assert_eq!(Ty::String.arithmetic('-', Ty::Unknown), None);
    }
}
