//! Asking the rules.

use std::collections::BTreeMap;

use super::answer::Endpoint;
use super::call::{Argument, Call, Condition};
use super::datum::{Datum, Scope};
use super::fault::EndpointFault;
use super::functions::{is_valid_host_label, is_virtual_hostable_bucket, parse_arn, parse_url, substring, uri_encode};
use super::params::Params;
use super::partition::Partitions;
use super::rules::{EndpointRule, Rule, RuleSet, Then};

/// One question to a rule set.
struct Asked<'r> {
    partitions: &'r Partitions,
    scope: Scope<'r>,
}

impl RuleSet {
    /// The endpoint for these parameters. Parameters that the rules do not know are passed over.
    pub fn resolve(&self, params: &Params, partitions: &Partitions) -> Result<Endpoint, EndpointFault> {
        let mut scope = Scope::default();
        for (name, parameter) in self.parameters() {
            match params.get(name).or(parameter.default.as_ref()) {
                Some(param) if param.kind() != parameter.kind => {
                    return Err(EndpointFault::Kind { name: name.clone(), wanted: parameter.kind });
                }
                Some(param) => scope.set(name, param.into()),
                None if parameter.required => return Err(EndpointFault::Missing(name.clone())),
                None => {}
            }
        }
        Asked { partitions, scope }.first(&self.rules)?.ok_or(EndpointFault::NoRule)
    }
}

