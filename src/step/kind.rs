//! The one list of kinds.
//!
//! To add a kind: a file in `kind/` with its keys, its `read` and its references; a variant and its arms here; a line in
//! [`KINDS`]; a golden case in `tests/corpus/valid/`; a line in CHANGELOG.md.

mod aws;
mod aws_restore;
mod bake;
mod check;
mod cleanup;
mod codes;
mod command;
mod compare;
mod confirm;
mod failover;
mod file;
mod http;
mod input;
mod marker;
mod restore;
mod s3_restore;
mod stack;
mod stack_restore;
mod subject;
mod wait;
mod words;

pub use aws::AwsCall;
pub use aws_restore::{AwsRestore, Undone};
pub use bake::{Bake, Insufficient};
pub use check::{CheckStep, Gift, ITEM_FIELDS};
pub use cleanup::Cleanup;
pub use codes::{
    AWS_RESTORE, AWS_RESTORE_DOUBTFUL, CHECK_INPUT, COMPARE, COMPARE_TOLERANCE, FAILOVER, KIND_EFFECT,
    KIND_NOT_IN_VERSION, MARKER, RESTORE, RESTORE_PLACE, S3_RESTORE_ALL, S3_RESTORE_PLACE, S3_RESTORE_TIME,
    UNKNOWN_CHECK, UNKNOWN_KIND, WAIT_ON, WAITER,
};
pub use command::{Command, Parse};
pub use compare::{BucketCompare, ClusterCompare, Compare, CompareHow, TableCompare, Tolerance};
pub use confirm::Confirm;
pub use failover::{Failover, FailoverTo, Probe};
pub use file::{FileFormat, FileStep};
pub use http::{Body, Http, Method, place};
pub use input::InputStep;
pub use marker::{Marker, MarkerDoes, MarkerIn};
pub use restore::{
    BucketRestore, DatabaseFrom, DatabaseRestore, DatabaseShape, ObjectsFrom, ObjectsInto, Restore, RestoreFrom,
    SecretRecovery, StackFrom, StackRedeploy, TableRestore, unfit,
};
pub use s3_restore::{CreatedSince, S3Restore, is_bucket};
pub use stack::{OnStackFailure, Stack};
pub use stack_restore::StackRestore;
pub use wait::{Goal, Wait};

pub(crate) use codes::DOCS;
pub(crate) use words::{owner_of_key, with_article};

use crate::source::reader::{KeySpec, Table};
use crate::source::{Diagnostic, Located, suggest};
use crate::step::Effect;
use crate::value::{Expr, RefAt, Reference, Template};

/// A kind as reader, reference and schema see it.
#[derive(Clone, Copy, Debug)]
pub struct KindSpec {
    /// The word after `kind =`.
    pub name: &'static str,
    /// The keys that it adds to those of every step.
    pub keys: &'static [KeySpec],
    /// What it does, one sentence.
    pub doc: &'static str,
    /// What it may change when the step does not say.
    pub default_effect: Effect,
    /// What a step of the kind may say that it changes.
    pub effects: &'static [Effect],
    /// The fields of `out`, which are also outputs of the step (`step.ID.FIELD`).
    pub out: &'static [&'static str],
    /// Whether its outputs can be had by reading when the step itself does not run.
    pub observes: bool,
}

