//! What the previous template names and does not hold: `CloudFormation` fetches it again on the way back.

use serde_json::{Value, json};

use crate::aws::stacks::{Names, StackDescription, StackResource, Stored, StoredAt, TemplateText};
use crate::aws::{AwsError, AwsReads};
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::{Asked, Look, Untold, all, asked, told};
use crate::step::stack::task::StackTask;

/// Where to look.
pub(super) struct Places<'a> {
    pub(super) change: &'a StackTask,
    pub(super) stack: &'a StackDescription,
    pub(super) resources: &'a [StackResource],
    pub(super) previous: &'a TemplateText,
    pub(super) new: Option<&'a TemplateText>,
}

/// Looks for each of them.
pub(super) async fn stored(places: &Places<'_>, aws: &AwsReads, cx: &ReadContext) -> Vec<Need> {
    let Places { change, stack, resources, previous, new } = places;
    let processed = if previous.is_transformed() {
        match told(cx, aws.stacks().processed_template(&stack.id)).await {
            Ok(body) => Some(TemplateText::new(body)),
            Err(untold) => return vec![untold.need(format!("what the template of stack {} names", stack.name))],
        }
    } else {
        None
    };
    let names = Names::of(stack, resources);
    let there = |one: &Stored| {
        let own = resources.iter().find(|resource| resource.logical_id == one.logical_id);
        own.map_or(resources.is_empty(), |resource| resource.physical_id.is_some())
    };
    let found = processed.as_ref().unwrap_or(previous).stored(&names).into_iter().filter(there);
    let after = names.clone().with(&change.parameters);
    let brought = new.map(|new| new.stored(&after)).unwrap_or_default();
    let looks = found.map(|one| {
        let stays = brought.iter().any(|new| new.logical_id == one.logical_id && new.at.is_ok() && new.at == one.at);
        let look: Look<'_, Need> = Box::pin(async move { look(one, stays, aws, cx).await });
        look
    });
    all(looks.collect()).await
}

async fn look(one: Stored, stays: bool, aws: &AwsReads, cx: &ReadContext) -> Need {
    let what = format!("the {} `{}`", one.what, one.logical_id);
    let at = match &one.at {
        Ok(at) => at,
        Err(why) => return Need::later(what, format!("where it lies is not known: {why}")),
    };
    let place = at.shown();
    match looked(at, aws, cx).await {
        Ok(Asked::There(answer)) if one.is_template() => {
            Need::there(what, format!("{}; what it names in turn is not looked at", held(&place, &answer)))
        }
        Ok(Asked::There(answer)) => Need::there(what, held(&place, &answer)),
        Ok(Asked::Gone(why)) if stays => {
            let detail =
                format!("{place} is gone ({why}), and the deployment leaves it as it is: it is not fetched again");
            Need::there(what, detail)
        }
        Ok(Asked::Gone(why)) => Need::missing(
            what,
            format!("{place} is gone ({why}): the previous template cannot be put back without it"),
            "bring it back under the same name, from a backup or an older version, or build the previous release again",
        ),
        Ok(Asked::Untold(untold)) | Err(untold) => untold.need(what),
    }
}

async fn looked(at: &StoredAt, aws: &AwsReads, cx: &ReadContext) -> Result<Asked, Untold> {
    Ok(match at {
        StoredAt::Object { bucket, key, version } => {
            let mut input = json!({ "Bucket": bucket, "Key": key });
            if let Some(version) = version {
                input["VersionId"] = Value::from(version.as_str());
            }
            match asked(cx, aws, "s3:HeadObject", input).await {
                // Without leave to list a bucket S3 calls what is not there forbidden.
                Asked::Untold(untold) if untold.denied => {
                    let remedy = "it may be gone: allow s3:GetObject and s3:ListBucket there, and look again";
                    Asked::Untold(Untold { remedy: Some(remedy.to_owned()), ..untold })
                }
                other => other,
            }
        }
        StoredAt::Image { registry, region, repository, image } => {
            let remedy = |error: &AwsError| error.remedy().map(str::to_owned);
            let there = aws.in_region(region).map_err(|error| Untold::because(error.to_string(), remedy(&error)))?;
            let named = if image.contains(':') { "imageDigest" } else { "imageTag" };
            let input = json!({ "registryId": registry, "repositoryName": repository, "imageIds": [{ named: image }] });
            asked(cx, &there, "ecr:DescribeImages", input).await
        }
    })
}

/// What was found, in few words.
fn held(place: &str, answer: &Value) -> String {
    let digest = answer.pointer("/imageDetails/0/imageDigest").and_then(Value::as_str);
    match (answer.get("ContentLength").and_then(Value::as_u64), digest) {
        (Some(bytes), _) => format!("{place}, {bytes} bytes"),
        (None, Some(digest)) => format!("{place}, {digest}"),
        (None, None) => place.to_owned(),
    }
}
