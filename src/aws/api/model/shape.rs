//! Shapes: what a value may be, and how it is written.

use super::{Protocol, Service};

/// The number of a shape in its service.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ShapeId(pub(super) u32);

/// What a value may be.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the model.
    pub name: Box<str>,
    /// What it is made of.
    pub kind: ShapeKind,
    /// How it is written, wherever a reference does not say otherwise.
    pub traits: Traits,
    /// How long, or how large.
    pub bounds: Bounds,
}

/// The kinds of values.
#[derive(Debug)]
pub enum ShapeKind {
    /// Named members.
    Structure(Structure),
    /// Items of one shape.
    List(Reference),
    /// Values of one shape by key.
    Map {
        /// The keys: always text.
        key: Reference,
        /// The values.
        value: Reference,
    },
    /// Text; with choices, one of these (services add to them, so another is no fault).
    Text(Vec<Box<str>>),
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A number of single precision.
    Float,
    /// A number of double precision.
    Double,
    /// `true` or `false`.
    Boolean,
    /// Bytes: base64 in JSON.
    Blob,
    /// A moment.
    Timestamp,
}

impl ShapeKind {
    /// The structure that it is, if it is one.
    pub fn structure(&self) -> Option<&Structure> {
        if let Self::Structure(structure) = self { Some(structure) } else { None }
    }

    /// What its items are, if it is a list.
    pub fn item(&self) -> Option<&Reference> {
        if let Self::List(item) = self { Some(item) } else { None }
    }

    /// What its keys and values are, if it is a map.
    pub fn entry(&self) -> Option<(&Reference, &Reference)> {
        if let Self::Map { key, value } = self { Some((key, value)) } else { None }
    }
}

/// A structure.
#[derive(Debug)]
pub struct Structure {
    /// The members, in the model's order.
    pub members: Vec<Member>,
    /// The position of the member that is the body, in the REST protocols.
    pub payload: Option<usize>,
    /// One member only is ever set.
    pub union: bool,
    /// Any JSON, with no members at all.
    pub document: bool,
    /// What it says about itself as an error.
    pub exception: Option<Exception>,
}

/// A structure that is an error.
#[derive(Debug)]
pub struct Exception {
    /// Its code on the wire, where that is not the shape's name.
    pub code: Option<Box<str>>,
    /// Its HTTP status.
    pub status: Option<u16>,
    /// Trying again makes sense; `Some(true)` because of the rate of calls.
    pub throttling: Option<bool>,
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name: the key in JSON in and out.
    pub name: Box<str>,
    /// The structure is not complete without it.
    pub required: bool,
    /// What it is.
    pub reference: Reference,
}

/// A use of a shape, with traits that go before those of the shape.
#[derive(Debug)]
pub struct Reference {
    pub(super) shape: ShapeId,
    /// The traits of this use.
    pub traits: Traits,
}

/// How long or how large: characters, bytes, items or the number itself. Services raise the upper bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

/// How a value is written, or what else is to be known of it.
#[derive(Debug, Default)]
pub struct Traits {
    /// Where in an HTTP message it stands; the body when nothing is said.
    pub location: Option<Location>,
    /// Its name on the wire.
    pub location_name: Option<Box<str>>,
    /// Its name in a form of the `ec2` protocol.
    pub query_name: Option<Box<str>>,
    /// How the moment is written.
    pub timestamp_format: Option<TimestampFormat>,
    /// The XML namespace that is declared here.
    pub xml_namespace: Option<Box<XmlNamespace>>,
    /// The parameter of the endpoint rules that it is bound to.
    pub context_param: Option<Box<str>>,
    flags: u16,
}

impl Traits {
    pub(super) fn set(&mut self, flag: Flag, on: bool) {
        if on {
            self.flags |= flag.bit();
        } else {
            self.flags &= !flag.bit();
        }
    }

    /// Whether a trait is there.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags & flag.bit() != 0
    }
}

/// Traits that are there or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flag {
    /// Items or entries stand where the list or the map would stand.
    Flattened,
    /// An attribute of its structure's element.
    XmlAttribute,
    /// Text that holds JSON; in a header also in base64.
    JsonValue,
    /// Filled with a fresh token when absent.
    IdempotencyToken,
    /// A body that is not read into memory by everyone.
    Streaming,
    /// A sequence of events.
    EventStream,
    /// Cut from all that is shown or written.
    Sensitive,
    /// A part of the host name.
    HostLabel,
    /// No longer to be used.
    Deprecated,
    /// May be absent though it is a number.
    Boxed,
    /// Items may be null.
    Sparse,
}

impl Flag {
    const ALL: [(&'static str, Self); 11] = [
        ("flattened", Self::Flattened),
        ("xmlAttribute", Self::XmlAttribute),
        ("jsonvalue", Self::JsonValue),
        ("idempotencyToken", Self::IdempotencyToken),
        ("streaming", Self::Streaming),
        ("eventstream", Self::EventStream),
        ("sensitive", Self::Sensitive),
        ("hostLabel", Self::HostLabel),
        ("deprecated", Self::Deprecated),
        ("box", Self::Boxed),
        ("sparse", Self::Sparse),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, flag)| *flag)
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// Where in an HTTP message a member stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Location {
    /// In the path.
    Uri,
    /// In the query string.
    QueryString,
    /// One header.
    Header,
    /// Headers with a prefix, as a map.
    Headers,
    /// The HTTP status.
    StatusCode,
}

