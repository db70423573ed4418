//! The codes of what can be wrong with a call of AWS that a file makes, and with a check.

use crate::source::{Code, Doc};

/// An operation that AWS does not have.
pub const AWS_OPERATION: Code = Code("RB026");
/// A parameter that an operation of AWS does not take.
pub const AWS_INPUT: Code = Code("RB027");
/// A value that the model of a service does not know, and the service may.
pub const AWS_INPUT_DOUBTFUL: Code = Code("RB076");
/// A name that an expression of a check does not have.
pub const CHECK_NAME: Code = Code("RB054");
/// Two checks of one id.
pub const CHECK_DUPLICATE: Code = Code("RB055");
/// A check that would change something.
pub const CHECK_CALL_WRITES: Code = Code("RB056");
/// A member that an answer does not have.
pub const CHECK_MEMBER: Code = Code("RB057");
/// A parameter that nothing uses.
pub const CHECK_UNUSED: Code = Code("RB077");

/// The long form of each code above.
pub(crate) static DOCS: &[Doc] = &[
    Doc {
        code: AWS_OPERATION,
        name: "unknown-operation",
        meaning: "`call` of an `aws` step, or of a check, names no operation of the AWS API: it is `service:Operation`, with the names of AWS's own models (`dynamodb:DescribeTable`). A name that several services have is refused with the names that say which.",
        why: "Whether a step reads or writes, and what it may be given, is decided by its operation.",
        wrong: "kind = \"aws\"\ncall = \"dynamodb:DescribeTabel\"",
        right: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"",
    },
    Doc {
        code: AWS_INPUT,
        name: "operation-parameters",
        meaning: "`with` of an `aws` step, or of a check's call, does not fit the operation: a parameter that it does not have, a value of another type, or one that must be there and is not. The names are those of the AWS API, with their capitals.",
        why: "The service would refuse it in the middle of the run, or a misspelt parameter would be left out.",
        wrong: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { table_name = \"orders\" }",
        right: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }",
    },
    Doc {
        code: AWS_INPUT_DOUBTFUL,
        name: "operation-parameters-doubtful",
        meaning: "A value in `with` that the model of the service does not know: a word that is not in its list, or more than it allows. A warning: services learn new words before their models do.",
        why: "Most often it is misspelt.",
        wrong: "with = { Bucket = \"b\", VersioningConfiguration = { Status = \"Enable\" } }",
        right: "with = { Bucket = \"b\", VersioningConfiguration = { Status = \"Enabled\" } }",
    },
    Doc {
        code: CHECK_NAME,
        name: "name-in-check",
        meaning: "An expression of a check uses a name that it does not have there. In scope are `param` (the check's own parameters), `aws`, `call.ID` and `error.ID` of calls that were made before, and with `for_each` also `item`; an expectation with the `for_each` of a call has that call's answer for the item as `answer.ID`. A check knows nothing of the runbook that uses it: what it needs comes by its parameters.",
        why: "The expression would have no value on the day it matters, and the check would be unknown.",
        wrong: "that = \"call.table.Table.TableName == input.table\"",
        right: "that = \"call.table.Table.TableName == param.table\"",
    },
    Doc {
        code: CHECK_DUPLICATE,
        name: "duplicate-check",
        meaning: "Two checks have the same id, or one of the project's own has the id of an embedded one.",
        why: "A runbook would not say which of them it means, and nobody would see that a well-known check means something else here.",
        wrong: "[[check]]\nid = \"dynamodb-pitr\"",
        right: "[[check]]\nid = \"our-dynamodb-pitr\"",
    },
    Doc {
        code: CHECK_CALL_WRITES,
        name: "check-writes",
        meaning: "A call of a check is no read. Whether an operation reads is decided by a reviewed table; what is not on it is a write.",
        why: "Checks run with nobody asked, in a pipeline too: they only look.",
        wrong: "call = \"dynamodb:UpdateContinuousBackups\"",
        right: "call = \"dynamodb:DescribeContinuousBackups\"",
    },
    Doc {
        code: CHECK_MEMBER,
        name: "member-in-check",
        meaning: "An expression of a check goes into an answer by a name that the model of the service does not have there, into a list by a name, or through the items of what is no list; the items that a macro goes through are looked at, too.",
        why: "The expression would never have a value, and the check would always be unknown.",
        wrong: "that = \"call.table.Table.Status == 'ACTIVE'\"",
        right: "that = \"call.table.Table.TableStatus == 'ACTIVE'\"",
    },
    Doc {
        code: CHECK_UNUSED,
        name: "unused-parameter",
        meaning: "A check has a parameter that none of its calls, expectations or texts uses.",
        why: "Whoever gives it believes that it decides something.",
        wrong: "[check.params]\ntable = { text = true }\nregion = { text = true }",
        right: "[check.params]\ntable = { text = true }",
    },
];
