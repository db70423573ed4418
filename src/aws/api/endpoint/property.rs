//! Properties of an endpoint, other than the ways to sign: any JSON, with templates in its strings.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::datum::Scope;
use super::fault::{EndpointFault, RuleFault};
use super::template::Template;

/// A value whose strings are templates.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Property {
    Text(Template),
    List(Vec<Property>),
    Object(Vec<(String, Property)>),
    Literal(Value),
}

// The recursion here and below is bounded by the JSON reader, which refuses text that is nested deeper than 128 levels.
impl TryFrom<Value> for Property {
    type Error = RuleFault;

    fn try_from(value: Value) -> Result<Self, RuleFault> {
        Ok(match value {
            Value::String(text) => Property::Text(text.try_into()?),
            Value::Array(items) => Property::List(items.into_iter().map(Property::try_from).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let member = |(name, value)| Ok((name, Property::try_from(value)?));
                Property::Object(members.into_iter().map(member).collect::<Result<_, _>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Property::Literal(value),
        })
    }
}

impl Property {
    pub(super) fn render(&self, scope: &Scope<'_>) -> Result<Value, EndpointFault> {
        Ok(match self {
            Property::Text(template) => Value::String(template.render(scope)?),
            Property::List(items) => {
                Value::Array(items.iter().map(|item| item.render(scope)).collect::<Result<_, _>>()?)
            }
            Property::Object(members) => {
                let member = |(name, property): &(String, Property)| Ok((name.clone(), property.render(scope)?));
                Value::Object(members.iter().map(member).collect::<Result<Map<_, _>, EndpointFault>>()?)
            }
            Property::Literal(value) => value.clone(),
        })
    }
}
