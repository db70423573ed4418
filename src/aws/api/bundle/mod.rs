//! The models of AWS's APIs, packed into the binary: for each service its model, endpoint rules, paginators and waiters.
//!
//! `models.bin` is made by `scripts/models` from a pinned botocore (Apache-2.0, see `NOTICE`); the format stands there.
//! What comes out is botocore's own JSON without its prose. Reading the index unpacks nothing; asking a
//! [`ServiceEntry`] for a part unpacks that part alone.

mod entry;
mod error;
mod index;
mod names;
mod part;

pub use entry::ServiceEntry;
pub use error::BundleError;
pub use index::{entries, partitions, services, version};
pub use names::find;