/// Every kind of this version, by name.
pub static KINDS: &[KindSpec] = &[
    KindSpec {
        name: "aws",
        keys: aws::KEYS,
        doc: "Calls any operation of the AWS API; whether it reads is decided by the operation.",
        default_effect: Effect::Write,
        effects: &[Effect::Read, Effect::Write, Effect::Irreversible],
        // The members of the operation's output.
        out: &[],
        observes: true,
    },
    KindSpec {
        name: "aws-restore",
        keys: aws_restore::KEYS,
        doc: "Puts back what an `aws` step has changed, as it was read before.",
        default_effect: Effect::Write,
        effects: &[Effect::Write],
        out: &["before", "was", "changed"],
        observes: false,
    },
    KindSpec {
        name: "bake",
        keys: bake::KEYS,
        doc: "Holds for a time and watches CloudWatch alarms and named checks; one that trips fails the step at once.",
        default_effect: Effect::Read,
        effects: &[Effect::Read],
        out: &["held", "looks", "missed", "alarms", "checks", "strip"],
        observes: false,
    },
    KindSpec {
        name: "check",
        keys: check::KEYS,
        doc: "Holds a named check of the catalogue: checkride's, or one of the project's own.",
        default_effect: Effect::Read,
        effects: &[Effect::Read],
        out: &["items", "passed", "warned", "failed", "unknown"],
        observes: false,
    },
    KindSpec {
        name: "cleanup",
        keys: cleanup::KEYS,
        doc: "Removes what the steps that it undoes have made in this run, and nothing else, and proves that it is gone.",
        default_effect: Effect::Write,
        effects: &[Effect::Write],
        out: &["removed", "absent"],
        observes: false,
    },
    KindSpec {
        name: "command",
        keys: command::KEYS,
        doc: "Runs a program.",
        default_effect: Effect::Write,
        effects: &[Effect::Read, Effect::Local, Effect::Write, Effect::Irreversible],
        out: &["exit", "stdout", "stderr", "json", "lines", "duration"],
        observes: false,
    },
    KindSpec {
        name: "compare",
        keys: compare::KEYS,
        doc: "Compares the items of two DynamoDB tables or the objects of two buckets (by number, a sample by hash, or all by hash), or the settings of two Aurora clusters.",
        default_effect: Effect::Read,
        effects: &[Effect::Read],
        out: &["items", "objects", "bytes", "at", "compared", "same", "missing", "different", "extra", "examples"],
        observes: false,
    },
    KindSpec {
        name: "confirm",
        keys: confirm::KEYS,
        doc: "A person says done, not applicable (with a reason) or no.",
        default_effect: Effect::None,
        effects: &[],
        out: &["answer", "note"],
        observes: false,
    },
    KindSpec {
        name: "failover",
        keys: failover::KEYS,
        doc: "Has another instance of an Aurora cluster write, which is an outage of a moment, and measures the gap; or goes back to the one that wrote before.",
        default_effect: Effect::Write,
        effects: &[Effect::Write],
        out: &[
            "cluster",
            "arn",
            "changed",
            "writer_before",
            "writer_after",
            "started",
            "ended",
            "took_ms",
            "watched",
            "probes",
            "failures",
            "gap_ms",
            "first_failure",
            "first_success",
            "exact_ms",
            "events",
        ],
        observes: false,
    },
    KindSpec {
        name: "file",
        keys: file::KEYS,
        doc: "Reads a TOML, JSON, YAML or text file of the project.",
        default_effect: Effect::Read,
        effects: &[Effect::Read],
        out: &["content"],
        observes: true,
    },
    KindSpec {
        name: "http",
        keys: http::KEYS,
        doc: "Sends an HTTP request, and looks at its answer.",
        // By method: [`StepKind::default_effect`]. This is for a step whose method is not known.
        default_effect: Effect::Read,
        effects: &[Effect::Read, Effect::Write, Effect::Irreversible],
        out: &["status", "headers", "body", "json", "latency_ms", "tls_days_left", "url", "redirects", "version"],
        observes: false,
    },
    KindSpec {
        name: "input",
        keys: input::KEYS,
        doc: "Asks a person for a typed value, which becomes the output `value`.",
        default_effect: Effect::None,
        effects: &[],
        out: &["value"],
        observes: false,
    },
    KindSpec {
        name: "marker",
        keys: marker::KEYS,
        // By its keys: [`StepKind::default_effect`].
        doc: "Writes items or objects with a time into a table or a bucket, or reads them back after a restore: the recovery point as measured.",
        default_effect: Effect::Write,
        effects: &[Effect::Read, Effect::Write],
        out: &["markers", "written", "last", "present", "last_present", "first_absent", "rpo_ms", "exact_ms"],
        observes: false,
    },
    KindSpec {
        name: "restore",
        keys: restore::KEYS,
        doc: "Restores something into something new, which belongs to the run: a DynamoDB table, an Aurora cluster or an RDS \
              instance to a point in time or from a backup, the objects of a bucket from versions or a replica, a CloudFormation \
              stack into a clean one, the value of a secret into a secret that is lost and taken back.",
        default_effect: Effect::Write,
        effects: &[Effect::Write],
        out: &[
            "table",
            "cluster",
            "instance",
            "bucket",
            "prefix",
            "arn",
            "source",
            "endpoint",
            "reader_endpoint",
            "from",
            "at",
            "lag_ms",
            "started",
            "restored",
            "took_ms",
            "items",
            "objects",
            "bytes",
            "deleted",
            "failed",
            "instances",
            "backup",
            "snapshot",
            "settings",
            "stack",
            "outputs",
            "status",
            "source_run",
            "secret",
            "stage",
            "version",
            "kms_key",
            "replicas",
            "same",
            "lost",
        ],
        observes: false,
    },
    KindSpec {
        name: "s3-restore",
        keys: s3_restore::KEYS,
        doc: "Puts the objects under a prefix back as they were at a time, from their versions; no version is deleted.",
        default_effect: Effect::Write,
        effects: &[Effect::Write],
        out: &["at", "restored", "unchanged", "hidden", "kept", "failed", "bytes"],
        observes: false,
    },
    KindSpec {
        name: "stack",
        keys: stack::KEYS,
        doc: "Creates or updates a CloudFormation stack through a change set that is shown and confirmed.",
        default_effect: Effect::Write,
        effects: &[Effect::Write, Effect::Irreversible],
        out: &["outputs", "status", "id", "change_set", "changed"],
        observes: true,
    },
    KindSpec {
        name: "stack-restore",
        keys: stack_restore::KEYS,
        doc: "Puts the stack that a `stack` step changed back as it was, from the run's own records.",
        default_effect: Effect::Write,
        effects: &[Effect::Write, Effect::Irreversible],
        out: &["outputs", "status", "id", "changed", "drift", "retained", "skipped"],
        observes: false,
    },
    KindSpec {
        name: "wait",
        keys: wait::KEYS,
        doc: "Repeats one read until a condition holds, or its time is over.",
        default_effect: Effect::Read,
        effects: &[Effect::Read],
        // Those of what it repeats.
        out: &[],
        observes: true,
    },
];

