//! The keys of a file of checks.

use crate::source::reader::{KeySpec, KeyType};

/// The keys of the file.
pub static FILE_KEYS: &[KeySpec] = &[
    KeySpec::required("format", KeyType::Integer, "The version of the format: 1."),
    KeySpec::required("check", KeyType::List(&KeyType::Table(CHECK_KEYS)), "A check; `[[check]]` begins each."),
];

/// The keys of a check.
pub static CHECK_KEYS: &[KeySpec] = &[
    KeySpec::required("id", KeyType::Text, "Its name: lower-case letters, digits and `-`, a letter first."),
    KeySpec::required("title", KeyType::Text, "What holds when it passes, in one line."),
    KeySpec::required(
        "severity",
        KeyType::Choice(&["low", "medium", "high", "critical"]),
        "How bad it is when it fails.",
    ),
    KeySpec::required("about", KeyType::Text, "What it looks at and why, in Markdown."),
    KeySpec::required("remedy", KeyType::Template, "How to turn it green; parameters and `aws` are filled in."),
    KeySpec::optional("reference", KeyType::Text, "", "Where to read more: an `https` address."),
    KeySpec::optional("controls", KeyType::List(&KeyType::Text), "", "Controls of standards that it is evidence for."),
    KeySpec::optional("params", KeyType::Map(&KeyType::Any), "", "What it wants to know: typed like `[inputs]`."),
    KeySpec::required("call", KeyType::List(&KeyType::Table(CALL_KEYS)), "A call that reads; `[[check.call]]`."),
    KeySpec::required(
        "expect",
        KeyType::List(&KeyType::Table(EXPECT_KEYS)),
        "What must hold of the answers; `[[check.expect]]`.",
    ),
];

/// The keys of a call.
pub static CALL_KEYS: &[KeySpec] = &[
    KeySpec::required("id", KeyType::Id, "Its name in expressions: `call.ID`, `error.ID`."),
    KeySpec::required("call", KeyType::Text, "The operation: `service:Operation`. It must be a read."),
    KeySpec::optional("with", KeyType::Map(&KeyType::Any), "", "Its parameters, by the names of the AWS API."),
    KeySpec::optional("pages", KeyType::Integer, "100", "How many pages of an answer are read, at most."),
    KeySpec::optional("for_each", KeyType::Expression, "", "A list: the call is made for each `item` of it."),
    KeySpec::optional("when", KeyType::Expression, "", "Whether it is made; if not, `call.ID` is null."),
];

/// The keys of an expectation.
pub static EXPECT_KEYS: &[KeySpec] = &[
    KeySpec::required("that", KeyType::Expression, "The condition."),
    KeySpec::optional("for_each", KeyType::Expression, "", "A list: it must hold for each `item` of it."),
    KeySpec::optional("name", KeyType::Expression, "the item", "What an item is called in the report."),
    KeySpec::optional("or", KeyType::Choice(&["fail", "warn"]), "fail", "What follows when it does not hold."),
    KeySpec::optional("when", KeyType::Expression, "", "Whether it must hold at all."),
    KeySpec::optional(
        "allow_empty",
        KeyType::Any,
        "false",
        "Whether an empty list passes: a boolean or `${param.NAME}`.",
    ),
];
