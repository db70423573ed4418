//! What will be done: pure data, printable, with a digest. Nothing here touches the world.

mod build;
mod difference;
mod graph;
mod inputs;
mod planned;
mod policy;
mod reading;
mod record;
mod touches;
mod way_back;

pub use build::{Material, PlanError, Selection, build};
pub use difference::difference;
pub use graph::groups;
pub use inputs::{InputError, Resolved, needed_inputs, resolve};
pub use planned::{Actor, Excuse, Measure, Objectives, Plan, PlannedStep};
pub use policy::{Need, Place, Policy, Principal, Statement, needs, policy};
pub use reading::{HoldsWrite, ReadPlan};
pub use record::{DrillRecord, PinnedFile, PlanRecord, StepRecord};
pub use touches::{Touched, touched};
pub use way_back::{Stays, Undo, WayBackPlan, WhyItStays, together, undo_order, way_back};
