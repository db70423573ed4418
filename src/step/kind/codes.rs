//! The codes of what can be wrong with a step's kind.

use crate::source::{Code, Doc};

/// A kind that does not exist.
pub const UNKNOWN_KIND: Code = Code("RB018");
/// A kind that this version does not have.
pub const KIND_NOT_IN_VERSION: Code = Code("RB019");
/// An effect that the kind cannot have.
pub const KIND_EFFECT: Code = Code("RB025");
/// An operation that AWS does not have.
pub const AWS_OPERATION: Code = Code("RB026");
/// A parameter that an operation of AWS does not take.
pub const AWS_INPUT: Code = Code("RB027");
/// A value that the model of a service does not know, and the service may.
pub const AWS_INPUT_DOUBTFUL: Code = Code("RB076");
/// A read that is none, or that a `wait` does not repeat.
pub const WAIT_ON: Code = Code("RB052");
/// A waiter that the operation does not have.
pub const WAITER: Code = Code("RB053");

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
        wrong: "kind = \"check\"\ncheck = \"dynamodb-pitr\"",
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
        code: AWS_OPERATION,
        name: "unknown-operation",
        meaning: "`call` of an `aws` step names no operation of the AWS API: it is `service:Operation`, with the names of AWS's own models (`dynamodb:DescribeTable`). A name that several services have is refused with the names that say which.",
        why: "Whether a step reads or writes, and what it may be given, is decided by its operation.",
        wrong: "kind = \"aws\"\ncall = \"dynamodb:DescribeTabel\"",
        right: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"",
    },
    Doc {
        code: AWS_INPUT,
        name: "operation-parameters",
        meaning: "`with` of an `aws` step does not fit the operation: a parameter that it does not have, a value of another type, or one that must be there and is not. The names are those of the AWS API, with their capitals.",
        why: "The service would refuse it in the middle of the run, or a misspelt parameter would be left out.",
        wrong: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { table_name = \"orders\" }",
        right: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }",
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
        code: AWS_INPUT_DOUBTFUL,
        name: "operation-parameters-doubtful",
        meaning: "A value in `with` that the model of the service does not know: a word that is not in its list, or more than it allows. A warning: services learn new words before their models do.",
        why: "Most often it is misspelt.",
        wrong: "with = { Bucket = \"b\", VersioningConfiguration = { Status = \"Enable\" } }",
        right: "with = { Bucket = \"b\", VersioningConfiguration = { Status = \"Enabled\" } }",
    },
];
