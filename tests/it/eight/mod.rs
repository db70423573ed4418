//! Eight changes to one system, and all the ways back from them: asked for and by themselves, from each step that fails, and
//! after a kill between each two records. What is there is read by plain calls, resource by resource, before and after.
//!
//! The runbook and the stack stand in `tests/eight/`. What the emulator drops on its way through a template (the limit,
//! the network, recovery, replication) is set by API, as the sandbox's runbooks do it.

mod fails;
mod killed;
mod state;
mod world;
