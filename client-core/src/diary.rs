//! The user's free time at one moment, as a negotiation sees it.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    agenda::{Agenda, Hold},
    api::Preferences,
    calendar::availability,
    connection::later,
    local_id::ConversationId,
    span::{Span, common, merged},
};

/// No meeting is arranged farther ahead.
pub(crate) const HORIZON: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Most slots that are looked at for one answer.
const MAX_CANDIDATES: usize = 5_000;

pub(crate) struct Diary<'a> {
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
    agenda: &'a Agenda,
    pub(crate) preferences: &'a Preferences,
    holds: Vec<Span>,
}

impl<'a> Diary<'a> {
    /// The diary as the negotiation `own` sees it: its own hold is no obstacle to it.
    pub(crate) fn new(
        now: Timestamp,
        zone: TimeZone,
        agenda: &'a Agenda,
        preferences: &'a Preferences,
        holds: &[Hold],
        own: Option<&ConversationId>,
    ) -> Self {
        let others = holds.iter().filter(|hold| Some(&hold.proposal) != own);
        let holds = others.map(|hold| hold.slot).collect();
        Self {
            now,
            zone,
            agenda,
            preferences,
            holds,
        }
    }

    /// From now on, as far as meetings are arranged.
    pub(crate) fn future(&self) -> Option<Span> {
        Span::new(self.now, later(self.now, HORIZON)).ok()
    }

    /// Working time within the windows, from now on.
    pub(crate) fn working(&self, windows: &[Span]) -> Vec<Span> {
        let Some(future) = self.future() else {
            return Vec::new();
        };
        let windows = common(windows, &[future]);
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
            return Vec::new();
        };
        let whole = Span::new(first.start(), last.end());
        let working = whole.map(|whole| availability::working_time(self.preferences, whole));
        match working {
            Ok(Ok(working)) => common(&working, &windows),
            _ => Vec::new(),
        }
    }

    /// Free stretches within the windows, each at least so long: of the working time, and of what
    /// lies `beyond` it and is searched all the same.
    pub(crate) fn free(
        &self,
        windows: &[Span],
        beyond: &[Span],
        duration_minutes: u32,
    ) -> Vec<Span> {
        let mut open = self.working(windows);
        open.extend(common(windows, beyond));
        let open = merged(open);
        let (Some(first), Some(last)) = (open.first(), open.last()) else {
            return Vec::new();
        };
        let buffer = self.preferences.buffer_minutes;
        let margin = i64::from(buffer) * 60;
        let busy = match Span::new(first.start(), last.end()) {
            Ok(whole) => self.agenda.busy(whole.widened(margin), &self.zone),
            Err(_) => return Vec::new(),
        };
        availability::free_slots(open, &busy, &self.holds, buffer, duration_minutes, self.now)
    }

    /// Whether a meeting can be then; see [`free`](Self::free).
    pub(crate) fn fits(&self, slot: Span, beyond: &[Span]) -> bool {
        let minutes = u32::try_from(slot.seconds() / 60).unwrap_or(u32::MAX);
        slot.start() >= self.now
            && self
                .free(&[slot], beyond, minutes)
                .iter()
                .any(|free| free.contains(&slot))
    }

    /// The best slots within free stretches, best first: on the quarter hours; where none of these
    /// has room, as in "in an hour" at ten past, on finer ones.
    pub(crate) fn best(&self, free: &[Span], duration_minutes: u32, most: usize) -> Vec<Span> {
        let free = merged(free.to_vec());
        let starts =
            |step| availability::starts(&free, duration_minutes, step, &self.zone, MAX_CANDIDATES);
        let mut steps = [availability::STEP_MINUTES, 5, 1].into_iter().map(starts);
        let candidates = steps.find(|slots| !slots.is_empty()).unwrap_or_default();
        let mut chosen: Vec<Span> = Vec::with_capacity(most);
        for slot in availability::rank(candidates, &free, &self.zone) {
            if chosen.len() == most {
                break;
            }
            if chosen.iter().all(|other| !other.overlaps(&slot)) {
                chosen.push(slot);
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn day(date: &str) -> Span {
        let start = at(&format!("{date}T00:00:00Z"));
        Span::new(start, later(start, SignedDuration::from_hours(24))).unwrap()
    }

    #[test]
    fn a_year_ahead_and_no_farther() {
        let (agenda, preferences) = (Agenda::default(), Preferences::new("UTC"));
        let now = at("2026-11-21T10:00:00Z");
        let diary = Diary::new(now, TimeZone::UTC, &agenda, &preferences, &[], None);
        // Both are Mondays.
        assert_eq!(diary.free(&[day("2027-11-22")], &[], 30).len(), 1);
        assert_eq!(diary.free(&[day("2027-11-29")], &[], 30), []);
        assert_eq!(diary.free(&[day("2026-11-16")], &[], 30), [], "nor back");
    }

    #[test]
    fn the_best_of_a_year_is_looked_for_among_its_first_times() {
        let (agenda, preferences) = (Agenda::default(), Preferences::new("UTC"));
        let now = at("2026-11-21T10:00:00Z");
        let diary = Diary::new(now, TimeZone::UTC, &agenda, &preferences, &[], None);
        let year = diary.future().unwrap();
        let all = availability::starts(
            &[year],
            30,
            availability::STEP_MINUTES,
            &diary.zone,
            usize::MAX,
        );
        assert!(all.len() > 2 * MAX_CANDIDATES);
        let best = diary.best(&[year], 30, MAX_CANDIDATES * 2);
        assert!(best.iter().all(|slot| *slot <= all[MAX_CANDIDATES - 1]));
        assert_eq!(diary.best(&[year], 30, 3).len(), 3);
    }
}
