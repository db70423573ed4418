//! A service and its operations.

use serde_json::Value;

use super::{Protocol, Reference, Shape, ShapeId, ShapeRef, XmlNamespace};

/// A service, as its model describes it.
#[derive(Debug)]
pub struct Service {
    /// Names and versions.
    pub metadata: Metadata,
    /// The wire format that we speak to it in: the first of its own list that we know. Another of its list may be set.
    pub protocol: Protocol,
    /// Its operations, by name in the order of names.
    pub operations: Vec<Operation>,
    pub(super) shapes: Vec<Shape>,
}

impl Service {
    /// An operation by its name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        let at = self.operations.binary_search_by(|operation| (*operation.name).cmp(name)).ok()?;
        self.operations.get(at)
    }

    /// The shape of an operation's input; none when it takes nothing.
    pub fn input<'a>(&'a self, operation: &'a Operation) -> Option<ShapeRef<'a>> {
        operation.input.as_ref().map(|reference| ShapeRef::new(self, reference))
    }

    /// The shape of an operation's output; none when it gives nothing.
    pub fn output<'a>(&'a self, operation: &'a Operation) -> Option<ShapeRef<'a>> {
        operation.output.as_ref().map(|reference| ShapeRef::new(self, reference))
    }

    /// The shape of an error by its code: first among those that the operation names, then among all of the service.
    pub fn error<'a>(&'a self, operation: &'a Operation, code: &str) -> Option<ShapeRef<'a>> {
        let is = |shape: &Shape| {
            let exception = shape.kind.structure().and_then(|structure| structure.exception.as_ref());
            exception.is_some_and(|exception| exception.code.as_deref() == Some(code) || &*shape.name == code)
        };
        let named = operation.errors.iter().copied().find(|id| is(self.shape(*id)));
        let any = || {
            let position = self.shapes.iter().position(is)?;
            Some(ShapeId(u32::try_from(position).expect("shapes are numbered in 32 bits")))
        };
        named.or_else(any).map(|id| ShapeRef::plain(self, id))
    }

    /// The number of shapes.
    pub fn shape_count(&self) -> usize {
        self.shapes.len()
    }

    pub(super) fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0 as usize]
    }
}

/// What a model says of its service.
#[derive(Debug)]
pub struct Metadata {
    /// `2016-11-15`.
    pub api_version: Box<str>,
    /// `ec2`: also the signing name where none is given.
    pub endpoint_prefix: Box<str>,
    /// `EC2`.
    pub service_id: Box<str>,
    /// `Amazon Elastic Compute Cloud`.
    pub full_name: Box<str>,
    /// `v4`, `s3v4` …
    pub signature_version: Box<str>,
    /// The name to sign for, where it is not the endpoint prefix.
    pub signing_name: Option<Box<str>>,
    /// `1.0` or `1.1`, in the `json` protocol.
    pub json_version: Option<Box<str>>,
    /// What goes before the operation in `X-Amz-Target`.
    pub target_prefix: Option<Box<str>>,
    /// The XML namespace of everything that is sent.
    pub xml_namespace: Option<XmlNamespace>,
    /// The host of a service that has no regions.
    pub global_endpoint: Option<Box<str>>,
    /// The ways to sign, best first.
    pub auth: Vec<Box<str>>,
    /// The wire formats that it speaks, by their names in the models, best first. Empty in old models.
    pub protocols: Vec<Box<str>>,
    /// It once spoke `query`, and tells its old error codes.
    pub query_compatible: bool,
    /// `sha256`: the body's tree hash is sent, too (Glacier).
    pub checksum_format: Option<Box<str>>,
}

impl Metadata {
    /// The name that requests are signed for.
    pub fn signing_name(&self) -> &str {
        self.signing_name.as_deref().unwrap_or(&self.endpoint_prefix)
    }
}

/// An operation.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the model has so many independent traits")]
pub struct Operation {
    /// `DescribeInstances`.
    pub name: Box<str>,
    /// The HTTP method.
    pub method: Box<str>,
    /// The path and the query, with labels: `/{Bucket}/{Key+}?versioning`.
    pub request_uri: Box<str>,
    /// The status of success, where the model names one.
    pub response_code: Option<u16>,
    pub(super) input: Option<Reference>,
    pub(super) output: Option<Reference>,
    /// The element around the output, in the `query` protocol.
    pub result_wrapper: Option<Box<str>>,
    pub(super) errors: Vec<ShapeId>,
    /// What goes before the host, with labels: `{AccountId}.`.
    pub host_prefix: Option<Box<str>>,
    /// `none`, `v4-unsigned-body` …: how it is signed, where that is not as its service is.
    pub auth_type: Option<Box<str>>,
    /// The ways to sign, best first, where they are not those of the service.
    pub auth: Vec<Box<str>>,
    /// The body is not covered by the signature.
    pub unsigned_payload: bool,
    /// A checksum of the body must be sent.
    pub checksum_required: bool,
    /// The checksums that it takes and gives.
    pub checksum: Option<HttpChecksum>,
    /// Parameters of the endpoint rules with fixed values.
    pub static_context: Vec<(Box<str>, Value)>,
    /// Parameters of the endpoint rules that are found in the input by a `JMESPath` expression.
    pub operation_context: Vec<(Box<str>, Box<str>)>,
    /// No longer to be used; with the reason, if one is given.
    pub deprecated: Option<Box<str>>,
    /// Doing it twice is doing it once.
    pub idempotent: bool,
    /// The model itself says that it only reads. Few models do.
    pub readonly: bool,
}

/// The checksums of an operation.
#[derive(Debug)]
pub struct HttpChecksum {
    /// The input member that names the algorithm.
    pub request_algorithm_member: Option<Box<str>>,
    /// One must be sent.
    pub request_required: bool,
    /// The input member that asks for a checksum of the answer.
    pub request_validation_mode_member: Option<Box<str>>,
    /// The algorithms that answers come with.
    pub response_algorithms: Vec<Box<str>>,
}