/// The kinds that later versions bring: known by name, so that nobody looks for a misspelling.
static LATER: &[&str] = &["approve", "runbook"];

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// A person says done.
    Confirm(Confirm),
    /// A person gives a value.
    Input(InputStep),
    /// A program runs.
    Command(Command),
    /// A file is read.
    File(FileStep),
    /// A request is sent.
    Http(Http),
    /// A stack is deployed.
    Stack(Stack),
    /// A stack is put back.
    StackRestore(StackRestore),
    /// An operation of the AWS API is called.
    Aws(AwsCall),
    /// What such a call has changed is put back.
    AwsRestore(AwsRestore),
    /// Objects are put back from their versions.
    S3Restore(S3Restore),
    /// A table is restored into a new one.
    Restore(Restore),
    /// Two tables are compared.
    Compare(Compare),
    /// Markers are written, or read back.
    Marker(Marker),
    /// What other steps of the run have made is removed.
    Cleanup(Cleanup),
    /// Another instance of a cluster writes.
    Failover(Failover),
    /// One of the reads above is repeated.
    Wait(Wait),
    /// A named check of the catalogue is held.
    Check(CheckStep),
    /// It is held for a time, and alarms and checks are watched.
    Bake(Bake),
}

impl StepKind {
    /// The kind of a name. A name that is none, or none yet, goes to the table's reader as a fault.
    pub fn spec_of(name: &Located<String>, table: &Table<'_>) -> Option<&'static KindSpec> {
        if let Some(spec) = KINDS.iter().find(|spec| spec.name == name.value) {
            return Some(spec);
        }
        let known: Vec<&str> = KINDS.iter().map(|spec| spec.name).collect();
        let kind = &name.value;
        let fault = if LATER.contains(&kind.as_str()) {
            Diagnostic::error(KIND_NOT_IN_VERSION, format!("kind `{kind}` is not in this version"))
                .at(name.span, "comes later")
                .help(format!("the kinds of this version are {}", suggest::list(&known)))
        } else {
            let near = suggest::closest(kind, known.iter().chain(LATER).copied());
            let all = format!("the kinds are {}", suggest::list(&known));
            Diagnostic::error(UNKNOWN_KIND, format!("there is no kind `{kind}`"))
                .at(name.span, "unknown kind")
                .help(near.map_or(all, |near| format!("did you mean `{near}`?")))
        };
        table.reader().push(fault);
        None
    }

    /// Reads the keys of a kind. The table must take them already ([`Table::also`]).
    pub fn read(spec: &KindSpec, table: &Table<'_>) -> Option<Self> {
        match spec.name {
            "aws" => AwsCall::read(table).map(Self::Aws),
            "aws-restore" => Some(Self::AwsRestore(AwsRestore::default())),
            "bake" => Bake::read(table).map(Self::Bake),
            "check" => CheckStep::read(table).map(Self::Check),
            "cleanup" => Some(Self::Cleanup(Cleanup)),
            "compare" => Compare::read(table).map(Self::Compare),
            "command" => Command::read(table).map(Self::Command),
            "confirm" => Confirm::read(table).map(Self::Confirm),
            "failover" => Failover::read(table).map(Self::Failover),
            "file" => FileStep::read(table).map(Self::File),
            "http" => Http::read(table).map(Self::Http),
            "input" => InputStep::read(table).map(Self::Input),
            "marker" => Marker::read(table).map(Self::Marker),
            "restore" => Restore::read(table).map(Self::Restore),
            "s3-restore" => S3Restore::read(table).map(Self::S3Restore),
            "stack-restore" => Some(Self::StackRestore(StackRestore::read(table))),
            "wait" => Wait::read(table).map(Self::Wait),
            _ => Stack::read(table).map(Self::Stack),
        }
    }

    /// The word after `kind =`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Confirm(_) => "confirm",
            Self::Input(_) => "input",
            Self::Command(_) => "command",
            Self::File(_) => "file",
            Self::Http(_) => "http",
            Self::Stack(_) => "stack",
            Self::StackRestore(_) => "stack-restore",
            Self::Aws(_) => "aws",
            Self::AwsRestore(_) => "aws-restore",
            Self::S3Restore(_) => "s3-restore",
            Self::Restore(_) => "restore",
            Self::Compare(_) => "compare",
            Self::Marker(_) => "marker",
            Self::Cleanup(_) => "cleanup",
            Self::Failover(_) => "failover",
            Self::Wait(_) => "wait",
            Self::Check(_) => "check",
            Self::Bake(_) => "bake",
        }
    }

    /// What a `wait` repeats; any other kind is itself what is done. It is never a `wait`.
    pub fn read_by(&self) -> &Self {
        match self {
            Self::Wait(wait) => &wait.on,
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Check(_)
            | Self::Bake(_) => self,
        }
    }

    /// The conditions of the kind that are held against its result, beside the step's own.
    pub fn conditions(&self) -> Vec<&Located<Expr>> {
        match self {
            Self::Wait(wait) => wait.conditions(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Check(_)
            | Self::Bake(_) => Vec::new(),
        }
    }

    /// The kind with its article, for a sentence: ``an `aws` ``.
    pub fn with_article(&self) -> String {
        with_article(self.name())
    }

    /// Whether the step itself asks before it changes something, and shows what.
    pub fn confirms_itself(&self) -> bool {
        match self {
            Self::Stack(_) | Self::StackRestore(_) | Self::S3Restore(_) => true,
            Self::Restore(restore) => restore.confirms_itself(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::Wait(_)
            | Self::Check(_)
            | Self::Bake(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Failover(_)
            | Self::Cleanup(_) => false,
        }
    }

    /// The kind's line in [`KINDS`].
    pub fn spec(&self) -> &'static KindSpec {
        KINDS.iter().find(|spec| spec.name == self.name()).expect("every kind has its line in KINDS")
    }

    /// Whether what it changes leaves by checkride's own door to AWS, where a drill's fence stands.
    pub fn is_fenced(&self) -> bool {
        match self {
            Self::Command(_) | Self::Http(_) => false,
            Self::Confirm(_)
            | Self::Input(_)
            | Self::File(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Failover(_)
            | Self::Cleanup(_)
            | Self::Wait(_)
            | Self::Check(_)
            | Self::Bake(_) => true,
        }
    }

    /// What it may change when the step does not say.
    pub fn default_effect(&self) -> Effect {
        match self {
            Self::Aws(call) => call.effect(),
            Self::Http(http) => http.usual_effect(),
            Self::Marker(marker) => marker.usual_effect(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Wait(_)
            | Self::Check(_)
            | Self::Bake(_) => self.spec().default_effect,
        }
    }

    /// What the step may say that it changes.
    pub fn effects(&self) -> &'static [Effect] {
        match self {
            Self::Aws(call) => call.effects(),
            Self::Marker(marker) => marker.effects(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Wait(_)
            | Self::Check(_)
            | Self::Bake(_) => self.spec().effects,
        }
    }

    /// The fields of `out`, which are also outputs of the step.
    pub fn fields(&self) -> Vec<&'static str> {
        match self {
            Self::Aws(call) => call.output().names(),
            Self::Wait(wait) => wait.on.fields(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Check(_)
            | Self::Bake(_) => self.spec().out.to_vec(),
        }
    }

    /// The named checks of the kind.
    pub fn checks(&self) -> &[CheckStep] {
        match self {
            Self::Check(check) => std::slice::from_ref(check),
            Self::Bake(bake) => &bake.checks,
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Wait(_) => &[],
        }
    }

    /// The same, to be given what the catalogue has of them.
    pub fn checks_mut(&mut self) -> &mut [CheckStep] {
        match self {
            Self::Check(check) => std::slice::from_mut(check),
            Self::Bake(bake) => &mut bake.checks,
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Wait(_) => &mut [],
        }
    }

    /// Whether its outputs can be had by reading when the step itself does not run.
    pub fn observes(&self) -> bool {
        match self {
            Self::Aws(call) => call.operation.read().is_some(),
            Self::Wait(wait) => wait.on.observes(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::Http(_)
            | Self::Stack(_)
            | Self::StackRestore(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Check(_)
            | Self::Bake(_) => self.spec().observes,
        }
    }

    /// The file of the project whose bytes decide what the step does: a template, a root of trust.
    pub fn deciding_file(&self) -> Option<&Template> {
        match self.read_by() {
            Self::Stack(stack) => stack.template.as_ref(),
            Self::Http(http) => http.ca.as_ref(),
            Self::Confirm(_)
            | Self::Input(_)
            | Self::Command(_)
            | Self::File(_)
            | Self::StackRestore(_)
            | Self::Aws(_)
            | Self::AwsRestore(_)
            | Self::S3Restore(_)
            | Self::Restore(_)
            | Self::Compare(_)
            | Self::Marker(_)
            | Self::Cleanup(_)
            | Self::Failover(_)
            | Self::Wait(_)
            | Self::Check(_)
            | Self::Bake(_) => None,
        }
    }

    /// Every name that the step's templates use, with the literals that they stand in.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        match self {
            Self::Confirm(_) | Self::Input(_) | Self::AwsRestore(_) | Self::Cleanup(_) => Vec::new(),
            Self::Command(command) => command.refs(),
            Self::File(file) => file.path.refs().collect(),
            Self::Http(http) => http.refs(),
            Self::Stack(stack) => stack.refs(),
            Self::StackRestore(restore) => restore.refs(),
            Self::Aws(call) => call.refs(),
            Self::S3Restore(restore) => restore.refs(),
            Self::Restore(restore) => restore.refs(),
            Self::Compare(compare) => compare.refs(),
            Self::Marker(marker) => marker.refs(),
            Self::Failover(failover) => failover.refs(),
            Self::Wait(wait) => wait.on.refs(),
            Self::Check(check) => check.refs(),
            Self::Bake(bake) => bake.refs(),
        }
    }

    /// Whether it is a part of a drill: all that it gives is evidence.
    pub fn is_of_drill(&self) -> bool {
        matches!(self, Self::Restore(_) | Self::Compare(_) | Self::Marker(_) | Self::Cleanup(_) | Self::Failover(_))
    }

    /// The step that it puts back as it was before.
    pub fn puts_back(&self) -> Option<&Undone> {
        if let Self::AwsRestore(restore) = self { restore.of.as_ref() } else { None }
    }

    /// The names under which expressions know what was there before the step; none where nothing is captured.
    pub fn before(&self) -> Option<Vec<String>> {
        if let Self::Aws(call) = self { call.before_names() } else { None }
    }

    /// Every name that the step's templates use.
    pub fn references(&self) -> Vec<&Reference> {
        self.refs().into_iter().map(|at| at.reference).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, LATER};

    #[test]
    fn kinds_are_sorted_and_unique() {
        let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(names.iter().all(|name| !LATER.contains(name)));
    }

    #[test]
    fn every_key_has_a_sentence() {
        for kind in KINDS {
            assert!(kind.doc.ends_with('.'), "{}", kind.name);
            for key in kind.keys {
                assert!(key.doc.ends_with('.'), "{}.{}", kind.name, key.name);
                assert!(!key.required || key.default.is_empty(), "{}.{} needs no default", kind.name, key.name);
            }
        }
    }
}
