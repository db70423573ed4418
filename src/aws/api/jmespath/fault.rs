//! What is wrong with an expression.

use thiserror::Error;

/// An expression that cannot be read. Offsets are in bytes, from 0.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum JmespathFault {
    /// A character that begins nothing.
    #[error("`{character}` at byte {at} begins nothing that is known")]
    Character {
        /// The character.
        character: char,
        /// Where it stands.
        at: usize,
    },
    /// A string or a literal with no end, or that is no JSON inside.
    #[error("the text that begins at byte {at} has no end, or is not valid")]
    Text {
        /// Where it begins.
        at: usize,
    },
    /// Something that cannot stand here, or the end.
    #[error("`{found}` cannot stand at byte {at}")]
    Unexpected {
        /// What stands there; empty at the end.
        found: String,
        /// Where.
        at: usize,
    },
    /// A function that the models do not use, or one with the wrong number of arguments.
    #[error("`{name}` is no function that is known here, or has other arguments")]
    Function {
        /// Its name.
        name: String,
    },
    /// Too long, or nested too deeply.
    #[error("the expression is longer or deeper than any in the models")]
    TooLarge,
}
