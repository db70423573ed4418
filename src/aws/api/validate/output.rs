//! What an output will look like.

use crate::aws::api::PathPart;
use crate::aws::api::model::{Flag, Location, Operation, Service, ShapeKind, ShapeRef};
use crate::aws::api::protocol::is_shown_as_json;

/// The type of a part of an output. Anything may be absent.
#[derive(Clone, Copy, Debug)]
pub enum OutputType<'a> {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// A moment: text of ISO 8601.
    Time,
    /// Bytes: text in base64.
    Bytes,
    /// A list.
    List(ShapeRef<'a>),
    /// A map, with any keys.
    Map(ShapeRef<'a>),
    /// A structure, with known members.
    Structure(ShapeRef<'a>),
    /// Nothing at all: an operation without an output gives an empty map.
    Nothing,
    /// Any JSON.
    Any,
}

/// The type of an operation's output.
pub fn output_type<'a>(service: &'a Service, operation: &'a Operation) -> OutputType<'a> {
    service.output(operation).map_or(OutputType::Nothing, OutputType::of)
}

impl<'a> OutputType<'a> {
    fn of(shape: ShapeRef<'a>) -> Self {
        match shape.kind() {
            ShapeKind::Structure(structure) if structure.document => Self::Any,
            ShapeKind::Structure(_) => Self::Structure(shape),
            ShapeKind::List(_) => Self::List(shape),
            ShapeKind::Map { .. } => Self::Map(shape),
            ShapeKind::Text(_) if is_shown_as_json(shape) => Self::Any,
            ShapeKind::Text(_) if shape.has(Flag::JsonValue) && shape.location() == Some(Location::Header) => Self::Any,
            ShapeKind::Text(_) => Self::Text,
            ShapeKind::Integer | ShapeKind::Long => Self::Int,
            ShapeKind::Float | ShapeKind::Double => Self::Float,
            ShapeKind::Boolean => Self::Bool,
            ShapeKind::Blob => Self::Bytes,
            ShapeKind::Timestamp => Self::Time,
        }
    }

    /// What stands under a name; none where the model has no such member, or where this has no members at all.
    pub fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Structure(shape) => shape.member(name).map(|member| Self::of(shape.follow(&member.reference))),
            Self::Map(shape) => shape.entry().map(|(_, value)| Self::of(value)),
            Self::Any => Some(Self::Any),
            Self::Text
            | Self::Int
            | Self::Float
            | Self::Bool
            | Self::Time
            | Self::Bytes
            | Self::List(_)
            | Self::Nothing => None,
        }
    }

    /// What the items of a list are; none where this is no list.
    pub fn item(self) -> Option<Self> {
        match self {
            Self::List(shape) => shape.item().map(Self::of),
            Self::Any => Some(Self::Any),
            Self::Text
            | Self::Int
            | Self::Float
            | Self::Bool
            | Self::Time
            | Self::Bytes
            | Self::Map(_)
            | Self::Structure(_)
            | Self::Nothing => None,
        }
    }

    /// What stands at the end of a path; the position of the part that leads nowhere, where there is none.
    pub fn walk(self, path: &[PathPart]) -> Result<Self, usize> {
        path.iter().enumerate().try_fold(self, |at, (position, part)| {
            let next = match part {
                PathPart::Name(name) => at.member(name),
                // A map may have a key of digits.
                PathPart::Index(index) => at.item().or_else(|| at.member(&index.to_string())),
            };
            next.ok_or(position)
        })
    }

    /// The names of the members: to ask *did you mean*.
    pub fn names(self) -> Vec<&'a str> {
        match self {
            Self::Structure(shape) => shape.members().iter().map(|member| &*member.name).collect(),
            Self::Text
            | Self::Int
            | Self::Float
            | Self::Bool
            | Self::Time
            | Self::Bytes
            | Self::List(_)
            | Self::Map(_)
            | Self::Nothing
            | Self::Any => Vec::new(),
        }
    }
}
