//! What can be said of a call before it is made: of its input, as far as that is known, and of the shape of its output.
//!
//! Nothing here calls anything. Services know rules that their models do not tell: an input with no fault may be refused.

mod fault;
mod given;
mod input;
mod output;
#[cfg(test)]
mod tests;

pub use fault::{Fault, FaultKind};
pub use given::Given;
pub use input::validate;
pub use output::{OutputType, output_type};
