//! The table, as it is embedded.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::aws::api::client::Operation;
use crate::source::reader::to_json;
use crate::step::inverse::way::Way;

/// The files, one a service, by botocore's name of it.
static FILES: &[(&str, &str)] = &[
    ("cloudwatch", include_str!("ways/cloudwatch.toml")),
    ("cognito-idp", include_str!("ways/cognito-idp.toml")),
    ("dynamodb", include_str!("ways/dynamodb.toml")),
    ("kms", include_str!("ways/kms.toml")),
    ("lambda", include_str!("ways/lambda.toml")),
    ("logs", include_str!("ways/logs.toml")),
    ("rds", include_str!("ways/rds.toml")),
    ("s3", include_str!("ways/s3.toml")),
    ("secretsmanager", include_str!("ways/secretsmanager.toml")),
    ("sns", include_str!("ways/sns.toml")),
    ("sqs", include_str!("ways/sqs.toml")),
    ("wafv2", include_str!("ways/wafv2.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    way: Vec<Way>,
}

/// The rows of one file. It is read when one of them is asked for.
fn rows(at: usize) -> &'static [Way] {
    static READ: [OnceLock<Vec<Way>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    READ[at].get_or_init(|| {
        let (service, text) = FILES[at];
        let json = to_json(text, service).expect("a test reads each file of the table");
        let file: File = serde_json::from_value(json).expect("a test reads each file of the table");
        let named = file.way.into_iter().map(|way| Way { service: service.to_owned(), ..way });
        named.collect()
    })
}

/// The row of an operation, if there is one.
pub fn way_of(operation: Operation) -> Option<&'static Way> {
    let at = FILES.iter().position(|(service, _)| *service == operation.service_name())?;
    rows(at).iter().find(|way| way.calls.iter().any(|call| call == operation.name()))
}

/// Every row, service by service.
pub fn ways() -> impl Iterator<Item = &'static Way> {
    (0..FILES.len()).flat_map(rows)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Map, Value, json};

    use super::{FILES, way_of, ways};
    use crate::aws::api::PathPart;
    use crate::aws::api::client::{Operation, resolve};
    use crate::aws::api::jmespath::Expression;
    use crate::aws::api::model::ShapeRef;
    use crate::aws::api::protocol::sensitive;
    use crate::aws::api::validate::{Fault, FaultKind, Given, validate};
    use crate::step::inverse::tree::{Tree, filled};
    use crate::step::inverse::way::{Call, Way};

    #[test]
    fn each_file_is_embedded_and_each_operation_stands_once() {
        assert!(FILES.is_sorted_by(|a, b| a.0 < b.0));
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/step/inverse/ways");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
        let mut seen = BTreeSet::new();
        for way in ways() {
            for call in &way.calls {
                let operation = resolve(&format!("{}:{call}", way.service)).unwrap();
                assert_eq!((operation.name(), operation.service_name()), (call.as_str(), way.service.as_str()));
                assert!(operation.read().is_none(), "{call} changes nothing");
                assert!(seen.insert(operation.call()), "{call} stands twice");
                assert_eq!(way_of(operation), Some(way));
            }
        }
        assert!(seen.len() >= 55, "{}", seen.len());
    }

    /// Every name of a member in a shape, at whatever depth.
    fn members(shape: ShapeRef<'_>, depth: usize, names: &mut BTreeSet<String>) {
        if depth == 0 {
            return;
        }
        for member in shape.members() {
            names.insert(member.name.to_string());
            members(shape.follow(&member.reference), depth - 1, names);
        }
        let within = shape.item().or_else(|| shape.entry().map(|(_, value)| value));
        if let Some(item) = within {
            members(item, depth - 1, names);
        }
    }

    /// The names in a path, without what is text.
    fn names(path: &str) -> Vec<String> {
        Expression::read(path).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        let (mut plain, mut quote) = (String::new(), None);
        for c in path.chars() {
            match (c, quote) {
                ('\'' | '"' | '`', None) => quote = Some(c),
                (c, Some(end)) if c == end => quote = None,
                (_, Some(_)) => {}
                (c, None) => plain.push(if c.is_ascii_alphanumeric() { c } else { ' ' }),
            }
        }
        plain
            .split_whitespace()
            .filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    }

    fn input(operation: Operation) -> ShapeRef<'static> {
        operation.service().input(operation.model()).unwrap()
    }

    #[test]
    fn what_is_read_stands_in_the_answer() {
        for way in ways() {
            let read = way.reads();
            let why = read.call();
            assert!(read.read().is_some(), "{why} reads");
            let mut known = BTreeSet::new();
            members(read.service().output(read.model()).unwrap(), 6, &mut known);
            let put = input(way.operation(&way.put_calls()[0].name));
            let own: Vec<String> = way.take.clone();
            let paths = way.fields.values().flat_map(Tree::paths).chain(way.ready.clone());
            let paths = paths.chain(way.setting.iter().map(|path| filled(path, &Value::Null)));
            let all = paths.flat_map(|path| names(&path)).chain(own);
            let missing: Vec<String> = all.filter(|name| !known.contains(name) && name != "null").collect();
            assert!(missing.is_empty(), "{why} does not tell {missing:?}");
            for name in &way.keys {
                let of_one = way.calls.iter().all(|call| input(way.operation(call)).member(name).is_some());
                assert!(of_one, "{name} is a parameter of {:?}", way.calls);
            }
            // What is put as it was read is a parameter.
            let put_call = &way.put_calls()[0];
            for name in way.field_names().iter().filter(|_| !put_call.bare) {
                assert!(put.member(name).is_some(), "{name} is a parameter of {}", put_call.name);
            }
            let given = way.ignore.iter().chain(way.unset.keys()).chain(&way.secret).chain(way.together.keys());
            for name in given.filter(|_| !put_call.bare) {
                assert!(put.member(name).is_some(), "{name} is a parameter of {}", put_call.name);
            }
        }
    }

    /// A value for each parameter that a call needs.
    fn anything(way: &Way, call: &Call) -> Vec<Fault> {
        let operation = way.operation(&call.name);
        let with: Map<String, Value> = way.keys.iter().map(|key| (key.clone(), json!("x"))).collect();
        let scope = json!({ "with": with, "before": {}, "missing": [] });
        let fields = way.field_names().into_iter().map(|name| (name, json!("x"))).collect();
        let made = way.input_of(call, &fields, &scope);
        let mut given: Vec<(&str, Given<'_>)> = made.keys().map(|name| (name.as_str(), Given::Unknown)).collect();
        let names = call.with.keys().filter(|name| !made.contains_key(*name));
        given.extend(names.map(|name| (name.as_str(), Given::Unknown)));
        validate(operation.service(), operation.model(), &Given::Map(given))
    }

    #[test]
    fn every_call_has_the_parameters_that_it_needs() {
        for way in ways() {
            let all = way.put_calls().into_iter().chain(way.create.clone());
            let removes = way.remove.iter().map(|call| Call { bare: true, ..call.clone() });
            for call in all.chain([way.read.clone()]).chain(removes) {
                let read = call.name == way.read.name;
                let call = if read { Call { bare: true, ..call } } else { call };
                let faults = anything(way, &call);
                assert!(faults.is_empty(), "{}:{}: {faults:?}", way.service, call.name);
            }
            for error in &way.absent {
                assert!(!error.is_empty());
            }
            assert_eq!(way.remove.is_empty(), way.is_always(), "{:?}: what can be absent can be taken away", way.calls);
        }
    }

    #[test]
    fn what_unsets_a_field_fits_its_model() {
        for way in ways() {
            let put = way.operation(&way.put_calls()[0].name);
            let given = way.unset.iter().map(|(name, value)| (name.as_str(), Given::from(value))).collect();
            let faults = validate(put.service(), put.model(), &Given::Map(given));
            let faults: Vec<_> =
                faults.into_iter().filter(|fault| !matches!(fault.kind, FaultKind::Missing { .. })).collect();
            assert!(faults.is_empty(), "{:?}: {faults:?}", way.calls);
        }
    }

    /// A value of a shape, with something at every place.
    fn sample(shape: ShapeRef<'_>, depth: usize) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(item) = shape.item() {
            return json!([sample(item, depth - 1)]);
        }
        if let Some((_, value)) = shape.entry() {
            return json!({ "a": sample(value, depth - 1) });
        }
        if shape.structure().is_none() {
            return json!("x");
        }
        let members = shape.members().iter();
        let of = |reference| sample(shape.follow(reference), depth - 1);
        Value::Object(members.map(|member| (member.name.to_string(), of(&member.reference))).collect())
    }

    /// What the model calls secret is a field that no record holds, or is known to be none.
    #[test]
    fn what_the_service_calls_secret_is_named() {
        for way in ways() {
            let fields = way.field_names();
            let mut open: BTreeSet<String> = BTreeSet::new();
            for call in &way.calls {
                let shape = input(way.operation(call));
                for it in sensitive(shape, &sample(shape, 8)) {
                    let names: Vec<&String> = it
                        .path
                        .0
                        .iter()
                        .filter_map(|part| match part {
                            PathPart::Name(name) => Some(name),
                            PathPart::Index(_) => None,
                        })
                        .collect();
                    let is_of_setting = way.sets.is_empty() && fields.contains(names[0]);
                    if is_of_setting && !way.secret.contains(names[0]) {
                        open.insert(names[names.len() - 1].clone());
                    }
                }
            }
            assert_eq!(open, way.open.iter().cloned().collect(), "{:?}", way.calls);
        }
    }
}
