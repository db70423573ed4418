//! The keys of a runbook.

use crate::source::reader::{KeySpec, KeyType};

/// The keys at the top of a runbook's own file.
pub static RUNBOOK_KEYS: &[KeySpec] = &[
    KeySpec::required("format", KeyType::Integer, "The version of the language: 1."),
    KeySpec::optional(
        "include",
        KeyType::List(&KeyType::Path),
        "[]",
        "Files whose steps come before those of this one.",
    ),
    KeySpec::required("runbook", KeyType::Table(HEAD_KEYS), "What the runbook is."),
    KeySpec::optional("inputs", KeyType::Map(&KeyType::Any), "", "What the runbook asks for, by name."),
    KeySpec::optional(
        "phase",
        KeyType::Map(&KeyType::Table(PHASE_KEYS)),
        "",
        "What holds for a whole phase, by phase.",
    ),
    KeySpec::optional("checklist", STEPS, "[]", "What must hold before anything is changed."),
    KeySpec::optional("deploy", STEPS, "[]", "What changes the target."),
    KeySpec::optional("verify", STEPS, "[]", "What must hold afterwards."),
    KeySpec::optional("drill", STEPS, "[]", "A rehearsal of a disaster."),
    KeySpec::optional("rollback", STEPS, "[]", "The way back."),
];

/// The keys at the top of a file that another one includes.
pub(super) static INCLUDED_KEYS: &[KeySpec] = &[
    KeySpec::required("format", KeyType::Integer, "The version of the language: 1."),
    KeySpec::optional(
        "include",
        KeyType::List(&KeyType::Path),
        "[]",
        "Files whose steps come before those of this one.",
    ),
    KeySpec::optional("checklist", STEPS, "[]", "What must hold before anything is changed."),
    KeySpec::optional("deploy", STEPS, "[]", "What changes the target."),
    KeySpec::optional("verify", STEPS, "[]", "What must hold afterwards."),
    KeySpec::optional("drill", STEPS, "[]", "A rehearsal of a disaster."),
    KeySpec::optional("rollback", STEPS, "[]", "The way back."),
];

const STEPS: KeyType = KeyType::List(&KeyType::Table(STEP_KEYS));

/// The keys of `[runbook]`.
pub(super) static HEAD_KEYS: &[KeySpec] = &[
    KeySpec::required("title", KeyType::Text, "What the runbook does, in a few words."),
    KeySpec::optional("summary", KeyType::Text, "", "What it does, in a sentence or two."),
    KeySpec::optional("owner", KeyType::Text, "", "Who keeps it."),
    KeySpec::optional(
        "reviewed",
        KeyType::Date,
        "",
        "When it was last gone through; older than 180 days is a warning.",
    ),
    KeySpec::optional("budget", KeyType::Duration, "", "How long a run may take: shown against the clock."),
    KeySpec::optional("controls", KeyType::List(&KeyType::Text), "[]", "The controls that a run is evidence for."),
    KeySpec::optional("profile", KeyType::Text, "", "The profile it runs with when none is named."),
    KeySpec::optional("env", KeyType::List(&KeyType::Text), "[]", "Environment variables that expressions may see."),
    KeySpec::optional("files", KeyType::List(&KeyType::Path), "[]", "Files whose bytes count in the plan digest."),
];

/// The keys of `[phase.NAME]`.
pub(super) static PHASE_KEYS: &[KeySpec] = &[
    KeySpec::optional(
        "style",
        KeyType::Choice(&["read-do", "do-confirm"]),
        "read-do",
        "Whether each step is read, then done; or all are done, then confirmed.",
    ),
    KeySpec::optional("budget", KeyType::Duration, "", "How long the phase may take."),
];

/// What an input takes beside its type.
pub(super) static INPUT_KEYS: &[KeySpec] = &[
    KeySpec::optional("default", KeyType::Any, "", "What the input is when nobody says."),
    KeySpec::optional("help", KeyType::Text, "", "What the input is for."),
];

/// The keys of `retry`.
pub(super) static RETRY_KEYS: &[KeySpec] = &[
    KeySpec::optional("attempts", KeyType::Integer, "1", "How many attempts in all."),
    KeySpec::optional("delay", KeyType::Duration, "2s", "How long to wait before the second attempt."),
    KeySpec::optional("backoff", KeyType::Number, "2", "What the delay is multiplied with each time."),
    KeySpec::optional("max", KeyType::Duration, "1m", "The longest delay."),
];

