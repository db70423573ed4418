//! The codes of what can be wrong with a step's kind.

use crate::source::{Code, Doc};

/// A kind that does not exist.
pub const UNKNOWN_KIND: Code = Code("RB018");
/// A kind that this version does not have.
pub const KIND_NOT_IN_VERSION: Code = Code("RB019");
/// An effect that the kind cannot have.
pub const KIND_EFFECT: Code = Code("RB025");

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
        meaning: "`effect` says something that a step of this kind cannot be: a `file` step reads, a `stack` step writes, a question changes nothing, an `http` step with PUT, PATCH or DELETE is no read.",
        why: "What a step may change is settled by its type. A `stack` step declared `read` would still write.",
        wrong: "kind = \"stack\"\neffect = \"read\"",
        right: "kind = \"stack\"",
    },
];
