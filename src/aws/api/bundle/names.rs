//! From the name that a person wrote to a service.

use super::entry::ServiceEntry;
use super::error::BundleError;
use super::index::entries;

/// The AWS CLI's own names for services, which no model has. Written as [`normal`] makes them.
const ALIASES: &[(&str, &str)] = &[("configservice", "config"), ("deploy", "codedeploy"), ("s3api", "s3")];

/// The service of this name. In this order: botocore's own name, case apart; then, case, blanks and hyphens apart, the
/// SDKs' name (`DynamoDB`, `Step Functions`), the endpoint prefix and the signing name (`states`, `monitoring`).
///
/// # Errors
/// [`BundleError::UnknownService`], or [`BundleError::AmbiguousService`] where services share a prefix.
pub fn find(name: &str) -> Result<ServiceEntry, BundleError> {
    let all = entries();
    if let Ok(at) = all.binary_search_by(|entry| entry.name().cmp(name)) {
        return Ok(all[at]);
    }
    let wanted = normal(name);
    let wanted = ALIASES.iter().find(|(alias, _)| *alias == wanted).map_or(wanted, |(_, service)| normal(service));
    if let Some(entry) = all.iter().find(|entry| normal(entry.name()) == wanted) {
        return Ok(*entry);
    }
    let called = |entry: &&ServiceEntry| {
        [entry.service_id(), entry.endpoint_prefix(), entry.signing_name()].iter().any(|name| normal(name) == wanted)
    };
    let found: Vec<&ServiceEntry> = all.iter().filter(called).collect();
    match found.as_slice() {
        [] => Err(BundleError::UnknownService { name: name.to_owned() }),
        [entry] => Ok(**entry),
        several => Err(BundleError::AmbiguousService {
            name: name.to_owned(),
            candidates: several.iter().map(|entry| entry.name()).collect(),
        }),
    }
}

fn normal(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::{ALIASES, find, normal};
    use crate::aws::api::bundle::{BundleError, entries};

    fn name(given: &str) -> &'static str {
        find(given).unwrap_or_else(|error| panic!("{error}")).name()
    }

    #[test]
    fn every_service_is_found_by_its_own_name_in_any_case() {
        for entry in entries() {
            assert_eq!(name(entry.name()), entry.name());
            assert_eq!(name(&entry.name().to_uppercase()), entry.name());
        }
    }

    #[test]
    fn a_service_is_found_by_what_people_call_it() {
        for (given, wanted) in [
            ("DynamoDB", "dynamodb"),
            ("Step Functions", "stepfunctions"),
            ("sfn", "stepfunctions"),
            ("states", "stepfunctions"),
            ("monitoring", "cloudwatch"),
            ("CloudWatch", "cloudwatch"),
            ("CloudWatch Logs", "logs"),
            ("EventBridge", "events"),
            ("events", "events"),
            ("Cognito Identity Provider", "cognito-idp"),
            ("cognito_idp", "cognito-idp"),
            ("cognito-identity", "cognito-identity"),
            ("elasticfilesystem", "efs"),
            ("aoss", "opensearchserverless"),
            ("S3 Control", "s3control"),
            ("s3api", "s3"),
            ("configservice", "config"),
            ("Elastic Load Balancing v2", "elbv2"),
            ("rds", "rds"),
        ] {
            assert_eq!(name(given), wanted, "{given}");
        }
    }

    #[test]
    fn a_name_that_services_share_is_refused_with_their_names() {
        let error = find("elasticloadbalancing").unwrap_err();
        let BundleError::AmbiguousService { candidates, .. } = &error else { panic!("{error}") };
        assert_eq!(candidates, &["elb", "elbv2"]);
        assert_eq!(error.to_string(), "`elasticloadbalancing` is the name of several AWS services: elb, elbv2");
    }

    #[test]
    fn a_name_of_nothing_is_unknown() {
        for given in ["", "-", "dynamo", "s4", "../s3", "états"] {
            assert_eq!(find(given), Err(BundleError::UnknownService { name: given.to_owned() }));
        }
    }

    #[test]
    fn an_alias_leads_to_a_service_and_hides_none() {
        for (alias, service) in ALIASES {
            assert_eq!(name(service), *service);
            assert_eq!(normal(alias), *alias);
            assert!(entries().iter().all(|entry| normal(entry.name()) != *alias), "{alias}");
        }
    }
}
