//! Which value each parameter of a template gets, and from where.

use std::collections::BTreeMap;
use std::fmt;

use super::model::{MASKED, StackParameter};
use super::readiness::StackRefusal;
use super::reads::TemplateParameter;

/// A parameter with its value's source.
#[derive(Clone, Eq, PartialEq)]
pub struct ParameterChoice {
    /// The name.
    pub name: String,
    /// Where the value comes from.
    pub source: ParameterSource,
    /// Whether the value is never shown.
    pub no_echo: bool,
}

/// Where a parameter's value comes from.
#[derive(Clone, Eq, PartialEq)]
pub enum ParameterSource {
    /// The step gives it.
    Given(String),
    /// The stack has it; shown as far as the service shows it.
    Previous(String),
    /// The template's default; absent for a `NoEcho` parameter.
    Default(Option<String>),
}

/// Chooses: the step's value, else (on an update) the stack's previous one, else the template's default.
///
/// # Errors
/// [`StackRefusal::ParametersUnknown`] and [`StackRefusal::ParametersMissing`], each with all names at once.
pub fn choose_parameters(
    declared: &[TemplateParameter],
    given: &BTreeMap<String, String>,
    previous: &[StackParameter],
) -> Result<Vec<ParameterChoice>, StackRefusal> {
    let unknown: Vec<String> =
        given.keys().filter(|name| !declared.iter().any(|one| one.name == **name)).cloned().collect();
    if !unknown.is_empty() {
        let declared = declared.iter().map(|parameter| parameter.name.clone()).collect();
        return Err(StackRefusal::ParametersUnknown { names: unknown, declared });
    }
    let mut choices = Vec::new();
    let mut missing = Vec::new();
    for parameter in declared {
        let source = if let Some(value) = given.get(&parameter.name) {
            ParameterSource::Given(value.clone())
        } else if let Some(before) = previous.iter().find(|before| before.name == parameter.name) {
            ParameterSource::Previous(if parameter.no_echo { MASKED.to_owned() } else { before.value.clone() })
        } else if parameter.has_default {
            ParameterSource::Default(parameter.default.clone())
        } else {
            missing.push(parameter.name.clone());
            continue;
        };
        choices.push(ParameterChoice { name: parameter.name.clone(), source, no_echo: parameter.no_echo });
    }
    if missing.is_empty() { Ok(choices) } else { Err(StackRefusal::ParametersMissing { names: missing }) }
}

impl ParameterChoice {
    /// The choice for people: `Stage = prod`, `Size = 10 (previous value)`, `Password = **** (default)`.
    pub fn line(&self) -> String {
        let (value, source) = match &self.source {
            ParameterSource::Given(value) => (Some(value), ""),
            ParameterSource::Previous(value) => (Some(value), " (previous value)"),
            ParameterSource::Default(value) => (value.as_ref(), " (default)"),
        };
        let value = if self.no_echo { MASKED } else { value.map_or("", String::as_str) };
        format!("{} = {value}{source}", self.name)
    }
}

impl fmt::Debug for ParameterChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ParameterChoice").field(&self.line()).finish()
    }
}

impl fmt::Debug for ParameterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may be that of a `NoEcho` parameter; this type does not know.
        f.write_str(match self {
            ParameterSource::Given(_) => "Given",
            ParameterSource::Previous(_) => "Previous",
            ParameterSource::Default(_) => "Default",
        })
    }
}
