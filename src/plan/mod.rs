//! What will be done: pure data, printable, with a digest. Nothing here touches the world.

mod graph;
mod planned;

pub use graph::{groups, undo_order};
pub use planned::{Actor, Plan, PlannedStep};
