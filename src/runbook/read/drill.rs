//! Reading what a drill is held to: `[phase.drill]`.

use crate::runbook::DrillSpec;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::value::templates;

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
    KeySpec::optional("scenario", KeyType::Text, "", "What is supposed to have happened, for the report."),
    KeySpec::optional("objectives", KeyType::List(&KeyType::Text), "[]", "What the drill is to show, for the report."),
    KeySpec::optional(
        "roles",
        KeyType::List(&KeyType::Text),
        "[]",
        "The roles that people have in it, for the report.",
    ),
];

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
        scenario: table.text("scenario").map(|text| text.value),
        objectives: texts("objectives"),
        roles: texts("roles"),
    }
}
