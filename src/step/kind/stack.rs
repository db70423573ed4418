//! `stack`: `CloudFormation` through a change set.

use std::collections::BTreeMap;

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, PATH_ESCAPES, WRONG_TYPE, escapes_project, suggest};
use crate::value::{RefAt, Template, ValueTemplate, template, template_map, templates, value_map};

/// The keys of `stack`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("stack", KeyType::Template, "The name of the stack."),
    KeySpec::optional(
        "template",
        KeyType::Template,
        "",
        "The template's file, relative to the project. This or `change_set`.",
    ),
    KeySpec::optional(
        "change_set",
        KeyType::Template,
        "",
        "The name or ARN of a change set that an earlier step made. This or `template`.",
    ),
    KeySpec::optional(
        "parameters",
        KeyType::Map(&KeyType::Any),
        "",
        "Parameters. One that is not named keeps its value on an update, and takes its default on a create.",
    ),
    KeySpec::optional(
        "capabilities",
        KeyType::List(&KeyType::Choice(CAPABILITIES)),
        "[]",
        "What the template may do beyond ordinary resources.",
    ),
    KeySpec::optional(
        "stack_tags",
        KeyType::Map(&KeyType::Template),
        "",
        "Tags of the stack and its resources (`tags` are the step's own words).",
    ),
    KeySpec::optional("role_arn", KeyType::Template, "", "The role that CloudFormation uses."),
    KeySpec::optional(
        "notification_arns",
        KeyType::List(&KeyType::Template),
        "[]",
        "Topics that get the stack's events.",
    ),
    KeySpec::optional("upload_bucket", KeyType::Template, "", "The bucket for a template of more than 51,200 bytes."),
    KeySpec::optional(
        "on_stack_failure",
        KeyType::Choice(&["rollback", "do-nothing", "delete"]),
        "rollback",
        "What CloudFormation does with a stack whose creation fails.",
    ),
    KeySpec::optional(
        "disable_rollback",
        KeyType::Boolean,
        "false",
        "Whether resources that were changed before a failure stay as they are.",
    ),
];

/// The capabilities that `CloudFormation` knows.
pub(super) const CAPABILITIES: &[&str] = &["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/// What `CloudFormation` does with a stack whose creation fails.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnStackFailure {
    /// It removes what was created and keeps the stack as a shell.
    #[default]
    Rollback,
    /// It leaves everything as it is.
    DoNothing,
    /// It removes the stack.
    Delete,
}

/// Creates or updates a stack through a change set that is shown and confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The stack's name.
    pub stack: Template,
    /// The template's file, relative to the project. This or `change_set`, never both.
    pub template: Option<Template>,
    /// A change set that exists: its name or ARN.
    pub change_set: Option<Template>,
    /// Parameters by name.
    pub parameters: BTreeMap<String, ValueTemplate>,
    /// Capabilities that are acknowledged.
    pub capabilities: Vec<String>,
    /// Tags by key.
    pub tags: BTreeMap<String, Template>,
    /// The role that `CloudFormation` uses.
    pub role_arn: Option<Template>,
    /// Topics that get the stack's events.
    pub notification_arns: Vec<Template>,
    /// The bucket for a large template.
    pub upload_bucket: Option<Template>,
    /// What happens when the creation fails.
    pub on_stack_failure: OnStackFailure,
    /// Whether a failed change is left as it is.
    pub disable_rollback: bool,
}

