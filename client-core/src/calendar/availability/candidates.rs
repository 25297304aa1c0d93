//! Which of the free times to offer, and in which order.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use super::seconds;
use crate::span::Span;

/// Meetings begin on the quarter hours of the user's clock.
pub const STEP_MINUTES: u32 = 15;

/// A gap shorter than this before or after a meeting is of no use to anybody.
const SCRAP_SECONDS: i64 = 30 * 60;

/// Times for a meeting in free stretches, in order of time, at most `limit`.
///
/// They begin where the minutes since local midnight are a multiple of `step_minutes`.
pub fn starts(
    free: &[Span],
    duration_minutes: u32,
    step_minutes: u32,
    zone: &TimeZone,
    limit: usize,
) -> Vec<Span> {
    let length = SignedDuration::from_secs(seconds(duration_minutes));
    let step = seconds(step_minutes);
    let of_one = |stretch: &Span| {
        let stretch = *stretch;
        let mut next = aligned(stretch.start(), step, zone);
        std::iter::from_fn(move || {
            let start = next?;
            let slot = Span::new(start, start.checked_add(length).ok()?).ok()?;
            let after = start.checked_add(SignedDuration::from_secs(1)).ok();
            next = after.and_then(|after| aligned(after, step, zone));
            stretch.contains(&slot).then_some(slot)
        })
    };
    free.iter().flat_map(of_one).take(limit).collect()
}

/// The first instant from `at` on that is on the grid of the local clock.
fn aligned(at: Timestamp, step: i64, zone: &TimeZone) -> Option<Timestamp> {
    let mut at = match at.subsec_nanosecond() {
        0 => at,
        _ => Timestamp::from_second(at.as_second().checked_add(1)?).ok()?,
    };
    // A change of the clocks on the way may move the grid; it happens once at most.
    for _ in 0..3 {
        let time = zone.to_datetime(at).time();
        let second = i64::from(time.hour()) * 3600
            + i64::from(time.minute()) * 60
            + i64::from(time.second());
        let over = second % step;
        if over == 0 {
            return Some(at);
        }
        at = at
            .checked_add(SignedDuration::from_secs(step - over))
            .ok()?;
    }
    Some(at)
}

/// Orders candidates, best first.
///
/// 1. The earlier day, on the clock of `zone`.
/// 2. What keeps free time in one piece: first the candidates at an end of their free stretch
///    (less than [`STEP_MINUTES`] away from it), then those that leave half an hour or more on
///    both sides, last those that leave a scrap of time that nobody can use.
/// 3. The nearer to noon.
/// 4. The earlier.
///
/// `free` are the stretches that the candidates were taken from. The order depends on nothing
/// else, so that it is the same wherever it is worked out.
pub fn rank(mut candidates: Vec<Span>, free: &[Span], zone: &TimeZone) -> Vec<Span> {
    candidates.sort_by_cached_key(|slot| {
        let local = zone.to_datetime(slot.start());
        let stretch = free.iter().find(|stretch| stretch.contains(slot));
        (
            local.date(),
            stretch.map_or(Fit::Scrap, |stretch| Fit::of(slot, stretch)),
            from_noon(slot, local.date(), zone),
            *slot,
        )
    });
    candidates
}

/// What a meeting leaves of the free time around it; better ones are less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Edge,
    Apart,
    Scrap,
}

impl Fit {
    fn of(slot: &Span, stretch: &Span) -> Self {
        let gap = |from: Timestamp, to: Timestamp| to.as_second() - from.as_second();
        let gaps = [
            gap(stretch.start(), slot.start()),
            gap(slot.end(), stretch.end()),
        ];
        let edge = i64::from(STEP_MINUTES) * 60;
        if gaps.iter().any(|gap| (edge..SCRAP_SECONDS).contains(gap)) {
            Self::Scrap
        } else if gaps.iter().any(|gap| *gap < edge) {
            Self::Edge
        } else {
            Self::Apart
        }
    }
}

/// Seconds between the middle of a slot and noon of its day.
fn from_noon(slot: &Span, date: civil::Date, zone: &TimeZone) -> i64 {
    let noon = zone.to_timestamp(date.at(12, 0, 0, 0));
    let middle = slot.start().as_second() + slot.seconds() / 2;
    noon.map_or(i64::MAX, |noon| (noon.as_second() - middle).abs())
}
