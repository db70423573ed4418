//! CEL expressions. The only importer of `cel`.
//!
//! The crate has no type checker, makes unsigned integers of JSON numbers and recurses without bound: [`parse`] looks at an
//! expression's size before the crate does, [`walk`](mod@walk) checks names, argument counts and obvious types, [`eval`]
//! hands in signed numbers, bounds the iterations and gives deep expressions a stack of their own.

mod bound;
mod eval;
mod functions;
mod message;
mod parse;
mod stack;
mod types;
mod walk;

pub use parse::{Expr, ITEM, Member, Reference};

pub(super) use eval::ITERATION_LIMIT;
pub(super) use parse::kind_of;

#[cfg(test)]
mod tests;