impl Stack {
    /// Reads the keys of `stack`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let stack = template(table, "stack");
        if let Some(stack) = &stack {
            check_name(table, stack);
        }
        let source = read_source(table);
        let parameters = value_map(table, "parameters");
        for entry in table.map("parameters").unwrap_or_default() {
            if let Some(ValueTemplate::Map(_)) = parameters.get(&entry.key.value) {
                let message = format!("parameter `{}` is text, a number, a boolean or a list", entry.key.value);
                table.reader().push(Diagnostic::error(WRONG_TYPE, message).at(entry.node.span, "this is a table"));
            }
        }
        let capabilities = check_capabilities(table);
        let on_stack_failure = match table.choice("on_stack_failure").map(|word| word.value) {
            Some("do-nothing") => OnStackFailure::DoNothing,
            Some("delete") => OnStackFailure::Delete,
            Some(_) | None => OnStackFailure::Rollback,
        };
        let tags = template_map(table, "stack_tags");
        let role_arn = template(table, "role_arn");
        let notification_arns = templates(table, "notification_arns").unwrap_or_default();
        let upload_bucket = template(table, "upload_bucket");
        let disable_rollback = table.boolean("disable_rollback").unwrap_or(false);
        let (template, change_set) = source?;
        Some(Self {
            stack: stack?,
            template,
            change_set,
            parameters,
            capabilities,
            tags,
            role_arn,
            notification_arns,
            upload_bucket,
            on_stack_failure,
            disable_rollback,
        })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let plain = std::iter::once(&self.stack).chain(&self.template).chain(&self.change_set);
        let plain = plain.chain(self.tags.values()).chain(&self.role_arn);
        let plain = plain.chain(&self.notification_arns).chain(&self.upload_bucket);
        plain.flat_map(Template::refs).chain(self.parameters.values().flat_map(ValueTemplate::refs)).collect()
    }
}

/// The capabilities that a step acknowledges, each of them one that there is.
pub(super) fn check_capabilities(table: &Table<'_>) -> Vec<String> {
    let capabilities = table.texts("capabilities").unwrap_or_default();
    for capability in &capabilities {
        if !CAPABILITIES.contains(&capability.value.as_str()) {
            let help = suggest::help(&capability.value, CAPABILITIES.iter().copied());
            table.invalid(capability.span, format!("there is no capability `{}`", capability.value), help);
        }
    }
    capabilities.into_iter().map(|capability| capability.value).collect()
}

/// Where the change comes from: `template` or `change_set`.
fn read_source(table: &Table<'_>) -> Option<(Option<Template>, Option<Template>)> {
    let file = template(table, "template");
    let change_set = template(table, "change_set");
    inside_project(table, file.as_ref());
    let reader = table.reader();
    match (table.key_span("template"), table.key_span("change_set")) {
        (Some(first), Some(second)) => {
            let message = format!("{} has both `template` and `change_set`", table.what());
            let fault = Diagnostic::error(CONFLICTING_KEYS, message);
            reader.push(fault.at(second, "one of the two").related(first, "and here"));
            None
        }
        (None, None) => {
            let message = format!("{} has neither `template` nor `change_set`", table.what());
            reader.push(
                Diagnostic::error(CONFLICTING_KEYS, message)
                    .at(table.span(), "no change to make")
                    .help("`template = \"templates/stack.yaml\"`"),
            );
            None
        }
        (Some(_), None) => file.map(|file| (Some(file), None)),
        (None, Some(second)) => {
            for key in ["parameters", "stack_tags", "upload_bucket", "capabilities", "role_arn", "notification_arns"] {
                if let Some(span) = table.key_span(key) {
                    let message = format!("`{key}` is settled by the change set that exists");
                    let fault = Diagnostic::error(CONFLICTING_KEYS, message);
                    reader
                        .push(fault.at(span, "give it to the step that makes the change set").related(second, "here"));
                }
            }
            change_set.map(|change_set| (None, Some(change_set)))
        }
    }
}

/// A stack's name: a letter, then letters, digits and hyphens, 128 at most.
/// Source: `StackName` of `CreateChangeSet` in the `CloudFormation` API reference.
pub(super) fn check_name(table: &Table<'_>, stack: &Template) {
    let Some(name) = stack.literal() else { return };
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !(first && rest && name.len() <= 128) {
        let help = "a letter, then letters, digits and `-`, 128 at most";
        table.invalid(stack.span(), format!("`{name}` is no name of a stack"), Some(help.to_owned()));
    }
}

/// Refuses a path that is written out and leads out of the project. One with `${…}` is checked when it is known.
pub(super) fn inside_project(table: &Table<'_>, path: Option<&Template>) {
    let Some((path, text)) = path.and_then(|path| Some((path, path.literal()?))) else { return };
    if text.is_empty() {
        table.invalid(path.span(), "the path is empty", None);
    } else if let Some(why) = escapes_project(text) {
        table.reader().push(
            Diagnostic::error(PATH_ESCAPES, format!("the path `{text}` {why}"))
                .at(path.span(), "")
                .help("paths are relative to the project, and stay in it"),
        );
    }
}
