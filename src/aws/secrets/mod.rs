//! Secrets of Secrets Manager. A value stays in memory: it is in no type that can be written, shown or compared but by a
//! keyed digest.

mod model;
mod reads;
mod value;
mod writes;

pub use model::SecretDescription;
pub use reads::SecretReads;
pub use value::{DigestKey, SecretValue};
pub use writes::{NewSecret, SecretEnd, SecretWrites};
