//! Whether anything of a stack was changed beside `CloudFormation`.

use crate::aws::stacks::{Drift, DriftedResource, NoEcho};
use crate::step::stack::pause::{disturbed, pause};
use crate::step::stack::restore::task::Way;

impl Way<'_> {
    /// Looks for drift. What cannot be told is told, and fails nothing: the stack is as its template says.
    pub(super) async fn drift(&self, stack: &str, no_echo: &NoEcho) -> Result<Vec<DriftedResource>, String> {
        let reads = self.aws.reads().stacks();
        self.cx.read.say("looking for what was changed beside CloudFormation");
        let search = reads.detect_drift(stack).await.map_err(|error| error.to_string())?.value;
        let mut failed = 0;
        loop {
            match reads.drift(&search).await {
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
