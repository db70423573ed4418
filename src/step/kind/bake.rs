//! `bake`: holds for a time, and watches alarms of `CloudWatch` and named checks.

use std::time::Duration;

use crate::source::reader::{KeySpec, KeyType, NodeValue, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, Located};
use crate::step::kind::CheckStep;
use crate::step::kind::check;
use crate::step::kind::wait::read_every;
use crate::value::{RefAt, Template, template_of};

/// The keys of `bake`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("for", KeyType::Duration, "How long it holds."),
    KeySpec::optional("every", KeyType::Duration, "30s", "How long to wait between two looks; not longer than `for`."),
    KeySpec::optional(
        "alarms",
        KeyType::List(&KeyType::Template),
        "",
        "The alarms that are watched, by name, metric and composite ones; an item that is a list gives each of its items. \
         One that does not exist fails at once.",
    ),
    KeySpec::optional(
        "alarm_prefix",
        KeyType::Any,
        "",
        "A prefix of names, or a list of them: every alarm whose name begins so is watched. One that finds none fails at \
         once, unless `allow_empty = true`.",
    ),
    KeySpec::optional(
        "checks",
        KeyType::List(&KeyType::Table(check::KEYS)),
        "",
        "Named checks that are asked at each look, each with the keys of kind `check`.",
    ),
    KeySpec::optional(
        "insufficient_data",
        KeyType::Choice(&["warn", "pass", "fail"]),
        "warn",
        "What becomes of the step when an alarm has not enough data at the end of the hold.",
    ),
];

/// How long to wait between two looks when nobody says.
const EVERY: Duration = Duration::from_secs(30);

/// The shortest hold.
const SHORTEST: Duration = Duration::from_secs(1);

/// How much longer than the hold an attempt may take when the step does not say: for a last look that is not answered at
/// once.
const GRACE: Duration = Duration::from_mins(2);

/// The longest prefix, as the service's model says.
pub(crate) const LONGEST_NAME: usize = 255;

/// What an alarm with too little data means at the end of the hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Insufficient {
    /// The step is warned.
    Warn,
    /// Nothing.
    Pass,
    /// The step has failed.
    Fail,
}

/// Holds for a time, and watches.
#[derive(Clone, Debug, PartialEq)]
pub struct Bake {
    /// How long it holds.
    pub hold: Duration,
    /// How long to wait between two looks.
    pub every: Duration,
    /// The alarms by name.
    pub alarms: Vec<Template>,
    /// Prefixes of names of alarms.
    pub prefixes: Vec<Template>,
    /// The checks.
    pub checks: Vec<CheckStep>,
    /// What an alarm with too little data means.
    pub insufficient: Insufficient,
}

impl Bake {
    /// Reads the keys of `bake`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let hold = read_hold(table);
        let every = read_every(table);
        let every = times(table, hold.as_ref(), every);
        let alarms = templates(table, "alarms");
        let prefixes = templates(table, "alarm_prefix");
        let checks = read_checks(table);
        let insufficient = table.choice("insufficient_data").map_or(Insufficient::Warn, |word| match word.value {
            "pass" => Insufficient::Pass,
            "fail" => Insufficient::Fail,
            _ => Insufficient::Warn,
        });
        let (alarms, prefixes, checks) = (alarms?, prefixes?, checks?);
        if alarms.is_empty() && prefixes.is_empty() && checks.is_empty() {
            let message = format!("{} has neither `alarms` nor `alarm_prefix` nor `checks`", table.what());
            let fault = Diagnostic::error(CONFLICTING_KEYS, message).at(table.span(), "what is watched?");
            table.reader().push(fault.help("holding over nothing watches nothing: `alarms = [\"orders-errors\"]`"));
            return None;
        }
        Some(Self { hold: hold?.value, every: every?, alarms, prefixes, checks, insufficient })
    }

    /// How long an attempt may take when the step does not say.
    pub fn usual_timeout(&self) -> Duration {
        self.hold + GRACE
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let names = self.alarms.iter().chain(&self.prefixes).flat_map(Template::refs);
        names.chain(self.checks.iter().flat_map(CheckStep::refs)).collect()
    }
}

fn read_hold(table: &Table<'_>) -> Option<Located<Duration>> {
    let hold = table.duration("for")?;
    if hold.value < SHORTEST {
        let message = format!("`for` of {} is at least {}s", table.what(), SHORTEST.as_secs());
        table.invalid(hold.span, message, None);
        return None;
    }
    Some(hold)
}

/// The time between two looks, which is no longer than the hold.
fn times(table: &Table<'_>, hold: Option<&Located<Duration>>, every: Option<Duration>) -> Option<Duration> {
    let hold = hold?.value;
    match every {
        None => (!table.has("every")).then_some(EVERY.min(hold)),
        Some(every) if every > hold => {
            let span = table.entry("every").map_or(table.span(), |entry| entry.node.span);
            let message = format!("`every` of {} is longer than `for`", table.what());
            table.invalid(span, message, Some("between two looks nobody watches".to_owned()));
            None
        }
        Some(every) => Some(every),
    }
}

/// A key with a list of names, or with one. None where one of them has a fault.
fn templates(table: &Table<'_>, key: &str) -> Option<Vec<Template>> {
    let Some(entry) = table.entry(key) else { return Some(Vec::new()) };
    let nodes = if key == "alarm_prefix" && !matches!(entry.node.value, NodeValue::List(_)) {
        std::slice::from_ref(&entry.node)
    } else {
        table.list(key)?
    };
    let mut read = Vec::new();
    let mut whole = true;
    for node in nodes {
        let NodeValue::Text(text) = &node.value else {
            let message = format!("`{key}` of {} takes strings", table.what());
            table.invalid(node.span, message, Some(format!("this is {}", node.type_name())));
            whole = false;
            continue;
        };
        let length = text.chars().count();
        if text.trim().is_empty() || (length > LONGEST_NAME && !text.contains("${")) {
            let message = format!("a name in `{key}` of {} has 1 to {LONGEST_NAME} characters", table.what());
            table.invalid(node.span, message, None);
            whole = false;
            continue;
        }
        match template_of(table.reader(), &Located::new(text.clone(), node.span)) {
            Some(template) => read.push(template),
            None => whole = false,
        }
    }
    whole.then_some(read)
}

/// The checks. None where one of them has a fault.
fn read_checks(table: &Table<'_>) -> Option<Vec<CheckStep>> {
    if !table.has("checks") {
        return Some(Vec::new());
    }
    let nodes = table.list("checks")?;
    let mut checks = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let what = format!("check {} of {}", index + 1, table.what());
        let Some(inner) = table.table_of("checks", node, what, check::KEYS) else { continue };
        checks.extend(CheckStep::read(&inner));
        inner.finish();
    }
    (checks.len() == nodes.len()).then_some(checks)
}
