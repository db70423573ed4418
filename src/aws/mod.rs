//! The one door to AWS: no other room imports an `aws_*` crate, and no type of the SDK leaves this one.
//!
//! Plain data goes in and comes out. Nothing here prints, asks or exits. [`AwsReads`] holds no verb that changes anything,
//! so that what is built from it cannot write.

pub mod api;
mod asked;
mod buckets;
mod classify;
mod clients;
mod config;
mod credentials;
pub mod databases;
mod error;
mod fence;
mod identity;
mod lane;
pub mod objects;
mod pace;
mod pool;
pub mod secrets;
mod settings;
pub mod simulation;
pub mod stacks;
pub mod tables;
mod time;

pub use buckets::TemplateObject;
pub use clients::{Aws, AwsReads, Reply};
pub use credentials::{CredentialsFound, SessionKeys};
pub use error::{AwsError, AwsErrorKind, AwsFault};
pub use fence::Fence;
pub use identity::{Caller, GuardRefusal};
pub use pace::poll_delay;
pub use pool::Pool;
pub use settings::{AwsSettings, Emulator, is_loopback};
pub use time::RestorePoint;
