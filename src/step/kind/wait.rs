//! `wait`: one read, again and again, until a condition holds or the time is over.
//!
//! `on` is the read: a table with the keys of a step of its kind. Whatever looks into a step of that kind looks into `on`, too:
//! [`StepKind::read_by`].

use std::time::Duration;

use crate::aws::api::waiter::Waiter;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, Located, suggest};
use crate::step::kind::codes::{KIND_EFFECT, UNKNOWN_KIND, WAIT_ON, WAITER};
use crate::step::kind::{AwsCall, KINDS, KindSpec, LATER, StepKind, owner_of_key, with_article};
use crate::value::{Expr, condition};

/// The keys of `wait`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required(
        "on",
        KeyType::Table(ON_KEYS),
        "The read that is repeated: `kind` (`aws`, `command`, `file` or `http`) and the keys of that kind.",
    ),
    KeySpec::optional(
        "until",
        KeyType::Expression,
        "",
        "What is waited for, of `out` and `error` of the last look. This or `waiter`.",
    ),
    KeySpec::optional(
        "waiter",
        KeyType::Text,
        "",
        "The waiter of the service's own model that says what is waited for, such as `TableExists`. This or `until`.",
    ),
    KeySpec::optional(
        "fail",
        KeyType::Expression,
        "nothing but the time",
        "What ends the wait at once as failed: what is waited for will not come.",
    ),
    KeySpec::optional(
        "every",
        KeyType::Duration,
        "5s; as the waiter says",
        "How long to wait between two looks; longer while the other side asks to slow down.",
    ),
];

/// What `on` takes beside the keys of its kind.
static ON_KEYS: &[KeySpec] = &[
    KeySpec::required("kind", KeyType::Text, "What sort of read it is."),
    KeySpec::optional(
        "effect",
        KeyType::Choice(&["read", "local", "write", "irreversible"]),
        "read",
        "That it reads; a POST has to say so.",
    ),
    KeySpec::optional("timeout", KeyType::Duration, "1m; 30s for `http`", "How long one look may take."),
];

/// The kinds that read, and can be read again and again.
static READS: &[&str] = &["aws", "command", "file", "http"];

/// Keys of the step that one might look for in `on`.
static OF_STEP: &[&str] =
    &["expect", "for_each", "outputs", "region", "retry", "role", "sensitive", "severity", "title", "when"];

/// How long to wait between two looks when nobody says.
const EVERY: Duration = Duration::from_secs(5);

/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(100);

/// How long is waited in all when nobody says.
const TIMEOUT: Duration = Duration::from_mins(10);

/// How long one look may take when it does not say.
const LOOK: Duration = Duration::from_mins(1);

/// The same for a request.
const REQUEST: Duration = Duration::from_secs(30);

/// What is waited for.
#[derive(Clone, Debug)]
pub enum Goal {
    /// That a condition holds.
    Until(Located<Expr>),
    /// That a waiter of the service's model is content.
    Waiter {
        /// Its name.
        name: Located<String>,
        /// What it makes of an answer.
        waiter: &'static Waiter,
    },
}

impl PartialEq for Goal {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Until(a), Self::Until(b)) => a == b,
            // A waiter is what its service and its name say; the service is that of the call.
            (Self::Waiter { name: a, .. }, Self::Waiter { name: b, .. }) => a == b,
            (Self::Until(_), Self::Waiter { .. }) | (Self::Waiter { .. }, Self::Until(_)) => false,
        }
    }
}

/// Repeats one read until a condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The read; never a `wait`, and nothing that writes or asks.
    pub on: Box<StepKind>,
    /// How long one look may take.
    pub look: Duration,
    /// What is waited for.
    pub goal: Goal,
    /// What ends it at once as failed.
    pub fail: Option<Located<Expr>>,
    /// How long to wait between two looks.
    pub every: Duration,
}

