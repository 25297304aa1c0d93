//! The clock, as an argument: the time, and waiting for it to pass.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Where the relay reads the time: the machine's clock, or one that a test moves.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<watch::Receiver<u64>>);

/// The time was over first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that shows what was sent last, in milliseconds since the Unix epoch.
    pub const fn manual(time: watch::Receiver<u64>) -> Self {
        Self(Some(time))
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        match &self.0 {
            Some(time) => *time.borrow(),
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
                }),
        }
    }

    /// The span since a fixed moment, which goes on evenly while the machine's clock is set.
    pub fn uptime(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Some(time) => Duration::from_millis(*time.borrow()),
            None => START.elapsed(),
        }
    }

    /// Returns once that much time has passed.
    pub async fn sleep(&self, span: Duration) {
        match &self.0 {
            Some(time) => {
                let until = self.uptime() + span;
                let mut time = time.clone();
                let passed = time.wait_for(|now| Duration::from_millis(*now) >= until);
                if passed.await.is_err() {
                    // Nobody can move it any more.
                    std::future::pending().await
                }
            }
            None => tokio::time::sleep(span).await,
        }
    }

    /// What a future comes to, if it does so in time.
    ///
    /// # Errors
    ///
    /// [`Elapsed`]; the future is dropped.
    pub async fn timeout<T>(
        &self,
        span: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        tokio::select! {
            biased;
            outcome = future => Ok(outcome),
            () = self.sleep(span) => Err(Elapsed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_manual_clock_stands_until_it_is_moved() {
        let (time, shown) = watch::channel(1_000);
        let clock = Clock::manual(shown);
        let mut sleeping = std::pin::pin!(clock.sleep(Duration::from_millis(10)));
        let mut is_over = || {
            let mut context = Context::from_waker(Waker::noop());
            sleeping.as_mut().poll(&mut context).is_ready()
        };
        assert!(!is_over());
        time.send_replace(1_009);
        assert!(!is_over());
        time.send_replace(1_010);
        assert!(is_over());
        assert_eq!(clock.now_ms(), 1_010);
        let late = clock.timeout(Duration::ZERO, std::future::pending::<()>());
        assert_eq!(late.await, Err(Elapsed));
    }
}
