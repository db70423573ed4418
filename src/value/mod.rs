//! Values (stub until the language lands).
/// Scope.
#[derive(Clone, Debug, Default)]
pub struct Scope;