impl Wait {
    /// Reads the keys of `wait`, and those of the read in `on`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let on = table.table("on").and_then(|on| read_on(table, on));
        let until = condition(table, "until");
        let named = table.text("waiter");
        let fail = condition(table, "fail");
        let every = read_every(table);
        let goal = one_goal(table).and_then(|()| match (until, named) {
            (Some(until), _) => Some(Goal::Until(until)),
            // What the waiter may be follows from the call: with a fault there, nothing is said of it.
            (None, Some(name)) => waiter(table, name, &on.as_ref()?.0),
            (None, None) => None,
        });
        let ((on, look), goal) = (on?, goal?);
        let every = every.unwrap_or(match &goal {
            Goal::Until(_) => EVERY,
            Goal::Waiter { waiter, .. } => waiter.delay(),
        });
        Some(Self { on: Box::new(on), look, goal, fail, every })
    }

    /// How long is waited in all when the step does not say.
    pub fn usual_timeout(&self) -> Duration {
        match &self.goal {
            Goal::Until(_) => TIMEOUT,
            Goal::Waiter { waiter, .. } => waiter.delay() * waiter.max_attempts(),
        }
    }

    /// The conditions that are held against each look.
    pub fn conditions(&self) -> Vec<&Located<Expr>> {
        let until = match &self.goal {
            Goal::Until(until) => Some(until),
            Goal::Waiter { .. } => None,
        };
        until.into_iter().chain(&self.fail).collect()
    }

    /// What is waited for, in few words.
    pub fn words(&self) -> String {
        match &self.goal {
            Goal::Until(until) => format!("until {}", until.value.text()),
            Goal::Waiter { name, .. } => format!("until the waiter {} is content", name.value),
        }
    }
}

/// The read, and how long one look may take.
fn read_on(table: &Table<'_>, mut on: Table<'_>) -> Option<(StepKind, Duration)> {
    on.rename(format!("`on` of {}", table.what()));
    let name = on.text("kind");
    let spec = name.as_ref().and_then(|name| spec_of(name, &on));
    let Some(spec) = spec else {
        if name.is_none() {
            on.finish_required();
        }
        return None;
    };
    on.also(spec.keys);
    let kind = StepKind::read(spec, &on);
    let reads = check_read(&on, kind.as_ref());
    let usual = if spec.name == "http" { REQUEST } else { LOOK };
    let look = on.duration("timeout").map_or(usual, |length| length.value);
    on.finish_with(|key| {
        let of_step = OF_STEP.contains(&key).then(|| format!("`{key}` is a key of the step, not of what it repeats"));
        of_step.or_else(|| owner_of_key(key))
    });
    Some((kind.filter(|_| reads)?, look))
}

