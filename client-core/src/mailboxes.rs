//! My mailboxes at the relay: one for each device of a contact and each invitation. The
//! records say what is wanted; what the relay does not know yet is told to it
//! whenever the connection is up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    frames::{CloseMailbox, CreateMailbox, client_frame},
    id::MailboxId,
};

use crate::{
    engine::{Context, Store},
    local_id::{InvitationId, LinkId},
    peers::PeerKey,
    random::random_bytes,
};

/// Whose messages come into a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// Those of people who use an invitation.
    Invitation(InvitationId),
    /// Those of one device of a contact.
    Peer(PeerKey),
    /// That of a new device, which a link of mine adds.
    Link(LinkId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// The relay has to make it.
    Wanted,
    /// The relay has made it.
    Open,
    /// Nobody else can use it. It stays until it expires, so that the relay knows a repeated post
    /// of somebody who could as one.
    Spent,
    /// The relay has to close it.
    Closing,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Mailbox {
    id: MailboxId,
    purpose: Purpose,
    state: State,
    expires_at: Option<Timestamp>,
    max_posts: u32,
}

/// All mailboxes of this device.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes(BTreeMap<MailboxId, Mailbox>);

impl Mailboxes {
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Result<(), serde_json::Error> {
        let mailbox: Mailbox = crate::record::decode(bytes)?;
        self.0.insert(mailbox.id, mailbox);
        Ok(())
    }

    /// Wants a new mailbox; [`requests`](Self::requests) has what to tell the relay.
    pub(crate) fn open(
        &mut self,
        purpose: Purpose,
        expires_at: Option<Timestamp>,
        max_posts: u32,
        cx: &mut Context<'_>,
    ) -> MailboxId {
        let id = MailboxId::from_bytes(random_bytes(cx.rng));
        self.open_as(id, purpose, expires_at, max_posts, cx);
        id
    }

    /// As [`open`](Self::open), under an id that the other side knows already.
    pub(crate) fn open_as(
        &mut self,
        id: MailboxId,
        purpose: Purpose,
        expires_at: Option<Timestamp>,
        max_posts: u32,
        cx: &mut Context<'_>,
    ) {
        let mailbox = Mailbox {
            id,
            purpose,
            state: State::Wanted,
            expires_at,
            max_posts,
        };
        cx.put(Store::Mailboxes, record_key(&mailbox), &mailbox);
        self.0.insert(id, mailbox);
    }

    /// Wants the mailboxes of that purpose closed.
    pub(crate) fn close(&mut self, purpose: &Purpose, cx: &mut Context<'_>) {
        for mailbox in self
            .0
            .values_mut()
            .filter(|mailbox| mailbox.purpose == *purpose)
        {
            mailbox.state = State::Closing;
            cx.put(Store::Mailboxes, record_key(mailbox), mailbox);
        }
    }

    /// Whose messages come into it; nobody's once it is to be closed.
    pub(crate) fn purpose(&self, id: &MailboxId) -> Option<&Purpose> {
        self.0
            .get(id)
            .filter(|mailbox| matches!(mailbox.state, State::Wanted | State::Open))
            .map(|mailbox| &mailbox.purpose)
    }

    /// How many of them the relay has made and still opens to posts, as far as this device knows.
    pub(crate) fn made(&self, now: Timestamp) -> usize {
        let open = |mailbox: &&Mailbox| {
            mailbox.state == State::Open && mailbox.expires_at.is_none_or(|at| at > now)
        };
        self.0.values().filter(open).count()
    }

    /// Whether the relay has still to make one of that purpose.
    pub(crate) fn is_wanted(&self, purpose: &Purpose) -> bool {
        let wanted = |m: &Mailbox| m.state == State::Wanted && m.purpose == *purpose;
        self.0.values().any(wanted)
    }

    /// The last use of the mailboxes of that purpose has come.
    pub(crate) fn spend(&mut self, purpose: &Purpose, cx: &mut Context<'_>) {
        let of = |mailbox: &&mut Mailbox| mailbox.purpose == *purpose;
        for mailbox in self.0.values_mut().filter(of) {
            mailbox.state = State::Spent;
            cx.put(Store::Mailboxes, record_key(mailbox), mailbox);
        }
    }

    /// Wants the spent ones closed whose time is over.
    pub(crate) fn tick(&mut self, cx: &mut Context<'_>) {
        for mailbox in self.0.values_mut() {
            if mailbox.state == State::Spent && mailbox.expires_at.is_some_and(|at| at <= cx.now) {
                mailbox.state = State::Closing;
                cx.put(Store::Mailboxes, record_key(mailbox), mailbox);
            }
        }
    }

    /// When the next spent one is to be closed.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let spent = self.0.values().filter(|m| m.state == State::Spent);
        spent.filter_map(|mailbox| mailbox.expires_at).min()
    }

    /// The relay has lost some: all are wanted again. `uses_left` of an
    /// invitation is what its mailbox may still take.
    pub(crate) fn want_again(
        &mut self,
        uses_left: impl Fn(&InvitationId) -> Option<u32>,
        cx: &mut Context<'_>,
    ) {
        for mailbox in self.0.values_mut() {
            let over = mailbox.expires_at.is_some_and(|at| at <= cx.now);
            if mailbox.state != State::Open || over {
                continue;
            }
            mailbox.state = State::Wanted;
            if let Purpose::Invitation(id) = &mailbox.purpose {
                mailbox.max_posts = uses_left(id).unwrap_or(mailbox.max_posts);
            }
            cx.put(Store::Mailboxes, record_key(mailbox), mailbox);
        }
    }

    /// What the relay has still to be told.
    pub(crate) fn requests(&self) -> Vec<(MailboxId, client_frame::Body)> {
        let request = |mailbox: &Mailbox| match mailbox.state {
            State::Open | State::Spent => None,
            State::Wanted => {
                let expires_at = mailbox.expires_at.map_or(0, |at| at.as_millisecond());
                Some(client_frame::Body::CreateMailbox(CreateMailbox {
                    mailbox: mailbox.id.to_vec(),
                    expires_at_ms: u64::try_from(expires_at).unwrap_or(0),
                    max_posts: mailbox.max_posts,
                }))
            }
            State::Closing => Some(client_frame::Body::CloseMailbox(CloseMailbox {
                mailbox: mailbox.id.to_vec(),
            })),
        };
        self.0
            .values()
            .filter_map(|mailbox| Some((mailbox.id, request(mailbox)?)))
            .collect()
    }

    /// The relay did what it was told about the mailbox: `closed`, or made.
    pub(crate) fn done(&mut self, id: &MailboxId, closed: bool, cx: &mut Context<'_>) {
        let Some(mailbox) = self.0.get_mut(id) else {
            return;
        };
        if closed {
            cx.delete(Store::Mailboxes, record_key(mailbox));
            self.0.remove(id);
        } else if mailbox.state == State::Wanted {
            mailbox.state = State::Open;
            cx.put(Store::Mailboxes, record_key(mailbox), mailbox);
        }
    }
}

/// The id is a capability, so the record is not named by it.
fn record_key(mailbox: &Mailbox) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(mailbox.id.as_bytes());
    let hex = data_encoding::HEXLOWER.encode(&digest);
    hex.get(..32).unwrap_or(&hex).to_owned()
}
