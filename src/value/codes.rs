//! The codes of what can be wrong with an expression.

use crate::source::{Code, Doc};

use super::FaultKind;

/// An expression or template does not parse.
pub const EXPRESSION_SYNTAX: Code = Code("RB020");
/// An expression calls a function that is not there.
pub const EXPRESSION_FUNCTION: Code = Code("RB021");
/// An expression calls a function with the wrong number of arguments.
pub const EXPRESSION_ARGUMENTS: Code = Code("RB022");
/// The types in an expression cannot fit.
pub const EXPRESSION_TYPE: Code = Code("RB023");
/// An expression is too large.
pub const EXPRESSION_LIMIT: Code = Code("RB024");

impl FaultKind {
    /// The code under which a fault of this sort is reported.
    pub fn code(self) -> Code {
        match self {
            Self::Syntax => EXPRESSION_SYNTAX,
            Self::Function => EXPRESSION_FUNCTION,
            Self::Arguments => EXPRESSION_ARGUMENTS,
            Self::Type => EXPRESSION_TYPE,
            Self::Limit => EXPRESSION_LIMIT,
        }
    }
}

/// The long form of each code above.
pub(crate) static DOCS: &[Doc] = &[
    Doc {
        code: EXPRESSION_SYNTAX,
        name: "expression-syntax",
        meaning: "An expression is not valid CEL, or a `${…}` in a string is not closed. A literal `${` is written `$${`.",
        why: "An expression that does not parse decides nothing.",
        wrong: "when = \"input.stage = 'prod'\"",
        right: "when = \"input.stage == 'prod'\"",
    },
    Doc {
        code: EXPRESSION_FUNCTION,
        name: "unknown-function",
        meaning: "An expression calls a function that does not exist. Beside CEL's own there are `json(text)`, `capture(text, regex)` and `age(timestamp)`.",
        why: "It would fail when the step runs, in the middle of a deployment.",
        wrong: "expect = [\"len(out.lines) > 0\"]",
        right: "expect = [\"size(out.lines) > 0\"]",
    },
    Doc {
        code: EXPRESSION_ARGUMENTS,
        name: "wrong-argument-count",
        meaning: "A function or macro is called with too few or too many arguments.",
        why: "It would fail when the step runs.",
        wrong: "outputs = { version = \"capture(out.stdout)\" }",
        right: "outputs = { version = \"capture(out.stdout, 'v([0-9.]+)')\" }",
    },
    Doc {
        code: EXPRESSION_TYPE,
        name: "expression-type",
        meaning: "The types in an expression cannot fit, whatever the values turn out to be: text plus a number, a comparison that can never hold, a condition that is no boolean.",
        why: "It would fail when the step runs, or, worse, always decide the same way.",
        wrong: "when = \"'prod'\"",
        right: "when = \"input.stage == 'prod'\"",
    },
    Doc {
        code: EXPRESSION_LIMIT,
        name: "expression-too-large",
        meaning: "An expression is longer than 4 KiB, has more than 500 names, values and operators, is nested more than 24 brackets and conditionals deep, or has macros (`all`, `exists`, `map`, `filter`) more than two deep.",
        why: "A reviewer must be able to read it, and it must not be able to bring checkride to its knees.",
        wrong: "expect = [\"out.json.a.all(a, a.b.all(b, b.c.all(c, c.ok)))\"]",
        right: "expect = [\"out.json.a.all(a, a.b.all(b, b.ok))\"]",
    },
];
