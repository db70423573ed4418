//! `service-2.json` as it lies on the disk. Only the reader sees it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{Flag, Location, TimestampFormat, Traits, XmlNamespace};

/// A JSON object in its own order.
#[derive(Debug)]
pub(super) struct Pairs<T>(pub(super) Vec<(Box<str>, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Pairs(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawService {
    pub(super) metadata: RawMetadata,
    #[serde(default)]
    pub(super) operations: Pairs<RawOperation>,
    #[serde(default)]
    pub(super) shapes: Pairs<RawShape>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawMetadata {
    #[serde(default)]
    pub(super) api_version: Box<str>,
    #[serde(default)]
    pub(super) endpoint_prefix: Box<str>,
    pub(super) protocol: Box<str>,
    #[serde(default)]
    pub(super) protocols: Vec<Box<str>>,
    pub(super) service_id: Option<Box<str>>,
    pub(super) service_full_name: Option<Box<str>>,
    pub(super) signature_version: Option<Box<str>>,
    pub(super) signing_name: Option<Box<str>>,
    pub(super) json_version: Option<Box<str>>,
    pub(super) target_prefix: Option<Box<str>>,
    pub(super) xml_namespace: Option<RawNamespace>,
    pub(super) global_endpoint: Option<Box<str>>,
    #[serde(default)]
    pub(super) auth: Vec<Box<str>>,
    pub(super) aws_query_compatible: Option<Value>,
    pub(super) checksum_format: Option<Box<str>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the model has so many independent traits")]
pub(super) struct RawOperation {
    #[serde(default)]
    pub(super) http: RawHttp,
    pub(super) input: Option<RawReference>,
    pub(super) output: Option<RawReference>,
    #[serde(default)]
    pub(super) errors: Vec<RawReference>,
    pub(super) endpoint: Option<RawEndpoint>,
    pub(super) authtype: Option<Box<str>>,
    #[serde(default)]
    pub(super) auth: Vec<Box<str>>,
    #[serde(default)]
    pub(super) unsigned_payload: bool,
    #[serde(default)]
    pub(super) http_checksum_required: bool,
    pub(super) http_checksum: Option<RawChecksum>,
    #[serde(default)]
    pub(super) static_context_params: Pairs<RawStaticParam>,
    #[serde(default)]
    pub(super) operation_context_params: Pairs<RawPathParam>,
    #[serde(default)]
    pub(super) deprecated: bool,
    pub(super) deprecated_message: Option<Box<str>>,
    #[serde(default)]
    pub(super) idempotent: bool,
    #[serde(default)]
    pub(super) readonly: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawHttp {
    pub(super) method: Option<Box<str>>,
    pub(super) request_uri: Option<Box<str>>,
    pub(super) response_code: Option<u16>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawEndpoint {
    pub(super) host_prefix: Option<Box<str>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawChecksum {
    pub(super) request_algorithm_member: Option<Box<str>>,
    #[serde(default)]
    pub(super) request_checksum_required: bool,
    pub(super) request_validation_mode_member: Option<Box<str>>,
    #[serde(default)]
    pub(super) response_algorithms: Vec<Box<str>>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct RawStaticParam {
    pub(super) value: Value,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct RawPathParam {
    pub(super) path: Box<str>,
}

/// A shape: its kind's own keys, and the traits that it shares with the references to it.
#[derive(Debug, Default)]
pub(super) struct RawShape {
    pub(super) kind: Box<str>,
    pub(super) members: Pairs<RawReference>,
    pub(super) required: Vec<Box<str>>,
    pub(super) payload: Option<Box<str>>,
    pub(super) union: bool,
    pub(super) document: bool,
    pub(super) exception: bool,
    pub(super) error: Option<RawError>,
    pub(super) retryable: Option<RawRetryable>,
    pub(super) member: Option<RawReference>,
    pub(super) key: Option<RawReference>,
    pub(super) value: Option<RawReference>,
    pub(super) choices: Vec<Box<str>>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) traits: Traits,
}

impl RawShape {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "type" => self.kind = map.next_value()?,
            "members" => self.members = map.next_value()?,
            "required" => self.required = map.next_value()?,
            "payload" => self.payload = map.next_value()?,
            "union" => self.union = map.next_value()?,
            "document" => self.document = map.next_value()?,
            "exception" => self.exception = map.next_value()?,
            "error" => self.error = map.next_value()?,
            "retryable" => self.retryable = map.next_value()?,
            "member" => self.member = map.next_value()?,
            "key" => self.key = map.next_value()?,
            "value" => self.value = map.next_value()?,
            "enum" => self.choices = map.next_value()?,
            "min" => self.min = map.next_value()?,
            "max" => self.max = map.next_value()?,
            _ => take_trait(&mut self.traits, key, map)?,
        }
        Ok(())
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawError {
    pub(super) code: Option<Box<str>>,
    pub(super) http_status_code: Option<u16>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct RawRetryable {
    #[serde(default)]
    pub(super) throttling: bool,
}

/// A reference to a shape, by name, with traits of its own.
#[derive(Debug, Default)]
pub(super) struct RawReference {
    pub(super) shape: Box<str>,
    pub(super) result_wrapper: Option<Box<str>>,
    pub(super) traits: Traits,
}

impl RawReference {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "shape" => self.shape = map.next_value()?,
            "resultWrapper" => self.result_wrapper = map.next_value()?,
            _ => take_trait(&mut self.traits, key, map)?,
        }
        Ok(())
    }
}

fn take_trait<'de, A: MapAccess<'de>>(traits: &mut Traits, key: &str, map: &mut A) -> Result<(), A::Error> {
    if let Some(flag) = Flag::named(key) {
        traits.set(flag, map.next_value()?);
        return Ok(());
    }
    match key {
        "location" => traits.location = Location::named(&map.next_value::<Box<str>>()?),
        "locationName" => traits.location_name = map.next_value()?,
        "queryName" => traits.query_name = map.next_value()?,
        "timestampFormat" => traits.timestamp_format = TimestampFormat::named(&map.next_value::<Box<str>>()?),
        "xmlNamespace" => traits.xml_namespace = Some(Box::new(map.next_value::<RawNamespace>()?.into())),
        "contextParam" => traits.context_param = map.next_value::<RawContextParam>()?.name,
        _ => drop(map.next_value::<IgnoredAny>()?),
    }
    Ok(())
}

/// `serde(flatten)` would copy every value first: for the largest model that is most of the time.
macro_rules! by_key {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Keys;

                impl<'de> Visitor<'de> for Keys {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut read = Self::Value::default();
                        while let Some(key) = map.next_key::<&str>()? {
                            read.take(key, &mut map)?;
                        }
                        Ok(read)
                    }
                }

                deserializer.deserialize_map(Keys)
            }
        }
    };
}

by_key!(RawShape);
by_key!(RawReference);

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum RawNamespace {
    Uri(Box<str>),
    Full { uri: Box<str>, prefix: Option<Box<str>> },
}

impl From<RawNamespace> for XmlNamespace {
    fn from(raw: RawNamespace) -> Self {
        match raw {
            RawNamespace::Uri(uri) => XmlNamespace { uri, prefix: None },
            RawNamespace::Full { uri, prefix } => XmlNamespace { uri, prefix },
        }
    }
}

#[derive(Debug, serde::Deserialize)]
struct RawContextParam {
    name: Option<Box<str>>,
}
