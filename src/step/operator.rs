//! The only two-way seam: a question goes out, an answer comes back.

use std::future::Future;

use crate::event::{Answer, Question};

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoAnswer {
    /// Nobody is there to ask: no terminal, `--no-input`, no entry in the answers file.
    #[error("nobody is there to answer `{question}`")]
    NobodyThere {
        /// The question.
        question: String,
    },
    /// The operator pressed Ctrl-C, or closed the input, at the prompt.
    #[error("interrupted at `{question}`")]
    Interrupted {
        /// The question.
        question: String,
    },
    /// The terminal is gone.
    #[error("the terminal was lost at `{question}`")]
    TerminalLost {
        /// The question.
        question: String,
    },
    /// The answers file has an entry that does not fit the question.
    #[error("the answer to `{question}` in the answers file does not fit: {why}")]
    DoesNotFit {
        /// The question.
        question: String,
        /// Why.
        why: String,
    },
}

/// Whoever answers: a terminal, an answers file, a script, nobody.
pub trait Operator {
    /// Whether somebody, or something, is there who can answer this question. It decides between asking and the default of a
    /// runbook that runs alone.
    fn can_answer(&self, question: &Question) -> bool;

    /// Asks, and waits for the answer. The engine has put the question on record before it calls this, and goes on with its
    /// other work while it waits; it may drop the future.
    fn ask(&mut self, question: &Question) -> impl Future<Output = Result<Answer, NoAnswer>>;
}
