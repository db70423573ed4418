//! The codes of what can be wrong with a profile.

use crate::source::{Code, Doc};

/// An endpoint that is not an emulator's on loopback.
pub const EMULATOR_ENDPOINT: Code = Code("RB060");
/// A production profile that confirms nothing.
pub const PRODUCTION_UNCONFIRMED: Code = Code("RB061");

/// A waiver for a target that there is not.
pub const TARGET_UNKNOWN: Code = Code("RB062");

/// The long form of each code above.
pub(crate) static DOCS: &[Doc] = &[
    Doc {
        code: EMULATOR_ENDPOINT,
        name: "emulator-endpoint",
        meaning: "A profile names an endpoint but is no emulator's, is an emulator's but names no endpoint, or names an endpoint that is not on loopback (127.0.0.0/8, ::1, localhost).",
        why: "A runbook that is tried out must not reach anything real, and calls to AWS go to AWS: an endpoint anywhere else would get signed requests.",
        wrong: "[aws]\nemulator = true\nendpoint_url = \"http://10.0.0.7:4566\"",
        right: "[aws]\nemulator = true\nendpoint_url = \"http://127.0.0.1:4566\"",
    },
    Doc {
        code: PRODUCTION_UNCONFIRMED,
        name: "production-without-confirmation",
        meaning: "A profile of tier `production` says `confirm = \"never\"`.",
        why: "In production a person agrees to what is changed. For an unattended run there are answers files, which name who agreed and why.",
        wrong: "[profile]\ntier = \"production\"\n\n[policy]\nconfirm = \"never\"",
        right: "[profile]\ntier = \"production\"\n\n[policy]\nconfirm = \"phase\"",
    },
    Doc {
        code: TARGET_UNKNOWN,
        name: "target-unknown",
        meaning: "A `[[waiver]]` of a profile is for a target that no `[[target]]` of it names.",
        why: "A waiver that fits nothing waives nothing: the finding would fail all the same, or worse, one would think that it is waived.",
        wrong: "[[target]]\nname = \"eu\"\n\n[[waiver]]\ncheck = \"s3-versioning\"\ntarget = \"us\"\nreason = \"it is moved next week\"\nowner = \"ana\"\nuntil = 2026-12-31",
        right: "[[target]]\nname = \"eu\"\n\n[[waiver]]\ncheck = \"s3-versioning\"\ntarget = \"eu\"\nreason = \"it is moved next week\"\nowner = \"ana\"\nuntil = 2026-12-31",
    },
];
