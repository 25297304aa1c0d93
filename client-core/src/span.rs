//! Half-open stretches of time, and sets of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// From `start` up to, and without, `end`; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Span {
    start: Timestamp,
    end: Timestamp,
}

/// `end` is not after `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an end after the start {start}, found {end}")]
pub struct EmptySpan {
    start: Timestamp,
    end: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    start: Timestamp,
    end: Timestamp,
}

impl TryFrom<Bounds> for Span {
    type Error = EmptySpan;

    fn try_from(bounds: Bounds) -> Result<Self, EmptySpan> {
        Self::new(bounds.start, bounds.end)
    }
}

impl Span {
    /// A stretch of time.
    ///
    /// # Errors
    ///
    /// [`EmptySpan`] when `end` is not after `start`.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, EmptySpan> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(EmptySpan { start, end })
        }
    }

    /// First instant.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// First instant after it.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// Length in whole seconds.
    pub fn seconds(&self) -> i64 {
        self.end.as_second() - self.start.as_second()
    }

    /// Whether they share an instant. Back to back is no overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies in it as a whole.
    pub fn contains(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// What they share.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end)).ok()
    }

    /// The same with some seconds more on both sides, as far as the calendar reaches.
    #[must_use]
    pub fn widened(&self, seconds: i64) -> Self {
        let by = jiff::SignedDuration::from_secs(seconds);
        let start = self.start.saturating_sub(by).unwrap_or(self.start);
        let end = self.end.saturating_add(by).unwrap_or(self.end);
        Self { start, end }
    }
}

/// Sorts and merges, so that no two overlap or touch.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// What is in `spans` and in none of `holes`.
pub fn without(spans: Vec<Span>, holes: Vec<Span>) -> Vec<Span> {
    let holes = merged(holes);
    let mut left = Vec::new();
    for span in merged(spans) {
        let mut start = span.start;
        let first = holes.partition_point(|hole| hole.end <= span.start);
        for hole in holes
            .iter()
            .skip(first)
            .take_while(|hole| hole.start < span.end)
        {
            left.extend(Span::new(start, hole.start));
            start = hole.end;
        }
        left.extend(Span::new(start, span.end));
    }
    left
}

/// What is in both.
pub fn common(left: &[Span], right: &[Span]) -> Vec<Span> {
    let pairs = left
        .iter()
        .flat_map(|l| right.iter().filter_map(|r| l.intersection(r)));
    merged(pairs.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: i64, end: i64) -> Span {
        let at = |s| Timestamp::from_second(s).unwrap();
        Span::new(at(start), at(end)).unwrap()
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        let one = (0i64..60, 1i64..20).prop_map(|(start, len)| span(start, start + len));
        proptest::collection::vec(one, 0..8)
    }

    fn covers(spans: &[Span], second: i64) -> bool {
        spans.iter().any(|s| s.contains(&span(second, second + 1)))
    }

    #[test]
    fn back_to_back_does_not_overlap() {
        assert!(!span(0, 10).overlaps(&span(10, 20)));
        assert!(span(0, 11).overlaps(&span(10, 20)));
        assert!(Span::new(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH).is_err());
    }

    proptest! {
        #[test]
        fn set_operations_agree_with_a_bitmap(left in spans(), right in spans()) {
            let (all, less, both) = (
                merged(left.clone()),
                without(left.clone(), right.clone()),
                common(&left, &right),
            );
            for second in 0..90 {
                let (in_left, in_right) = (covers(&left, second), covers(&right, second));
                prop_assert_eq!(covers(&all, second), in_left);
                prop_assert_eq!(covers(&less, second), in_left && !in_right);
                prop_assert_eq!(covers(&both, second), in_left && in_right);
            }
            prop_assert!(all.windows(2).all(|w| w[0].end < w[1].start));
        }
    }
}
