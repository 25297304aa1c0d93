//! The engine's one timer.

use std::time::Duration;

use jiff::Timestamp;

/// The monotonic clock stands still while a computer sleeps; so the wall clock is read this often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// An engine that is woken at once again and again must not eat the processor.
const SHORTEST: Duration = Duration::from_millis(5);

/// When the engine wants to be woken.
#[derive(Debug, Default)]
pub(super) struct Timer {
    at: Option<Timestamp>,
}

impl Timer {
    /// Replaces the time.
    pub(super) fn set(&mut self, at: Option<Timestamp>) {
        self.at = at;
    }

    /// Waits until the time has come; for ever when there is none.
    pub(super) async fn due(&self) {
        let Some(at) = self.at else {
            return std::future::pending().await;
        };
        tokio::time::sleep(SHORTEST).await;
        loop {
            let left = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[tokio::test]
    async fn a_time_that_has_passed_is_due_and_none_never_is() {
        let mut timer = Timer::default();
        let soon = Duration::from_millis(30);
        assert!(tokio::time::timeout(soon, timer.due()).await.is_err());
        timer.set(Some(Timestamp::now() - SignedDuration::from_secs(5)));
        timer.due().await;
        timer.set(Some(Timestamp::now() + SignedDuration::from_secs(60)));
        assert!(tokio::time::timeout(soon, timer.due()).await.is_err());
    }
}
