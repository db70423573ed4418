//! `command`: a program runs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::stack::inside_project;
use crate::source::reader::{KeySpec, KeyType, NodeValue, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, INVALID_VALUE, Located, WRONG_TYPE};
use crate::value::{RefAt, Template, template, template_map, templates};

/// The keys of `command`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional(
        "run",
        KeyType::List(&KeyType::Template),
        "",
        "The program and its arguments. Each argument is passed whole: no shell sees it. This or `shell`.",
    ),
    KeySpec::optional(
        "shell",
        KeyType::Text,
        "",
        "A script for `sh -eu -c`. Nothing in it is replaced; inputs come as environment variables by `env`.",
    ),
    KeySpec::optional("cwd", KeyType::Template, "the project", "The folder it runs in, relative to the project."),
    KeySpec::optional("env", KeyType::Map(&KeyType::Template), "", "Environment variables that are set for it."),
    KeySpec::optional("stdin", KeyType::Template, "nothing", "What it reads on standard input."),
    KeySpec::optional("exit_codes", KeyType::List(&KeyType::Integer), "[0]", "The exit codes that count as success."),
    KeySpec::optional(
        "parse",
        KeyType::Choice(&["text", "json", "lines"]),
        "text",
        "What becomes of standard output: `out.stdout`, and `out.json` or `out.lines` beside it.",
    ),
    KeySpec::optional(
        "interactive",
        KeyType::Boolean,
        "false",
        "The program talks to the person: the terminal is lent to it, and nothing of its output is kept.",
    ),
    KeySpec::optional("silence", KeyType::Duration, "1m", "A warning is shown when it has been silent for this long."),
];

/// What becomes of a program's output.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Parse {
    /// `out.stdout` alone.
    #[default]
    Text,
    /// `out.json`, too: the whole output as one JSON value.
    Json,
    /// `out.lines`, too.
    Lines,
}

/// Runs a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The program with whole arguments, at least one item. This or `shell`, never both.
    pub run: Option<Vec<Template>>,
    /// A script for `sh -eu -c`, in which nothing is replaced.
    pub shell: Option<Located<String>>,
    /// The folder it runs in, relative to the project.
    pub cwd: Option<Template>,
    /// Environment variables that are set for it.
    pub env: BTreeMap<String, Template>,
    /// What it reads on standard input.
    pub stdin: Option<Template>,
    /// The exit codes that count as success; never empty.
    pub exit_codes: Vec<i32>,
    /// What becomes of its output.
    pub output: Parse,
    /// Whether the terminal is lent to it.
    pub interactive: bool,
    /// How long it may be silent before a warning is shown.
    pub silence: Option<Duration>,
}

impl Command {
    /// The keys of `command`, for a table that holds a command and more.
    pub fn keys() -> &'static [KeySpec] {
        KEYS
    }

    /// Reads the keys of `command`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (run, shell) = read_program(table);
        let cwd = template(table, "cwd");
        inside_project(table, cwd.as_ref());
        let env = read_env(table);
        let stdin = template(table, "stdin");
        let exit_codes = read_exit_codes(table);
        let parse = table.choice("parse");
        let output = match parse.map(|word| word.value) {
            Some("json") => Parse::Json,
            Some("lines") => Parse::Lines,
            Some(_) | None => Parse::Text,
        };
        let silence = table.duration("silence").map(|length| length.value);
        let interactive = read_interactive(table);
        if run.is_none() && shell.is_none() {
            return None;
        }
        Some(Self { run, shell, cwd, env, stdin, exit_codes: exit_codes?, output, interactive, silence })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        self.run
            .iter()
            .flatten()
            .chain(&self.cwd)
            .chain(self.env.values())
            .chain(&self.stdin)
            .flat_map(Template::refs)
            .collect()
    }
}

