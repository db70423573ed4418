//! Calls that only read.

use std::sync::Arc;

use serde_json::Value;

use crate::aws::api::client::fault::ApiFailure;
use crate::aws::api::client::operation::{Operation, ReadOperation};
use crate::aws::api::client::place::usual_place;
use crate::aws::api::client::send::{ApiReply, Attempts};
use crate::aws::api::pages::Pages;
use crate::aws::api::protocol::sensitive;
use crate::aws::clients::Door;

/// Any operation that only reads, of any service.
#[derive(Clone, Debug)]
pub struct ApiReads {
    pub(super) door: Arc<Door>,
}

impl ApiReads {
    pub(in crate::aws) fn new(door: Arc<Door>) -> Self {
        Self { door }
    }

    /// The URL that the calls of an operation go to. Nothing is called.
    ///
    /// # Errors
    /// [`NotSent`](super::NotSent): AWS's rules know no endpoint for it here, or only one that hangs on what is asked.
    pub async fn endpoint(&self, operation: Operation) -> Result<String, ApiFailure> {
        let clients = self.door.clients().await?;
        Ok(usual_place(operation, &self.door.settings, clients.api.variants())?)
    }

    /// One call: one page of the answer.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn call(&self, operation: ReadOperation, input: &Value) -> Result<ApiReply, ApiFailure> {
        let clients = self.door.clients().await?;
        // A read needs no token; where a model has one for it, any will do.
        let lane = self.door.lane(operation.0.service_name());
        let call =
            async || clients.api.send(&self.door.settings, operation.0, input, "checkride", Attempts::Many).await;
        lane.calls(call, ApiFailure::is_throttled).await
    }

    /// One call, and whether its answer is a part of a longer one. A model that cannot be read says nothing of pages.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn one_page(&self, operation: ReadOperation, input: &Value) -> Result<ApiReply, ApiFailure> {
        let mut reply = self.call(operation, input).await?;
        if let Some(paginator) = operation.0.paginator().ok().flatten() {
            // A walk of one page ends with an error when there are two.
            let next = Pages::new(paginator, 1).next_input(input, reply.value.clone());
            reply.part = !matches!(next, Ok(None));
        }
        Ok(reply)
    }

    /// Every page of the answer, put together as the AWS CLI does it; at most `most` of them. An input that turns the
    /// pages itself gets one.
    ///
    /// # Errors
    /// See [`ApiFailure`]; also where the pages do not end.
    pub async fn all_pages(
        &self,
        operation: ReadOperation,
        input: &Value,
        most: usize,
    ) -> Result<ApiReply, ApiFailure> {
        let Some(paginator) = operation.0.paginator()?.filter(|paginator| !paginator.is_turned_by(input)) else {
            return self.one_page(operation, input).await;
        };
        let mut pages = Pages::new(paginator, most);
        let mut next = input.clone();
        let mut whole = ApiReply {
            value: Value::Null,
            stream: None,
            sensitive: Vec::new(),
            request_ids: Vec::new(),
            pages: 0,
            part: false,
        };
        loop {
            let page = self.call(operation, &next).await?;
            whole.request_ids.extend(page.request_ids);
            whole.pages += 1;
            match pages.next_input(input, page.value).map_err(ApiFailure::Pages)? {
                Some(input) => next = input,
                None => break,
            }
        }
        whole.value = pages.finish();
        // In the whole, what is sensitive stands elsewhere than in its page.
        let shape = operation.0.service().output(operation.0.model());
        whole.sensitive = shape.map(|shape| sensitive(shape, &whole.value)).unwrap_or_default();
        Ok(whole)
    }
}