/// The kind of the read, if it is one that reads.
fn spec_of(name: &Located<String>, on: &Table<'_>) -> Option<&'static KindSpec> {
    let kind = name.value.as_str();
    let reads = |spec: &&KindSpec| spec.name == kind && READS.contains(&kind);
    if let Some(spec) = KINDS.iter().find(reads) {
        return Some(spec);
    }
    let all = format!("what is waited on is of kind {}", suggest::list(READS));
    let known = LATER.contains(&kind) || KINDS.iter().any(|spec| spec.name == kind);
    let fault = if known {
        Diagnostic::error(WAIT_ON, format!("{} is not repeated by a `wait`", with_article(kind)))
            .at(name.span, "no read of its own")
            .help(all)
    } else {
        let near = suggest::closest(kind, READS.iter().copied());
        Diagnostic::error(UNKNOWN_KIND, format!("there is no kind `{kind}`"))
            .at(name.span, "unknown kind")
            .help(near.map_or(all, |near| format!("did you mean `{near}`?")))
    };
    on.reader().push(fault);
    None
}

/// Whether what is repeated only reads. A program does by being here: it is its author's word.
fn check_read(on: &Table<'_>, kind: Option<&StepKind>) -> bool {
    let declared = on.choice("effect");
    let reader = on.reader();
    if let Some(word) = declared.filter(|word| word.value != "read") {
        reader.push(
            Diagnostic::error(KIND_EFFECT, format!("what is waited on cannot have effect \"{}\"", word.value))
                .at(word.span, "")
                .help("a `wait` only reads: remove `effect`, or write a step of its own for the change"),
        );
        return false;
    }
    let fault = |key: &str, message: String, label: &str, help: &str| {
        let span = on.entry(key).map_or(on.span(), |entry| entry.node.span);
        reader.push(Diagnostic::error(WAIT_ON, message).at(span, label).help(help));
        false
    };
    match kind {
        Some(StepKind::Aws(call)) if call.operation.read().is_none() => fault(
            "call",
            format!("{} is a write, and is not repeated", call.operation.call()),
            "a write",
            "wait on an operation that only reads, as in `Describe…` or `Get…`",
        ),
        Some(StepKind::Http(http)) if !http.method.reads() && declared.is_none() => fault(
            "method",
            format!("a {} is a write unless it says otherwise, and is not repeated", http.method),
            "a write",
            "if it only looks, say so in `on` with `effect = \"read\"`",
        ),
        Some(StepKind::Command(command)) if command.interactive => fault(
            "interactive",
            "a program that a person works with is no read, and is not repeated".to_owned(),
            "nobody is asked again and again",
            "remove it",
        ),
        Some(
            StepKind::Aws(_)
            | StepKind::Http(_)
            | StepKind::Command(_)
            | StepKind::File(_)
            | StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Restore(_)
            | StepKind::Compare(_)
            | StepKind::Marker(_)
            | StepKind::Cleanup(_)
            | StepKind::Failover(_)
            | StepKind::Wait(_)
            | StepKind::Check(_)
            | StepKind::Bake(_),
        )
        | None => true,
    }
}

/// Exactly one of the two says what is waited for.
fn one_goal(table: &Table<'_>) -> Option<()> {
    match (table.key_span("until"), table.key_span("waiter")) {
        (Some(first), Some(second)) => {
            let message = format!("{} has both `until` and `waiter`", table.what());
            let fault = Diagnostic::error(CONFLICTING_KEYS, message).at(second, "one of the two");
            table.reader().push(fault.related(first, "and here"));
            None
        }
        (None, None) => {
            table.reader().push(
                Diagnostic::error(CONFLICTING_KEYS, format!("{} has neither `until` nor `waiter`", table.what()))
                    .at(table.span(), "until when?")
                    .help("`until = \"out.Table.TableStatus == 'ACTIVE'\"`"),
            );
            None
        }
        (Some(_), None) | (None, Some(_)) => Some(()),
    }
}

pub(super) fn read_every(table: &Table<'_>) -> Option<Duration> {
    let every = table.duration("every")?;
    if every.value < SHORTEST {
        let message = format!("`every` of {} is at least {}ms", table.what(), SHORTEST.as_millis());
        table.invalid(every.span, message, Some("nobody is asked more often than that".to_owned()));
        return None;
    }
    Some(every.value)
}

/// A waiter by its name: one of the operation that is called.
fn waiter(table: &Table<'_>, name: Located<String>, on: &StepKind) -> Option<Goal> {
    let reader = table.reader();
    let StepKind::Aws(AwsCall { operation, .. }) = on else {
        let message = format!("{} has no waiters", on.with_article());
        let fault = Diagnostic::error(WAITER, message).at(name.span, "only `aws` has them");
        reader.push(fault.help("say what is waited for with `until`"));
        return None;
    };
    let fault = |message: String| Diagnostic::error(WAITER, message).at(name.span, "");
    let found = match operation.waiter(&name.value) {
        Ok(found) => found,
        Err(error) => {
            reader.push(fault(error.to_string()));
            return None;
        }
    };
    let known = operation.waiters().unwrap_or_default();
    let help = if known.is_empty() {
        format!("{} has none: say what is waited for with `until`", operation.call())
    } else {
        let near = suggest::closest(&name.value, known.iter().copied());
        let all = format!("those of {} are {}", operation.call(), suggest::list(&known));
        near.map_or(all, |near| format!("did you mean `{near}`?"))
    };
    match found {
        Some(waiter) if waiter.operation() == operation.name() => Some(Goal::Waiter { name, waiter }),
        Some(waiter) => {
            let message = format!("the waiter `{}` asks {}", name.value, waiter.operation());
            reader.push(fault(format!("{message}, not {}", operation.name())).help(help));
            None
        }
        None => {
            let message = format!("`{}` has no waiter `{}`", operation.service_name(), name.value);
            reader.push(fault(message).help(help));
            None
        }
    }
}
