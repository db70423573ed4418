//! Waiting for what was begun.

use tokio::time::Instant;

use super::data::{Cluster, Instance, Snapshot};
use super::reads::DatabaseReads;
use super::status::{is_dead_end, is_up};
use crate::aws::clients::Reply;
use crate::aws::until::{Awaited, Judgement, WaitFault, until};

impl DatabaseReads {
    /// Waits for a cluster. `told` hears each status when it comes, and none when there is no such cluster. What is
    /// given is the cluster as it was seen last; none when it is gone.
    ///
    /// # Errors
    /// See [`WaitFault`].
    pub async fn cluster_until(
        &self,
        name: &str,
        awaited: Awaited,
        deadline: Instant,
        told: impl FnMut(Option<&str>),
    ) -> Result<Reply<Option<Cluster>>, WaitFault> {
        let look = async || self.cluster(name).await;
        until(self.is_emulated(), deadline, look, |it| &it.status, |status| judged(awaited, status), told).await
    }

    /// Waits for an instance, as [`DatabaseReads::cluster_until`] does.
    ///
    /// # Errors
    /// See [`WaitFault`].
    pub async fn instance_until(
        &self,
        name: &str,
        awaited: Awaited,
        deadline: Instant,
        told: impl FnMut(Option<&str>),
    ) -> Result<Reply<Option<Instance>>, WaitFault> {
        let look = async || self.instance(name).await;
        until(self.is_emulated(), deadline, look, |it| &it.status, |status| judged(awaited, status), told).await
    }

    /// Waits for a snapshot of a cluster, as [`DatabaseReads::cluster_until`] does.
    ///
    /// # Errors
    /// See [`WaitFault`].
    pub async fn cluster_snapshot_until(
        &self,
        name: &str,
        awaited: Awaited,
        deadline: Instant,
        told: impl FnMut(Option<&str>),
    ) -> Result<Reply<Option<Snapshot>>, WaitFault> {
        let look = async || self.cluster_snapshot(name).await;
        until(self.is_emulated(), deadline, look, |it| &it.status, |status| judged(awaited, status), told).await
    }

    /// Waits for a snapshot of an instance, as [`DatabaseReads::cluster_until`] does.
    ///
    /// # Errors
    /// See [`WaitFault`].
    pub async fn snapshot_until(
        &self,
        name: &str,
        awaited: Awaited,
        deadline: Instant,
        told: impl FnMut(Option<&str>),
    ) -> Result<Reply<Option<Snapshot>>, WaitFault> {
        let look = async || self.snapshot(name).await;
        until(self.is_emulated(), deadline, look, |it| &it.status, |status| judged(awaited, status), told).await
    }

    fn is_emulated(&self) -> bool {
        self.door.settings.emulator.is_some()
    }
}

fn judged(awaited: Awaited, status: Option<&str>) -> Judgement {
    match (awaited, status) {
        (Awaited::Up, Some(status)) if is_up(status) => Judgement::Reached,
        (Awaited::Up, Some("deleting")) => Judgement::DeadEnd,
        (Awaited::Up, Some(status)) if is_dead_end(status) => Judgement::DeadEnd,
        (Awaited::Gone, None) => Judgement::Reached,
        (Awaited::Up, None) => Judgement::Missing,
        (Awaited::Up | Awaited::Gone, Some(_)) => Judgement::GoesOn,
    }
}
