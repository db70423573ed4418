//! The credentials: where they come from, whether they are any, and how long they last.
//!
//! They are resolved as for any call. So an SSO token that has ended is renewed where the SDK can do that, and kept in
//! `~/.aws/sso/cache`: the only thing that may change because a doctor has looked.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::aws::{AwsError, AwsErrorKind, AwsSettings, CredentialsFound, GuardRefusal};
use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::patience::TOO_LONG;
use crate::report::{duration, moment};

/// The files that a profile stands in.
const FILES: &str = "the AWS config files";

/// What was found where they are looked for: none when it took too long.
pub(super) type Found = Option<Result<CredentialsFound, AwsError>>;

/// The line. `refusal`: what STS said of them.
pub(super) fn credentials(
    aws: &AwsSettings,
    found: &Found,
    refusal: Option<&GuardRefusal>,
    budget: Option<&(Duration, String)>,
    now: DateTime<Utc>,
) -> Finding {
    let Some(found) = found else { return Finding::unknown("credentials", TOO_LONG) };
    let found = match found {
        Ok(found) => found,
        Err(error) => return refused(aws, error),
    };
    if let Some(GuardRefusal::NoCredentials { error, .. } | GuardRefusal::Expired { error, .. }) = refusal {
        return refused(aws, error).details(vec![from(aws, found)]);
    }
    if aws.emulator.is_some() {
        return Finding::ok("credentials", format!("{}, the account as their key", found.from));
    }
    let Some(expires) = found.expires else {
        return Finding::ok("credentials", format!("{}; no end is told", from(aws, found)));
    };
    let left = (expires - now).num_milliseconds();
    let (until, login) = (moment(expires), login(aws, found));
    let Ok(left) = u64::try_from(left) else {
        return Finding::failed("credentials", format!("{}; ended {until}", from(aws, found)), login);
    };
    let said = format!("{}; until {until}, {} left", from(aws, found), duration(left));
    match budget {
        _ if found.renewed => Finding::ok("credentials", format!("{said}, then renewed without you")),
        Some((budget, runbook)) if u128::from(left) < budget.as_millis() => {
            let budget = duration(u64::try_from(budget.as_millis()).unwrap_or(u64::MAX));
            Finding::warn(
                "credentials",
                format!("{said}; {runbook} may take {budget}"),
                format!("{login} before the run"),
            )
        }
        Some(_) | None => Finding::ok("credentials", said),
    }
}

fn from(aws: &AwsSettings, found: &CredentialsFound) -> String {
    let named = aws.profile.is_some() || aws.role_arn.is_some();
    // A profile stands in the files: that says nothing new.
    let by: Vec<&str> = found.by.iter().copied().filter(|by| !named || *by != FILES).collect();
    let by = by.join(", ");
    let from = match (named, by.as_str()) {
        (_, "") => found.from.clone(),
        (true, by) => format!("{}, by {by}", found.from),
        // Of the whole chain only the one that gave them counts.
        (false, by) => format!("by {by}"),
    };
    if found.key_end.is_empty() { from } else { format!("{from}, key …{}", found.key_end) }
}

fn login(aws: &AwsSettings, found: &CredentialsFound) -> String {
    if found.by.contains(&"SSO") || found.by.contains(&"a login") {
        return format!("`{}`", aws.login_command());
    }
    "get new credentials (a login, or a new session)".to_owned()
}

fn refused(aws: &AwsSettings, error: &AwsError) -> Finding {
    match &error.kind {
        AwsErrorKind::Credentials { .. } | AwsErrorKind::Expired { .. } => {
            let remedy = format!("log in (`{}`), or name a profile that has credentials", aws.login_command());
            Finding::failed("credentials", error.to_string(), remedy)
        }
        _ => Finding::unknown("credentials", error.to_string()),
    }
}
