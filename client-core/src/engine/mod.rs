//! The state machine: [`Engine::handle`] takes what happened and says what to
//! store, what to do after that, and what to show.
//!
//! Each concern is a module of its own (`connection`, `mailboxes`, `outbox`,
//! `contacts`, `negotiation`, `agenda`…); the engine only routes between them:
//!
//! - `io`: what goes in and what comes out.
//! - `load`: a new engine, and one from its records.
//! - `commands`, `queries`: what the user asks.
//! - `relay`: what the relay says, and what it has still to be told.
//! - `inviting`, `accepting`: invitations, mine and others'.
//! - `acquaintances`, `renewing`: contacts as they come, change and go, and are met anew.
//! - `peers`: their devices; `devices`: one's own; `linking`: adding one; `leading`: which of them is
//!   the agent.
//! - `siblings`, `sharing`: what one's own devices say to each other.
//! - `introducing`: devices that meet because their people know each other.
//! - `posting`, `hearing`: messages on their way out, and as they come; `telling`: the same to several.
//! - `supplying`: what the relay holds of the prekeys; `verifying`: safety numbers as codes.
//! - `holding`: contacts to whom nothing is sent until the user has decided; `deciding`: what that leads to.
//! - `healing`: sessions that are lost or broken, made anew.
//! - `meetings`: negotiations and the calendar.

mod accepting;
mod acquaintances;
mod agreed;
mod commands;
mod context;
mod deciding;
mod devices;
mod healing;
mod hearing;
mod holding;
mod introducing;
mod introducing_again;
mod inviting;
mod io;
mod leading;
mod linking;
mod load;
mod meetings;
mod peers;
mod posting;
mod queries;
mod relay;
mod renewing;
mod sharing;
mod siblings;
mod supplying;
mod telling;
#[cfg(test)]
mod tests;
mod verifying;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{MailboxId, MessageId};

pub(crate) use self::context::Context;
pub use self::{
    io::{Change, Effect, Input, Output, RequestId, SocketId, Store, UnknownStore},
    load::{LoadError, Loaded},
};
use crate::{
    agenda::{Agenda, Hold},
    api::Preferences,
    connection::Connection,
    contacts::Contacts,
    devices::OwnDevices,
    history::History,
    identity::{AccountKey, LocalIdentity, PeerDevices, account_fingerprint},
    inbox::Inbox,
    invitation::OwnInvitations,
    kept::Kept,
    local_id::{ContactId, ConversationId},
    mailboxes::Mailboxes,
    negotiation::Negotiation,
    outbox::Outbox,
    peers::{PeerKey, Peers},
    prekeys::{Prekeys, Supply},
    relay_url::RelayUrl,
    session::DeviceSessions,
    sharing::{Sharing, Told},
};

/// Who the user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) relay: RelayUrl,
}

/// What an answer of the relay is the answer to.
#[derive(Debug, Clone)]
enum Pending {
    MakeMailbox(MailboxId),
    CloseMailbox(MailboxId),
    PublishList(Box<PeerDevices>),
    PublishPrekeys {
        /// Whether one-time keys are among them.
        refill: bool,
    },
    CheckPrekeys,
    /// The prekeys of whoever made the invitation at this mailbox.
    Fetch(MailboxId),
    /// The list of a contact whose directory showed an older one.
    Look(ContactId),
    /// The prekeys of a contact's device, to open a session anew.
    Renew(PeerKey),
    /// Those of devices of somebody that this one has not met.
    Introduce(ContactId),
    Post(MessageId),
}

/// The client of one device. See the [module documentation](self).
pub struct Engine {
    profile: Profile,
    identity: LocalIdentity,
    /// Where this device may change the account's list.
    account_key: Option<AccountKey>,
    own_devices: OwnDevices,
    link: Option<linking::OwnLink>,
    prekeys: Prekeys,
    supply: Supply,
    /// The own account's 30 digits, once somebody has asked: they take thousands of hashes.
    fingerprint: OnceLock<String>,
    preferences: Preferences,
    connection: Connection,
    /// Requests that the relay has not answered, on this connection.
    pending: BTreeMap<u64, Pending>,
    /// Mailboxes that the relay refused, on this connection.
    refused_mailboxes: BTreeSet<MailboxId>,
    /// When mailboxes that the relay could not make are asked for again, on this connection.
    mailboxes_retry_at: Option<Timestamp>,
    /// When the relay is asked next how many prekeys it has, on this connection.
    prekeys_check_at: Option<Timestamp>,
    /// When the directory is looked at next for lists that went backwards, on this connection.
    look_at: Option<Timestamp>,
    /// How many copies of an answer there has to be room for before a delivery is asked for that was
    /// left with the relay.
    withheld: Option<usize>,
    /// What else the relay refused, for the user.
    problem: Option<String>,
    mailboxes: Mailboxes,
    outbox: Outbox,
    inbox: Inbox,
    invitations: OwnInvitations,
    contacts: Contacts,
    peers: Peers,
    sessions: BTreeMap<PeerKey, DeviceSessions>,
    renewals: BTreeMap<ContactId, renewing::Renewal>,
    kept: Kept,
    /// What this device has of what the agent tells, or has told as the agent.
    sharing: Sharing,
    /// Whether the agent was asked in this run of the process.
    asked_since_start: bool,
    /// What the agent has told of each contact, and of the user's own devices.
    told: BTreeMap<ContactId, Told>,
    to_meet: introducing::ToMeet,
    /// Of whom the devices that follow may have to be told something, in this step.
    unshared: BTreeSet<ContactId>,
    untold_meetings: BTreeSet<ConversationId>,
    shared: sharing::Shared,
    accepting: Vec<accepting::Accepting>,
    agenda: Agenda,
    negotiations: BTreeMap<ConversationId, Negotiation>,
    history: History,
}

