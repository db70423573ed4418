//! The codes of what can be wrong with a step's kind.

use crate::source::{Code, Doc};

/// A kind that does not exist.
pub const UNKNOWN_KIND: Code = Code("RB018");
/// A kind that this version does not have.
pub const KIND_NOT_IN_VERSION: Code = Code("RB019");
/// An effect that the kind cannot have.
pub const KIND_EFFECT: Code = Code("RB025");
/// A read that is none, or that a `wait` does not repeat.
pub const WAIT_ON: Code = Code("RB052");
/// A waiter that the operation does not have.
pub const WAITER: Code = Code("RB053");
/// A check that there is not.
pub const UNKNOWN_CHECK: Code = Code("RB058");
/// A parameter that a check does not take.
pub const CHECK_INPUT: Code = Code("RB059");
/// What an `aws-restore` step cannot put back.
pub const AWS_RESTORE: Code = Code("RB064");
/// What an `aws-restore` step may not be able to put back.
pub const AWS_RESTORE_DOUBTFUL: Code = Code("RB079");

/// A time of an `s3-restore` step that is none.
pub const S3_RESTORE_TIME: Code = Code("RB084");
/// A bucket or a prefix that can be none.
pub const S3_RESTORE_PLACE: Code = Code("RB085");
/// An `s3-restore` step that hides all that is new in a bucket.
pub const S3_RESTORE_ALL: Code = Code("RB086");

/// What a `restore` step cannot be asked for.
pub const RESTORE: Code = Code("RB089");
/// What a `marker` step cannot be asked for.
pub const MARKER: Code = Code("RB090");
/// What a `compare` step cannot be asked for.
pub const COMPARE: Code = Code("RB092");
/// What a `failover` step cannot be asked for.
pub const FAILOVER: Code = Code("RB093");
/// A stack that is redeployed from nothing, or onto itself.
pub(super) const STACK_REDEPLOYED: Code = Code("RB100");
/// A secret that is recovered under a name that it cannot have.
pub(super) const SECRET_RECOVERED: Code = Code("RB101");

/// A bucket or a prefix that a `restore` step cannot have.
pub const RESTORE_PLACE: Code = Code("RB095");
/// A tolerance that is no number of things.
pub const COMPARE_TOLERANCE: Code = Code("RB096");

