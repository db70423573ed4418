//! The way back of a setting: for an operation that changes one, which read tells what is there, and which calls put it back.
//!
//! The table is data, one file a service (`ways/SERVICE.toml`), read when it is first asked for. Paths in it are `JMESPath`,
//! of the read's answer or of what is known when it is put back (`with`, `before`, `missing`). A test holds every row against
//! AWS's own models. What is not in the table has no way back that is known to be right:
//!
//! - the values of secrets and of parameters (`SecretString`, `ssm:PutParameter`), which no record holds;
//! - `apigateway:UpdateStage`, whose patches name places that its answer does not have under these names;
//! - `route53:ChangeResourceRecordSets`, a batch about many records at once.

mod found;
mod look;
mod put;
mod same;
mod table;
mod tree;
mod way;

pub use found::{Setting, hidden_in, known_by, without_secrets};
pub use look::{Looked, look};
pub use put::{Put, as_set, puts};
pub use same::{differences, is_as_set, is_same};
pub use table::{way_of, ways};
pub use way::Way;
