//! The part of `JMESPath` that AWS's models use: in paginators, in waiters, and for the parameters of endpoint rules.
//!
//! The models hold some 4,000 expressions. Most are names with dots; the rest need indices, projections, filters,
//! comparisons, `length` and `keys`. Slices, hashes (`{a: b}`), expression references and the other functions occur
//! nowhere and are refused by name when an expression is read. A test reads every expression of every model.
//!
//! The known libraries turn each answer into a tree of their own with sorted keys; this one borrows from the answer and
//! keeps the order of its keys, which is what a page of results needs.

mod expression;
mod fault;
mod lexer;
mod parser;
mod search;

pub use expression::Expression;
pub use fault::JmespathFault;
pub use search::is_truthy;
