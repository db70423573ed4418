//! What went wrong with one call, as data: who was asked for what, what the answer was, and whether anything may have
//! happened all the same.

use std::fmt;
use std::ops::Deref;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::classify::{classify, unroll};

/// A call that did not succeed. Its data, an [`AwsFault`], is behind a pointer: a result stays small.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AwsError(Box<AwsFault>);

/// What is known of a call that did not succeed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AwsFault {
    /// The service, by its endpoint's name (`cloudformation`). Empty when nothing was called.
    pub service: &'static str,
    /// The operation (`DescribeStacks`). Empty when nothing was called.
    pub operation: &'static str,
    /// What happened.
    pub kind: AwsErrorKind,
    /// The request id of the answer, when there was one.
    pub request_id: Option<String>,
    /// The whole chain of causes, outermost first: the SDK's own message hides it. Empty when `kind` says it all.
    pub causes: Vec<String>,
    /// Whether the effect of the call may have happened, in this or in an earlier attempt of it.
    pub(in crate::aws) ambiguous: bool,
}

/// The ways in which a call goes wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AwsErrorKind {
    /// The service answered with an error of its own.
    Service {
        /// The error code, for example `ValidationError`. Empty when the answer named none.
        code: String,
        /// The service's words.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The service refused because of the rate of calls.
    Throttled {
        /// The error code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// The credentials have expired.
    Expired {
        /// The service's or the provider's words.
        message: String,
    },
    /// The caller may not do this.
    AccessDenied {
        /// The error code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// There are no credentials, or the service does not know them.
    Credentials {
        /// Why.
        message: String,
    },
    /// No connection was made: nothing was sent.
    Connect,
    /// No answer in time. The service may have acted.
    Timeout,
    /// The request was sent, and the answer was lost or unreadable. The service may have acted.
    LostReply,
    /// The endpoint does not support the call: a 5xx answer that is not of the protocol (an emulator's HTML page), or an
    /// error that says so (`InvalidAction`).
    Unsupported {
        /// The HTTP status.
        status: u16,
    },
    /// The request could not be built. Nothing was sent.
    Request,
    /// An emulator's endpoint that is not on this machine. Nothing was called.
    EndpointNotLoopback {
        /// The endpoint.
        endpoint: String,
    },
    /// The environment or the AWS config file redirects a service, and the profile does not say so. Nothing was called.
    EndpointOverridden {
        /// The endpoint.
        endpoint: String,
    },
    /// A region that cannot be one. Nothing was called.
    RegionInvalid {
        /// The region as given.
        region: String,
    },
    /// A drill's fence held it back. Nothing was sent.
    Fenced {
        /// What, and why.
        why: String,
    },
    /// A setting breaks its rule. Nothing was called.
    Settings {
        /// Which, and how.
        fault: String,
    },
}

/// The name of a call: service and operation.
#[derive(Clone, Copy, Debug)]
pub(in crate::aws) struct Call(pub(in crate::aws) &'static str, pub(in crate::aws) &'static str);

impl Deref for AwsError {
    type Target = AwsFault;

    fn deref(&self) -> &AwsFault {
        &self.0
    }
}

impl AwsError {
    /// An error from its parts.
    pub(in crate::aws) fn of(
        call: Call,
        kind: AwsErrorKind,
        request_id: Option<&str>,
        causes: Vec<String>,
        ambiguous: bool,
    ) -> Self {
        let request_id = request_id.map(str::to_owned);
        AwsError(Box::new(AwsFault { service: call.0, operation: call.1, kind, request_id, causes, ambiguous }))
    }

    /// The same error, of which an earlier attempt may have had its effect.
    pub(in crate::aws) fn or_earlier(mut self, ambiguous: bool) -> Self {
        self.0.ambiguous |= ambiguous;
        self
    }

    /// An error that no service was asked for.
    pub(in crate::aws) fn local(kind: AwsErrorKind) -> Self {
        Self::of(Call("", ""), kind, None, Vec::new(), false)
    }

    /// The one way from the SDK's errors to ours.
    pub(in crate::aws) fn from_sdk<E>(call: Call, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let (kind, ambiguous) = classify(error);
        // Of an answer that could be read, the chain only repeats code and message.
        let causes = if error.code().is_some() { Vec::new() } else { unroll(error) };
        Self::of(call, kind, RequestId::request_id(error), causes, ambiguous)
    }

    /// Whether it is certain that nothing happened: the service answered and refused, or nothing was sent.
    pub fn is_definite(&self) -> bool {
        !self.ambiguous
    }

    /// Whether the effect of the call may have happened although no success was seen.
    pub fn could_have_happened(&self) -> bool {
        self.ambiguous
    }

    /// Whether the same call may well succeed in a moment: a poll goes on.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            AwsErrorKind::Throttled { .. }
            | AwsErrorKind::Connect
            | AwsErrorKind::Timeout
            | AwsErrorKind::LostReply => true,
            AwsErrorKind::Service { status, .. } => *status >= 500,
            AwsErrorKind::Expired { .. }
            | AwsErrorKind::AccessDenied { .. }
            | AwsErrorKind::Credentials { .. }
            | AwsErrorKind::Unsupported { .. }
            | AwsErrorKind::Request
            | AwsErrorKind::EndpointNotLoopback { .. }
            | AwsErrorKind::EndpointOverridden { .. }
            | AwsErrorKind::RegionInvalid { .. }
            | AwsErrorKind::Fenced { .. }
            | AwsErrorKind::Settings { .. } => false,
        }
    }

    /// The service's error code; empty when there is none.
    pub fn code(&self) -> &str {
        match &self.kind {
            AwsErrorKind::Service { code, .. }
            | AwsErrorKind::Throttled { code, .. }
            | AwsErrorKind::AccessDenied { code, .. } => code,
            AwsErrorKind::Expired { .. }
            | AwsErrorKind::Credentials { .. }
            | AwsErrorKind::Connect
            | AwsErrorKind::Timeout
            | AwsErrorKind::LostReply
            | AwsErrorKind::Unsupported { .. }
            | AwsErrorKind::Request
            | AwsErrorKind::EndpointNotLoopback { .. }
            | AwsErrorKind::EndpointOverridden { .. }
            | AwsErrorKind::RegionInvalid { .. }
            | AwsErrorKind::Fenced { .. }
            | AwsErrorKind::Settings { .. } => "",
        }
    }

    /// The service's words; empty when there are none.
    pub fn message(&self) -> &str {
        match &self.kind {
            AwsErrorKind::Service { message, .. }
            | AwsErrorKind::Throttled { message, .. }
            | AwsErrorKind::Expired { message }
            | AwsErrorKind::AccessDenied { message, .. }
            | AwsErrorKind::Credentials { message } => message,
            AwsErrorKind::Connect
            | AwsErrorKind::Timeout
            | AwsErrorKind::LostReply
            | AwsErrorKind::Unsupported { .. }
            | AwsErrorKind::Request
            | AwsErrorKind::EndpointNotLoopback { .. }
            | AwsErrorKind::EndpointOverridden { .. }
            | AwsErrorKind::RegionInvalid { .. }
            | AwsErrorKind::Fenced { .. }
            | AwsErrorKind::Settings { .. } => "",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match &self.kind {
            AwsErrorKind::Service { .. } => None,
            AwsErrorKind::Throttled { .. } => {
                Some("wait a moment and retry; other tools may be polling the same account")
            }
            AwsErrorKind::Expired { .. } => Some(
                "log in again elsewhere (`aws sso login`, or new keys), then retry: the identity is verified again",
            ),
            AwsErrorKind::AccessDenied { .. } => {
                Some("ask for the permission, or use a profile whose role has it; then retry")
            }
            AwsErrorKind::Credentials { .. } => {
                Some("log in (`aws sso login`), or name a profile that has credentials")
            }
            AwsErrorKind::Connect => {
                Some("check the network, the region's name, and (in a sandbox) that the emulator is up")
            }
            AwsErrorKind::Timeout | AwsErrorKind::LostReply => {
                Some("whether it happened is not known: look before it is done again")
            }
            AwsErrorKind::Unsupported { .. } => {
                Some("this endpoint does not support the call; an emulator may lack it, and only AWS can tell")
            }
            AwsErrorKind::Request => Some("a value in the call is missing or has the wrong form"),
            AwsErrorKind::EndpointNotLoopback { .. } => {
                Some("an emulator's endpoint must be 127.0.0.0/8, ::1 or localhost")
            }
            AwsErrorKind::EndpointOverridden { .. } => Some(
                "unset AWS_ENDPOINT_URL (or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true), or say `emulator = true` in the profile",
            ),
            AwsErrorKind::RegionInvalid { .. } => Some("give `region` a name such as `eu-central-1`"),
            AwsErrorKind::Fenced { .. } => Some(
                "let the step work on what the drill has restored; what the drill has to change all the same, a marker's table, \
                 stands under `touches` of `[phase.drill]`, by ARN",
            ),
            AwsErrorKind::Settings { .. } => Some("correct the profile"),
        }
    }
}

impl fmt::Display for AwsErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AwsErrorKind::Service { code, message, status } if code.is_empty() && message.is_empty() => {
                write!(f, "HTTP status {status} with no error code")
            }
            AwsErrorKind::Service { code, message, .. } => write!(f, "{code}: {message}"),
            AwsErrorKind::Throttled { code, message } => write!(f, "throttled ({code}): {message}"),
            AwsErrorKind::Expired { message } => write!(f, "the credentials have expired: {message}"),
            AwsErrorKind::AccessDenied { code, message } => write!(f, "access denied ({code}): {message}"),
            AwsErrorKind::Credentials { message } => write!(f, "no usable credentials: {message}"),
            AwsErrorKind::Connect => f.write_str("no connection"),
            AwsErrorKind::Timeout => f.write_str("no answer in time"),
            AwsErrorKind::LostReply => f.write_str("the answer was lost"),
            AwsErrorKind::Unsupported { status: status @ ..500 } => {
                write!(f, "the endpoint does not know the call (HTTP status {status})")
            }
            AwsErrorKind::Unsupported { status } => {
                write!(f, "the endpoint does not support the call (HTTP status {status}, and a body that is not AWS's)")
            }
            AwsErrorKind::Request => f.write_str("the request could not be built"),
            AwsErrorKind::EndpointNotLoopback { endpoint } => {
                write!(f, "emulator endpoint `{endpoint}` is not on this machine")
            }
            AwsErrorKind::EndpointOverridden { endpoint } => {
                write!(f, "the environment or the AWS config file sends calls to `{endpoint}`, the profile does not")
            }
            AwsErrorKind::RegionInvalid { region } => write!(f, "`{region}` is not a region's name"),
            AwsErrorKind::Fenced { why } => f.write_str(why),
            AwsErrorKind::Settings { fault } => f.write_str(fault),
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{} {}: ", self.service, self.operation)?;
        }
        write!(f, "{}", self.kind)?;
        // The causes say what a transport error hides; for an answered call they only repeat the answer.
        if matches!(
            self.kind,
            AwsErrorKind::Connect | AwsErrorKind::Timeout | AwsErrorKind::LostReply | AwsErrorKind::Request
        ) && let Some(last) = self.causes.last()
        {
            write!(f, " ({last})")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for AwsError {}
