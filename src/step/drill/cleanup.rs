//! A `cleanup` step: what other steps of the run have made is removed, and proved to be gone.

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::event::{EffectState, Failure};
use crate::step::drill::made::{Made, tagged};
use crate::step::drill::removal::{Gone, Removal};
use crate::step::effect::{Halt, door};
use crate::step::{Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;

/// What a `cleanup` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanupTask {
    /// What the steps that it undoes have made, oldest first.
    pub made: Vec<Made>,
    /// The ARNs of the tables that they have put the run's tag on.
    pub tagged: Vec<String>,
    /// The run's id.
    pub run: String,
}

impl WriteAction for CleanupTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        if self.made.is_empty() {
            return Self::outline();
        }
        self.made.iter().rev().flat_map(Made::by_hand).collect()
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.clean(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever became of a call: the next attempt looks what is still there.
    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        match &cx.aws {
            Some(_) => Probed::UnderWay,
            None => Probed::CannotTell { why: "the run has no account to ask".to_owned() },
        }
    }
}

impl CleanupTask {
    /// What the effects of the steps that it undoes have made.
    pub fn of(undone: &[EffectState], scope: &Scope) -> Self {
        let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { made: Made::all(undone), tagged: tagged(undone), run }
    }

    /// What it will do, before anything was made.
    pub(super) fn outline() -> Vec<String> {
        vec!["removes what the steps that it undoes have made in this run, and proves that it is gone".to_owned()]
    }

    /// What was made last is removed first. One that cannot be removed does not keep the others.
    async fn clean(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "cleanup")?;
        let (mut removed, mut absent, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = None;
        for made in self.made.iter().rev() {
            match Box::pin(self.remove(cx, &aws, made)).await {
                Ok(Gone::Removed) => removed.push(made.target()),
                Ok(Gone::Absent) => absent.push(made.target()),
                Err(Halt::Stop(stop)) => return Err(Halt::Stop(stop)),
                Err(Halt::Failed(failure)) => {
                    failed.push(format!("{}: {}", made.target(), failure.message));
                    first.get_or_insert(failure);
                }
            }
        }
        let out = json!({ "removed": removed, "absent": absent });
        let Some(first) = first else { return Ok(Ran::well(out)) };
        let count = failed.len();
        let still = if count == 1 { "thing still stands" } else { "things still stand" };
        let mut failure = Failure::new(first.kind, format!("{count} {still} that the run has made: {}", failed[0]));
        failure.remedy = first.remedy;
        failure.request_id = first.request_id;
        Ok(Ran { out, ..Ran::failed(failure.caused_by(failed)) })
    }

    /// It is looked for where it was made, wherever this step is: elsewhere there is nothing of that name, which proves nothing.
    async fn remove(&self, cx: &WriteContext, aws: &Aws, made: &Made) -> Result<Gone, Halt> {
        let home = match made.region() {
            Some(region) if region != aws.settings().region => aws.in_region(region)?,
            Some(_) | None => aws.clone(),
        };
        Removal { cx, aws: &home, run: &self.run, tagged: &self.tagged }.of(made).await
    }
}
