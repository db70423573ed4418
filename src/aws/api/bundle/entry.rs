//! One service of the bundle.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::BundleError;
use super::part::Part;

/// A service: its names, and the way to its parts. Copying it copies no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceEntry {
    name: &'static str,
    api_version: &'static str,
    service_id: &'static str,
    endpoint_prefix: &'static str,
    signing_name: &'static str,
    model: Part,
    endpoint_rules: Part,
    paginators: Option<Part>,
    waiters: Option<Part>,
}

impl ServiceEntry {
    /// Reads a line of the index. `None` when it is not of that form.
    pub(super) fn parse(line: &'static str, parts: &'static [u8]) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut field = || fields.next();
        // Outside: whether the field is there. Inside: whether the service has such a part.
        let optional = |place| if place == "-" { Some(None) } else { Part::parse(place, parts).map(Some) };
        let entry = Self {
            name: field()?,
            api_version: field()?,
            service_id: field()?,
            endpoint_prefix: field()?,
            signing_name: field()?,
            model: Part::parse(field()?, parts)?,
            endpoint_rules: Part::parse(field()?, parts)?,
            paginators: optional(field()?)?,
            waiters: optional(field()?)?,
        };
        field().is_none().then_some(entry)
    }

    /// botocore's name, the one that we write: `dynamodb`, `stepfunctions`, `cognito-idp`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The version of the API, a date: `2012-08-10`.
    pub fn api_version(&self) -> &'static str {
        self.api_version
    }

    /// What AWS's SDKs name the service by: `DynamoDB`, `SFN`, `Cognito Identity Provider`.
    pub fn service_id(&self) -> &'static str {
        self.service_id
    }

    /// The first label of the service's host name, before there were endpoint rules: `states`.
    pub fn endpoint_prefix(&self) -> &'static str {
        self.endpoint_prefix
    }

    /// The service's name in a signature, unless the endpoint rules name another: `states`.
    pub fn signing_name(&self) -> &'static str {
        self.signing_name
    }

    /// The model, botocore's `service-2.json`.
    pub fn model(&self) -> Result<String, BundleError> {
        self.unpack("model", self.model)
    }

    /// The endpoint rules, botocore's `endpoint-rule-set-1.json`.
    pub fn endpoint_rules(&self) -> Result<String, BundleError> {
        self.unpack("endpoint rules", self.endpoint_rules)
    }

    /// How to turn pages, botocore's `paginators-1.json`; none where the service has no such file.
    pub fn paginators(&self) -> Result<Option<String>, BundleError> {
        self.paginators.map(|part| self.unpack("paginators", part)).transpose()
    }

    /// What can be waited for, botocore's `waiters-2.json`; none where the service has no such file.
    pub fn waiters(&self) -> Result<Option<String>, BundleError> {
        self.waiters.map(|part| self.unpack("waiters", part)).transpose()
    }

    /// The names of all operations, sorted. It unpacks the model and reads nothing else of it: fast enough for a
    /// completion.
    pub fn operations(&self) -> Result<Vec<String>, BundleError> {
        #[expect(clippy::zero_sized_map_values, reason = "serde reads an object into a map; only its keys are wanted")]
        #[derive(Deserialize)]
        struct Names {
            operations: BTreeMap<String, IgnoredAny>,
        }
        let names: Names = serde_json::from_str(&self.model()?).map_err(|error| BundleError::Damaged {
            service: self.name,
            part: "model",
            reason: error.to_string(),
        })?;
        Ok(names.operations.into_keys().collect())
    }

    fn unpack(&self, name: &'static str, part: Part) -> Result<String, BundleError> {
        part.unpack().map_err(|reason| BundleError::Damaged { service: self.name, part: name, reason })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::ServiceEntry;
    use crate::aws::api::bundle::find;

    #[test]
    fn a_service_knows_its_operations_sorted() {
        let operations = find("dynamodb").unwrap().operations().unwrap();
        assert!(operations.is_sorted());
        assert!(operations.iter().any(|name| name == "DescribeContinuousBackups"));
    }

    #[test]
    fn the_newest_version_of_an_api_is_taken() {
        assert_eq!(find("cloudfront").unwrap().api_version(), "2020-05-31");
        assert_eq!(find("ec2").unwrap().api_version(), "2016-11-15");
    }

    #[test]
    fn what_only_documents_is_gone_and_what_is_called_documentation_is_not() {
        let model = |name| -> Value { serde_json::from_str(&find(name).unwrap().model().unwrap()).unwrap() };
        let glue = model("glue");
        assert!(glue.get("documentation").is_none());
        for shape in glue["shapes"].as_object().unwrap().values() {
            assert!(shape.get("documentation").is_none());
            for member in shape.get("members").into_iter().flat_map(|members| members.as_object().unwrap().values()) {
                assert!(member.get("documentation").is_none());
            }
        }
        // A member whose name is one of the keywords.
        let service = model("bedrock");
        assert!(service["shapes"]["GuardrailRegex"]["members"]["pattern"]["shape"].is_string());
    }

    #[test]
    fn botocores_additions_are_merged() {
        let paginators = find("lambda").unwrap().paginators().unwrap().unwrap();
        assert!(paginators.contains("non_aggregate_keys"), "{paginators}");
    }

    #[test]
    fn a_line_with_too_few_or_too_many_fields_is_none() {
        static PARTS: &[u8] = b"\x03\x00";
        let line = "a\t2020\tA\ta\ta\t0,2,0\t0,2,0\t-\t0,2,0";
        assert!(ServiceEntry::parse(line, PARTS).is_some());
        for line in [
            "a\t2020\tA\ta\ta\t0,2,0\t0,2,0\t-",
            "a\t2020\tA\ta\ta\t0,2,0\t0,2,0\t-\t-\t-",
            "a\t2020\tA\ta\ta\t-\t0,2,0\t-\t-",
            "",
        ] {
            assert_eq!(ServiceEntry::parse(line, PARTS), None, "{line}");
        }
    }
}
