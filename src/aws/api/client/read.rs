//! From a response to an output.

use aws_smithy_runtime_api::client::interceptors::context;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use crate::aws::api::client::answered::Answered;
use crate::aws::api::client::operation::Operation;
use crate::aws::api::protocol::{self, Answer, Output, Reply};

/// The longest body that is read, in bytes: it is held in memory. What is longer is an answer that could not be read.
const LONGEST: usize = 64 * 1024 * 1024;

/// Reads what an operation is answered.
#[derive(Debug)]
pub(super) struct Reader(pub(super) Operation);

impl Reader {
    fn read(&self, response: &HttpResponse) -> Result<Output, OrchestratorError<Answered>> {
        let headers: Vec<(&str, &str)> = response.headers().iter().collect();
        let body = response.body().bytes().unwrap_or_default();
        let answer = Answer { status: response.status().as_u16(), headers: &headers, body };
        match protocol::parse(self.0.service(), self.0.model(), &answer) {
            Ok(Reply::Output(output)) => Ok(output),
            Ok(Reply::Error(error)) => Err(OrchestratorError::operation(Answered::error(&error))),
            Err(fault) => Err(OrchestratorError::operation(Answered::unread(fault))),
        }
    }
}

impl DeserializeResponse for Reader {
    /// Comes before the body is read: it gets its bound here, and no output yet.
    fn deserialize_streaming(
        &self,
        response: &mut HttpResponse,
    ) -> Option<Result<context::Output, OrchestratorError<context::Error>>> {
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        *response.body_mut() = SdkBody::from_body_1_x(Limited::new(body, LONGEST));
        None
    }

    fn deserialize_nonstreaming(
        &self,
        response: &HttpResponse,
    ) -> Result<context::Output, OrchestratorError<context::Error>> {
        self.read(response)
            .map(context::Output::erase)
            .map_err(|error| error.map_operation_error(context::Error::erase))
    }
}