/// The long form of each code above.
pub(crate) static DOCS: &[Doc] = &[
    Doc {
        code: UNKNOWN_KIND,
        name: "unknown-kind",
        meaning: "The word after `kind =` names no kind of step.",
        why: "What the step does is not known.",
        wrong: "kind = \"comand\"",
        right: "kind = \"command\"",
    },
    Doc {
        code: KIND_NOT_IN_VERSION,
        name: "kind-not-in-this-version",
        meaning: "The kind is part of the language, but not of this version of checkride.",
        why: "A step that cannot be run is never left out in silence.",
        wrong: "kind = \"approve\"",
        right: "kind = \"command\"\neffect = \"read\"\nrun = [\"aws\", \"dynamodb\", \"describe-continuous-backups\", \"--table-name\", \"orders\"]\nparse = \"json\"",
    },
    Doc {
        code: KIND_EFFECT,
        name: "effect-of-kind",
        meaning: "`effect` says something that a step of this kind cannot be: a `file` step reads, a `stack` step writes, a question changes nothing, an `http` step with PUT, PATCH or DELETE is no read, and what a `wait` repeats reads.",
        why: "What a step may change is settled by its type. A `stack` step declared `read` would still write.",
        wrong: "kind = \"stack\"\neffect = \"read\"",
        right: "kind = \"stack\"",
    },
    Doc {
        code: WAIT_ON,
        name: "wait-on",
        meaning: "`on` of a `wait` is no read that can be repeated: an operation of AWS that writes, a request that writes, a program that talks to a person, or a kind that is not `aws`, `command`, `file` or `http`.",
        why: "What is looked at again and again must change nothing, however often it is done.",
        wrong: "kind = \"wait\"\non = { kind = \"aws\", call = \"dynamodb:UpdateTable\", with = { TableName = \"orders\" } }\nuntil = \"out.TableDescription.TableStatus == 'ACTIVE'\"",
        right: "kind = \"wait\"\non = { kind = \"aws\", call = \"dynamodb:DescribeTable\", with = { TableName = \"orders\" } }\nuntil = \"out.Table.TableStatus == 'ACTIVE'\"",
    },
    Doc {
        code: WAITER,
        name: "unknown-waiter",
        meaning: "`waiter` names no waiter of AWS's own model for the operation in `on`, or `on` is no call of AWS. The names are those of the models, in their own case (`TableExists`).",
        why: "What is waited for would not be known.",
        wrong: "kind = \"wait\"\non = { kind = \"aws\", call = \"dynamodb:DescribeTable\", with = { TableName = \"orders\" } }\nwaiter = \"TableActive\"",
        right: "kind = \"wait\"\non = { kind = \"aws\", call = \"dynamodb:DescribeTable\", with = { TableName = \"orders\" } }\nwaiter = \"TableExists\"",
    },
    Doc {
        code: UNKNOWN_CHECK,
        name: "unknown-check",
        meaning: "`check` of a `check` step names neither a check of checkride nor one of the project's own in `checks/*.toml`. `checkride checks` lists them all.",
        why: "What is looked at would not be known.",
        wrong: "kind = \"check\"\ncheck = \"dynamodb-ptir\"\nwith = { table = \"orders\" }",
        right: "kind = \"check\"\ncheck = \"dynamodb-pitr\"\nwith = { table = \"orders\" }",
    },
    Doc {
        code: CHECK_INPUT,
        name: "check-parameters",
        meaning: "`with` of a `check` step does not fit the check: a parameter that it does not have, a value that is refused, or one that must be given and is not. `checkride explain CHECK` lists its parameters.",
        why: "The check would look at something else than is meant, or at nothing.",
        wrong: "kind = \"check\"\ncheck = \"dynamodb-pitr\"\nwith = { tabel = \"orders\" }",
        right: "kind = \"check\"\ncheck = \"dynamodb-pitr\"\nwith = { table = \"orders\" }",
    },
    Doc {
        code: AWS_RESTORE,
        name: "aws-restore",
        meaning: "An `aws-restore` step stands in `rollback` and undoes one `aws` step whose operation changes a setting: one of which it is known how it is read before, and put back after. The message names those of the service.",
        why: "What was there before is put on record before it is changed, and read again when it is put back. Where that is not known to be right, nothing is guessed.",
        wrong: "[[rollback]]\nid = \"limit_back\"\nkind = \"aws-restore\"\nundoes = [\"limit\", \"alias\"]",
        right: "[[deploy]]\nid = \"limit\"\nkind = \"aws\"\ncall = \"lambda:PutFunctionConcurrency\"\nwith = { FunctionName = \"orders\", ReservedConcurrentExecutions = 10 }\n\n[[rollback]]\nid = \"limit_back\"\nkind = \"aws-restore\"\nundoes = [\"limit\"]",
    },
    Doc {
        code: AWS_RESTORE_DOUBTFUL,
        name: "aws-restore-doubtful",
        meaning: "An `aws-restore` step undoes a step that keeps no record of what was there (`capture = false`), or one that changes what the service calls secret, which no record holds. A warning.",
        why: "The rollback would stop there, and ask a person to put it back.",
        wrong: "[[deploy]]\nid = \"limit\"\nkind = \"aws\"\ncapture = false\n# …\n[[rollback]]\nid = \"limit_back\"\nkind = \"aws-restore\"\nundoes = [\"limit\"]",
        right: "[[deploy]]\nid = \"limit\"\nkind = \"aws\"\n# …\n[[rollback]]\nid = \"limit_back\"\nkind = \"aws-restore\"\nundoes = [\"limit\"]",
    },
    Doc {
        code: S3_RESTORE_TIME,
        name: "s3-restore-time",
        meaning: "`at` of an `s3-restore` step is a text that is no time: RFC 3339, date, time and offset.",
        why: "To which versions it goes back would not be known, and without an offset it would depend on where it runs.",
        wrong: "at = \"2026-11-22 08:15\"",
        right: "at = \"2026-11-22T08:15:00Z\"",
    },
    Doc {
        code: S3_RESTORE_PLACE,
        name: "s3-restore-place",
        meaning: "`bucket` of an `s3-restore` step is no name of a bucket, or `prefix` begins as no key does: with a slash, or with `s3://`.",
        why: "No object would be found, and that all is as it was would be said of nothing.",
        wrong: "bucket = \"s3://orders-web\"\nprefix = \"/assets/\"",
        right: "bucket = \"orders-web\"\nprefix = \"assets/\"",
    },
    Doc {
        code: S3_RESTORE_ALL,
        name: "s3-restore-hides-all",
        meaning: "An `s3-restore` step with `created_since = \"hide\"` names no prefix. A warning.",
        why: "Every object that anybody has put into the bucket since would be hidden: logs and uploads, too.",
        wrong: "bucket = \"orders-web\"\ncreated_since = \"hide\"",
        right: "bucket = \"orders-web\"\nprefix = \"assets/\"\ncreated_since = \"hide\"",
    },
    Doc {
        code: RESTORE,
        name: "restore-of-nothing",
        meaning: "A `restore` step says things that do not go together: two things to restore or none, a key or a way of restoring that is for another one, a time with a backup, a backup with a restore to a point in time, a replica that is not named, a new bucket and one that is there, or a time that is none.",
        why: "What would be restored is not what was meant.",
        wrong: "kind = \"restore\"\ntable = \"orders\"\nfrom = \"backup\"\nat = \"2026-11-22T08:15:00Z\"",
        right: "kind = \"restore\"\ntable = \"orders\"\nat = \"2026-11-22T08:15:00Z\"",
    },
    Doc {
        code: MARKER,
        name: "marker-both-ways",
        meaning: "A `marker` step either writes (`key`, `count`, `every`, `through`) or reads back (`written`, `at`, `before`), and in one place: a table, or a bucket.",
        why: "What is measured is the time between what was written and what is there: two steps.",
        wrong: "kind = \"marker\"\ntable = \"orders\"\ncount = 5\nwritten = \"${step.mark.markers}\"",
        right: "kind = \"marker\"\ntable = \"${step.restore.table}\"\nwritten = \"${step.mark.markers}\"",
    },
    Doc {
        code: COMPARE,
        name: "compare-of-nothing",
        meaning: "A `compare` step says things that do not go together: two pairs to compare or none, or a key that is for another pair.",
        why: "What would be compared is not what was meant.",
        wrong: "kind = \"compare\"\nwith = \"${step.restore.table}\"",
        right: "kind = \"compare\"\ntable = \"orders\"\nwith = \"${step.restore.table}\"",
    },
    Doc {
        code: FAILOVER,
        name: "failover-both-ways",
        meaning: "A `failover` step goes to a reader (`to`) or back (`back = true`), not both; its `watch` is a host with a port, a URL or `none`, and `every` is between 10ms and 1m.",
        why: "Which instance writes in the end is settled before the cluster is out, and so is by what the gap is measured.",
        wrong: "kind = \"failover\"\ncluster = \"orders\"\nto = \"orders-2\"\nback = true",
        right: "kind = \"failover\"\ncluster = \"orders\"\nto = \"orders-2\"\nwatch = \"https://shop.example.com/health\"",
    },
    Doc {
        code: STACK_REDEPLOYED,
        name: "stack-redeployed-onto-itself",
        meaning: "A `restore` step of a stack says things that do not go together: a run with a stack as it stands, the stack's own name for the clean one, or a parameter that is a table.",
        why: "A drill rebuilds beside what there is, from one source that the report can name.",
        wrong: "kind = \"restore\"\nstack = \"orders\"\nfrom = \"live\"\nrun = \"7f3a\"",
        right: "kind = \"restore\"\nstack = \"orders\"\nfrom = \"evidence\"\nrun = \"7f3a\"",
    },
    Doc {
        code: SECRET_RECOVERED,
        name: "secret-named-like-another",
        meaning: "A `restore` step of a secret gives the new secret a name that it cannot have: that of the secret itself, or one that looks like the end of an ARN.",
        why: "Secrets Manager puts a hyphen and six characters behind a name to make an ARN, and takes a name that ends like that for part of one: another secret could be meant.",
        wrong: "kind = \"restore\"\nsecret = \"db\"\nas = \"db-AbCdEf\"",
        right: "kind = \"restore\"\nsecret = \"db\"\nas = \"db-drill\"",
    },
    Doc {
        code: RESTORE_PLACE,
        name: "restore-place",
        meaning: "A bucket of a `restore` step is no name of a bucket, its `prefix` begins as no key does, or `into` is the bucket that is restored.",
        why: "Nothing would be found, or what is restored would stand beside what it was restored from, and be taken for it.",
        wrong: "kind = \"restore\"\nbucket = \"s3://orders-web\"\nprefix = \"/assets/\"",
        right: "kind = \"restore\"\nbucket = \"orders-web\"\nprefix = \"assets/\"",
    },
    Doc {
        code: COMPARE_TOLERANCE,
        name: "compare-tolerance",
        meaning: "`tolerance` of a `compare` step is no number of things, and no template.",
        why: "How much may differ decides whether a recovery is proved.",
        wrong: "kind = \"compare\"\ntable = \"orders\"\nwith = \"copy\"\ntolerance = \"a few\"",
        right: "kind = \"compare\"\ntable = \"orders\"\nwith = \"copy\"\ntolerance = \"${input.tolerance}\"",
    },
];
