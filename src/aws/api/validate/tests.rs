//! Inputs with faults, inputs that are half known, and the shape of outputs.

use serde_json::{Value, json};

use super::{Fault, FaultKind, Given, OutputType, output_type, validate};
use crate::aws::api::PathPart;
use crate::aws::api::model::Service;

fn service() -> Service {
    let model = json!({
        "metadata": { "protocol": "rest-json", "apiVersion": "2020-01-01", "endpointPrefix": "x", "serviceId": "IAM" },
        "operations": {
            "Do": { "http": { "method": "GET", "requestUri": "/{Id}" }, "input": { "shape": "In" }, "output": { "shape": "Out" } },
            "Nothing": { "http": { "method": "GET", "requestUri": "/" } },
        },
        "shapes": {
            "In": {
                "type": "structure", "required": ["Name", "Token"],
                "members": {
                    "Id": { "shape": "Text", "location": "uri", "locationName": "Id" },
                    "Name": { "shape": "Name" }, "Token": { "shape": "Text", "idempotencyToken": true },
                    "State": { "shape": "State" }, "Count": { "shape": "Count" }, "When": { "shape": "Time" },
                    "Data": { "shape": "Blob" }, "Rate": { "shape": "Double" }, "Yes": { "shape": "Boolean" },
                    "Filters": { "shape": "Filters" }, "Choice": { "shape": "Choice" }, "Any": { "shape": "Any" },
                    "Tags": { "shape": "Tags" }, "Again": { "shape": "In" },
                },
            },
            "Text": { "type": "string" }, "Name": { "type": "string", "min": 3, "max": 5 },
            "State": { "type": "string", "enum": ["ENABLED", "DISABLED"] },
            "Count": { "type": "integer", "min": 1, "max": 10 }, "Time": { "type": "timestamp" },
            "Blob": { "type": "blob" }, "Double": { "type": "double" }, "Boolean": { "type": "boolean" },
            "Filters": { "type": "list", "member": { "shape": "Filter" }, "max": 2 },
            "Filter": { "type": "structure", "required": ["Key"], "members": { "Key": { "shape": "Text" }, "Values": { "shape": "Texts" } } },
            "Texts": { "type": "list", "member": { "shape": "Text" } },
            "Tags": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Count" } },
            "Choice": { "type": "structure", "union": true, "members": { "A": { "shape": "Text" }, "B": { "shape": "Text" } } },
            "Any": { "type": "structure", "document": true, "members": {} },
            "Out": {
                "type": "structure",
                "members": {
                    "Role": { "shape": "Role" }, "Roles": { "shape": "Roles" }, "Counts": { "shape": "Tags" },
                    "Any": { "shape": "Any" }, "When": { "shape": "Time" }, "Data": { "shape": "Blob" },
                },
            },
            "Roles": { "type": "list", "member": { "shape": "Role" } },
            "Role": {
                "type": "structure",
                "members": {
                    "Parent": { "shape": "Role" }, "Name": { "shape": "Text" }, "Policy": { "shape": "policyDocumentType" },
                    "Rate": { "shape": "Double" }, "Yes": { "shape": "Boolean" },
                },
            },
            "policyDocumentType": { "type": "string" },
        },
    });
    Service::read(model.to_string().as_bytes()).unwrap()
}

fn faults(given: &Given<'_>) -> Vec<Fault> {
    let service = service();
    validate(&service, service.operation("Do").unwrap(), given)
}

/// The faults of an input that is fine but for some members.
fn with(members: &Value) -> Vec<String> {
    let mut input = json!({ "Id": "i", "Name": "name" });
    input.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    faults(&Given::from(&input)).iter().map(|fault| format!("{}: {}", fault.path, fault.kind)).collect()
}

#[test]
fn an_input_without_faults_has_none() {
    let none: [&str; 0] = [];
    assert_eq!(with(&json!({})), none);
    let all = json!({
        "State": "ENABLED", "Count": 10, "When": "2015-01-01", "Data": "YQ==", "Rate": 1, "Yes": true,
        "Filters": [{ "Key": "k", "Values": ["a", null] }], "Choice": { "A": "a", "B": null }, "Any": [1, { "x": null }],
        "Tags": { "a": 1 }, "Token": "mine",
    });
    assert_eq!(with(&all), none);
    assert_eq!(with(&json!({ "When": 0, "Rate": "NaN", "Count": 3.0 })), none);
}

#[test]
fn every_fault_is_found_with_its_place() {
    let input = json!({
        "Nmae": "x", "State": "ON", "Count": 1.5, "When": "soon", "Data": "*", "Rate": "fast", "Yes": "true",
        "Filters": [{ "Values": "a" }, { "Key": 1 }, 2], "Choice": { "A": "a", "B": "b" }, "Tags": { "a": 0 },
    });
    assert_eq!(
        with(&input),
        [
            "Nmae: no such parameter",
            "State: none of the words that the service's model knows",
            "Count: expected a whole number, found a number with a fraction",
            "When: expected a time as ISO 8601, or in seconds since 1970",
            "Data: expected base64",
            "Rate: expected a number, found text",
            "Yes: expected a boolean, found text",
            "Filters: more than 2, which is the most that the model allows",
            "Filters[0].Values: expected a list, found text",
            "Filters[0]: `Key` is missing",
            "Filters[1].Key: expected text, found a number",
            "Filters[2]: expected a map, found a number",
            "Choice: takes exactly one of its parameters, and has 2",
            "Tags.a: less than 1, which is the least that the model allows",
        ]
    );
}

