//! Changing what is on top of a key. No version is ever taken away.

use std::sync::Arc;

use aws_types::request_id::RequestId;

use super::reads::ObjectReads;
use crate::aws::clients::{Aws, Door, Reply};
use crate::aws::error::{AwsError, Call};

/// Objects, with the verbs that put something on top.
#[derive(Clone, Debug)]
pub struct ObjectWrites {
    pub(super) door: Arc<Door>,
}

impl Aws {
    /// Objects, with the verbs that put something on top of a key.
    pub fn objects(&self) -> ObjectWrites {
        ObjectWrites { door: Arc::clone(self.door()) }
    }
}

impl ObjectWrites {
    /// The same, as far as it is only looked at.
    pub fn reads(&self) -> ObjectReads {
        ObjectReads { door: Arc::clone(&self.door) }
    }

    /// Puts a delete marker on top: the object is not there any more, and its versions are. It is sent once. Gives the
    /// marker's version.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn hide(&self, bucket: &str, key: &str) -> Result<Reply<Option<String>>, AwsError> {
        let call = Call("s3", "DeleteObject");
        let clients = self.door.clients().await?;
        // With a version's id this call would take that version away for ever: here it never has one.
        let request = clients.bucket_writes.delete_object().bucket(bucket).key(key);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new(answer.version_id.clone(), answer.request_id()))
    }
}
