//! Waiting until a database or a snapshot can be used, each of its states told when it comes.

use chrono::{DateTime, Utc};

use crate::aws::databases::{EventSource, is_dead_end, is_up};
use crate::aws::{Aws, AwsError};
use crate::event::{Failure, FailureKind};
use crate::step::ReadContext;
use crate::step::drill::until::until;
use crate::step::effect::Halt;

/// How often in a row something may not be there that was just made: a look may come before it is known everywhere.
const MISSES: u32 = 3;

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited<'a> {
    /// `cluster`, `instance`, `snapshot`.
    pub(super) word: &'static str,
    /// Its name.
    pub(super) name: &'a str,
    /// What RDS writes down of it, and since when; none: nothing.
    pub(super) story: Option<(EventSource, DateTime<Utc>)>,
}

/// Waits until it can be used. A status out of which nothing comes ends the wait, with what RDS has written down of it.
pub(super) async fn until_up<T>(
    cx: &ReadContext,
    aws: &Aws,
    awaited: Awaited<'_>,
    mut look: impl AsyncFnMut() -> Result<Option<T>, AwsError>,
    status: impl Fn(&T) -> &str,
) -> Result<T, Halt> {
    let Awaited { word, name, story } = awaited;
    let (mut told, mut missed) = (String::new(), 0);
    let doing = format!("{word} {name} can be used");
    let ended = until(cx, aws, &doing, async || {
        let Some(found) = look().await? else {
            missed += 1;
            return Ok((missed > MISSES).then_some(Err("not there".to_owned())));
        };
        missed = 0;
        let now = status(&found);
        if told != now {
            cx.say(format!("{word} {name} is {now}"));
            now.clone_into(&mut told);
        }
        let end = if is_up(now) {
            Some(Ok(()))
        } else if is_dead_end(now) || now == "deleting" {
            Some(Err(format!("`{now}`")))
        } else {
            None
        };
        Ok(end.map(|end| end.map(|()| found)))
    })
    .await?;
    match ended {
        Ok(found) => Ok(found),
        Err(state) => {
            let message = format!("{word} {name} is {state}: nothing comes of it");
            let remedy = "look at what RDS says of it; what was made is removed by the step that undoes this one";
            let causes = match story {
                Some((source, since)) => tale(aws, source, name, since).await,
                None => Vec::new(),
            };
            Err(Failure::new(FailureKind::Expectation, message).with_remedy(remedy).caused_by(causes).into())
        }
    }
}

/// What RDS has written down, in its words; that it cannot be had keeps nobody.
async fn tale(aws: &Aws, source: EventSource, name: &str, since: DateTime<Utc>) -> Vec<String> {
    let events = aws.reads().databases().events(source, name, since).await;
    events.map(|reply| reply.value.into_iter().map(|event| event.message).collect()).unwrap_or_default()
}
