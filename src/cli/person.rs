//! Who is there: somebody at a terminal, or nobody.

use crate::cli::operator::TerminalOperator;
use crate::event::{Answer, Question};
use crate::step::{NoAnswer, Operator};

/// Nobody: no terminal, or `--no-input`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Unattended;

impl Operator for Unattended {
    fn can_answer(&self, _question: &Question) -> bool {
        false
    }

    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        Err(NoAnswer::NobodyThere { question: question.id.clone() })
    }
}

/// Somebody or nobody.
#[derive(Debug)]
pub enum Person {
    /// Somebody at a terminal.
    AtTerminal(TerminalOperator),
    /// Nobody.
    Nobody(Unattended),
}

impl Operator for Person {
    fn can_answer(&self, question: &Question) -> bool {
        match self {
            Self::AtTerminal(operator) => operator.can_answer(question),
            Self::Nobody(nobody) => nobody.can_answer(question),
        }
    }

    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        match self {
            Self::AtTerminal(operator) => operator.ask(question).await,
            Self::Nobody(nobody) => nobody.ask(question).await,
        }
    }
}
