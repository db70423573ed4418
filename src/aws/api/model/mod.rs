//! What AWS says of one of its services: its operations and the shapes of their inputs and outputs.
//!
//! The source is `service-2.json` of the botocore package, with the documentation left out and nothing renamed. Shapes
//! refer to each other by number, so a recursive one is nothing special.

mod protocol;
mod raw;
mod read;
mod service;
mod shape;
#[cfg(test)]
mod tests;

pub use protocol::Protocol;
pub use read::ModelFault;
pub use service::{HttpChecksum, Metadata, Operation, Service};
pub use shape::{
    Bounds, Exception, Flag, Location, Member, Reference, Shape, ShapeId, ShapeKind, ShapeRef, Structure,
    TimestampFormat, Traits, XmlNamespace,
};
