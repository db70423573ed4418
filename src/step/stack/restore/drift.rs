//! Whether anything of a stack was changed beside `CloudFormation`.

use crate::aws::stacks::{Drift, DriftedResource, NoEcho};
use crate::event::EffectResult;
use crate::step::StepStop;
use crate::step::effect::planned;
use crate::step::pause::{disturbed, pause};
use crate::step::stack::restore::task::Way;

/// What has drifted, or why that cannot be told.
pub(super) type Drifted = Result<Vec<DriftedResource>, String>;

impl Way<'_> {
    /// Looks for drift. What cannot be told is told, and fails nothing: the stack is as its template says.
    pub(super) async fn drift(&self, stack: &str, no_echo: &NoEcho) -> Result<Drifted, StepStop> {
        self.cx.read.say("looking for what was changed beside CloudFormation");
        // It begins something at the service, so it is on record as an effect.
        let intent = self.cx.intend(planned(self.aws, "cloudformation:DetectStackDrift", stack, false)).await?;
        match self.aws.stacks().detect_drift(stack).await {
            Ok(search) => {
                self.cx.settle(intent, EffectResult::Done, search.request_ids.last().cloned(), None).await?;
                Ok(self.found(&search.value, stack, no_echo).await)
            }
            Err(error) => {
                // Nobody waits for a search whose id is not known, and it changes nothing: there is nothing to settle.
                let detail = Some(format!("no search is known of: {error}"));
                self.cx.settle(intent, EffectResult::Refused, error.request_id.clone(), detail).await?;
                Ok(Err(error.to_string()))
            }
        }
    }

    async fn found(&self, search: &str, stack: &str, no_echo: &NoEcho) -> Drifted {
        let reads = self.aws.reads().stacks();
        let mut failed = 0;
        loop {
            match reads.drift(search).await {
                Ok(found) => match found.value {
                    Drift::Searching => failed = 0,
                    Drift::InSync => return Ok(Vec::new()),
                    Drift::Drifted => break,
                    Drift::Failed(why) => return Err(why),
                },
                Err(error) if error.is_transient() => failed += 1,
                Err(error) => return Err(error.to_string()),
            }
            let waited = pause(&self.cx.read, self.aws, failed).await;
            waited.map_err(|end| disturbed(end, "drift was being looked for").message)?;
        }
        Ok(reads.drifted(stack, no_echo).await.map_err(|error| error.to_string())?.value)
    }
}
