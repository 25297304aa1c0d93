//! Meeting somebody anew: an invitation of a contact was used once more, and until the relay has
//! taken the handshake, the acquaintance is as it was.

use serde::{Deserialize, Serialize};
use sotto_protocol::id::{MailboxId, MessageId};

use super::{Context, Engine, Store};
use crate::{
    api::ContactState,
    contacts::Contact,
    local_id::ContactId,
    mailboxes::Purpose,
    peers::{Peer, PeerKey},
    session::{Decrypted, Session},
};

/// What the last part of the key of a [`Renewal`]'s record is; no device is named so.
pub(super) const RENEWAL: &str = "renewal";

/// What a contact is about to become.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Renewal {
    /// The mailbox of the invitation.
    pub(super) invited_at: MailboxId,
    /// The handshake.
    pub(super) request: MessageId,
    /// What they call themselves in the invitation.
    pub(super) name: String,
    pub(super) peer: Peer,
    pub(super) session: Session,
}

impl Engine {
    pub(super) fn begin_renewal(&mut self, renewal: Renewal, cx: &mut Context<'_>) {
        let contact = renewal.peer.key.contact().clone();
        cx.put(Store::Sessions, record_key(&contact), &renewal);
        self.renewals.insert(contact, renewal);
    }

    /// The handshake has arrived: the new session takes the place of the old one. What waited to
    /// be said in that is not sent.
    pub(super) fn finish_renewal(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        let Some(renewal) = self.take_renewal(id, cx) else {
            return;
        };
        let Some(old) = self.contacts.get(id) else {
            return;
        };
        let contact = Contact {
            name: renewal.name,
            state: ContactState::Waiting,
            invited_at: Some(renewal.invited_at),
            unreadable: 0,
            ..old.clone()
        };
        let (key, request) = (&renewal.peer.key, renewal.request);
        self.give_up_letters(
            |letter| letter.peer == *key && letter.message != request,
            cx,
        );
        let sessions = self.sessions.entry(key.clone()).or_default();
        sessions.open_anew(renewal.session, cx.now);
        self.kept.met_anew(key, cx);
        self.save_sessions(key, cx);
        let key = key.clone();
        self.save_peer(renewal.peer, cx);
        self.save_contact(contact, cx);
        self.vouched(&key, cx);
    }

    /// It comes to nothing: the acquaintance stays as it was.
    pub(super) fn drop_renewal(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        let Some(Renewal { peer, request, .. }) = self.take_renewal(id, cx) else {
            return;
        };
        self.give_up_letters(|letter| letter.message == request, cx);
        if self.peers.get(&peer.key).is_none() {
            self.mailboxes.close(&Purpose::Peer(peer.key), cx);
        }
    }

    fn take_renewal(&mut self, id: &ContactId, cx: &mut Context<'_>) -> Option<Renewal> {
        let renewal = self.renewals.remove(id)?;
        cx.delete(Store::Sessions, record_key(id));
        Some(renewal)
    }

    /// A message in a session for which the relay has not said yet that it took the handshake:
    /// whoever answers has got it.
    pub(super) fn open_renewed(
        &mut self,
        from: &PeerKey,
        payload: &[u8],
        cx: &mut Context<'_>,
    ) -> Option<Decrypted> {
        let renewal = self.renewals.get_mut(from.contact())?;
        if renewal.peer.key != *from {
            return None;
        }
        let decrypted = renewal.session.decrypt(payload, cx.now).ok()?;
        self.finish_renewal(from.contact(), cx);
        Some(decrypted)
    }
}

fn record_key(contact: &ContactId) -> String {
    format!("{contact}/{RENEWAL}")
}
