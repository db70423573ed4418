//! Answers played back in place of AWS: for shapes and faults that no emulator shows.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use checkride::aws::{Aws, AwsSettings, Emulator};

/// What the wire gives for one request.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// An answer with status and body, under request id `req-N`.
    Answer(u16, String),
    /// The same with headers of its own.
    With(u16, Vec<(&'static str, String)>, String),
    /// The request was sent, and the connection broke.
    Lost,
    /// No connection.
    Closed,
}

/// A request as it was sent: the action of the query protocol, or method and path, and the body.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) action: String,
    pub(crate) body: String,
    /// The headers, by their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

type Player = Box<dyn FnMut(&Sent) -> Turn + Send>;

/// The player, as an HTTP client.
#[derive(Clone)]
pub(crate) struct Replay {
    player: Arc<Mutex<Player>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Replay {
    /// Answers as a function says.
    pub(crate) fn answering(player: impl FnMut(&Sent) -> Turn + Send + 'static) -> Self {
        Replay { player: Arc::new(Mutex::new(Box::new(player))), sent: Arc::default() }
    }

    /// Answers in order; a request beyond the last is a fault of the test.
    pub(crate) fn of(turns: Vec<Turn>) -> Self {
        let mut turns = turns.into_iter();
        Self::answering(move |sent| turns.next().unwrap_or_else(|| panic!("no answer left for {}", sent.action)))
    }

    /// A door to it.
    pub(crate) fn aws(&self) -> Aws {
        Aws::with_http(&settings(), self.clone()).unwrap()
    }

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The actions sent so far.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.action).collect()
    }
}

/// Settings of an emulator that is not there: no test can reach a real account by them.
pub(crate) fn settings() -> AwsSettings {
    AwsSettings {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        app_name: "checkride-test".into(),
        emulator: Some(Emulator { default: "http://127.0.0.1:9".into(), services: BTreeMap::new() }),
        ..AwsSettings::default()
    }
}

/// A success of the query protocol.
pub(crate) fn ok(action: &str, result: &str) -> Turn {
    Turn::Answer(
        200,
        format!("<{action}Response xmlns=\"x\"><{action}Result>{result}</{action}Result></{action}Response>"),
    )
}

/// An error of the query protocol.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Turn {
    Turn::Answer(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>in-body</RequestId></ErrorResponse>"
        ),
    )
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Replay")
    }
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
            .map_or_else(|| format!("{} {}", request.method(), request.uri()), str::to_owned);
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let sent = Sent { action, body, headers };
        let number = {
            let mut all = self.sent.lock().unwrap();
            all.push(sent.clone());
            all.len()
        };
        let turn = (self.player.lock().unwrap())(&sent);
        HttpConnectorFuture::ready(match turn {
            Turn::Answer(status, body) => {
                let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
                answer.headers_mut().insert("x-amzn-requestid", format!("req-{number}"));
                Ok(answer)
            }
            Turn::With(status, headers, body) => {
                let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
                answer.headers_mut().insert("x-amz-request-id", format!("req-{number}"));
                for (name, value) in headers {
                    answer.headers_mut().insert(name, value);
                }
                Ok(answer)
            }
            Turn::Lost => Err(ConnectorError::io("connection reset by peer".into())),
            Turn::Closed => {
                let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
                Err(ConnectorError::io(refused.into()))
            }
        })
    }
}
