//! Calls that may change something.

use std::sync::Arc;

use serde_json::Value;

use crate::aws::api::client::fault::ApiFailure;
use crate::aws::api::client::operation::Operation;
use crate::aws::api::client::reads::ApiReads;
use crate::aws::api::client::send::{ApiReply, Attempts};
use crate::aws::clients::{Door, TOKEN_ATTEMPTS};
use crate::aws::pace::jitter;

fn random_token() -> String {
    // Without randomness there are no tokens, and no TLS either: what is left is one that is not reused by this call.
    format!("cr-{:016x}", getrandom::u64().unwrap_or_default())
}

/// Any operation of any service.
#[derive(Clone, Debug)]
pub struct ApiWrites {
    door: Arc<Door>,
}

impl ApiWrites {
    pub(in crate::aws) fn new(door: Arc<Door>) -> Self {
        Self { door }
    }

    /// The same, as far as it only reads.
    pub fn reads(&self) -> ApiReads {
        ApiReads::new(Arc::clone(&self.door))
    }

    /// One call. It is sent once; again only where the service knows a repetition by its token: `token`, or what the input
    /// gives. The error of the last attempt remembers whether any of them may have had its effect.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn call(&self, operation: Operation, input: &Value, token: Option<&str>) -> Result<ApiReply, ApiFailure> {
        let given = operation.token_member().is_some_and(|member| input.get(member).is_some_and(Value::is_string));
        let repeatable = operation.token_member().is_some() && (given || token.is_some());
        // A token that nobody else knows, where none was given: the call is not repeated, and the service wants one.
        let token = token.map_or_else(random_token, str::to_owned);
        let clients = self.door.clients().await?;
        let mut maybe_done = false;
        let mut number = 1;
        loop {
            let sent = clients.api.send(&self.door.settings, operation, input, &token, Attempts::One).await;
            let error = match sent {
                Ok(reply) => return Ok(reply),
                Err(ApiFailure::Aws(error)) => error.or_earlier(maybe_done),
                Err(other) => return Err(other),
            };
            maybe_done = error.could_have_happened();
            if !repeatable || number == TOKEN_ATTEMPTS || !error.is_transient() {
                return Err(error.into());
            }
            let wait = self.door.backoff.saturating_mul(1 << (number - 1));
            tokio::time::sleep(wait + jitter(wait)).await;
            number += 1;
        }
    }
}
