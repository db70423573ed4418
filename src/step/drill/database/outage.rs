//! The outage itself: from the instance that writes to another one, with what RDS says meanwhile and what a prober sees.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::aws::databases::{Cluster, DatabaseEvent, EventSource, Instance, is_dead_end, is_up};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::drill::database::failover::{FailoverTask, Goal};
use crate::step::drill::database::prober::Prober;
use crate::step::drill::until::{LOOKS, until};
use crate::step::effect::{Halt, effect, planned};
use crate::step::kind::Probe;
use crate::step::pause::{disturbed, rest};
use crate::step::{Ran, WriteContext};
use crate::world::clock::{Clock, rfc3339};

/// The call that fails a cluster over.
pub(super) const CALL: &str = "rds:FailoverDBCluster";
/// How many tries go well in a row before the prober is believed.
const SURE: u32 = 3;

/// From whom to whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Swap {
    /// The cluster's ARN.
    pub(super) arn: String,
    /// Who wrote.
    pub(super) from: String,
    /// Who is to write.
    pub(super) to: String,
}

fn refused(message: String, remedy: &str) -> Halt {
    Failure::new(FailureKind::Guard, message).with_remedy(remedy.to_owned()).into()
}

impl FailoverTask {
    pub(super) async fn look(&self, aws: &Aws) -> Result<Cluster, Halt> {
        aws.reads().databases().cluster(&self.cluster).await?.value.ok_or_else(|| {
            let message = format!("there is no cluster {} in {}", self.cluster, aws.settings().region);
            refused(message, "correct `cluster`, or its `region`")
        })
    }

    /// What is tried. A way back is not held up by what cannot be reached: it tries only what the step says.
    pub(super) fn place(&self, cluster: &Cluster) -> Result<Probe, Halt> {
        match (&self.probe, &self.goal, &cluster.endpoint, cluster.port.and_then(|port| u16::try_from(port).ok())) {
            (Some(probe), ..) => Ok(probe.clone()),
            (None, Goal::Back(_), ..) => Ok(Probe::None),
            (None, Goal::Next | Goal::Reader(_), Some(host), Some(port)) => Ok(Probe::Tcp(host.clone(), port)),
            (None, Goal::Next | Goal::Reader(_), ..) => {
                let message = format!("RDS does not say where cluster {} is reached", self.cluster);
                Err(refused(message, "say what is tried: `watch = \"HOST:PORT\"`, or `none`"))
            }
        }
    }

    pub(super) async fn swap(
        &self,
        cx: &WriteContext,
        aws: &Aws,
        cluster: &Cluster,
        prober: &Prober,
    ) -> Result<Ran, Halt> {
        let started = Clock::System.now();
        let begun = cx.earlier.iter().filter(|effect| effect.result != Some(EffectResult::Refused)).find_map(Swap::of);
        let cluster = match &self.goal {
            Goal::Back(Some(before)) if begun.is_none() => &self.at_rest(cx, aws, before).await?,
            Goal::Next | Goal::Reader(_) | Goal::Back(_) => cluster,
        };
        let swap = match (&begun, &self.goal) {
            (Some(swap), _) => swap.clone(),
            (None, Goal::Back(None)) => return Ok(self.nothing_to_do(cluster, started)),
            (None, Goal::Back(Some(before))) if cluster.writer() == Some(before) => {
                return Ok(self.nothing_to_do(cluster, started));
            }
            (None, _) => self.choose(aws, cluster).await?,
        };
        let writes_already = cluster.writer() == Some(&swap.to);
        // An earlier attempt's may be on its way.
        if !writes_already && (begun.is_none() || is_up(&cluster.status)) {
            self.believed(cx, prober).await?;
            let writes = aws.databases();
            let making = planned(aws, CALL, &swap.target(), false);
            cx.read.say(format!("{} writes; {} takes over", swap.from, swap.to));
            effect(cx, making, async |_| writes.fail_over(&self.cluster, Some(&swap.to)).await).await?;
        }
        let events = self.until_swapped(cx, aws, &swap, started).await?;
        let ended = Clock::System.now();
        self.until_it_answers(cx, prober).await?;
        let seen = prober.seen();
        let measured = begun.is_none() && prober.looks();
        let gap = seen.gap().filter(|_| measured).map(|gap| gap.num_milliseconds());
        let out = json!({
            "cluster": self.cluster,
            "arn": swap.arn,
            "changed": true,
            "writer_before": swap.from,
            "writer_after": swap.to,
            "started": rfc3339(started),
            "ended": rfc3339(ended),
            "took_ms": (ended - started).num_milliseconds().max(0),
            "watched": prober.place(),
            "probes": seen.probes,
            "failures": seen.failures,
            "gap_ms": gap,
            "first_failure": seen.first_failure.map(rfc3339),
            "first_success": seen.first_success.map(rfc3339),
            "exact_ms": u64::try_from(self.every.as_millis()).unwrap_or(u64::MAX),
            "events": events.iter().map(told).collect::<Vec<_>>(),
        });
        let warning = match (&self.goal, begun.is_some(), prober.looks()) {
            (Goal::Back(_), ..) | (_, false, true) => None,
            (_, true, _) => Some("the gap was not seen whole: an earlier attempt began the failover".to_owned()),
            (_, _, false) => Some("nobody looked: the gap was not measured".to_owned()),
        };
        Ok(Ran { warning, ..Ran::well(out) })
    }

