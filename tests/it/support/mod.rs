//! What several tests need.

pub(crate) mod attempt;
pub(crate) mod binary;
pub(crate) mod fake;
pub(crate) mod golden;
pub(crate) mod later;
pub(crate) mod project;
pub(crate) mod replay;
pub(crate) mod sandbox;
pub(crate) mod story;
pub(crate) mod sweep;
pub(crate) mod watch;
pub(crate) mod web;
