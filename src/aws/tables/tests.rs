//! An item's JSON and its canonical bytes, by properties.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};

use super::item::{Attribute, Item};
use super::json::ItemFault;
use super::number::Number;
use super::sdk;

fn number() -> impl Strategy<Value = Number> {
    ("-?[1-9][0-9]{0,20}", -40_i64..40).prop_map(|(digits, power)| Number::read(&format!("{digits}E{power}")).unwrap())
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let leaf = prop_oneof![
        ".{0,4}".prop_map(Attribute::Text),
        number().prop_map(Attribute::Number),
        vec(any::<u8>(), 0..4).prop_map(Attribute::Binary),
        any::<bool>().prop_map(Attribute::Bool),
        Just(Attribute::Null),
        btree_set(".{0,3}", 1..4).prop_map(Attribute::Texts),
        btree_set(number(), 1..4).prop_map(Attribute::Numbers),
        btree_set(vec(any::<u8>(), 0..3), 1..4).prop_map(Attribute::Binaries),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Attribute::List),
            btree_map(".{0,2}", inner, 0..3).prop_map(Attribute::Map),
        ]
    })
}

fn item() -> impl Strategy<Value = Item> {
    btree_map("[a-c]{0,2}", attribute(), 0..4).prop_map(Item)
}

/// The same item in another spelling: attributes and sets the other way round, numbers with an exponent.
fn respelled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().rev().map(|(name, value)| (name.clone(), other(name, value))).collect()
        }
        other => other.clone(),
    }
}

fn other(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("N", Value::String(text)) => json!(format!("{text}{}E-2", if text.contains('.') { "" } else { "00" })),
        ("SS" | "BS", Value::Array(members)) => members.iter().rev().cloned().collect(),
        (_, Value::Array(members)) => members.iter().map(respelled).collect(),
        (_, value) => respelled(value),
    }
}

proptest! {
    #[test]
    fn json_gives_the_item_back(item in item()) {
        prop_assert_eq!(Item::from_json(&item.to_json()), Ok(item.clone()));
    }

    #[test]
    fn the_sdk_gives_the_item_back(item in item()) {
        prop_assert_eq!(sdk::item(sdk::request(&item)), Some(item.clone()));
    }

    #[test]
    fn equal_items_have_equal_bytes_and_others_have_others(a in item(), b in item()) {
        prop_assert_eq!(a.canonical() == b.canonical(), a == b);
        prop_assert_eq!(a.canonical(), a.clone().canonical());
    }

    /// What stands beside each other does not run into each other: bytes that begin with another item's are no item's.
    #[test]
    fn no_item_begins_with_another(a in item(), b in item()) {
        prop_assert!(a == b || !a.canonical().starts_with(&b.canonical()));
    }

    #[test]
    fn no_json_makes_it_panic(name in ".{0,4}", kind in "(S|N|B|SS|NS|BS|L|M|NULL|BOOL|x)", text in ".{0,4}") {
        let list = json!([[text]]);
        for value in [json!(text), json!([text]), list, json!({ "a": { "N": text } }), json!(1), json!(null)] {
            let _ = Item::from_json(&json!({ &name: { &kind: value } }));
        }
    }
}

#[test]
fn order_and_spelling_do_not_count() {
    let one = json!({
        "id": { "S": "a" }, "n": { "N": "12.50" }, "tags": { "SS": ["x", "y"] }, "sizes": { "NS": ["1", "20"] },
        "deep": { "M": { "l": { "L": [{ "N": "3" }, { "NULL": true }] }, "b": { "B": "AAE=" } } },
    });
    let item = Item::from_json(&one).unwrap();
    let mut turned = respelled(&one);
    turned["n"] = json!({ "N": "0.125E2" });
    turned["sizes"] = json!({ "NS": ["2e1", "+1.0"] });
    assert_ne!(turned, one);
    let turned = Item::from_json(&turned).unwrap();
    assert_eq!(turned.canonical(), item.canonical());
    assert_eq!(turned.to_json(), item.to_json());
    assert_eq!(item.to_json()["n"], json!({ "N": "12.5" }));
}

#[test]
fn what_looks_alike_is_not_the_same() {
    let bytes = |value: Value| Item::from_json(&json!({ "a": value })).unwrap().canonical();
    let all = [
        json!({ "S": "1" }),
        json!({ "N": "1" }),
        json!({ "B": "MQ==" }),
        json!({ "SS": ["1"] }),
        json!({ "NS": ["1"] }),
        json!({ "BS": ["MQ=="] }),
        json!({ "L": [{ "S": "1" }] }),
        json!({ "L": [{ "S": "1" }, { "S": "" }] }),
        json!({ "M": { "1": { "S": "" } } }),
        json!({ "M": {} }),
        json!({ "L": [] }),
        json!({ "BOOL": true }),
        json!({ "BOOL": false }),
        json!({ "NULL": true }),
        json!({ "S": "" }),
    ];
    let distinct: BTreeSet<Vec<u8>> = all.iter().cloned().map(bytes).collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn what_dynamodb_would_refuse_is_refused_with_its_place() {
    let fault = |value: Value| Item::from_json(&value).unwrap_err().to_string();
    assert_eq!(fault(json!([])), "an item is an object of attributes");
    assert_eq!(fault(json!({ "a": "x" })), "`a` is no object with one type in it, such as {\"S\": \"text\"}");
    assert_eq!(fault(json!({ "a": { "S": "x", "N": "1" } })), fault(json!({ "a": {} })));
    assert_eq!(fault(json!({ "a": { "T": "x" } })), "`a` has the type `T`, which DynamoDB does not have");
    assert_eq!(
        fault(json!({ "a": { "M": { "b": { "L": [{ "S": "" }, { "N": 1 }] } } } })),
        "`a.b[1]` is not what N holds: a number in quotes"
    );
    assert_eq!(fault(json!({ "a": { "N": "1x" } })), "`a` is no number of DynamoDB: it is not written like a number");
    for value in [json!({ "SS": [] }), json!({ "SS": ["a", "a"] }), json!({ "NS": ["1", "1.0"] }), json!({ "BS": "" })]
    {
        assert!(fault(json!({ "a": value })).contains("at least one member, none of them twice"), "{value}");
    }
    for value in [json!({ "B": "*" }), json!({ "NULL": false }), json!({ "BOOL": "true" }), json!({ "M": [] })] {
        assert!(matches!(Item::from_json(&json!({ "a": value })), Err(ItemFault::Value { .. })), "{value}");
    }
    let deep = |levels| (0..levels).fold(json!({ "S": "x" }), |inner, _| json!({ "L": [inner] }));
    assert!(Item::from_json(&json!({ "a": deep(32) })).is_ok());
    assert!(matches!(Item::from_json(&json!({ "a": deep(33) })), Err(ItemFault::Deep { .. })));
}

#[test]
fn what_people_store_is_not_in_debug_output() {
    let secret = Attribute::Map(BTreeMap::from([("password".to_owned(), Attribute::Text("hunter2".to_owned()))]));
    let item = Item::default().with("login", secret);
    assert_eq!(format!("{item:?}"), "Item {\"login\": M}");
}
