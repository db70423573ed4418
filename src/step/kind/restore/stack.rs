//! `restore` of a stack: a stack as it is on record, or stands, in a clean stack beside it.

use std::collections::BTreeMap;

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::STACK_REDEPLOYED;
use crate::step::kind::restore::from_word;
use crate::step::kind::stack::{check_capabilities, check_name};
use crate::value::{RefAt, Template, ValueTemplate, template, value_map};

/// Where the stack's template and parameters come from.
#[derive(Clone, Debug, PartialEq)]
pub enum StackFrom {
    /// What a run has on record: this one, or the last that has the stack.
    Evidence(Option<Template>),
    /// The stack as it stands.
    Live,
}

/// Redeploys a stack into a clean one.
#[derive(Clone, Debug, PartialEq)]
pub struct StackRedeploy {
    /// The stack.
    pub stack: Template,
    /// The name of the clean one; none: made of the stack's and the run's.
    pub name: Option<Template>,
    /// Where template and parameters come from.
    pub from: StackFrom,
    /// Parameters that are not as they were, by name.
    pub parameters: BTreeMap<String, ValueTemplate>,
    /// Capabilities that are acknowledged beside those that were.
    pub capabilities: Vec<String>,
    /// The bucket for a large template.
    pub upload_bucket: Option<Template>,
}

impl StackRedeploy {
    /// Reads the keys of a step that redeploys a stack.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let fault = |key: &str, message: String, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(STACK_REDEPLOYED, message).at(span, "").help(help.to_owned()));
        };
        let (stack, name) = (template(table, "stack"), template(table, "as"));
        for one in stack.iter().chain(&name) {
            check_name(table, one);
        }
        if let (Some(stack), Some(name)) = (stack.as_ref().and_then(Template::literal), name.as_ref())
            && name.literal() == Some(stack)
        {
            fault("as", format!("the clean stack is `{stack}` itself"), "give it another name, or leave `as` out");
        }
        let run = template(table, "run");
        let live = from_word(table, "stack", &["evidence", "live"]) == Some("live");
        if live && run.is_some() {
            fault(
                "run",
                "a stack as it stands is of no run".to_owned(),
                "leave `run` out, or say `from = \"evidence\"`",
            );
        }
        let parameters = value_map(table, "parameters");
        for entry in table.map("parameters").unwrap_or_default() {
            if let Some(ValueTemplate::Map(_)) = parameters.get(&entry.key.value) {
                let message = format!("parameter `{}` is text, a number, a boolean or a list", entry.key.value);
                table.reader().push(Diagnostic::error(STACK_REDEPLOYED, message).at(entry.node.span, "a table"));
            }
        }
        let capabilities = check_capabilities(table);
        let upload_bucket = template(table, "upload_bucket");
        let from = if live { StackFrom::Live } else { StackFrom::Evidence(run) };
        Some(Self { stack: stack?, name, from, parameters, capabilities, upload_bucket })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let run = match &self.from {
            StackFrom::Evidence(run) => run.as_ref(),
            StackFrom::Live => None,
        };
        let plain = std::iter::once(&self.stack).chain(&self.name).chain(run).chain(&self.upload_bucket);
        plain.flat_map(Template::refs).chain(self.parameters.values().flat_map(ValueTemplate::refs)).collect()
    }
}