/// What a probe takes beside the keys of `command`.
pub(super) static PROBE_KEYS: &[KeySpec] =
    &[KeySpec::required("done", KeyType::Expression, "Whether the effect happened.")];

/// The keys of every step.
pub static STEP_KEYS: &[KeySpec] = &[
    KeySpec::required("id", KeyType::Id, "The step's name in expressions and on the command line."),
    KeySpec::required("title", KeyType::Text, "What the step does, in a few words."),
    KeySpec::required("kind", KeyType::Text, "What sort of step it is."),
    KeySpec::optional("guide", KeyType::Text, "", "Markdown for the operator."),
    KeySpec::optional("needs", KeyType::List(&KeyType::Id), "[]", "Steps that must have ended well before it."),
    KeySpec::optional("when", KeyType::Expression, "true", "Whether it runs at all."),
    KeySpec::optional(
        "timeout",
        KeyType::Duration,
        "1h; 30s for `http`, 10m for `wait`",
        "How long one attempt may take.",
    ),
    KeySpec::optional("retry", KeyType::Table(RETRY_KEYS), "one attempt", "How often it is tried."),
    KeySpec::optional("expect", KeyType::List(&KeyType::Expression), "[]", "What must hold of its result."),
    KeySpec::optional("outputs", KeyType::Map(&KeyType::Expression), "", "What later steps see as `step.ID.NAME`."),
    KeySpec::optional(
        "on_failure",
        KeyType::Choice(&["stop", "ask", "continue", "rollback"]),
        "by phase",
        "What follows a failure.",
    ),
    KeySpec::optional(
        "confirm",
        KeyType::Choice(&["never", "ask", "type"]),
        "by policy and tier",
        "How the step is confirmed; the strictest of step, policy and tier holds.",
    ),
    KeySpec::optional(
        "effect",
        KeyType::Choice(&["read", "local", "write", "irreversible"]),
        "by kind",
        "What the step may change.",
    ),
    KeySpec::optional(
        "on_unknown",
        KeyType::Choice(&["ask", "probe", "run-again"]),
        "the kind's own way, else a person",
        "What resume does with an effect that may have happened.",
    ),
    KeySpec::optional("probe", KeyType::Table(PROBE_KEYS), "", "A read that finds out whether the effect happened."),
    KeySpec::optional(
        "severity",
        KeyType::Choice(&["low", "medium", "high", "critical"]),
        "that of its check",
        "How bad a failed verification is.",
    ),
    KeySpec::optional("remedy", KeyType::Text, "that of its check", "What to do after a failure."),
    KeySpec::optional(
        "controls",
        KeyType::List(&KeyType::Text),
        "those of its check",
        "The controls that the step is evidence for.",
    ),
    KeySpec::optional("tags", KeyType::List(&KeyType::Text), "[]", "Words to select the step by."),
    KeySpec::optional("owner", KeyType::Text, "", "Who keeps the step."),
    KeySpec::optional("due", KeyType::Text, "", "By when a finding is to be settled."),
    KeySpec::optional("sensitive", KeyType::List(&KeyType::Text), "[]", "Outputs that are secret."),
    KeySpec::optional("region", KeyType::Template, "the profile's", "The region the step works in."),
    KeySpec::optional("role", KeyType::Template, "the profile's", "The role the step works as."),
    KeySpec::optional(
        "for_each",
        KeyType::Expression,
        "",
        "The list that a read is repeated for, with `item` in scope.",
    ),
    KeySpec::optional(
        "allow_empty",
        KeyType::Boolean,
        "false",
        "Whether an empty `for_each` passes, or an `alarm_prefix` that finds no alarm.",
    ),
    KeySpec::optional(
        "way_forward",
        KeyType::Text,
        "",
        "An irreversible step: what to do when what comes after it fails, for there is no way back.",
    ),
    KeySpec::optional("undoes", KeyType::List(&KeyType::Id), "[]", "The steps that a rollback step undoes."),
    KeySpec::optional(
        "independent",
        KeyType::Boolean,
        "false",
        "Whether a rollback step shares nothing with its neighbours: those that say so run together.",
    ),
    KeySpec::optional(
        "steady",
        KeyType::Boolean,
        "false",
        "Whether a verification also looks before the first change, and again after a rollback: both are compared.",
    ),
];
