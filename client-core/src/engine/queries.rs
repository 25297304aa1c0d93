//! What the user wants to see.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use zeroize::Zeroizing;

use super::{Engine, Store, meetings::days};
use crate::{
    api::{
        Answer, ApiError, ApiErrorCode, ConnectionState, ContactRef, ContactState, EventView,
        InvitationPreview, MessageStatus, MessageView, ProposalView, Query, ReceiptView,
        StatusView,
    },
    contacts::{Contact, find},
    history,
    invitation::Invitation,
    linking,
    local_id::{ContactId, ConversationId},
    negotiation::Negotiation,
    receipt::Receipt,
};

/// Most days in one agenda.
const MAX_AGENDA: SignedDuration = SignedDuration::from_hours(366 * 24);

impl Engine {
    /// Looks something up. `scanned` are the records that [`scan_for`](Self::scan_for) asked for.
    ///
    /// # Errors
    ///
    /// [`ApiError`] when there is nothing of that name, or the request is not understood.
    pub fn query(
        &self,
        query: &Query,
        scanned: impl Iterator<Item = Zeroizing<Vec<u8>>>,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        Ok(match query {
            Query::Status => Answer::Status(self.status(now)),
            Query::Contacts => {
                let mut contacts: Vec<_> = self.contacts.iter().collect();
                contacts.sort_by_key(|contact| (contact.name().to_lowercase(), contact.since));
                Answer::Contacts(contacts.into_iter().map(|c| self.contact_view(c)).collect())
            }
            Query::Devices => Answer::Devices(self.device_views()),
            Query::Joining => Answer::Joining(None),
            Query::Invitations => {
                let good = self.invitations.values().filter(|i| i.expires_at > now);
                let digits = self.account_fingerprint();
                let mut invitations: Vec<_> = good.map(|i| i.view(digits)).collect();
                invitations.sort_by_key(|invitation| invitation.expires_at);
                Answer::Invitations(invitations)
            }
            Query::InspectInvitation { link } => {
                let invitation = Invitation::parse(link)?;
                let known = self.known_inviter(&invitation);
                Answer::InvitationPreview(InvitationPreview {
                    contact: known.map(Contact::reference),
                    same_name: self.same_name(&invitation.name, &invitation.account),
                    ..invitation.preview()
                })
            }
            Query::SafetyCode { contact } => Answer::SafetyCode(self.safety_code(contact)?),
            Query::InspectSafetyCode { link } => {
                Answer::SafetyCheck(self.inspect_safety_code(link)?)
            }
            Query::InspectLink { link } => Answer::LinkPreview(linking::inspect(link)?),
            Query::Agenda { from, to } => Answer::Agenda(self.agenda_view(*from, *to, now)?),
            Query::Calendars => Answer::Calendars(self.agenda.calendars()),
            Query::Proposals => {
                let waiting = self.outbox.conversations();
                let mut views: Vec<_> = self
                    .negotiations
                    .values()
                    .map(|negotiation| self.proposal_view(negotiation, &waiting))
                    .collect();
                views.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
                Answer::Proposals(views)
            }
            Query::Interpret { request } => {
                self.check_answers()?;
                Answer::Draft(self.interpret(request, now)?)
            }
            Query::History {
                conversation,
                limit,
            } => {
                // Names nobody known: better said than answered by nothing.
                let of = conversation.as_deref().map(|text| self.named(text));
                let contact = match of.transpose()? {
                    Some(Named::Contact(contact)) => Some(contact),
                    Some(Named::Negotiation(_)) | None => None,
                };
                Answer::History(self.history_view(scanned, contact, *limit))
            }
            Query::Receipt { proposal } => Answer::Receipt(self.receipt(proposal, scanned)?),
            Query::Preferences => Answer::Preferences(self.preferences.clone()),
        })
    }

    /// The store, and the beginning of the keys, of the records that the query needs.
    pub fn scan_for(&self, query: &Query) -> Option<(Store, String)> {
        if let Query::Receipt { proposal } = query {
            let negotiation = self.negotiation(proposal).ok()?;
            return Some((Store::Messages, format!("{}/", negotiation.id)));
        }
        let Query::History { conversation, .. } = query else {
            return None;
        };
        let prefix = match conversation.as_deref().map(|text| self.named(text)) {
            Some(Err(_)) => return None,
            Some(Ok(Named::Negotiation(id))) => format!("{id}/"),
            // What was said to one contact stands under many negotiations.
            Some(Ok(Named::Contact(_))) | None => String::new(),
        };
        Some((Store::Messages, prefix))
    }

    pub(super) fn negotiation(&self, reference: &str) -> Result<&Negotiation, ApiError> {
        let all = self.negotiations.iter();
        find(
            "proposal",
            reference,
            all.map(|(id, n)| (id.as_str(), n.title.as_str(), n)),
        )
    }

    /// What both signed of a confirmed meeting. It is checked as a stranger would before it is handed out.
    fn receipt(
        &self,
        reference: &str,
        scanned: impl Iterator<Item = Zeroizing<Vec<u8>>>,
    ) -> Result<ReceiptView, ApiError> {
        let negotiation = self.negotiation(reference)?;
        let title = &negotiation.title;
        let none = |why: String| {
            ApiError::new(
                ApiErrorCode::WrongState,
                format!("There is no proof of “{title}”: {why}."),
                "Look at the messages: what was said stands there.",
            )
        };
        let receipt = Receipt::of(&history::signed(scanned))
            .ok_or_else(|| none("no confirmation of it is kept".to_owned()))?;
        receipt
            .agreement()
            .map_err(|error| none(error.to_string()))?;
        Ok(ReceiptView {
            file_name: format!("sotto-receipt-{}.json", negotiation.id),
            text: receipt.to_text(),
        })
    }

