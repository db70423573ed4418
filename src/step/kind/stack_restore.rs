//! `stack-restore`: a stack as it was before the run.

use std::collections::BTreeMap;

use crate::id::StepId;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::Stack;
use crate::value::{RefAt, Template, template, template_map, templates};

/// The keys of `stack-restore`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional(
        "parameters",
        KeyType::Map(&KeyType::Template),
        "",
        "The values that parameters had before, where they are on no record: those declared NoEcho. From secret inputs.",
    ),
    KeySpec::optional(
        "upload_bucket",
        KeyType::Template,
        "",
        "The bucket for a captured template of more than 51,200 bytes; that of the step that is undone, if it names one.",
    ),
    KeySpec::optional(
        "skip_resources",
        KeyType::List(&KeyType::Template),
        "[]",
        "Resources that may be left out when the rollback of an update fails at them; each time a person types their yes.",
    ),
];

/// Puts the stack that a `stack` step changed back as it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackRestore {
    /// Values that no record holds, by parameter.
    pub parameters: BTreeMap<String, Template>,
    /// The bucket for a large template.
    pub upload_bucket: Option<Template>,
    /// Resources that may be left out, by logical id (`NESTED.ID` in a nested stack).
    pub skip_resources: Vec<Template>,
    /// The step that is undone, once the runbook is whole.
    pub undone: Option<(StepId, Box<Stack>)>,
}

impl StackRestore {
    /// Reads the keys of `stack-restore`.
    pub fn read(table: &Table<'_>) -> Self {
        Self {
            parameters: template_map(table, "parameters"),
            upload_bucket: template(table, "upload_bucket"),
            skip_resources: templates(table, "skip_resources").unwrap_or_default(),
            undone: None,
        }
    }

    /// The bucket for a large template: its own, or that of the step that is undone.
    pub fn bucket(&self) -> Option<&Template> {
        self.upload_bucket.as_ref().or(self.undone.as_ref()?.1.upload_bucket.as_ref())
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let plain = self.upload_bucket.iter().chain(&self.skip_resources);
        plain.chain(self.parameters.values()).flat_map(Template::refs).collect()
    }
}
