//! A negotiation as its user sees it.

use jiff::{
    ToSpan as _,
    civil::{DateTime, Time},
    tz::TimeZone,
};

use super::{Ended, Negotiation};
use crate::{
    api::{AskedView, ContactRef, Direction, ProposalState, ProposalView, SlotView},
    message::Reason,
    span::Span,
};

impl From<Span> for SlotView {
    fn from(span: Span) -> Self {
        Self {
            start: span.start(),
            end: span.end(),
        }
    }
}

impl Negotiation {
    /// `untold`: whether something of this side about it waits for the relay.
    pub(crate) fn view(&self, contact: ContactRef, untold: bool, zone: &TimeZone) -> ProposalView {
        let reason = self
            .ended
            .as_ref()
            .map(|ended| ended.sentence(&contact.name, !self.beyond.is_empty()));
        ProposalView {
            id: self.id.to_string(),
            contact,
            direction: self.direction,
            state: self.state,
            title: self.title.clone(),
            duration_minutes: self.duration_minutes,
            asked: self.request(zone),
            slot: self.slot.map(SlotView::from),
            options: self.options.iter().copied().map(SlotView::from).collect(),
            reason,
            untold,
            stopped: false,
            expires_at: self.expires_at.filter(|_| self.is_open()),
            created_at: self.created_at,
            updated_at: self.updated_at,
            event_uid: (self.state == ProposalState::Confirmed).then(|| self.uid()),
        }
    }
}

impl Negotiation {
    /// What this side asked for. The other's request is of days where they live.
    fn request(&self, zone: &TimeZone) -> Option<AskedView> {
        if self.direction == Direction::Incoming {
            return None;
        }
        let wall = |at| -> DateTime { zone.to_datetime(at) };
        let (first, last) = (self.windows.first()?, self.windows.last()?);
        let end = wall(last.end());
        let midnight = |time: &Time| *time == Time::midnight();
        Some(AskedView {
            from: wall(first.start()).date(),
            // The end is the first instant that is not asked for.
            to: end.checked_sub(1.second()).ok()?.date(),
            earliest: Some(wall(first.start()).time()).filter(|time| !midnight(time)),
            latest: Some(end.time()).filter(|time| !midnight(time)),
        })
    }
}

impl Ended {
    /// `beyond`: whether a time beyond the own working hours was looked for, to which the other
    /// side's hours need not reach either.
    fn sentence(&self, name: &str, beyond: bool) -> String {
        let (by_me, reason, note) = match self {
            Self::Said {
                by_me,
                reason,
                note,
            } => (*by_me, *reason, note),
            Self::ContactGone => return "You ended the acquaintance.".to_owned(),
            Self::Undeliverable {
                called_off: true,
                why,
            } => return format!("You called it off. {why}"),
            Self::Undeliverable { why, .. } => return why.clone(),
        };
        let sentence = match (reason, by_me) {
            (Reason::Declined, true) => "You said no.".to_owned(),
            (Reason::Declined, false) => format!("{name} said no."),
            (Reason::Conflict | Reason::NoCommonTime, _) if beyond => format!(
                "You and {name} have no free time in common then; {name}’s agent keeps to {name}’s hours."
            ),
            (Reason::Conflict | Reason::NoCommonTime, _) => {
                format!("You and {name} have no free time in common then.")
            }
            (Reason::Expired, true) => "Nobody answered in time.".to_owned(),
            (Reason::Expired, false) => "The answer came too late.".to_owned(),
            (Reason::Cancelled, true) => "You called it off.".to_owned(),
            (Reason::Cancelled, false) => format!("{name} called it off."),
        };
        match note {
            Some(note) => format!("{sentence} “{note}”"),
            None => sentence,
        }
    }
}
