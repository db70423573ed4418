//! botocore's tests of endpoint rules: those of every service, and those of the rules' language.

use std::collections::{BTreeMap, BTreeSet};

use checkride::aws::api::bundle;
use checkride::aws::api::client::resolve;
use checkride::aws::api::endpoint::{AuthScheme, BUILT_INS, Endpoint, EndpointFault, Params, Partitions, RuleSet};
use checkride::aws::{Aws, AwsSettings};
use serde::Deserialize;
use serde_json::Value;

use super::suite::{bytes, folder, json, names};

/// Cases that are left out, each with its reason: `service: documentation`.
const LEFT_OUT: &[(&str, &str)] = &[];

#[derive(Deserialize)]
struct File {
    #[serde(rename = "testCases")]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    documentation: String,
    #[serde(default)]
    params: Params,
    expect: Expect,
    #[serde(default)]
    operation_inputs: Vec<OperationInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperationInput {
    #[serde(default)]
    built_in_params: Params,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Expect {
    Endpoint(ExpectedEndpoint),
    Error(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedEndpoint {
    url: String,
    #[serde(default)]
    properties: ExpectedProperties,
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
}

#[derive(Default, Deserialize)]
struct ExpectedProperties {
    #[serde(default, rename = "authSchemes")]
    auth_schemes: Vec<AuthScheme>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl From<Expect> for Result<Endpoint, EndpointFault> {
    fn from(expect: Expect) -> Self {
        match expect {
            Expect::Error(words) => Err(EndpointFault::Refused(words)),
            Expect::Endpoint(ExpectedEndpoint { url, properties, headers }) => {
                let ExpectedProperties { auth_schemes, others } = properties;
                Ok(Endpoint { url, auth_schemes, headers, properties: others })
            }
        }
    }
}

fn partitions() -> Partitions {
    Partitions::read(bundle::partitions().unwrap().as_bytes()).unwrap()
}

/// What the operation itself says: the parameters that are no built-ins.
fn of_the_operation(rules: &RuleSet, params: &Params) -> Params {
    let own = |name: &String| rules.parameters().get(name).is_some_and(|parameter| parameter.built_in.is_none());
    params.iter().filter(|(name, _)| own(name)).map(|(name, param)| (name.clone(), param.clone())).collect()
}

#[test]
fn every_service_resolves_as_botocore_says() {
    let (root, partitions) = (folder().join("functional/endpoint-rules"), partitions());
    let (mut cases, mut gathered, mut wrong, mut left_out) = (0, 0, Vec::new(), Vec::new());
    let services = names(&root);
    assert!(bundle::services().eq(&services), "each service has tests, and each tested service a model");
    for service in &services {
        let rules = bundle::find(service).unwrap().endpoint_rules().unwrap();
        let rules = RuleSet::read(rules.as_bytes()).unwrap_or_else(|fault| panic!("{service}: {fault}"));
        let file: File = serde_json::from_value(json(&root.join(service).join("endpoint-tests-1.json"))).unwrap();
        for case in file.cases {
            let name = format!("{service}: {}", case.documentation);
            let expected = Result::from(case.expect);
            cases += 1;
            let actual = rules.resolve(&case.params, &partitions);
            if LEFT_OUT.iter().any(|(known, _)| *known == name) {
                assert_ne!(actual, expected, "{name}: passes, and is left out");
                left_out.push(name);
                continue;
            }
            if actual != expected {
                wrong.push(format!("{name}\n  wanted {expected:?}\n  got    {actual:?}"));
            }
            for input in case.operation_inputs {
                gathered += 1;
                let own = of_the_operation(&rules, &case.params);
                let actual = rules.resolve(&rules.gather(&own, &input.built_in_params), &partitions);
                if actual != expected {
                    wrong.push(format!("{name}, by built-ins\n  wanted {expected:?}\n  got    {actual:?}"));
                }
            }
        }
    }
    println!(
        "{cases} cases of {} services, {gathered} of them once more by built-ins, {} left out",
        services.len(),
        left_out.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert_eq!(left_out.len(), LEFT_OUT.len(), "each case that is left out is there");
    assert!(services.len() > 400 && cases > 14_000 && gathered > 600, "the suite is not whole");
}

#[test]
fn the_language_works_as_its_own_tests_say() {
    let (root, partitions) = (folder().join("unit/data/endpoints"), partitions());
    let (mut cases, mut wrong) = (0, Vec::new());
    for name in names(&root.join("valid-rules")) {
        let rules = RuleSet::read(&bytes(&root.join("valid-rules").join(&name)));
        let rules = rules.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let tests = root.join("test-cases").join(&name);
        if !tests.exists() {
            continue;
        }
        for case in serde_json::from_value::<File>(json(&tests)).unwrap().cases {
            cases += 1;
            let (expected, actual) = (Result::from(case.expect), rules.resolve(&case.params, &partitions));
            if actual != expected {
                wrong.push(format!("{name}: {}\n  wanted {expected:?}\n  got    {actual:?}", case.documentation));
            }
        }
    }
    println!("{cases} cases of the rules' language");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 90, "the suite is not whole");
}

/// What the sandbox rests on: with an endpoint of one's own calls go there, but for some inputs of these services. AWS's
/// own tools leave it too.
#[test]
fn what_leads_past_a_custom_endpoint_is_known() {
    const CUSTOM: &str = "http://127.0.0.1:4566";
    let (root, partitions) = (folder().join("functional/endpoint-rules"), partitions());
    let (mut there, mut refused, mut past) = (0, 0, BTreeMap::new());
    for entry in bundle::entries() {
        let rules = RuleSet::read(entry.endpoint_rules().unwrap().as_bytes()).unwrap();
        let file = root.join(entry.name()).join("endpoint-tests-1.json");
        for case in serde_json::from_value::<File>(json(&file)).unwrap().cases {
            let mut params = case.params;
            params.insert("Endpoint".into(), CUSTOM.into());
            match rules.resolve(&params, &partitions) {
                Ok(endpoint) if endpoint.is_at(CUSTOM) => there += 1,
                Ok(_) => *past.entry(entry.name()).or_insert(0) += 1,
                Err(EndpointFault::Refused(_)) => refused += 1,
                Err(fault) => panic!("{}: {}: {fault}", entry.name(), case.documentation),
            }
        }
    }
    println!("{there} cases go to an endpoint of one's own, {refused} are refused, these go past it: {past:?}");
    assert!(there > 5_000, "the suite is not whole");
    assert_eq!(past.into_keys().collect::<Vec<_>>(), ["kinesis", "s3", "s3control", "signin"]);
}

#[test]
fn the_list_of_built_ins_is_whole() {
    let mut found = BTreeSet::new();
    for entry in bundle::entries() {
        let rules = RuleSet::read(entry.endpoint_rules().unwrap().as_bytes()).unwrap();
        found.extend(rules.parameters().values().filter_map(|parameter| parameter.built_in.clone()));
    }
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), BUILT_INS);
}

/// Of all services but one the rules tell where a call goes before it is known what it asks.
#[tokio::test]
async fn where_a_service_is_hangs_on_no_input() {
    let settings = AwsSettings {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        app_name: "checkride-test".into(),
        ..AwsSettings::default()
    };
    let api = Aws::connect(&settings).unwrap().reads().api();
    let mut refused = Vec::new();
    for service in bundle::services() {
        let operations = bundle::find(service).unwrap().operations().unwrap();
        let operation = resolve(&format!("{service}:{}", operations[0])).unwrap();
        match api.endpoint(operation).await {
            Ok(url) => assert!(url.starts_with("https://"), "{service}: {url}"),
            Err(_) => refused.push(service),
        }
    }
    assert_eq!(refused, ["cloudfront-keyvaluestore"]);
    let of = async |call: &str| api.endpoint(resolve(call).unwrap()).await.unwrap();
    assert_eq!(of("dynamodb:ListTables").await, "https://dynamodb.us-east-1.amazonaws.com");
    assert_eq!(of("s3control:GetPublicAccessBlock").await, "https://123456789012.s3-control.us-east-1.amazonaws.com");
    assert_eq!(of("iam:GetRole").await, "https://iam.amazonaws.com");
    assert_eq!(of("s3:GetBucketTagging").await, "https://s3.us-east-1.amazonaws.com");
}
