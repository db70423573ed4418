//! How urgently something that runs is to end.

use tokio::sync::watch;

/// How urgently something that runs is to end.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Urgency {
    /// It may go on.
    #[default]
    None,
    /// It is to stop.
    Stop,
    /// It is to be ended at once.
    Kill,
}

impl Urgency {
    /// What it is when somebody asks again.
    #[must_use]
    pub fn more(self) -> Self {
        match self {
            Self::None => Self::Stop,
            Self::Stop | Self::Kill => Self::Kill,
        }
    }

    /// Ends when it is that urgent; never, when nobody is left to say so.
    pub async fn reached(self, told: &mut watch::Receiver<Self>) {
        if told.wait_for(|now| *now >= self).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
