//! A negotiation as its user sees it.

use super::{Ended, Negotiation};
use crate::{
    api::{ContactRef, ProposalState, ProposalView, SlotView},
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
    pub(crate) fn view(&self, contact: ContactRef) -> ProposalView {
        let reason = self
            .ended
            .as_ref()
            .map(|ended| ended.sentence(&contact.name));
        ProposalView {
            id: self.id.to_string(),
            contact,
            direction: self.direction,
            state: self.state,
            title: self.title.clone(),
            duration_minutes: self.duration_minutes,
            slot: self.slot.map(SlotView::from),
            options: self.options.iter().copied().map(SlotView::from).collect(),
            reason,
            expires_at: self.expires_at.filter(|_| self.is_open()),
            created_at: self.created_at,
            updated_at: self.updated_at,
            event_uid: self
                .uid
                .clone()
                .filter(|_| self.state == ProposalState::Confirmed),
        }
    }
}

impl Ended {
    fn sentence(&self, name: &str) -> String {
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
