//! What holds data and is not in the new template any more: the way back makes it anew, and empty.

use crate::aws::stacks::{StackResource, TemplateText, holds_data};
use crate::event::Need;

/// Resources with data that the deployment takes out of the stack.
pub(super) fn removed(resources: &[StackResource], previous: &TemplateText, new: Option<&TemplateText>) -> Vec<Need> {
    let Some(new) = new.filter(|new| new.is_read()) else { return Vec::new() };
    let kept = previous.kept_on_delete();
    let mut gone: Vec<&StackResource> = resources
        .iter()
        .filter(|resource| holds_data(&resource.resource_type) && resource.physical_id.is_some())
        .filter(|resource| previous.has_resource(&resource.logical_id) && !new.has_resource(&resource.logical_id))
        .collect();
    gone.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
    let need = |resource: &&StackResource| {
        let StackResource { logical_id, resource_type, .. } = resource;
        let what = format!("the data in {logical_id} ({resource_type})");
        match kept.iter().find(|(id, _, _)| id == logical_id).map(|(_, _, policy)| policy.as_str()) {
            Some("Snapshot") => Need::later(
                what,
                "the deployment takes it out; a snapshot is taken, and the way back makes it anew, and empty",
            ),
            Some(_) => Need::later(
                what,
                "the deployment takes it out of the stack, and it stays; the way back would make another beside it, and \
                 fails where the name is fixed: import it then",
            ),
            None => Need::missing(
                what,
                "the deployment deletes it: the way back makes it anew, and empty",
                "give it `DeletionPolicy: Retain` by a deployment of its own first, or leave it in the template",
            ),
        }
    };
    gone.iter().map(need).collect()
}
