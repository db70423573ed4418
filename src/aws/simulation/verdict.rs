//! What the simulation says of one action.

use serde_json::Value;

use crate::aws::AwsErrorKind;
use crate::aws::api::client::ApiFailure;

/// Whether it was answered, and the answer was that the caller may not.
pub fn is_refusal(failure: &ApiFailure) -> bool {
    matches!(failure, ApiFailure::Aws(error) if matches!(error.kind, AwsErrorKind::AccessDenied { .. }))
}

/// What the simulation says of one action on one thing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is allowed.
    Allowed,
    /// It is refused, by the word of IAM.
    Denied(String),
    /// It hangs on something that is not known here.
    Open(String),
}

/// Reads one evaluation. `narrow`: it was asked about the one thing that is called, not about `*`.
pub fn verdict(evaluation: &Value, narrow: bool) -> Verdict {
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