impl<'r> Asked<'r> {
    /// What the first rule that fits leads to. `None`: none fits.
    fn first(&mut self, rules: &'r [Rule]) -> Result<Option<Endpoint>, EndpointFault> {
        for rule in rules {
            let mark = self.scope.mark();
            let found = if self.hold(&rule.conditions)? { self.follow(&rule.then)? } else { None };
            self.scope.back_to(mark);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn follow(&mut self, then: &'r Then) -> Result<Option<Endpoint>, EndpointFault> {
        match then {
            Then::Rules(rules) => self.first(rules),
            Then::Endpoint(rule) => self.endpoint(rule).map(Some),
            Then::Refuse(words) => Err(EndpointFault::Refused(self.text(words, "an error")?)),
        }
    }

    fn endpoint(&self, rule: &EndpointRule) -> Result<Endpoint, EndpointFault> {
        let mut headers = BTreeMap::new();
        for (name, values) in &rule.headers {
            let values = values.iter().map(|value| self.text(value, name)).collect::<Result<_, _>>()?;
            headers.insert(name.clone(), values);
        }
        let mut properties = BTreeMap::new();
        for (name, property) in &rule.properties.others {
            properties.insert(name.clone(), property.render(&self.scope)?);
        }
        let schemes = &rule.properties.auth_schemes;
        Ok(Endpoint {
            url: self.text(&rule.url, "a url")?,
            auth_schemes: schemes.iter().map(|scheme| scheme.render(&self.scope)).collect::<Result<_, _>>()?,
            headers,
            properties,
        })
    }

    /// Whether all conditions hold; the names that they give stay in scope.
    fn hold(&mut self, conditions: &'r [Condition]) -> Result<bool, EndpointFault> {
        for condition in conditions {
            match self.call(&condition.call)? {
                None | Some(Datum::Flag(false)) => return Ok(false),
                Some(datum) => {
                    if let Some(name) = &condition.assign {
                        self.scope.set(name, datum);
                    }
                }
            }
        }
        Ok(true)
    }

    /// The value of a call. A text that is not set gives nothing (or false), except where two values are compared.
    fn call(&self, call: &Call) -> Result<Option<Datum>, EndpointFault> {
        let function = call.function();
        let text = |argument| self.optional_text(argument, function);
        let flag = |flag: bool| Some(Datum::Flag(flag));
        Ok(match call {
            Call::IsSet(argument) => flag(self.value(argument)?.is_some()),
            Call::Not(argument) => flag(matches!(self.value(argument)?, None | Some(Datum::Flag(false)))),
            Call::GetAttr(argument, path) => self.value(argument)?.and_then(|datum| datum.at(path).cloned()),
            Call::StringEquals(left, right) => flag(self.text(left, function)? == self.text(right, function)?),
            Call::BooleanEquals(left, right) => flag(self.flag(left, function)? == self.flag(right, function)?),
            Call::Substring { text: of, start, stop, reverse } => {
                text(of)?.and_then(|text| substring(&text, *start, *stop, *reverse)).map(Datum::Text)
            }
            Call::UriEncode(argument) => text(argument)?.map(|text| Datum::Text(uri_encode(&text))),
            Call::ParseUrl(argument) => text(argument)?.and_then(|text| parse_url(&text)),
            Call::ParseArn(argument) => text(argument)?.and_then(|text| parse_arn(&text)),
            Call::Partition(argument) => text(argument)?.map(|region| self.partitions.of(&region).into()),
            Call::IsValidHostLabel { text: of, subdomains } => {
                flag(text(of)?.is_some_and(|text| is_valid_host_label(&text, *subdomains)))
            }
            Call::IsVirtualHostableBucket { text: of, subdomains } => {
                flag(text(of)?.is_some_and(|text| is_virtual_hostable_bucket(&text, *subdomains)))
            }
        })
    }

    fn value(&self, argument: &Argument) -> Result<Option<Datum>, EndpointFault> {
        match argument {
            Argument::Text(template) => template.render(&self.scope).map(|text| Some(Datum::Text(text))),
            Argument::Flag(flag) => Ok(Some(Datum::Flag(*flag))),
            Argument::Name(name) => Ok(self.scope.get(name).cloned()),
            Argument::Call(call) => self.call(call),
        }
    }

    fn optional_text(&self, argument: &Argument, place: &str) -> Result<Option<String>, EndpointFault> {
        match self.value(argument)? {
            None => Ok(None),
            Some(Datum::Text(text)) => Ok(Some(text)),
            Some(Datum::Flag(_) | Datum::List(_) | Datum::Record(_)) => {
                Err(EndpointFault::Types(format!("a text in {place}")))
            }
        }
    }

    fn text(&self, argument: &Argument, place: &str) -> Result<String, EndpointFault> {
        self.optional_text(argument, place)?.ok_or_else(|| EndpointFault::Types(format!("a text in {place}")))
    }

    fn flag(&self, argument: &Argument, place: &str) -> Result<bool, EndpointFault> {
        match self.value(argument)? {
            Some(Datum::Flag(flag)) => Ok(flag),
            Some(Datum::Text(_) | Datum::List(_) | Datum::Record(_)) | None => {
                Err(EndpointFault::Types(format!("a boolean in {place}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Endpoint, EndpointFault, Partitions, RuleSet};
    use crate::aws::api::endpoint::{Param, ParamKind, Params};

    fn ask(rules: &Value, params: &[(&str, Param)]) -> Result<Endpoint, EndpointFault> {
        let text = |kind: &str, required: bool| json!({"type": kind, "required": required});
        let set = json!({"version": "1.0", "rules": rules, "parameters": {
            "Region": text("string", true), "Bucket": text("String", false), "Names": text("stringArray", false),
            "Flag": {"type": "boolean", "default": false, "builtIn": "AWS::UseFIPS"}}});
        let partitions = json!({"partitions": [{"id": "aws", "regionRegex": "^us-", "outputs": {
            "name": "aws", "dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws", "supportsFIPS": true,
            "supportsDualStack": true, "implicitGlobalRegion": "us-east-1"}}]});
        let params: Params = params.iter().map(|(name, param)| ((*name).to_owned(), param.clone())).collect();
        let partitions = Partitions::read(partitions.to_string().as_bytes()).unwrap();
        RuleSet::read(set.to_string().as_bytes()).unwrap().resolve(&params, &partitions)
    }

    fn region() -> (&'static str, Param) {
        ("Region", "us-east-1".into())
    }

    #[test]
    fn parameters_are_held_against_the_rules() {
        let any = json!([{"type": "endpoint", "endpoint": {"url": "https://{Region}"}}]);
        let wrong = |name: &str, wanted| Err(EndpointFault::Kind { name: name.into(), wanted });
        assert_eq!(ask(&any, &[]), Err(EndpointFault::Missing("Region".into())));
        assert_eq!(ask(&any, &[("Region", true.into())]), wrong("Region", ParamKind::Text));
        assert_eq!(ask(&any, &[region(), ("Flag", "true".into())]), wrong("Flag", ParamKind::Bool));
        assert_eq!(ask(&any, &[region(), ("Names", "a".into())]), wrong("Names", ParamKind::List));
        assert_eq!(ask(&any, &[region(), ("Other", "a".into())]).unwrap().url, "https://us-east-1");
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_names_end_with_it() {
        let is_set = |name: &str| json!({"fn": "isSet", "argv": [{"ref": name}]});
        let end = |name: &str| json!({"fn": "substring", "argv": [{"ref": "Bucket"}, 0, 2, true], "assign": name});
        let rules = json!([
            {"type": "tree", "conditions": [end("end")], "rules": [
                {"type": "error", "conditions": [{"fn": "stringEquals", "argv": [{"ref": "end"}, "no"]}], "error": "{Bucket} ends in {end}"}]},
            {"type": "error", "conditions": [is_set("end")], "error": "the name outlived its rule"},
            {"type": "endpoint", "conditions": [end("end"), is_set("Names")], "endpoint": {"url": {"ref": "end"}}},
        ]);
        let bucket = |name: &str| ("Bucket", Param::from(name));
        assert_eq!(ask(&rules, &[region(), bucket("casino")]), Err(EndpointFault::Refused("casino ends in no".into())));
        let names = ("Names", Param::List(vec!["a".into()]));
        assert_eq!(ask(&rules, &[region(), bucket("abc"), names]).unwrap().url, "bc");
        assert_eq!(ask(&rules, &[region(), bucket("abc")]), Err(EndpointFault::NoRule));
        assert_eq!(ask(&rules, &[region()]), Err(EndpointFault::NoRule));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_a_fault_of_the_rules() {
        for condition in [
            json!({"fn": "stringEquals", "argv": [{"ref": "Bucket"}, "a"]}),
            json!({"fn": "booleanEquals", "argv": [{"ref": "Region"}, true]}),
            json!({"fn": "uriEncode", "argv": [{"ref": "Flag"}]}),
            json!({"fn": "stringEquals", "argv": ["{Bucket}", "a"]}),
        ] {
            let rules = json!([{"type": "error", "conditions": [condition], "error": "never"}]);
            assert!(matches!(ask(&rules, &[region()]), Err(EndpointFault::Types(_))), "{condition}");
        }
    }
}
