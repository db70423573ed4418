//! What several tests need.

pub(crate) mod attempt;
pub(crate) mod golden;
pub(crate) mod replay;
pub(crate) mod sandbox;
