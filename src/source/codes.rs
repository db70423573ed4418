//! The codes of what can be wrong with a file as such, and what `checkride explain` says about them.

use super::{Code, Doc};

/// There is no such file.
pub const FILE_NOT_FOUND: Code = Code("RB001");
/// A directory was named where a file is needed.
pub const FILE_IS_DIRECTORY: Code = Code("RB002");
/// The file cannot be opened or read.
pub const FILE_UNREADABLE: Code = Code("RB003");
/// The file is larger than 1 MiB.
pub const FILE_TOO_LARGE: Code = Code("RB004");
/// The file holds a NUL byte.
pub const NUL_BYTE: Code = Code("RB005");
/// The file is not UTF-8.
pub const INVALID_UTF8: Code = Code("RB006");
/// A path leads out of the project.
pub const PATH_ESCAPES: Code = Code("RB007");
/// The file is not TOML.
pub const SYNTAX: Code = Code("RB010");
/// A key or table stands twice.
pub const DUPLICATE_KEY: Code = Code("RB011");
/// A key that nothing reads.
pub const UNKNOWN_KEY: Code = Code("RB012");
/// A key that must be there is not.
pub const MISSING_KEY: Code = Code("RB013");
/// A value of the wrong type.
pub const WRONG_TYPE: Code = Code("RB014");
/// A value of the right type that cannot be.
pub const INVALID_VALUE: Code = Code("RB015");
/// Keys that exclude each other, or that need each other.
pub const CONFLICTING_KEYS: Code = Code("RB016");
/// A file format that this version does not read.
pub const UNSUPPORTED_FORMAT: Code = Code("RB017");

/// The long form of each code above.
pub(crate) static DOCS: &[Doc] = &[
    Doc {
        code: FILE_NOT_FOUND,
        name: "file-not-found",
        meaning: "A file that was named on the command line, in `include`, in `files` or in a step does not exist.",
        why: "Nothing is skipped in silence: a runbook that names a file it does not have cannot be judged or run.",
        wrong: "include = [\"comon.toml\"]",
        right: "include = [\"common.toml\"]",
    },
    Doc {
        code: FILE_IS_DIRECTORY,
        name: "file-is-a-directory",
        meaning: "A directory was named where a file is needed.",
        why: "A runbook is one file; what it includes is named in it, never found by listing a folder.",
        wrong: "$ checkride check runbooks/deploy/",
        right: "$ checkride check runbooks/deploy/prod.toml",
    },
    Doc {
        code: FILE_UNREADABLE,
        name: "file-unreadable",
        meaning: "The file is there but cannot be opened or read: permissions, a pipe or device, an error of the disk.",
        why: "What cannot be read cannot be pinned by the plan digest.",
        wrong: "",
        right: "",
    },
    Doc {
        code: FILE_TOO_LARGE,
        name: "file-too-large",
        meaning: "The file is larger than 1 MiB (1,048,576 bytes).",
        why: "A runbook is read by people. The limit also bounds the time and memory that a hostile file can take.",
        wrong: "",
        right: "include = [\"checks.toml\"]",
    },
    Doc {
        code: NUL_BYTE,
        name: "nul-byte",
        meaning: "The file holds a byte 0: it is a binary file, or text saved as UTF-16.",
        why: "No program argument, path or environment variable can hold a NUL, and terminals drop it.",
        wrong: "",
        right: "",
    },
    Doc {
        code: INVALID_UTF8,
        name: "invalid-utf8",
        meaning: "The file is not UTF-8. The message names the first offending byte, its offset and its line.",
        why: "TOML files are UTF-8. Guessing another encoding would change what is run.",
        wrong: "",
        right: "",
    },
    Doc {
        code: PATH_ESCAPES,
        name: "path-leaves-the-project",
        meaning: "A path in the file is absolute, climbs out with `..`, or leads out through a symbolic link.",
        why: "Whoever reviews a project must see everything that it runs. Paths are relative to the project and stay in it.",
        wrong: "template = \"../../shared/stack.yaml\"",
        right: "template = \"templates/stack.yaml\"",
    },
    Doc {
        code: SYNTAX,
        name: "toml-syntax",
        meaning: "The file is not valid TOML. One fault is shown for each line, and no rule is applied to the file.",
        why: "After a syntax error the rest of the file may not mean what it seems to mean.",
        wrong: "title = \"Deploy",
        right: "title = \"Deploy\"",
    },
    Doc {
        code: DUPLICATE_KEY,
        name: "duplicate-key",
        meaning: "A key stands twice in one table, or a table is opened twice.",
        why: "Which of the two was meant cannot be known.",
        wrong: "timeout = \"5m\"\ntimeout = \"50m\"",
        right: "timeout = \"50m\"",
    },
    Doc {
        code: UNKNOWN_KEY,
        name: "unknown-key",
        meaning: "A key that nothing reads: misspelt, in the wrong table, or of another kind of step.",
        why: "A misspelt `timeout` or `confirm` that is ignored is a promise that nobody keeps.",
        wrong: "tiemout = \"15m\"",
        right: "timeout = \"15m\"",
    },
    Doc {
        code: MISSING_KEY,
        name: "missing-key",
        meaning: "A key that has no default is missing.",
        why: "A default would be a guess.",
        wrong: "[[deploy]]\nid = \"build\"\nkind = \"command\"\nrun = [\"make\"]",
        right: "[[deploy]]\nid = \"build\"\ntitle = \"Build the application\"\nkind = \"command\"\nrun = [\"make\"]",
    },
    Doc {
        code: WRONG_TYPE,
        name: "wrong-type",
        meaning: "The value of a key has another type than the key takes.",
        why: "Nothing is converted in silence: `\"10\"` is text and `10` a number.",
        wrong: "run = \"make build\"",
        right: "run = [\"make\", \"build\"]",
    },
    Doc {
        code: INVALID_VALUE,
        name: "invalid-value",
        meaning: "The value has the right type but cannot be: a word that is not in the list, a number out of range, a duration or an id that does not read.",
        why: "It would fail later, in the middle of a run.",
        wrong: "on_failure = \"retry\"",
        right: "on_failure = \"ask\"",
    },
    Doc {
        code: CONFLICTING_KEYS,
        name: "conflicting-keys",
        meaning: "Two keys exclude each other and both are there, or one of several must be there and none is, or a key needs another.",
        why: "The step would have two meanings, or none.",
        wrong: "run = [\"make\"]\nshell = \"make\"",
        right: "run = [\"make\"]",
    },
    Doc {
        code: UNSUPPORTED_FORMAT,
        name: "unsupported-format",
        meaning: "The file's `format` is missing or is not one that this version reads.",
        why: "A later format may give the same words another meaning.",
        wrong: "format = 2",
        right: "format = 1",
    },
];
