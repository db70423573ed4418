//! A rule set, read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::AuthScheme;
use super::call::{Argument, Condition};
use super::datum::Scope;
use super::fault::{EndpointFault, RuleFault, RuleSetFault};
use super::params::{Parameter, Params};
use super::property::Property;
use super::template::Template;

/// One service's endpoint rules.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleSet {
    parameters: BTreeMap<String, Parameter>,
    pub(super) rules: Vec<Rule>,
}

/// A rule: when its conditions hold, what follows.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawRule")]
pub(super) struct Rule {
    pub(super) conditions: Vec<Condition>,
    pub(super) then: Then,
}

#[derive(Clone, Debug)]
pub(super) enum Then {
    Rules(Vec<Rule>),
    Endpoint(Box<EndpointRule>),
    Refuse(Argument),
}

/// An endpoint with its templates not yet rendered.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EndpointRule {
    pub(super) url: Argument,
    #[serde(default)]
    pub(super) properties: PropertyRules,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Vec<Argument>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PropertyRules {
    #[serde(default, rename = "authSchemes")]
    pub(super) auth_schemes: Vec<SchemeRule>,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Property>,
}

/// An [`AuthScheme`] with its templates not yet rendered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SchemeRule {
    name: String,
    #[serde(default)]
    signing_name: Option<Template>,
    #[serde(default)]
    signing_region: Option<Template>,
    #[serde(default)]
    signing_region_set: Vec<Template>,
    #[serde(default)]
    disable_double_encoding: bool,
}

#[derive(Deserialize)]
struct RawRule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    conditions: Vec<Condition>,
    rules: Option<Vec<Rule>>,
    endpoint: Option<EndpointRule>,
    error: Option<Argument>,
}

impl RuleSet {
    /// Reads `endpoint-rule-set-1.json`. The depth of rules is bounded by the JSON reader, which refuses text that is
    /// nested deeper than 128 levels.
    pub fn read(json: &[u8]) -> Result<Self, RuleSetFault> {
        Ok(serde_json::from_slice(json)?)
    }

    /// The parameters, by name.
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// The values for these rules: what the operation says (by parameter), else what the client says (by built-in:
    /// `AWS::Region`, `SDK::Endpoint`). Values that these rules do not ask for are left out.
    pub fn gather(&self, operation: &Params, built_ins: &Params) -> Params {
        self.parameters
            .iter()
            .filter_map(|(name, parameter)| {
                let built_in = || built_ins.get(parameter.built_in.as_ref()?);
                Some((name.clone(), operation.get(name).or_else(built_in)?.clone()))
            })
            .collect()
    }
}

impl TryFrom<RawRule> for Rule {
    type Error = RuleFault;

    fn try_from(raw: RawRule) -> Result<Self, RuleFault> {
        let then = match raw.kind.as_str() {
            "tree" => raw.rules.map(Then::Rules),
            "endpoint" => raw.endpoint.map(|endpoint| Then::Endpoint(Box::new(endpoint))),
            "error" => raw.error.map(Then::Refuse),
            _ => None,
        };
        let then = then.ok_or(RuleFault::Rule(raw.kind))?;
        Ok(Rule { conditions: raw.conditions, then })
    }
}

impl SchemeRule {
    pub(super) fn render(&self, scope: &Scope<'_>) -> Result<AuthScheme, EndpointFault> {
        let optional = |template: &Option<Template>| template.as_ref().map(|text| text.render(scope)).transpose();
        Ok(AuthScheme {
            name: self.name.clone(),
            signing_name: optional(&self.signing_name)?,
            signing_region: optional(&self.signing_region)?,
            signing_region_set: self
                .signing_region_set
                .iter()
                .map(|text| text.render(scope))
                .collect::<Result<_, _>>()?,
            disable_double_encoding: self.disable_double_encoding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{RuleSet, RuleSetFault};

    fn fault(rules: &str) -> String {
        let json = format!(r#"{{"version":"1.0","parameters":{{}},"rules":[{rules}]}}"#);
        match RuleSet::read(json.as_bytes()) {
            Err(RuleSetFault::Json(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_rule_is_refused() {
        for (rule, words) in [
            (r#"{"type":"tree","conditions":[]}"#, "a rule of type `tree` is not complete"),
            (r#"{"type":"guess","conditions":[],"error":"x"}"#, "a rule of type `guess` is not complete"),
            (r#"{"type":"error","error":"{x"}"#, "`{x` is no template"),
            (r#"{"type":"endpoint","endpoint":{"url":7}}"#, "`7` is no argument"),
        ] {
            assert!(fault(rule).contains(words), "{rule}: {}", fault(rule));
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        let deep = r#"{"type":"tree","rules":["#.repeat(100_000);
        assert!(fault(&deep).contains("recursion limit"));
    }
}
