//! Reading what a drill is held to: `[phase.drill]`.

use crate::runbook::{AbortSpec, DrillSpec};
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic};
use crate::value::{template, templates};

/// The keys of `[phase.drill]`, beside those of every phase.
pub(super) static DRILL_KEYS: &[KeySpec] = &[
    KeySpec::optional(
        "rto",
        KeyType::Duration,
        "",
        "The recovery time objective: how long it may take until the service is verified again. A miss fails the drill.",
    ),
    KeySpec::optional(
        "rpo",
        KeyType::Duration,
        "",
        "The recovery point objective: how much of the last data may be lost. A miss fails the drill.",
    ),
    KeySpec::optional(
        "covers",
        KeyType::List(&KeyType::Text),
        "the profile it runs with",
        "The profiles for which a drill that passed proves something.",
    ),
    KeySpec::optional(
        "touches",
        KeyType::List(&KeyType::Template),
        "[]",
        "What a drill may change although it did not make it, by ARN: the source that gets a marker.",
    ),
    KeySpec::optional(
        "abort",
        KeyType::Table(ABORT_KEYS),
        "",
        "What ends the drill before its time: no further step begins, what waits is left, and what it made is removed.",
    ),
    KeySpec::optional("scenario", KeyType::Text, "", "What is supposed to have happened, for the report."),
    KeySpec::optional("objectives", KeyType::List(&KeyType::Text), "[]", "What the drill is to show, for the report."),
    KeySpec::optional(
        "roles",
        KeyType::List(&KeyType::Text),
        "[]",
        "The roles that people have in it, for the report.",
    ),
];

/// The keys of `abort`.
pub(super) static ABORT_KEYS: &[KeySpec] = &[
    KeySpec::optional(
        "alarms",
        KeyType::List(&KeyType::Template),
        "[]",
        "CloudWatch alarms, by name or ARN: one that is in ALARM before the drill refuses it, one that comes later ends it.",
    ),
    KeySpec::optional("budget", KeyType::Duration, "", "How long the drill may take before it is ended."),
    KeySpec::optional("region", KeyType::Template, "the profile's", "The region of the alarms that are given by name."),
    KeySpec::optional("every", KeyType::Duration, "30s", "How long to wait between two looks at the alarms."),
];

/// Reads what ends a drill before its time.
fn read_abort(table: &Table<'_>) -> Option<AbortSpec> {
    let inner = table.table("abort")?;
    let abort = AbortSpec {
        alarms: templates(&inner, "alarms").unwrap_or_default(),
        budget: inner.duration("budget").map(|budget| budget.value),
        region: template(&inner, "region"),
        every: inner.duration("every").map(|every| every.value),
    };
    if !inner.has("alarms") && !inner.has("budget") {
        let fault = Diagnostic::error(CONFLICTING_KEYS, "`abort` has neither `alarms` nor `budget`");
        let fault = fault.at(inner.span(), "what ends the drill?");
        inner.reader().push(fault.help("`abort = { alarms = [\"orders-errors\"], budget = \"2h\" }`"));
    }
    inner.finish();
    Some(abort)
}

/// Reads them. The table must take them already ([`Table::also`]).
pub(super) fn read_drill(table: &Table<'_>) -> DrillSpec {
    let texts = |key: &str| -> Vec<String> {
        table.texts(key).unwrap_or_default().into_iter().map(|text| text.value).collect()
    };
    DrillSpec {
        rto: table.duration("rto").map(|rto| rto.value),
        rpo: table.duration("rpo").map(|rpo| rpo.value),
        covers: texts("covers"),
        touches: templates(table, "touches").unwrap_or_default(),
        abort: read_abort(table),
        scenario: table.text("scenario").map(|text| text.value),
        objectives: texts("objectives"),
        roles: texts("roles"),
    }
}
