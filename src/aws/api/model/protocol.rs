//! The wire formats of AWS, and which of them a service is spoken to in.

use super::ModelFault;
use super::raw::RawMetadata;

/// A wire format that this client speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// AWS JSON 1.0 and 1.1: one path, the operation in `X-Amz-Target`.
    Json,
    /// REST bindings, bodies of JSON.
    RestJson,
    /// REST bindings, bodies of XML.
    RestXml,
    /// A form in, XML out.
    Query,
    /// The dialect of `query` that EC2 alone speaks.
    Ec2,
    /// Smithy RPC v2: the operation in the path, CBOR in the body.
    Cbor,
}

impl Protocol {
    /// Its name in the models.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::RestJson => "rest-json",
            Self::RestXml => "rest-xml",
            Self::Query => "query",
            Self::Ec2 => "ec2",
            Self::Cbor => "smithy-rpc-v2-cbor",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let all = [Self::Json, Self::RestJson, Self::RestXml, Self::Query, Self::Ec2, Self::Cbor];
        all.into_iter().find(|one| one.name() == name)
    }

    /// The first of the service's own list that we speak; CBOR only where there is nothing else, for emulators and people
    /// read the others better.
    pub(super) fn choose(metadata: &RawMetadata) -> Result<Self, ModelFault> {
        let offered = if metadata.protocols.is_empty() {
            std::slice::from_ref(&metadata.protocol)
        } else {
            metadata.protocols.as_slice()
        };
        let mut spoken: Vec<Self> = offered.iter().filter_map(|name| Self::named(name)).collect();
        spoken.sort_by_key(|protocol| *protocol == Self::Cbor);
        spoken.first().copied().ok_or_else(|| ModelFault::Protocol {
            service: metadata.service_full_name.clone().unwrap_or_else(|| metadata.endpoint_prefix.clone()).into(),
            offered: offered.join(", "),
        })
    }
}