    /// What is taken back may be on its way still, when nobody has waited for its end: it comes to it first. That it never
    /// began is believed after several looks only.
    async fn at_rest(&self, cx: &WriteContext, aws: &Aws, before: &str) -> Result<Cluster, Halt> {
        let (reads, mut unmoved) = (aws.reads().databases(), 0);
        until(&cx.read, aws, &format!("cluster {} comes to rest", self.cluster), async || {
            let Some(found) = reads.cluster(&self.cluster).await?.value else { return Ok(Some(())) };
            if !is_up(&found.status) {
                unmoved = 0;
                return Ok(is_dead_end(&found.status).then_some(()));
            }
            unmoved += 1;
            Ok((found.writer() != Some(before) || unmoved == LOOKS).then_some(()))
        })
        .await?;
        self.look(aws).await
    }

    /// Who writes is who is to write.
    fn nothing_to_do(&self, cluster: &Cluster, at: DateTime<Utc>) -> Ran {
        let writer = cluster.writer();
        Ran::well(json!({
            "cluster": self.cluster,
            "arn": cluster.arn,
            "changed": false,
            "writer_before": writer,
            "writer_after": writer,
            "started": rfc3339(at),
            "ended": rfc3339(at),
            "took_ms": 0,
            "events": [],
        }))
    }

    /// Who takes over. What would not come to a good end is refused before anybody is cut off.
    async fn choose(&self, aws: &Aws, cluster: &Cluster) -> Result<Swap, Halt> {
        let name = &self.cluster;
        let Some(writer) = cluster.writer() else {
            return Err(refused(
                format!("no instance of cluster {name} writes"),
                "fail the global cluster over instead",
            ));
        };
        if cluster.members.len() < 2 {
            let message = format!("cluster {name} has {writer} alone: nobody can take over");
            return Err(refused(message, "add a reader first"));
        }
        if !is_up(&cluster.status) {
            let message = format!("cluster {name} is `{}`", cluster.status);
            return Err(refused(message, "wait until it is `available`"));
        }
        let instances = aws.reads().databases().instances(name).await?.value;
        let status = |of: &str| {
            instances.iter().find(|it: &&Instance| it.name == of).map_or("not there", |it| it.status.as_str())
        };
        let mut readers: Vec<_> = cluster.members.iter().filter(|member| !member.writer).collect();
        readers.sort_by_key(|member| (member.tier.unwrap_or(i32::MAX), &member.instance));
        let to = match &self.goal {
            Goal::Reader(to) | Goal::Back(Some(to)) => {
                if to == writer {
                    return Err(refused(format!("{to} writes already"), "name a reader"));
                }
                if !readers.iter().any(|member| member.instance == *to) {
                    let names = readers.iter().map(|member| member.instance.as_str()).collect::<Vec<_>>().join(", ");
                    let message = format!("{to} is no reader of cluster {name}");
                    return Err(refused(message, &format!("its readers are {names}")));
                }
                to
            }
            Goal::Next | Goal::Back(None) => {
                let ready = readers.iter().find(|member| status(&member.instance) == "available");
                &ready.unwrap_or(&readers[0]).instance
            }
        };
        if status(to) != "available" {
            let message = format!("reader {to} is `{}`: it would not take over", status(to));
            return Err(refused(message, "wait until it is `available`, or name another one by `to`"));
        }
        Ok(Swap { arn: cluster.arn.clone(), from: writer.to_owned(), to: to.clone() })
    }

