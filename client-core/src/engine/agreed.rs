//! Meetings that are agreed, each of the user's devices knows: so that whichever answers next books no
//! time twice, and each can call them off.

use super::{Context, Engine};
use crate::{
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MAX_SYNC_MEETINGS, SyncMeeting, SyncStep},
    negotiation::Negotiation,
    peers::PeerKey,
};

impl Engine {
    /// The others may have to be told that a meeting is agreed, or not any more.
    pub(super) fn agreed_changed(&mut self, id: &ConversationId) {
        self.untold_meetings.insert(id.clone());
    }

    /// What the others are told of a meeting.
    fn sync_meeting(&self, negotiation: &Negotiation, cx: &Context<'_>) -> Option<SyncMeeting> {
        let account = self.contacts.get(&negotiation.contact)?.account;
        negotiation.agreed(account, cx.now)
    }

    /// Those of which the others have not been told.
    pub(super) fn untold_meetings(&mut self, cx: &Context<'_>) -> Vec<SyncMeeting> {
        let ids = std::mem::take(&mut self.untold_meetings);
        let known = ids.iter().filter_map(|id| self.negotiations.get(id));
        known
            .filter_map(|negotiation| self.sync_meeting(negotiation, cx))
            .collect()
    }

    /// All that are ahead.
    pub(super) fn meetings_ahead(&self, cx: &Context<'_>) -> Vec<SyncMeeting> {
        let all = self.negotiations.values();
        all.filter_map(|negotiation| self.sync_meeting(negotiation, cx))
            .collect()
    }

    /// A device that follows tells the agent of meetings: of what it called off, and of what it agreed
    /// as long as it was the agent itself.
    pub(super) fn tell_agent_of(
        &mut self,
        agent: &PeerKey,
        meetings: &[SyncMeeting],
        cx: &mut Context<'_>,
    ) {
        for meetings in meetings.chunks(MAX_SYNC_MEETINGS) {
            let meetings = meetings.to_vec();
            let known = Body::Sync(SyncStep::Meetings { meetings });
            self.tell_sibling(agent, known, cx);
        }
    }

    /// The agent has said something in a negotiation: what it proposed is known here, so that whichever
    /// device answers next knows what is agreed to.
    pub(super) fn said_elsewhere(
        &mut self,
        id: &ConversationId,
        contact: &ContactId,
        said: &AgentMessage,
        cx: &mut Context<'_>,
    ) {
        let known = self.negotiations.get(id).cloned();
        let known = match (known, &said.body) {
            (None, Body::Proposal(proposal)) if self.has_room(cx.now) => {
                Negotiation::begun_elsewhere(id.clone(), contact.clone(), proposal, cx.now)
            }
            (known, _) => known.filter(|known| known.contact == *contact),
        };
        if let Some(mut negotiation) = known
            && negotiation.said_elsewhere(said, cx.now)
        {
            self.keep(negotiation, cx);
        }
    }

    /// Another device of the user's tells of meetings.
    pub(super) fn take_meetings(&mut self, told: &[SyncMeeting], cx: &mut Context<'_>) {
        for told in told {
            let Some(id) = ConversationId::parse(&told.conversation) else {
                continue;
            };
            let Some(with) = self.contacts.by_account(&told.account) else {
                continue;
            };
            let (with, known) = (with.id.clone(), self.negotiations.get(&id).cloned());
            let changed = match known {
                Some(mut known) => {
                    let changed = known.contact == with && known.told(told, cx.now);
                    changed.then_some(known)
                }
                None if self.has_room(cx.now) => Negotiation::agreed_elsewhere(with, told, cx.now),
                None => None,
            };
            let Some(changed) = changed else {
                continue;
            };
            self.enter(&changed, cx);
            self.tell_clash(&changed);
            self.keep(changed, cx);
            if self.is_agent() {
                self.agreed_changed(&id);
            }
        }
    }

    /// Two devices that answered, one after the other, may have agreed to one time.
    fn tell_clash(&mut self, agreed: &Negotiation) {
        let Some(slot) = agreed.booked() else {
            return;
        };
        let clashes = |other: &&Negotiation| {
            other.id != agreed.id && other.booked().is_some_and(|at| at.overlaps(&slot))
        };
        if let Some(other) = self.negotiations.values().find(clashes) {
            let name = |n: &Negotiation| self.contact_ref(&n.contact).name;
            self.problem = Some(format!(
                "Your devices have agreed to two meetings at the same time: “{}” with {}, and “{}” with {}. Call one of them off.",
                agreed.title,
                name(agreed),
                other.title,
                name(other)
            ));
        }
    }
}
