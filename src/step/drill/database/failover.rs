//! A `failover` step with all its values known.

use std::time::Duration;

use crate::event::{EffectResult, EffectState};
use crate::step::drill::database::names::name;
use crate::step::drill::database::outage::{CALL, Swap};
use crate::step::drill::database::prober::Prober;
use crate::step::drill::database::task::fault;
use crate::step::drill::until::looked_for;
use crate::step::effect::{Halt, door};
use crate::step::kind::{Failover, FailoverTo, Probe};
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext, span_words};
use crate::value::{Scope, Template};

/// Which instance is to write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Goal {
    /// The reader that is next.
    Next,
    /// This reader.
    Reader(String),
    /// The one that wrote before; none: nothing was done that is to be undone.
    Back(Option<String>),
}

/// What a `failover` step is asked to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FailoverTask {
    /// The cluster.
    pub(super) cluster: String,
    /// Who is to write.
    pub(super) goal: Goal,
    /// What is tried meanwhile; none: the cluster's writer endpoint.
    pub(super) probe: Option<Probe>,
    /// The time between two tries.
    pub(super) every: Duration,
}

impl WriteAction for FailoverTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let (to, by_hand) = match &self.goal {
            Goal::Next => ("the reader that is next".to_owned(), Some("READER")),
            Goal::Reader(reader) => (reader.clone(), Some(reader.as_str())),
            Goal::Back(Some(before)) => (format!("{before}, which wrote before"), Some(before.as_str())),
            Goal::Back(None) => {
                ("the instance that wrote before: nothing was done, and nothing is to do".to_owned(), None)
            }
        };
        let mut lines = lines(&self.cluster, &to, self.every);
        lines.extend(by_hand.map(|to| {
            let cluster = &self.cluster;
            format!("  by hand: aws rds failover-db-cluster --db-cluster-identifier {cluster} --target-db-instance-identifier {to}")
        }));
        lines
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.fail_over(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Another one writes, or is about to: then it happened.
    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        let (Some(aws), Some(swap)) = (&cx.aws, Swap::of(known)) else {
            return Probed::CannotTell { why: "it is not known which cluster was failed over".to_owned() };
        };
        looked_for(cx, aws, async || {
            Ok(match aws.databases().cluster(&self.cluster).await?.value {
                Some(found) if found.writer() == Some(&swap.from) && found.status == "available" => Probed::NotDone,
                Some(_) => Probed::UnderWay,
                None => Probed::CannotTell { why: format!("there is no cluster {} any more", self.cluster) },
            })
        })
        .await
    }
}

impl FailoverTask {
    /// The keys of a step, evaluated. `undone`: the effects of the step that it undoes.
    ///
    /// # Errors
    /// A value that could not be had, a name or a probe that is none.
    pub fn of(failover: &Failover, scope: &Scope, undone: &[EffectState]) -> Result<Self, TaskFault> {
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let named = |template: &Template| name(&text(template)?).map_err(|why| fault(template, &why));
        let goal = match &failover.to {
            FailoverTo::Next => Goal::Next,
            FailoverTo::Reader(reader) => match text(reader)?.as_str() {
                // An input that was left empty.
                "" => Goal::Next,
                _ => Goal::Reader(named(reader)?),
            },
            FailoverTo::Back => {
                let mut happened = undone.iter().filter(|effect| effect.result != Some(EffectResult::Refused));
                // The first one of several: whoever wrote before all of it.
                Goal::Back(happened.find_map(Swap::of).map(|swap| swap.from))
            }
        };
        let probe = match &failover.watch {
            None => None,
            Some(template) => match text(template)?.as_str() {
                "" => None,
                place => Some(Probe::read(place).map_err(|why| fault(template, &why))?),
            },
        };
        Ok(Self { cluster: named(&failover.cluster)?, goal, probe, every: failover.every })
    }

    /// What it will do, as far as its values are known.
    pub fn preview(failover: &Failover, scope: &Scope) -> Vec<String> {
        let to = match &failover.to {
            FailoverTo::Next => "the reader that is next".to_owned(),
            FailoverTo::Reader(reader) => {
                Some(reader.preview(scope)).filter(|to| !to.is_empty()).unwrap_or("the reader that is next".to_owned())
            }
            FailoverTo::Back => "the instance that wrote before".to_owned(),
        };
        lines(&failover.cluster.preview(scope), &to, failover.every)
    }

    /// What it does, while the prober tries. Whoever is done first ends it, and that is never the prober.
    async fn fail_over(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "failover")?;
        let cluster = self.look(&aws).await?;
        let prober = Prober::new(&cx.read, self.place(&cluster)?, self.every);
        tokio::select! {
            biased;
            done = Box::pin(self.swap(cx, &aws, &cluster, &prober)) => done,
            never = prober.run(&cx.read) => match never {},
        }
    }
}

fn lines(cluster: &str, to: &str, every: Duration) -> Vec<String> {
    vec![
        format!("fails Aurora cluster {cluster} over to {to}"),
        format!(
            "  an outage of {cluster}: its connections are cut, and nobody writes until the other one does, which takes \
             half a minute or so"
        ),
        format!("  the gap is measured by a try every {}", span_words(every)),
    ]
}

impl Swap {
    /// What an effect on record was to do, if it is a failover.
    pub(super) fn of(effect: &EffectState) -> Option<Self> {
        let words: Vec<&str> = effect.target.split(' ').collect();
        match (effect.call.as_str(), words.as_slice()) {
            (CALL, [arn, "from", from, "to", to]) => {
                Some(Self { arn: (*arn).to_owned(), from: (*from).to_owned(), to: (*to).to_owned() })
            }
            _ => None,
        }
    }

    /// What it works on, for the record.
    pub(super) fn target(&self) -> String {
        format!("{} from {} to {}", self.arn, self.from, self.to)
    }
}