impl Location {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "uri" => Self::Uri,
            "querystring" => Self::QueryString,
            "header" => Self::Header,
            "headers" => Self::Headers,
            "statusCode" => Self::StatusCode,
            _ => return None,
        })
    }
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimestampFormat {
    /// `2015-01-01T00:00:00Z`.
    Iso8601,
    /// `Thu, 01 Jan 2015 00:00:00 GMT`.
    Rfc822,
    /// Seconds since 1970.
    Unix,
}

impl TimestampFormat {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "iso8601" => Self::Iso8601,
            "rfc822" => Self::Rfc822,
            "unixtimestamp" => Self::Unix,
            _ => return None,
        })
    }
}

/// An XML namespace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct XmlNamespace {
    /// Its name.
    pub uri: Box<str>,
    /// Its prefix; none for the default namespace.
    pub prefix: Option<Box<str>>,
}

/// A shape as a reference sees it: the traits of the reference go before those of the shape.
#[derive(Clone, Copy, Debug)]
pub struct ShapeRef<'a> {
    service: &'a Service,
    shape: &'a Shape,
    traits: &'a Traits,
}

impl<'a> ShapeRef<'a> {
    pub(super) fn new(service: &'a Service, reference: &'a Reference) -> Self {
        ShapeRef { service, shape: service.shape(reference.shape), traits: &reference.traits }
    }

    /// A shape with no traits but its own.
    pub(super) fn plain(service: &'a Service, id: ShapeId) -> Self {
        let shape = service.shape(id);
        ShapeRef { service, shape, traits: &shape.traits }
    }

    /// The wire format of its service.
    pub fn protocol(self) -> Protocol {
        self.service.protocol
    }

    /// The name of its service: `S3`, `Auto Scaling`.
    pub fn service_id(self) -> &'a str {
        &self.service.metadata.service_id
    }

    /// The shape's name in the model.
    pub fn name(self) -> &'a str {
        &self.shape.name
    }

    /// What it is made of.
    pub fn kind(self) -> &'a ShapeKind {
        &self.shape.kind
    }

    /// How long or how large.
    pub fn bounds(self) -> Bounds {
        self.shape.bounds
    }

    /// The structure that it is, if it is one.
    pub fn structure(self) -> Option<&'a Structure> {
        self.shape.kind.structure()
    }

    /// The members of a structure; none of anything else.
    pub fn members(self) -> &'a [Member] {
        self.structure().map_or(&[], |structure| &structure.members)
    }

    /// A member by its name.
    pub fn member(self, name: &str) -> Option<&'a Member> {
        self.members().iter().find(|member| &*member.name == name)
    }

    /// The shape of its items, if it is a list.
    #[must_use]
    pub fn item(self) -> Option<Self> {
        self.shape.kind.item().map(|item| self.follow(item))
    }

    /// The shapes of its keys and values, if it is a map.
    pub fn entry(self) -> Option<(Self, Self)> {
        self.shape.kind.entry().map(|(key, value)| (self.follow(key), self.follow(value)))
    }

    /// What a reference inside this shape refers to.
    #[must_use]
    pub fn follow(self, reference: &'a Reference) -> Self {
        Self::new(self.service, reference)
    }

    /// The member that is the body, in the REST protocols.
    pub fn payload(self) -> Option<&'a Member> {
        let structure = self.structure()?;
        structure.members.get(structure.payload?)
    }

    /// Whether it is any JSON.
    pub fn is_document(self) -> bool {
        self.structure().is_some_and(|structure| structure.document)
    }

    /// Whether a trait is there.
    pub fn has(self, flag: Flag) -> bool {
        self.traits.has(flag) || self.shape.traits.has(flag)
    }

    /// Where in an HTTP message it stands.
    pub fn location(self) -> Option<Location> {
        self.traits.location.or(self.shape.traits.location)
    }

    /// Its name on the wire, where that is not the member's. A structure's own name is that of a document, not of a member.
    pub fn location_name(self) -> Option<&'a str> {
        let own = self.shape.traits.location_name.as_deref().filter(|_| self.structure().is_none());
        self.traits.location_name.as_deref().or(own)
    }

    /// Its name on the wire where it is a whole document.
    pub fn document_name(self) -> Option<&'a str> {
        self.shape.traits.location_name.as_deref().or(self.traits.location_name.as_deref())
    }

    /// Its name in a form of the `ec2` protocol.
    pub fn query_name(self) -> Option<&'a str> {
        self.traits.query_name.as_deref().or(self.shape.traits.query_name.as_deref())
    }

    /// How the moment is written.
    pub fn timestamp_format(self) -> Option<TimestampFormat> {
        self.traits.timestamp_format.or(self.shape.traits.timestamp_format)
    }

    /// The XML namespace that is declared here.
    pub fn xml_namespace(self) -> Option<&'a XmlNamespace> {
        self.traits.xml_namespace.as_deref().or(self.shape.traits.xml_namespace.as_deref())
    }

    /// The parameter of the endpoint rules that it is bound to.
    pub fn context_param(self) -> Option<&'a str> {
        self.traits.context_param.as_deref().or(self.shape.traits.context_param.as_deref())
    }
}
