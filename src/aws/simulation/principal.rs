//! Whose policies decide: from the caller's ARN to that of a user or a role.

use serde_json::json;

use crate::aws::api::client::{ApiReads, resolve};
use crate::aws::simulation::verdict::is_refusal;
use crate::aws::{AwsSettings, Caller};

/// The ARN that IAM's simulation takes for a caller. A session of a role is none of its own: the role is looked up, for
/// only IAM knows its path; where that is not allowed it is taken to have none.
///
/// # Errors
/// Why there is none, in words.
pub async fn principal(api: &ApiReads, aws: &AwsSettings, caller: &Caller) -> Result<String, String> {
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
