//! A request on its way, through redirects, until an answer stays.

use serde_json::{Value, json};

use crate::event::{Failure, FailureKind};
use crate::step::end::End;
use crate::step::http::HttpTask;
use crate::step::http::redirect::{Hop, next};
use crate::step::{Ran, ReadAction, ReadContext, StepStop, WriteContext};
use crate::world::http::{Answer, Client, HttpError, Request, causes};

/// How many redirects of a read are followed when the step does not say.
const USUAL_REDIRECTS: u32 = 10;

/// The failure of a request that was not waited for any longer.
pub(super) fn given_up(end: End, shown: &str) -> Failure {
    end.failure(format!("{shown}: stopped by the operator"), format!("{shown}: no whole answer within the step's time"))
}

/// A request that was not answered.
#[derive(Debug)]
pub(super) struct Miss {
    /// Why.
    pub(super) failure: Failure,
    /// Whether it may have arrived.
    pub(super) sent: bool,
}

/// An answer that stays, with what led to it.
#[derive(Debug)]
pub(super) struct Reached {
    /// The answer.
    pub(super) answer: Answer,
    /// `METHOD URL`.
    pub(super) shown: String,
    /// The URL that gave it.
    pub(super) url: String,
    /// What was left: `{status, location}`, in order.
    pub(super) trail: Vec<Value>,
    /// Why it is no good answer, when that is known already.
    pub(super) failure: Option<Failure>,
    /// Whether it answers the request that the author wrote, and that one writes.
    pub(super) to_write: bool,
}

/// The failure of a request that got no answer.
pub(super) fn trouble(shown: &str, error: &HttpError) -> Failure {
    let kind = match error {
        HttpError::Request { .. } | HttpError::Authority { .. } => FailureKind::Guard,
        HttpError::Resolve { .. }
        | HttpError::Connect { .. }
        | HttpError::Proxy { .. }
        | HttpError::Tls { .. }
        | HttpError::NoRoots { .. }
        | HttpError::Lost { .. }
        | HttpError::Malformed { .. }
        | HttpError::Cut { .. } => FailureKind::Transport,
    };
    Failure::new(kind, format!("{shown}: {error}")).caused_by(causes(error))
}

impl HttpTask {
    /// The first request.
    fn first(&self) -> Hop {
        Hop {
            method: self.method,
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            same: true,
        }
    }

    /// Sends the request, follows redirects, and makes of the answer what expressions see. With a [`WriteContext`] each
    /// request that writes is an effect on record.
    pub(super) async fn exchange(&self, cx: &ReadContext, effects: Option<&WriteContext>) -> Result<Ran, StepStop> {
        let client = match self.client(cx) {
            Ok(client) => client,
            Err(failure) => return Ok(Ran::failed(failure)),
        };
        let most = self.redirects.unwrap_or(if effects.is_some() { 0 } else { USUAL_REDIRECTS });
        let mut hop = self.first();
        let mut trail = Vec::new();
        loop {
            let shown = shown(&hop);
            let writes = effects.filter(|_| hop.same);
            let sent = match writes {
                Some(effects) => self.act(effects, &client, &hop).await?,
                None => ask(cx, &client, &hop).await.map(|answer| (answer, None)).map_err(|miss| miss.failure),
            };
            let (answer, mut failure) = match sent {
                Ok(answered) => answered,
                Err(failure) => return Ok(Ran::failed(failure)),
            };
            let location = answer.header("location").map(str::to_owned);
            let status = answer.status;
            if failure.is_none() && most > 0 {
                let refused = |code: &str, why: String| {
                    let kind = FailureKind::Http { code: code.to_owned(), status };
                    Some(Failure::new(kind, format!("{shown}: {why}")))
                };
                match next(&hop, status, location.as_deref()) {
                    Some(Ok(_)) if trail.len() >= most as usize => {
                        failure = refused("TooManyRedirects", format!("more than {most} redirects"));
                    }
                    Some(Ok(on)) => {
                        trail.push(json!({ "status": status, "location": on.url.as_str() }));
                        hop = on;
                        continue;
                    }
                    Some(Err(why)) => {
                        failure = refused("RedirectRefused", format!("a redirect is not followed: {why}"));
                    }
                    None => {}
                }
            }
            let (url, to_write) = (hop.url.to_string(), writes.is_some());
            let reached = Reached { answer, shown, url, trail, failure, to_write };
            return Ok(self.ran(cx, reached).await);
        }
    }
}

/// How much of a URL is shown, in characters: a server may send one on to a very long one.
const SHOWN: usize = 300;

/// A request as a person is shown it.
pub(super) fn shown(hop: &Hop) -> String {
    format!("{} {}", hop.method, short(hop.url.as_str(), SHOWN))
}

/// The beginning of a text, in characters, with a mark where more would follow.
pub(super) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Sends one request, once.
pub(super) async fn ask(cx: &ReadContext, client: &Client, hop: &Hop) -> Result<Answer, Miss> {
    let shown = shown(hop);
    let miss = |failure: Failure, sent: bool| Miss { failure, sent };
    let connection = match cx.within(client.connect(&hop.url)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Err(miss(trouble(&shown, &error), false)),
        Err(end) => return Err(miss(given_up(end, &shown), false)),
    };
    let request =
        Request { method: hop.method.as_str(), url: &hop.url, headers: &hop.headers, body: hop.body.as_deref() };
    match cx.within(connection.send(&request)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(miss(trouble(&shown, &error), !matches!(error, HttpError::Request { .. }))),
        Err(end) => Err(miss(given_up(end, &shown), true)),
    }
}

impl ReadAction for HttpTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        self.exchange(cx, None).await
    }
}
