//! Keys for a program that only reads: those of the role that only reads, and no others.

use secrecy::ExposeSecret;

use crate::aws::SessionKeys;
use crate::event::Failure;
use crate::step::ReadContext;
use crate::step::stack::aws_failure;
use crate::world::process::Environment;

/// The variables by which AWS's tools find other credentials, or know more of these.
const OTHERS: [&str; 10] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// The keys for a program that only reads; none: it has those of whoever runs it.
pub async fn session_keys(cx: &ReadContext) -> Result<Option<SessionKeys>, Failure> {
    let Some(aws) = &cx.aws else { return Ok(None) };
    match cx.within(Box::pin(aws.session_keys())).await {
        Ok(keys) => keys.map_err(|error| aws_failure(&error)),
        Err(end) => {
            let over = "the role that only reads was not assumed within the step's time";
            Err(end.failure("stopped by the operator", over))
        }
    }
}

/// Puts the keys where AWS's tools look first, and takes away what would lead them elsewhere.
pub fn lend(environment: &mut Environment, keys: &SessionKeys) {
    environment.remove_if(|name| OTHERS.contains(&name) || name.starts_with("AWS_CONTAINER_"));
    environment.set("AWS_ACCESS_KEY_ID", &keys.id);
    environment.set("AWS_SECRET_ACCESS_KEY", keys.secret.expose_secret());
    if let Some(token) = &keys.token {
        environment.set("AWS_SESSION_TOKEN", token.expose_secret());
    }
}
