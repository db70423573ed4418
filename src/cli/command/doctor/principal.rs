//! Whose policies decide: from the caller's ARN to that of a user or a role.

use serde_json::{Value, json};

use crate::aws::api::client::{ApiFailure, ApiReads, resolve};
use crate::aws::{AwsErrorKind, AwsSettings, Caller};

/// The ARN that IAM's simulation takes for a caller. A session of a role is none of its own: the role is looked up, for only
/// IAM knows its path; where that is not allowed it is taken to have none.
///
/// # Errors
/// Why there is none, in words.
pub(super) async fn principal(api: &ApiReads, aws: &AwsSettings, caller: &Caller) -> Result<String, String> {
    let arn = &caller.arn;
    let mut parts = arn.splitn(6, ':').skip(1);
    let (Some(partition), Some(service), Some(_), Some(account), Some(name)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(format!("`{arn}` is no ARN"));
    };
    match (service, name.split_once('/')) {
        (_, None) if name == "root" => {
            Err("the caller is the root user of the account: IAM simulates users and roles only".to_owned())
        }
        ("iam", Some(("user" | "role", _))) => Ok(arn.clone()),
        ("sts", Some(("assumed-role", rest))) => {
            let role = rest.split('/').next().unwrap_or_default();
            let named = aws.role_arn.as_ref().filter(|arn| arn.rsplit('/').next() == Some(role));
            match named {
                Some(arn) => Ok(arn.clone()),
                None => looked_up(api, role, &format!("arn:{partition}:iam::{account}:role/{role}")).await,
            }
        }
        ("sts", Some(("federated-user", _))) => {
            Err("the caller is a federated user: IAM simulates users and roles only".to_owned())
        }
        _ => Err(format!("{arn} is neither a user nor a role, and IAM simulates no other")),
    }
}

async fn looked_up(api: &ApiReads, role: &str, otherwise: &str) -> Result<String, String> {
    let operation = resolve("iam:GetRole").ok().and_then(|it| it.read()).ok_or("the models do not know GetRole")?;
    match api.call(operation, &json!({ "RoleName": role })).await {
        Ok(reply) => Ok(reply.value["Role"]["Arn"].as_str().unwrap_or(otherwise).to_owned()),
        Err(failure) if is_refusal(&failure) => Ok(otherwise.to_owned()),
        Err(failure) => Err(format!("which role the caller has is not known: {failure}")),
    }
}

/// Whether it was answered, and the answer was that the caller may not.
pub(super) fn is_refusal(failure: &ApiFailure) -> bool {
    matches!(failure, ApiFailure::Aws(error) if matches!(error.kind, AwsErrorKind::AccessDenied { .. }))
}

/// What the simulation says of one action on one thing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Allowed,
    /// It is refused, by the word of IAM.
    Denied(String),
    /// It hangs on something that is not known here.
    Open(String),
}

/// Reads one evaluation. `narrow`: it was asked about the one thing that is called, not about `*`.
pub(super) fn verdict(evaluation: &Value, narrow: bool) -> Verdict {
    let decision = evaluation["EvalDecision"].as_str().unwrap_or_default();
    let missing: Vec<&str> =
        evaluation["MissingContextValues"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let by = [
        ("OrganizationsDecisionDetail", "AllowedByOrganizations", "the organization does not allow it"),
        (
            "PermissionsBoundaryDecisionDetail",
            "AllowedByPermissionsBoundary",
            "the permissions boundary does not allow it",
        ),
    ];
    let by =
        by.into_iter().find(|(detail, member, _)| evaluation[*detail][*member] == false).map(|(_, _, words)| words);
    let said = by.map_or_else(|| decision.to_owned(), |by| format!("{decision}, {by}"));
    match decision {
        "allowed" => Verdict::Allowed,
        "explicitDeny" | "implicitDeny" if !missing.is_empty() => {
            Verdict::Open(format!("{said}, and hangs on {}", missing.join(", ")))
        }
        "explicitDeny" => Verdict::Denied(said),
        "implicitDeny" if narrow => Verdict::Denied(said),
        // A policy that names single resources allows nothing on `*`.
        "implicitDeny" => Verdict::Open(format!("{said} on `*`: allowed on single resources at most")),
        _ => Verdict::Open("the simulation says nothing of it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Verdict, verdict};

    #[test]
    fn a_denial_of_everything_says_nothing_of_one_thing() {
        let says = |decision: &str| json!({ "EvalDecision": decision });
        assert_eq!(verdict(&says("allowed"), false), Verdict::Allowed);
        assert_eq!(verdict(&says("explicitDeny"), false), Verdict::Denied("explicitDeny".to_owned()));
        assert_eq!(verdict(&says("implicitDeny"), true), Verdict::Denied("implicitDeny".to_owned()));
        assert!(matches!(verdict(&says("implicitDeny"), false), Verdict::Open(_)));
        assert!(matches!(verdict(&says(""), true), Verdict::Open(_)));
    }

    #[test]
    fn what_a_condition_hangs_on_leaves_it_open() {
        let asked = json!({ "EvalDecision": "explicitDeny", "MissingContextValues": ["aws:MultiFactorAuthPresent"] });
        let words = "explicitDeny, and hangs on aws:MultiFactorAuthPresent".to_owned();
        assert_eq!(verdict(&asked, true), Verdict::Open(words));
    }

    #[test]
    fn a_boundary_is_named() {
        let boundary = json!({ "EvalDecision": "implicitDeny",
            "PermissionsBoundaryDecisionDetail": { "AllowedByPermissionsBoundary": false } });
        let words = "implicitDeny, the permissions boundary does not allow it".to_owned();
        assert_eq!(verdict(&boundary, true), Verdict::Denied(words));
    }
}
