//! Objects go back from their versions: the kind `s3-restore`, in the emulator, by replay, and killed on the way.

mod flow;
mod killed;
mod probes;
mod replay;
mod replay_bucket;
pub(crate) mod stage;
