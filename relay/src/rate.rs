//! Token buckets: a rate in the long run, and a burst at once.

use std::time::Duration;

/// A bucket that fills at `per_second` up to `burst`. Time is an argument, as
/// the span since any fixed moment.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    at: Duration,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(per_second: f64, burst: u32) -> Self {
        let burst = f64::from(burst);
        Self {
            per_second,
            burst,
            tokens: burst,
            at: Duration::ZERO,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    ///
    /// How long it takes until there is one, when there is none now.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let gained = now.saturating_sub(self.at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.at = self.at.max(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let missing = (1.0 - self.tokens) / self.per_second;
        // A millisecond more than computed: waiting as told must be enough.
        Err(Duration::from_secs_f64(missing) + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut bucket = TokenBucket::new(10.0, 3);
        let now = Duration::from_secs(5);
        for _ in 0..3 {
            assert_eq!(bucket.take(now), Ok(()));
        }
        let wait = bucket.take(now).unwrap_err();
        assert!(
            (Duration::from_millis(99)..Duration::from_millis(103)).contains(&wait),
            "{wait:?}"
        );
        assert_eq!(bucket.take(now + wait), Ok(()));
        assert!(bucket.take(now + wait).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_tokens() {
        let mut bucket = TokenBucket::new(1.0, 1);
        assert_eq!(bucket.take(Duration::from_secs(9)), Ok(()));
        assert!(bucket.take(Duration::from_secs(1)).is_err());
        assert!(bucket.take(Duration::from_secs(9)).is_err());
    }
}