    /// Messages are asked for by their negotiation, or by the contact.
    fn named(&self, reference: &str) -> Result<Named<'_>, ApiError> {
        let negotiations = self.negotiations.keys();
        let negotiations = negotiations.map(|id| (id.as_str(), "", Named::Negotiation(id)));
        let contacts = self.contacts.iter();
        let contacts = contacts.map(|c| (c.id.as_str(), c.name(), Named::Contact(&c.id)));
        let all: Vec<_> = contacts.chain(negotiations).collect();
        find("conversation", reference, all.into_iter())
    }

    pub(super) fn status(&self, now: Timestamp) -> StatusView {
        let (mut connection, detail, retry_at) = self.connection.view();
        if connection == ConnectionState::Online && !self.settled(now) {
            connection = ConnectionState::Syncing;
        }
        let asking = self
            .contacts
            .iter()
            .filter(|c| c.state == ContactState::Requested || c.is_held())
            .count();
        let proposals = self
            .negotiations
            .values()
            .filter(|n| n.waits_for_user())
            .count();
        StatusView {
            name: self.profile.name.clone(),
            account: self.identity.account(),
            relay: self.profile.relay.to_string(),
            connection,
            connection_detail: detail
                .or_else(|| self.problem.clone())
                .or_else(|| self.parted_from_agent()),
            retry_at,
            prekeys: self.supply.view(),
            queued: count(self.outbox.count(|letter| self.may_go(letter))),
            waiting_for_you: count(asking + proposals + usize::from(self.is_asked_to_add())),
            // Who answers is nothing to a device that was removed.
            agent_change: self
                .agent_change(now)
                .filter(|_| self.check_listed().is_ok()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn agenda_view(
        &self,
        from: Option<Date>,
        to: Option<Date>,
        now: Timestamp,
    ) -> Result<Vec<EventView>, ApiError> {
        let zone = self.preferences.zone();
        let from = from.unwrap_or_else(|| now.to_zoned(zone.clone()).date());
        let to = to.unwrap_or_else(|| from.saturating_add(6.days()));
        let window = days(from, to, &zone)
            .filter(|window| window.seconds() <= MAX_AGENDA.as_secs())
            .ok_or_else(|| no_agenda(from, to))?;
        let name_of = |id: &ContactId| Some(self.contact_ref(id));
        Ok(self.agenda.view(window, &zone, &self.holds(), name_of))
    }

    fn history_view(
        &self,
        scanned: impl Iterator<Item = Zeroizing<Vec<u8>>>,
        contact: Option<&ContactId>,
        limit: Option<u32>,
    ) -> Vec<MessageView> {
        let zone = self.preferences.zone();
        let recorded = history::newest(scanned, contact, limit);
        let waiting = self.outbox.messages();
        recorded
            .into_iter()
            .map(|recorded| {
                let contact = self.contact_ref(&recorded.contact);
                let status = if self.history.has_failed(&recorded) {
                    MessageStatus::Failed
                } else if waiting.contains(&recorded.id()) && self.is_held(&recorded.contact) {
                    MessageStatus::Held
                } else if waiting.contains(&recorded.id()) {
                    MessageStatus::Queued
                } else {
                    MessageStatus::Accepted
                };
                recorded.view(contact, status, &zone)
            })
            .collect()
    }

    /// `waiting` are the negotiations of which something is in the outbox.
    pub(super) fn proposal_view(
        &self,
        negotiation: &Negotiation,
        waiting: &HashSet<&ConversationId>,
    ) -> ProposalView {
        let contact = self.contact_ref(&negotiation.contact);
        let untold = waiting.contains(&negotiation.id);
        let stopped = self.is_held(&negotiation.contact) && (untold || negotiation.is_open());
        ProposalView {
            stopped,
            ..negotiation.view(contact, untold, &self.preferences.zone())
        }
    }

    /// The contact's name; one that was removed keeps its id.
    pub(super) fn contact_ref(&self, id: &ContactId) -> ContactRef {
        let named = |name: &str| ContactRef {
            id: id.to_string(),
            name: name.to_owned(),
        };
        if id.is_own() {
            return named("your other device");
        }
        let gone = || named("Somebody removed");
        let Some(contact) = self.contacts.get(id) else {
            return gone();
        };
        let mut reference = contact.reference();
        if contact.removed {
            reference.name += " (removed)";
        }
        reference
    }
}

/// Days that make no agenda.
fn no_agenda(from: Date, to: Date) -> ApiError {
    let (message, next_step) = if to < from {
        (
            format!("The last day, {to}, is before the first, {from}."),
            "Name the earlier day first.",
        )
    } else if to == Date::MAX {
        (
            format!("{to} is the last day that there is: its end cannot be named."),
            "Name an earlier last day.",
        )
    } else {
        (
            format!("{from} to {to} is longer than a year."),
            "Name a later first day or an earlier last day.",
        )
    };
    ApiError::new(ApiErrorCode::WindowImpossible, message, next_step)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whose messages are asked for.
#[derive(Clone, Copy)]
enum Named<'a> {
    Contact(&'a ContactId),
    Negotiation(&'a ConversationId),
}
