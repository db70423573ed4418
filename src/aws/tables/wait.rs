//! Waiting for a table or a backup.

use tokio::time::Instant;

use super::data::{Backup, Table};
use super::reads::TableReads;
use crate::aws::clients::Reply;
use crate::aws::until::{Awaited, Judgement, WaitFault, until};

impl TableReads {
    /// Waits for a table to be `ACTIVE`, or gone. `told` hears each status when it comes, and none when there is no
    /// such table. What is given is the table as it was seen last; none when it is gone. Its indexes may still be made.
    ///
    /// # Errors
    /// See [`WaitFault`].
    pub async fn table_until(
        &self,
        name: &str,
        awaited: Awaited,
        deadline: Instant,
        told: impl FnMut(Option<&str>),
    ) -> Result<Reply<Option<Table>>, WaitFault> {
        let look = async || self.describe(name).await;
        let judge = |status: Option<&str>| judged(awaited, status, "ACTIVE");
        until(self.door.settings.emulator.is_some(), deadline, look, |it| &it.status, judge, told).await
    }

    /// Waits for a backup to be `AVAILABLE`, or gone, as [`TableReads::table_until`] does.
    ///
    /// # Errors
    /// See [`WaitFault`].
    pub async fn backup_until(
        &self,
        arn: &str,
        awaited: Awaited,
        deadline: Instant,
        told: impl FnMut(Option<&str>),
    ) -> Result<Reply<Option<Backup>>, WaitFault> {
        let look = async || self.backup(arn).await;
        let judge = |status: Option<&str>| judged(awaited, status, "AVAILABLE");
        until(self.door.settings.emulator.is_some(), deadline, look, |it| &it.status, judge, told).await
    }
}

fn judged(awaited: Awaited, status: Option<&str>, up: &str) -> Judgement {
    match (awaited, status) {
        (Awaited::Up, Some(status)) if status == up => Judgement::Reached,
        (
            Awaited::Up,
            Some("DELETING" | "DELETED" | "INACCESSIBLE_ENCRYPTION_CREDENTIALS" | "ARCHIVING" | "ARCHIVED"),
        ) => Judgement::DeadEnd,
        // DynamoDB remembers a backup that was deleted.
        (Awaited::Gone, None | Some("DELETED")) => Judgement::Reached,
        (Awaited::Up, None) => Judgement::Missing,
        (Awaited::Up | Awaited::Gone, Some(_)) => Judgement::GoesOn,
    }
}