    /// Without an answer before, nothing that comes after is a gap.
    async fn believed(&self, cx: &WriteContext, prober: &Prober) -> Result<(), Halt> {
        if !prober.looks() {
            return Ok(());
        }
        loop {
            let seen = prober.seen();
            if seen.in_row > 0 && seen.failures == 0 {
                return Ok(());
            }
            if seen.failures > 0 && matches!(self.goal, Goal::Back(_)) {
                cx.read.say(format!("{} does not answer: {}", prober.place(), seen.why));
                return Ok(());
            }
            if seen.failures > 0 {
                let message = format!("{} does not answer before the failover: {}", prober.place(), seen.why);
                let remedy = "try something that is reached from here: `watch` takes `HOST:PORT` or a URL of the service; `none` measures nothing";
                return Err(refused(message, remedy));
            }
            self.pause(cx, "the probe answers").await?;
        }
    }

    /// Waits until the other one writes, and tells what RDS writes down of it.
    async fn until_swapped(
        &self,
        cx: &WriteContext,
        aws: &Aws,
        swap: &Swap,
        since: DateTime<Utc>,
    ) -> Result<Vec<DatabaseEvent>, Halt> {
        let reads = aws.reads().databases();
        let (mut told, mut story) = (String::new(), Vec::<DatabaseEvent>::new());
        let doing = format!("{} takes over from {}", swap.to, swap.from);
        // That there is no story keeps nobody.
        let hear = async |story: &mut Vec<DatabaseEvent>| {
            if let Ok(reply) = reads.events(EventSource::Cluster, &self.cluster, since).await {
                for event in reply.value.iter().skip(story.len()) {
                    cx.read.say(event.message.clone());
                }
                *story = reply.value;
            }
        };
        until(&cx.read, aws, &doing, async || {
            hear(&mut story).await;
            let Some(found) = reads.cluster(&self.cluster).await?.value else { return Ok(None) };
            if told != found.status {
                cx.read.say(format!("cluster {} is {}", self.cluster, found.status));
                told.clone_from(&found.status);
            }
            Ok((found.writer() == Some(&swap.to) && is_up(&found.status)).then_some(()))
        })
        .await?;
        hear(&mut story).await;
        Ok(story)
    }

    /// Waits until the prober is answered again, so many times in a row: a name may point to the old one for a while. A way
    /// back does not wait for that.
    async fn until_it_answers(&self, cx: &WriteContext, prober: &Prober) -> Result<(), Halt> {
        prober.anew();
        while prober.looks() && !matches!(self.goal, Goal::Back(_)) && prober.seen().in_row < SURE {
            self.pause(cx, &format!("{} answers again", prober.place())).await?;
        }
        Ok(())
    }

    async fn pause(&self, cx: &WriteContext, doing: &str) -> Result<(), Halt> {
        let a_moment = self.every.min(Duration::from_millis(100));
        rest(&cx.read, a_moment).await.map_err(|end| disturbed(end, doing).into())
    }
}

fn told(event: &DatabaseEvent) -> Value {
    json!({ "at": event.at.map(rfc3339), "source": event.source, "message": event.message })
}
