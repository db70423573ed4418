//! What a person is asked although the rollback was confirmed as a whole: where something is lost for good.

use crate::event::{Answer, Ask, Choice, Question};
use crate::step::StepStop;
use crate::step::effect::Halt;
use crate::step::stack::approve::unfit;
use crate::step::stack::restore::task::Way;

impl Way<'_> {
    /// Has a loss confirmed by typing the stack's name. `what` names the question: `delete`, `retain`, `skip`.
    pub(super) async fn confirm(
        &self,
        what: &str,
        title: String,
        body: Vec<String>,
        detail: Vec<String>,
    ) -> Result<(), Halt> {
        let step = &self.cx.read.step;
        let choices = vec![Choice::Yes, Choice::No];
        let mut question = Question::new(format!("{step}.{what}"), Ask::ApproveChange, title, choices);
        question.step = Some(step.clone());
        question.body = body;
        question.detail = detail;
        question.typed = Some(self.name().to_owned());
        let answer: Answer = self.cx.read.ask(question.clone()).await?;
        if answer.choice == Choice::Yes {
            Ok(())
        } else if answer.choice == Choice::No {
            Err(StepStop::Declined { reason: answer.reason }.into())
        } else {
            Err(unfit(&question, &answer).into())
        }
    }
}