#[test]
fn what_is_missing_is_named_and_a_token_is_not() {
    let missing: Vec<_> = faults(&Given::Map(Vec::new())).into_iter().map(|fault| fault.kind).collect();
    let of = |name: &str| FaultKind::Missing { name: name.to_owned() };
    assert_eq!(missing, [of("Id"), of("Name")], "a label is needed, whatever the model requires");
    assert_eq!(with(&json!({ "Name": null })), [": `Name` is missing"]);
    assert_eq!(with(&json!({ "Id": "" })), ["Id: a part of the address, and empty"]);
}

#[test]
fn a_misspelt_name_comes_with_the_names_that_there_are() {
    let input = json!({ "Id": "i", "Name": "name", "Choice": { "C": 1 } });
    let found = faults(&Given::from(&input));
    assert_eq!(found[0].kind, FaultKind::Unknown { known: vec!["A".to_owned(), "B".to_owned()] });
}

#[test]
fn a_model_may_be_older_than_its_service() {
    let input = json!({ "Id": "i", "Name": "longer", "State": "PAUSED", "Count": 11 });
    assert!(faults(&Given::from(&input)).iter().all(Fault::is_warning));
    let input = json!({ "Id": "i", "Name": "n" });
    assert!(!faults(&Given::from(&input))[0].is_warning());
}

#[test]
fn what_is_not_known_yet_has_no_fault() {
    let half = Given::Map(vec![
        ("Id", Given::Unknown),
        ("Name", Given::SomeText),
        ("State", Given::SomeText),
        ("When", Given::SomeText),
        ("Data", Given::SomeText),
        ("Count", Given::Unknown),
        ("Filters", Given::List(vec![Given::Unknown, Given::Map(vec![("Key", Given::SomeText)])])),
        ("Choice", Given::Unknown),
    ]);
    assert_eq!(faults(&half), []);
    assert_eq!(faults(&Given::Unknown), []);
    let half = Given::Map(vec![("Id", Given::SomeText), ("Name", Given::Unknown), ("Count", Given::SomeText)]);
    let found = faults(&half);
    assert_eq!(found.len(), 1, "text is no number, whatever it says");
    assert_eq!(found[0].kind, FaultKind::WrongType { expected: "a whole number", found: "text" });
}

#[test]
fn an_operation_without_input_takes_nothing() {
    let service = service();
    let check = |input: &Value| validate(&service, service.operation("Nothing").unwrap(), &Given::from(input)).len();
    assert_eq!((check(&json!({})), check(&json!({ "A": 1 })), check(&json!("x"))), (0, 1, 1));
}

#[test]
fn depth_is_bounded_and_a_document_may_be_anything() {
    let mut deep = Given::Null;
    let mut document = Given::Null;
    for _ in 0..500 {
        deep = Given::Map(vec![("Again", deep)]);
        document = Given::List(vec![document]);
    }
    let found = faults(&deep);
    assert_eq!(found.iter().filter(|fault| fault.kind == FaultKind::TooDeep).count(), 1);
    assert!(found.iter().all(|fault| fault.path.0.len() <= 128));
    assert_eq!(faults(&Given::Map(vec![("Id", Given::SomeText), ("Name", Given::SomeText), ("Any", document)])), []);
}

#[test]
fn an_output_is_walked_by_name_and_index() {
    let service = service();
    let output = output_type(&service, service.operation("Do").unwrap());
    let walk = |path: &str| {
        let part = |part: &str| part.parse().map_or_else(|_| PathPart::Name(part.to_owned()), PathPart::Index);
        let parts: Vec<PathPart> = path.split('.').map(part).collect();
        output.walk(&parts)
    };
    assert!(matches!(walk("Role.Parent.Parent.Name"), Ok(OutputType::Text)));
    assert!(matches!(walk("Roles.0.Yes"), Ok(OutputType::Bool)));
    assert!(matches!(walk("Roles.0.Rate"), Ok(OutputType::Float)));
    assert!(matches!(walk("Counts.anything"), Ok(OutputType::Int)));
    assert!(matches!(walk("When"), Ok(OutputType::Time)));
    assert!(matches!(walk("Data"), Ok(OutputType::Bytes)));
    assert!(matches!(walk("Any.a.0.b"), Ok(OutputType::Any)));
    assert!(matches!(walk("Role.Policy.Statement.0"), Ok(OutputType::Any)), "IAM's policies are shown as JSON");
    assert!(matches!(walk("Roles"), Ok(OutputType::List(_))));
    assert!(matches!(walk("Counts"), Ok(OutputType::Map(_))));
    assert_eq!(walk("Role.Nmae").err(), Some(1));
    assert_eq!(walk("Roles.Name").err(), Some(1), "a list has no names");
    assert_eq!(walk("Role.Name.0").err(), Some(2));
    assert_eq!(output.names(), ["Role", "Roles", "Counts", "Any", "When", "Data"]);
    let nothing = output_type(&service, service.operation("Nothing").unwrap());
    assert!(matches!(nothing, OutputType::Nothing) && nothing.member("x").is_none() && nothing.item().is_none());
}