impl Engine {
    /// Takes what happened. `now` is the shell's clock, `rng` its randomness.
    pub fn handle(&mut self, input: Input, now: Timestamp, rng: &mut dyn CryptoRng) -> Output {
        let mut cx = Context::new(now, rng);
        if let Err(removed) = self.check_listed() {
            if let Input::Command { request, .. } = input {
                cx.reply(request, Err(removed));
            }
            return cx.into_output(None);
        }
        match input {
            Input::Started => {
                self.find_lost_sessions(&mut cx);
                self.connection.connect(&mut cx);
            }
            Input::Command { request, command } => self.command(request, command, &mut cx),
            // The relay speaks first.
            Input::SocketOpened { .. } => {}
            Input::SocketFrame { socket, frame } => self.frame(socket, frame, &mut cx),
            Input::SocketClosed { socket, reason } => {
                let event = self.connection.closed(socket, &reason, &mut cx);
                self.connection_event(event, &mut cx);
            }
            Input::Network { available } => {
                let event = self.connection.network(available, &mut cx);
                self.connection_event(event, &mut cx);
            }
            Input::Woken => {}
        }
        if self.check_listed().is_err() {
            return cx.into_output(None);
        }
        let event = self.connection.tick(&mut cx);
        self.connection_event(event, &mut cx);
        self.take_over(&mut cx);
        self.tick_invitations(&mut cx);
        self.tick_accepting(&mut cx);
        self.tick_meetings(&mut cx);
        self.send_heartbeats(&mut cx);
        self.repeat_introductions(&mut cx);
        self.ask_agent(&mut cx);
        self.answer_followers(&mut cx);
        self.share(&mut cx);
        self.tell_relay(&mut cx);
        let wake_at = self.wake_at(cx.now);
        cx.into_output(wake_at)
    }

    /// Whether the relay has been told everything, and has said what it had.
    pub(crate) fn settled(&self, now: Timestamp) -> bool {
        self.is_caught_up(now)
            && self.pending.is_empty()
            && self.accepting.is_empty()
            && self.outbox.count(|letter| self.may_go(letter)) == 0
            && self.own_devices.pending.is_none()
            && self
                .mailboxes
                .requests()
                .iter()
                .all(|(id, _)| self.refused_mailboxes.contains(id))
    }

    fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        let up = |at: Option<Timestamp>| at.filter(|_| self.connection.is_up());
        // What is due and still here waits for an answer of the relay.
        let outbox = self.outbox.deadline().filter(|at| *at > now);
        // What waits for others ends only once it is known what they have said.
        let caught_up_at = self.connection.caught_up_at(now);
        let known_by = |at: Timestamp| caught_up_at.map(|known| known.max(at));
        let negotiations = self.negotiations.values().filter_map(|negotiation| {
            let deadline = negotiation.deadline()?;
            if negotiation.waits_for_user() {
                return Some(deadline);
            }
            known_by(deadline)
        });
        let invitations = self
            .invitations
            .values()
            .filter_map(|invitation| known_by(invitation.expires_at));
        let accepting = self.accepting.iter().map(|accepting| accepting.deadline);
        let single = [
            self.connection.deadline(),
            up(outbox),
            up(self.mailboxes_retry_at),
            self.mailboxes.deadline().and_then(known_by),
            up(self.prekeys_check_at),
            up(self.own_devices.retry_at),
            up(self.link_deadline()),
            up(self.look_due().filter(|at| *at > now)),
            up(self.healing_due().filter(|at| *at > now)),
            self.heartbeat_due(),
            self.introducing_due().filter(|at| *at > now),
            self.asking_due(now),
            self.followers_due(now),
            self.told_of_agent_until().filter(|at| *at > now),
        ];
        single
            .into_iter()
            .flatten()
            .chain(negotiations)
            .chain(invitations)
            .chain(accepting)
            .min()
    }

    /// Whether everything is known that the relay had for this device when the connection was made.
    fn is_caught_up(&self, now: Timestamp) -> bool {
        self.connection
            .caught_up_at(now)
            .is_some_and(|at| at <= now)
    }

    /// 30 digits that stand for the own account.
    fn account_fingerprint(&self) -> &str {
        let account = self.identity.account();
        self.fingerprint
            .get_or_init(|| account_fingerprint(&account))
    }

    /// The times that open proposals hold.
    fn holds(&self) -> Vec<Hold> {
        self.negotiations
            .values()
            .filter_map(Negotiation::hold)
            .collect()
    }
}
