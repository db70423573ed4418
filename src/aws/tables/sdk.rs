//! Items as the SDK has them, both ways.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::Blob;

use super::item::{Attribute, Item};
use super::number::Number;

/// An item as the SDK has it.
pub(super) type SdkItem = HashMap<String, AttributeValue>;

/// An item of an answer. None: it holds a value of a type that is new to this version.
pub(super) fn item(answer: SdkItem) -> Option<Item> {
    answer.into_iter().map(|(name, value)| Some((name, attribute(value)?))).collect::<Option<_>>().map(Item)
}

fn attribute(value: AttributeValue) -> Option<Attribute> {
    Some(match value {
        AttributeValue::S(text) => Attribute::Text(text),
        AttributeValue::N(text) => Attribute::Number(Number::of_answer(text)),
        AttributeValue::B(blob) => Attribute::Binary(blob.into_inner()),
        AttributeValue::Bool(flag) => Attribute::Bool(flag),
        AttributeValue::Null(_) => Attribute::Null,
        AttributeValue::L(values) => Attribute::List(values.into_iter().map(attribute).collect::<Option<_>>()?),
        AttributeValue::M(values) => Attribute::Map(item(values)?.0),
        AttributeValue::Ss(set) => Attribute::Texts(set.into_iter().collect()),
        AttributeValue::Ns(set) => Attribute::Numbers(set.into_iter().map(Number::of_answer).collect()),
        AttributeValue::Bs(set) => Attribute::Binaries(set.into_iter().map(Blob::into_inner).collect()),
        _ => return None,
    })
}

/// An item for a request.
pub(super) fn request(item: &Item) -> SdkItem {
    item.0.iter().map(|(name, value)| (name.clone(), given(value))).collect()
}

/// A value for a request.
pub(super) fn given(value: &Attribute) -> AttributeValue {
    match value {
        Attribute::Text(text) => AttributeValue::S(text.clone()),
        Attribute::Number(number) => AttributeValue::N(number.text().to_owned()),
        Attribute::Binary(bytes) => AttributeValue::B(Blob::new(bytes.clone())),
        Attribute::Bool(flag) => AttributeValue::Bool(*flag),
        Attribute::Null => AttributeValue::Null(true),
        Attribute::List(values) => AttributeValue::L(values.iter().map(given).collect()),
        Attribute::Map(values) => {
            AttributeValue::M(values.iter().map(|(name, value)| (name.clone(), given(value))).collect())
        }
        Attribute::Texts(set) => AttributeValue::Ss(set.iter().cloned().collect()),
        Attribute::Numbers(set) => AttributeValue::Ns(set.iter().map(|number| number.text().to_owned()).collect()),
        Attribute::Binaries(set) => AttributeValue::Bs(set.iter().map(|bytes| Blob::new(bytes.clone())).collect()),
    }
}
