//! Expressions, templates and the scope that they see.
//!
//! One language everywhere: CEL. [`Expr`] is an expression, [`Template`] a string with `${…}` in it, [`ValueTemplate`] a
//! tree of such strings, [`InputType`] what a typed value may be. Only `expr/` imports the `cel` crate. Nothing here can
//! panic on what a person wrote, and nothing runs without bounds.

mod codes;
mod error;
mod expr;
mod fault;
mod input_type;
mod read;
mod scan;
mod scope;
mod template;
mod tree;

pub use codes::{EXPRESSION_ARGUMENTS, EXPRESSION_FUNCTION, EXPRESSION_LIMIT, EXPRESSION_SYNTAX, EXPRESSION_TYPE};
pub use error::{error_value, no_error};
pub use expr::{Expr, ITEM, Member, Reference};
pub use fault::{EvalError, ExprFault, FaultKind};
pub use input_type::InputType;
pub use read::{
    condition, conditions, expression, expression_map, expression_of, template, template_map, template_of, templates,
    value_entries, value_map, value_tree,
};
pub use scope::Scope;
pub use template::{RefAt, Template};
pub use tree::ValueTemplate;

pub(crate) use codes::DOCS;
pub(crate) use input_type::TYPE_KEYS;
