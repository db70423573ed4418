//! A request that may change something: with its intent and its outcome on record.

use crate::event::{EffectResult, EffectState, Failure, FailureKind};
use crate::step::http::HttpTask;
use crate::step::http::answer::{is_too_early, status_line};
use crate::step::http::exchange::{ask, shown};
use crate::step::http::redirect::Hop;
use crate::step::{NewEffect, Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;
use crate::world::http::{Answer, Client};

/// How many lines of a body are shown before it is sent.
const SHOWN: usize = 40;

/// An answer, and why it does not tell what became of the effect, when it does not.
type Answered = (Answer, Option<Failure>);

/// What an answer says of the effect: the table of this room's documentation.
fn effect_of(answer: &Answer) -> EffectResult {
    match answer.status {
        408 => EffectResult::Unknown,
        307 | 308 | 400..=499 => EffectResult::Refused,
        _ if is_too_early(answer) => EffectResult::Refused,
        // Whoever broke down may have done it before.
        500..=599 => EffectResult::Unknown,
        _ => EffectResult::Done,
    }
}

impl HttpTask {
    /// Sends one request that writes, once, with its effect on record before and after.
    pub(super) async fn act(
        &self,
        cx: &WriteContext,
        client: &Client,
        hop: &Hop,
    ) -> Result<Result<Answered, Failure>, StepStop> {
        let effect = NewEffect {
            call: format!("http:{}", hop.method),
            target: hop.url.to_string(),
            wants_token: self.token_header.is_some(),
            account: None,
            region: None,
        };
        let intent = cx.intend(effect).await?;
        let mut hop = hop.clone();
        if let (Some(header), Some(token)) = (&self.token_header, &intent.token) {
            hop.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header));
            hop.headers.push((header.clone(), token.clone()));
        }
        match ask(&cx.read, client, &hop).await {
            Ok(answer) => {
                let result = effect_of(&answer);
                let line = status_line(&answer);
                cx.settle(intent, result, None, Some(line.clone())).await?;
                let unknown = result == EffectResult::Unknown;
                let lost = unknown.then(|| {
                    let message = format!("{}: {line}: whether it was done is not known", shown(&hop));
                    Failure::new(FailureKind::Lost, message)
                });
                Ok(Ok((answer, lost)))
            }
            Err(miss) => {
                let result = if miss.sent { EffectResult::Unknown } else { EffectResult::Refused };
                let detail = if miss.sent { miss.failure.message.clone() } else { "nothing was sent".to_owned() };
                cx.settle(intent, result, None, Some(detail)).await?;
                Ok(Err(miss.failure))
            }
        }
    }
}

impl WriteAction for HttpTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let mut lines = vec![format!("{} {}", self.method, self.url)];
        if !self.headers.is_empty() {
            let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
            lines.push(format!("  with {}", names.join(", ")));
        }
        lines.extend(self.token_header.iter().map(|name| format!("  with a token of its own in {name}")));
        if let Some(body) = &self.body {
            // What is secret in it is cut where it is shown.
            let text = String::from_utf8_lossy(body);
            lines.extend(text.lines().take(SHOWN).map(|line| format!("    {line}")));
            let more = text.lines().count().saturating_sub(SHOWN);
            if more > 0 {
                lines.push(format!("    … and {more} lines more"));
            }
        }
        lines
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        self.exchange(&cx.read, Some(cx)).await
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, _: &mut ReadContext, _: &EffectState) -> Probed {
        Probed::CannotTell { why: "a request leaves nothing that could be asked".to_owned() }
    }
}
