//! What must not be shown: the values of `NoEcho` parameters, wherever the service repeats them.

use std::collections::BTreeSet;
use std::fmt;

use super::model::MASKED;
use super::reads::TemplateSummary;
use super::template::TemplateText;

/// The `NoEcho` parameters of a change: their names, the values known to us, and the properties made from them.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct NoEcho {
    names: BTreeSet<String>,
    values: BTreeSet<String>,
    properties: BTreeSet<(String, String)>,
}

impl NoEcho {
    /// From what a template declares.
    pub fn of(summary: &TemplateSummary) -> Self {
        let names = summary.parameters.iter().filter(|parameter| parameter.no_echo);
        NoEcho { names: names.map(|parameter| parameter.name.clone()).collect(), ..NoEcho::default() }
    }

    /// Learns which resources take their properties from the parameters. Call it for the new and for the old template.
    #[must_use]
    pub fn with_template(mut self, template: &TemplateText) -> Self {
        // The text knows its own NoEcho parameters: a parameter may have been removed from one template to the other.
        self.names.extend(template.no_echo_parameters());
        for name in &self.names {
            self.properties.extend(template.properties_using(name));
        }
        self
    }

    /// Learns a value, when it is that of a `NoEcho` parameter.
    #[must_use]
    pub fn with_value(mut self, name: &str, value: &str) -> Self {
        if self.names.contains(name) && !value.is_empty() {
            self.values.insert(value.to_owned());
        }
        self
    }

    /// Whether a parameter is never shown.
    pub fn covers(&self, parameter: &str) -> bool {
        self.names.contains(parameter)
    }

    /// Whether a property of a resource is made from such a parameter.
    pub(super) fn covers_property(&self, logical_id: &str, property: &str) -> bool {
        self.properties.iter().any(|(id, name)| id == logical_id && name == property)
    }

    /// Whether a text holds a value that is known to be secret.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value.as_str()))
    }

    /// The value as it may be shown.
    pub(super) fn masked<'a>(&self, parameter: &str, value: &'a str) -> &'a str {
        if self.covers(parameter) { MASKED } else { value }
    }
}

impl fmt::Debug for NoEcho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoEcho").field("names", &self.names).field("values", &self.values.len()).finish_non_exhaustive()
    }
}
