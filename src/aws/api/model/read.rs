//! From the model's text to a service.

use std::collections::HashMap;

use super::raw::{RawMetadata, RawOperation, RawReference, RawService, RawShape};
use super::{
    Bounds, Exception, HttpChecksum, Member, Metadata, Operation, Protocol, Reference, Service, Shape, ShapeId,
    ShapeKind, Structure,
};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelFault {
    /// It is no JSON, or not that of a model.
    #[error("the model cannot be read")]
    Json(#[from] serde_json::Error),
    /// The service speaks nothing that we do.
    #[error("{service} speaks {offered} only, which this version does not")]
    Protocol {
        /// The service's full name.
        service: String,
        /// What it speaks.
        offered: String,
    },
    /// A shape that is not there.
    #[error("the model refers to a shape `{name}` that it does not hold")]
    NoShape {
        /// Its name.
        name: Box<str>,
    },
    /// A shape that cannot be one.
    #[error("the shape `{name}` of the model is broken: {fault}")]
    Shape {
        /// Its name.
        name: Box<str>,
        /// How.
        fault: String,
    },
}

impl Service {
    /// Reads a model: `service-2.json`, with or without documentation.
    pub fn read(text: &[u8]) -> Result<Self, ModelFault> {
        let raw: RawService = serde_json::from_slice(text)?;
        let protocol = Protocol::choose(&raw.metadata)?;
        let (names, raw_shapes): (Vec<_>, Vec<_>) = raw.shapes.0.into_iter().unzip();
        let numbers = Numbers(names.iter().map(|name| &**name).zip(0..).collect());
        let kinds = names.iter().zip(raw_shapes).map(|(name, raw)| numbers.shape(name, raw));
        let kinds: Vec<_> = kinds.collect::<Result<_, _>>()?;
        let operations = raw.operations.0.into_iter().map(|(name, raw)| numbers.operation(name, raw));
        let mut operations: Vec<_> = operations.collect::<Result<_, _>>()?;
        operations.sort_by(|one, other| one.name.cmp(&other.name));
        let shapes = names
            .into_iter()
            .zip(kinds)
            .map(|(name, (kind, traits, bounds))| Shape { name, kind, traits, bounds })
            .collect();
        Ok(Service { metadata: metadata(raw.metadata), protocol, operations, shapes })
    }
}

/// The number of each shape.
struct Numbers<'a>(HashMap<&'a str, u32>);

impl Numbers<'_> {
    fn number(&self, name: &str) -> Result<ShapeId, ModelFault> {
        self.0.get(name).copied().map(ShapeId).ok_or_else(|| ModelFault::NoShape { name: name.into() })
    }

    fn reference(&self, raw: RawReference) -> Result<Reference, ModelFault> {
        Ok(Reference { shape: self.number(&raw.shape)?, traits: raw.traits })
    }

    fn shape(&self, name: &str, raw: RawShape) -> Result<(ShapeKind, super::Traits, Bounds), ModelFault> {
        let broken = |fault: String| ModelFault::Shape { name: name.into(), fault };
        let RawShape { traits, min, max, .. } = raw;
        let part = |part: Option<RawReference>, word: &str| {
            self.reference(part.ok_or_else(|| broken(format!("it has no `{word}`")))?)
        };
        let kind = match &*raw.kind {
            "structure" => {
                let mut members = Vec::with_capacity(raw.members.0.len());
                for (name, reference) in raw.members.0 {
                    let required = raw.required.contains(&name);
                    members.push(Member { name, required, reference: self.reference(reference)? });
                }
                let position = |payload: Box<str>| {
                    let found = members.iter().position(|member| member.name == payload);
                    found.ok_or_else(|| broken(format!("its payload `{payload}` is no member")))
                };
                let payload = raw.payload.map(position).transpose()?;
                let exception = raw.exception.then(|| Exception {
                    status: raw.error.as_ref().and_then(|error| error.http_status_code),
                    code: raw.error.and_then(|error| error.code),
                    throttling: raw.retryable.map(|retryable| retryable.throttling),
                });
                ShapeKind::Structure(Structure {
                    members,
                    payload,
                    union: raw.union,
                    document: raw.document,
                    exception,
                })
            }
            "list" => ShapeKind::List(part(raw.member, "member")?),
            "map" => ShapeKind::Map { key: part(raw.key, "key")?, value: part(raw.value, "value")? },
            "string" | "character" => ShapeKind::Text(raw.choices),
            "integer" | "short" | "byte" => ShapeKind::Integer,
            "long" | "bigInteger" => ShapeKind::Long,
            "float" => ShapeKind::Float,
            "double" | "bigDecimal" => ShapeKind::Double,
            "boolean" => ShapeKind::Boolean,
            "blob" => ShapeKind::Blob,
            "timestamp" => ShapeKind::Timestamp,
            other => return Err(broken(format!("its type is `{other}`"))),
        };
        Ok((kind, traits, Bounds { min, max }))
    }

    fn operation(&self, name: Box<str>, raw: RawOperation) -> Result<Operation, ModelFault> {
        let result_wrapper = raw.output.as_ref().and_then(|output| output.result_wrapper.clone());
        Ok(Operation {
            name,
            method: raw.http.method.unwrap_or_else(|| "POST".into()),
            request_uri: raw.http.request_uri.unwrap_or_else(|| "/".into()),
            response_code: raw.http.response_code,
            input: raw.input.map(|input| self.reference(input)).transpose()?,
            output: raw.output.map(|output| self.reference(output)).transpose()?,
            result_wrapper,
            errors: raw.errors.iter().map(|error| self.number(&error.shape)).collect::<Result<_, _>>()?,
            host_prefix: raw.endpoint.and_then(|endpoint| endpoint.host_prefix),
            auth_type: raw.authtype,
            auth: raw.auth,
            unsigned_payload: raw.unsigned_payload,
            checksum_required: raw.http_checksum_required,
            checksum: raw.http_checksum.map(|checksum| HttpChecksum {
                request_algorithm_member: checksum.request_algorithm_member,
                request_required: checksum.request_checksum_required,
                request_validation_mode_member: checksum.request_validation_mode_member,
                response_algorithms: checksum.response_algorithms,
            }),
            static_context: raw.static_context_params.0.into_iter().map(|(name, raw)| (name, raw.value)).collect(),
            operation_context: raw.operation_context_params.0.into_iter().map(|(name, raw)| (name, raw.path)).collect(),
            deprecated: raw.deprecated.then(|| raw.deprecated_message.unwrap_or_default()),
            idempotent: raw.idempotent,
            readonly: raw.readonly,
        })
    }
}

fn metadata(raw: RawMetadata) -> Metadata {
    let full_name = raw.service_full_name.unwrap_or_else(|| raw.endpoint_prefix.clone());
    Metadata {
        api_version: raw.api_version,
        service_id: raw.service_id.unwrap_or_else(|| raw.endpoint_prefix.clone()),
        endpoint_prefix: raw.endpoint_prefix,
        full_name,
        signature_version: raw.signature_version.unwrap_or_else(|| "v4".into()),
        signing_name: raw.signing_name,
        json_version: raw.json_version,
        target_prefix: raw.target_prefix,
        xml_namespace: raw.xml_namespace.map(Into::into),
        global_endpoint: raw.global_endpoint,
        auth: raw.auth,
        protocols: raw.protocols,
        query_compatible: raw.aws_query_compatible.is_some(),
        checksum_format: raw.checksum_format,
    }
}
