//! What the names in a template stand for, as far as a stack tells: parameters, pseudo parameters, resources.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::model::{MASKED, StackDescription, StackResource};
use super::template::TemplateText;

/// Deeper than any value that names a place.
const MAX_DEPTH: usize = 10;

/// The values of names.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Names(BTreeMap<String, String>);

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of parameters may be secret.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Names {
    /// The names of a stack's template.
    pub fn of(stack: &StackDescription, resources: &[StackResource]) -> Self {
        let mut names = BTreeMap::new();
        let resources = resources.iter().filter_map(|one| Some((one.logical_id.clone(), one.physical_id.clone()?)));
        names.extend(resources);
        for one in &stack.parameters {
            names.insert(one.name.clone(), one.resolved.clone().unwrap_or_else(|| one.value.clone()));
        }
        let mut names = Self(names);
        names.pseudo(&stack.name, &stack.id);
        names
    }

    /// The names of a template before there is a stack of it: `id` is the ARN that it will have, without the service's own
    /// part at its end.
    pub fn to_be(stack: &str, id: &str, parameters: &BTreeMap<String, String>) -> Self {
        let mut names = Self::default();
        names.pseudo(stack, id);
        names.with(parameters)
    }

    /// The pseudo parameters of a stack.
    fn pseudo(&mut self, name: &str, id: &str) {
        let mut pseudo = |name: &str, value: &str| self.0.insert(format!("AWS::{name}"), value.to_owned());
        pseudo("StackName", name);
        pseudo("StackId", id);
        // arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/…
        let parts: Vec<&str> = id.splitn(6, ':').collect();
        if let [_, partition, _, region, account, _] = parts.as_slice() {
            pseudo("Partition", partition);
            pseudo("Region", region);
            pseudo("AccountId", account);
            pseudo("URLSuffix", if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" });
        }
    }

    /// The same, with other values of parameters.
    #[must_use]
    pub fn with(mut self, parameters: &BTreeMap<String, String>) -> Self {
        self.0.extend(parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// The text that a value of a template comes to.
    ///
    /// # Errors
    /// Why that cannot be told, in words.
    pub(super) fn text(&self, value: &Value, template: &TemplateText) -> Result<String, String> {
        self.grown(value, template, 0)
    }

    fn grown(&self, value: &Value, template: &TemplateText, depth: usize) -> Result<String, String> {
        if depth > MAX_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        let (function, given) = match value {
            Value::String(text) if text.contains("{{resolve:") => {
                return Err("it hangs on a dynamic reference".to_owned());
            }
            Value::String(text) => return Ok(text.clone()),
            Value::Bool(_) | Value::Number(_) => return Ok(value.to_string()),
            Value::Object(members) if members.len() == 1 => members.iter().next().expect("it has one member"),
            Value::Null | Value::Array(_) | Value::Object(_) => return Err("it is no text".to_owned()),
        };
        let of = |value: &Value| self.grown(value, template, depth + 1);
        match (function.as_str(), given) {
            ("Ref", Value::String(name)) => self.named(name),
            ("Fn::Sub", Value::String(text)) => self.filled(text, &BTreeMap::new()),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(own)] => {
                    let own = own.iter().map(|(name, value)| Ok((name.clone(), of(value)?)));
                    self.filled(text, &own.collect::<Result<_, String>>()?)
                }
                _ => Err("its `Fn::Sub` is not understood".to_owned()),
            },
            ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(between), Value::Array(items)] => {
                    Ok(items.iter().map(of).collect::<Result<Vec<_>, _>>()?.join(between))
                }
                _ => Err("its `Fn::Join` is not understood".to_owned()),
            },
            ("Fn::FindInMap", Value::Array(keys)) => {
                let keys = keys.iter().map(of).collect::<Result<Vec<_>, _>>()?;
                let [map, first, second] = keys.as_slice() else {
                    return Err("its `Fn::FindInMap` is not understood".to_owned());
                };
                match template.mapped([map, first, second]) {
                    Some(value) => of(value),
                    None => Err(format!("the mapping {map} has no {first}, {second}")),
                }
            }
            (function, _) => Err(format!("it hangs on `{function}`")),
        }
    }

    fn named(&self, name: &str) -> Result<String, String> {
        match self.0.get(name) {
            Some(value) if value == MASKED => Err(format!("it hangs on {name}, which is NoEcho")),
            Some(value) => Ok(value.clone()),
            None => Err(format!("it hangs on {name}")),
        }
    }

    /// A text with each `${NAME}` in it filled in; `${!NAME}` stands for `${NAME}`.
    fn filled(&self, text: &str, own: &BTreeMap<String, String>) -> Result<String, String> {
        let mut parts = text.split("${");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or("its `Fn::Sub` is not understood")?;
            match name.strip_prefix('!') {
                Some(literal) => filled.extend(["${", literal, "}"]),
                None => filled.push_str(&own.get(name).cloned().map_or_else(|| self.named(name), Ok)?),
            }
            filled.push_str(rest);
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{MAX_DEPTH, Names, TemplateText};

    fn text(value: &Value) -> Result<String, String> {
        let pairs = [("Stage", "prod"), ("AWS::Region", "eu-west-1"), ("Token", "****"), ("Code", "bucket-1")];
        let names = Names(BTreeMap::from(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))));
        let mapping = TemplateText::new(r#"{"Mappings":{"By":{"prod":{"Bucket":{"Ref":"Code"}}}}}"#);
        names.text(value, &mapping)
    }

    #[test]
    fn a_value_is_put_together() {
        let well = |value: &Value| text(value).unwrap();
        assert_eq!(well(&json!({ "Ref": "Stage" })), "prod");
        assert_eq!(well(&json!({ "Fn::Sub": "a-${Stage}-${AWS::Region}-${!Stage}" })), "a-prod-eu-west-1-${Stage}");
        assert_eq!(well(&json!({ "Fn::Sub": ["${X}/${Stage}", { "X": { "Ref": "Code" } }] })), "bucket-1/prod");
        assert_eq!(well(&json!({ "Fn::Join": ["-", ["a", { "Ref": "Stage" }, 1]] })), "a-prod-1");
        assert_eq!(well(&json!({ "Fn::FindInMap": ["By", { "Ref": "Stage" }, "Bucket"] })), "bucket-1");
    }

    #[test]
    fn what_cannot_be_told_says_why() {
        let ill = |value: &Value| text(value).unwrap_err();
        assert_eq!(ill(&json!({ "Ref": "Nobody" })), "it hangs on Nobody");
        assert_eq!(ill(&json!({ "Fn::Sub": "${Token}" })), "it hangs on Token, which is NoEcho");
        assert_eq!(ill(&json!({ "Fn::If": ["A", "b", "c"] })), "it hangs on `Fn::If`");
        assert_eq!(ill(&json!("{{resolve:ssm:/code}}")), "it hangs on a dynamic reference");
        assert_eq!(ill(&json!({ "Fn::Sub": "${" })), "its `Fn::Sub` is not understood");
        let mut deep = json!("x");
        for _ in 0..=MAX_DEPTH {
            deep = json!({ "Fn::Join": ["", [deep]] });
        }
        assert_eq!(ill(&deep), "it is nested too deeply");
    }
}