/// What is run: one of the two, or none when it has a fault.
fn read_program(table: &Table<'_>) -> (Option<Vec<Template>>, Option<Located<String>>) {
    let run = templates(table, "run");
    let shell = table.text("shell");
    let reader = table.reader();
    match (table.key_span("run"), table.key_span("shell")) {
        (Some(first), Some(second)) => {
            let message = format!("{} has both `run` and `shell`", table.what());
            reader.push(
                Diagnostic::error(CONFLICTING_KEYS, message).at(second, "one of the two").related(first, "and here"),
            );
            (None, None)
        }
        (None, None) => {
            let message = format!("{} has neither `run` nor `shell`", table.what());
            reader.push(
                Diagnostic::error(CONFLICTING_KEYS, message)
                    .at(table.span(), "nothing to run")
                    .help("`run = [\"program\", \"argument\"]`"),
            );
            (None, None)
        }
        (Some(_), None) => (run.filter(|run| names_a_program(table, run)), None),
        (None, Some(_)) => {
            let written = |shell: &Located<String>| {
                let written = !shell.value.trim().is_empty();
                if !written {
                    table.invalid(shell.span, "the script is empty", None);
                }
                written
            };
            (None, shell.filter(written))
        }
    }
}

/// Whether the terminal is lent to it; then it reads and writes there and nowhere else.
fn read_interactive(table: &Table<'_>) -> bool {
    let interactive = table.boolean("interactive").unwrap_or(false);
    if let (true, Some(key)) = (interactive, table.key_span("interactive")) {
        for other in ["stdin", "parse", "silence"] {
            if let Some(span) = table.key_span(other) {
                let message = format!("{} is interactive, and has `{other}`", table.what());
                let fault = Diagnostic::error(CONFLICTING_KEYS, message)
                    .at(span, "a program at the terminal reads and writes there")
                    .related(key, "because of this");
                table.reader().push(fault);
            }
        }
    }
    interactive
}

fn names_a_program(table: &Table<'_>, run: &[Template]) -> bool {
    let Some(program) = run.first() else {
        let span = table.entry("run").map_or(table.span(), |entry| entry.node.span);
        table.invalid(span, "`run` is empty", Some("name the program".to_owned()));
        return false;
    };
    let Some(name) = program.literal() else { return true };
    if name.trim().is_empty() {
        table.invalid(program.span(), "the program has no name", None);
        return false;
    }
    if run.len() == 1 && name.trim().contains(' ') {
        let words: Vec<String> = name.split_whitespace().map(|word| format!("{word:?}")).collect();
        table.reader().push(
            Diagnostic::error(INVALID_VALUE, format!("there is no program named `{name}`"))
                .at(program.span(), "each argument is an item of its own")
                .help(format!("`run = [{}]`", words.join(", "))),
        );
        return false;
    }
    true
}

fn read_env(table: &Table<'_>) -> BTreeMap<String, Template> {
    for entry in table.map("env").unwrap_or_default() {
        let name = &entry.key.value;
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let help = "letters, digits and `_`, not a digit first";
            table.invalid(entry.key.span, format!("`{name}` is no name of a variable"), Some(help.to_owned()));
        }
    }
    template_map(table, "env")
}

fn read_exit_codes(table: &Table<'_>) -> Option<Vec<i32>> {
    if !table.has("exit_codes") {
        return Some(vec![0]);
    }
    let items = table.list("exit_codes")?;
    let mut codes = Vec::new();
    for item in items {
        match item.value {
            NodeValue::Integer(code) if (0..=255).contains(&code) => codes.extend(i32::try_from(code)),
            NodeValue::Integer(code) => {
                table.invalid(item.span, format!("{code} is no exit code"), Some("from 0 to 255".to_owned()));
            }
            NodeValue::Text(_)
            | NodeValue::Float(_)
            | NodeValue::Boolean(_)
            | NodeValue::Datetime(_)
            | NodeValue::List(_)
            | NodeValue::Table(_) => table.reader().push(
                Diagnostic::error(WRONG_TYPE, "an exit code is an integer")
                    .at(item.span, format!("this is {}", item.type_name())),
            ),
        }
    }
    if items.is_empty() {
        let span = table.key_span("exit_codes").unwrap_or(table.span());
        table.invalid(span, "no exit code would count as success", None);
    }
    (codes.len() == items.len() && !codes.is_empty()).then_some(codes)
}
