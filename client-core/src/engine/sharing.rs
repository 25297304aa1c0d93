//! What the device that answers for the user tells the others: whom it knows, and what it has said.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sotto_protocol::id::AccountId;

use super::{
    Context, Engine, Store,
    load::{PREFERENCES_KEY, PROFILE_KEY, SHARING_KEY},
};
use crate::{
    api::{ContactState, Direction, Notice},
    contacts::{Contact, MAX_CONTACTS},
    history::Said,
    identity::{Follow, PeerDevices, Source, safety_number},
    local_id::{ContactId, ConversationId},
    message::{
        AgentMessage, Body, Devices, MAX_SYNC_CONTACTS, SyncContact, SyncMailbox, SyncMeeting,
        SyncStep, SyncUser, in_parts,
    },
    outbox::Letter,
    peers::{Peer, PeerKey},
    record,
    relay_url::RelayUrl,
    session::Encrypted,
    sharing::{Part, Sharing, Way},
};

/// What the others were last told of somebody in this run of the process, so that what has not
/// changed is not told again.
pub(super) type Shared = BTreeMap<ContactId, (AccountId, [u8; 16])>;

impl Engine {
    /// Something of a contact, or of the user, may be otherwise than the others know.
    pub(super) fn sharing_changed(&mut self, owner: &ContactId) {
        self.unshared.insert(owner.clone());
        self.look_whom_to_meet(owner);
    }

    /// The devices that follow this one, as far as they can be written to.
    pub(super) fn followers(&self) -> Vec<PeerKey> {
        if self.is_agent() {
            self.reachable(&ContactId::own())
        } else {
            Vec::new()
        }
    }

    pub(super) fn save_sharing(&self, cx: &mut Context<'_>) {
        cx.put(Store::Users, SHARING_KEY, &self.sharing);
    }

    /// Tells the devices that follow what has changed, in the same step.
    pub(super) fn share(&mut self, cx: &mut Context<'_>) {
        let changed = std::mem::take(&mut self.unshared);
        let meetings = self.untold_meetings(cx);
        let alone = self.identity.devices().devices().len() < 2;
        if alone || (changed.is_empty() && meetings.is_empty()) {
            return;
        }
        if let Some(agent) = self.agent() {
            return self.tell_agent_of(&agent, &meetings, cx);
        }
        let (mut user, mut contacts, mut gone) = (None, Vec::new(), Vec::new());
        for id in changed {
            if id.is_own() {
                let now = self.sync_user();
                user = self
                    .is_news(&id, self.identity.account(), &now)
                    .then_some(now);
                continue;
            }
            match self.contacts.get(&id).filter(|contact| !contact.removed) {
                Some(contact) => {
                    let now = self.sync_contact(contact);
                    if self.is_news(&id, now.account, &now) {
                        contacts.push(now);
                    }
                }
                None => {
                    let buried = self.contacts.get(&id).map(|contact| contact.account);
                    let told = self.shared.remove(&id).map(|(account, _)| account);
                    gone.extend(buried.or(told));
                }
            }
        }
        if user.is_none() && contacts.is_empty() && gone.is_empty() && meetings.is_empty() {
            return;
        }
        self.begin_series(cx);
        let mut parts = in_parts(contacts, meetings).into_iter();
        let mut gone = gone.chunks(MAX_SYNC_CONTACTS);
        loop {
            let (part, lost) = (parts.next(), gone.next());
            if part.is_none() && lost.is_none() {
                break;
            }
            let (contacts, meetings) = part.unwrap_or_default();
            // Who cannot be written to now finds out by the number that something is missing.
            self.sharing.number = self.sharing.number.saturating_add(1);
            self.save_sharing(cx);
            let news = Body::Sync(SyncStep::News {
                series: self.sharing.series,
                number: self.sharing.number,
                user: user.take(),
                contacts,
                gone: lost.unwrap_or_default().to_vec(),
                meetings,
            });
            for follower in self.followers() {
                self.tell_sibling(&follower, news.clone(), cx);
            }
        }
    }

    /// Whether the others have not been told that in this run.
    fn is_news(&mut self, id: &ContactId, account: AccountId, now: &impl serde::Serialize) -> bool {
        let mut digest = [0; 16];
        let found = Sha256::digest(record::encode(now));
        digest
            .iter_mut()
            .zip(found)
            .for_each(|(to, from)| *to = from);
        self.shared.insert(id.clone(), (account, digest)) != Some((account, digest))
    }

    fn begin_series(&mut self, cx: &mut Context<'_>) {
        if self.sharing.series == 0 {
            self.sharing.lead(0, cx.now);
        }
    }

    /// Tells some devices all there is.
    pub(super) fn tell_everything(&mut self, to: &[PeerKey], cx: &mut Context<'_>) {
        self.begin_series(cx);
        self.save_sharing(cx);
        let contacts = self
            .contacts
            .iter()
            .map(|contact| self.sync_contact(contact));
        let parts = in_parts(contacts.collect(), self.meetings_ahead(cx));
        let pages = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let (series, number) = (self.sharing.series, self.sharing.number);
        let mut user = Some(self.sync_user());
        for (page, (contacts, meetings)) in (0..).zip(parts) {
            let part = Body::Sync(SyncStep::All {
                series,
                number,
                page,
                pages,
                user: user.take(),
                contacts,
                meetings,
            });
            for follower in to {
                self.tell_sibling(follower, part.clone(), cx);
            }
        }
    }

    fn sync_user(&self) -> Box<SyncUser> {
        Box::new(SyncUser {
            name: self.profile.name.clone(),
            preferences: self.preferences.clone(),
            mailboxes: self.sync_mailboxes(&ContactId::own()),
        })
    }

    fn sync_contact(&self, contact: &Contact) -> SyncContact {
        SyncContact {
            account: contact.account,
            name: contact.name.clone(),
            own_name: contact.own_name.clone(),
            verified: contact.verified,
            state: contact.state.into(),
            relay: contact.relay.to_string(),
            since: contact.since,
            devices: Devices::from(&contact.devices),
            mailboxes: self.sync_mailboxes(&contact.id),
        }
    }

    /// Where this device posts to somebody's devices.
    pub(super) fn sync_mailboxes(&self, owner: &ContactId) -> Vec<SyncMailbox> {
        let listed = self.devices_of(owner);
        let named = |peer: &Peer| {
            let device = listed?.device(&peer.device)?.id();
            let mailbox = peer.their_mailbox?;
            Some(SyncMailbox { device, mailbox })
        };
        self.peers.of(owner).filter_map(named).collect()
    }

    /// Asks the agent for what is missing here, once it can be asked.
    pub(super) fn ask_agent(&mut self, cx: &mut Context<'_>) {
        let Some(agent) = self.agent() else {
            return;
        };
        // What a device that was put back to an older state lacks, it cannot know.
        if !self.asked_since_start && self.is_caught_up(cx.now) {
            self.asked_since_start = true;
            self.sharing.want();
        }
        let can_ask = self
            .peers
            .get(&agent)
            .is_some_and(|peer| self.can_reach(peer));
        if !can_ask || self.sharing.due().is_none_or(|due| due > cx.now) {
            return;
        }
        // What this device agreed to or called off the agent may not have heard.
        let meetings = self.meetings_ahead(cx);
        self.tell_agent_of(&agent, &meetings, cx);
        let (series, number) = (self.sharing.series, self.sharing.number);
        let want = Body::Sync(SyncStep::Want { series, number });
        if self.tell_sibling(&agent, want, cx) {
            self.sharing.asked(cx.now);
            self.save_sharing(cx);
        }
    }

    /// When the agent is to be asked for what is missing.
    pub(super) fn asking_due(&self, now: Timestamp) -> Option<Timestamp> {
        let agent = self.agent()?;
        if !self
            .peers
            .get(&agent)
            .is_some_and(|peer| self.can_reach(peer))
        {
            return None;
        }
        let first = (!self.asked_since_start).then(|| self.connection.caught_up_at(now));
        let due = self.sharing.due().filter(|at| *at > now);
        due.into_iter().chain(first.flatten()).min()
    }

    /// One of the user's devices tells this one something.
    pub(super) fn sync_received(&mut self, from: &PeerKey, step: SyncStep, cx: &mut Context<'_>) {
        match step {
            SyncStep::Want { series, number } => {
                return self.wanted_by(from, (series, number), cx);
            }
            SyncStep::Have { series } if self.is_agent() => {
                return self.told_everything(from, series, cx);
            }
            SyncStep::Meetings { meetings } => return self.take_meetings(&meetings, cx),
            _ => {}
        }
        // Nobody else speaks for the user.
        if self.agent().as_ref() != Some(from) {
            return;
        }
        if let SyncStep::All { series, .. } | SyncStep::News { series, .. } = &step
            && !self.sharing.may_be_told(*series, cx.now)
        {
            return self.save_sharing(cx);
        }
        match step {
            SyncStep::All {
                series,
                number,
                page,
                pages,
                user,
                contacts,
                meetings,
            } => {
                let named = contacts.iter().map(|contact| contact.account);
                let part = self
                    .sharing
                    .takes_part((series, number), (page, pages), named);
                if part != Part::Late {
                    self.take_told(user, contacts, &meetings, cx);
                }
                if let Part::Last(named) = part {
                    self.forget_unnamed(|account| !named.contains(account), cx);
                    self.tell_sibling(from, Body::Sync(SyncStep::Have { series }), cx);
                }
            }
            SyncStep::News {
                series,
                number,
                user,
                contacts,
                gone,
                meetings,
            } => {
                if self.sharing.takes_news(series, number) {
                    self.take_told(user, contacts, &meetings, cx);
                    self.forget_unnamed(|account| gone.contains(account), cx);
                }
            }
            SyncStep::Said { account, message } => self.take_copy(&account, *message, cx),
            SyncStep::Have { series } => self.sharing.answered(series),
            SyncStep::Want { .. } | SyncStep::Meetings { .. } => {}
        }
        self.save_sharing(cx);
    }

    fn wanted_by(&mut self, from: &PeerKey, has: (u64, u64), cx: &mut Context<'_>) {
        if !self.is_agent() {
            return;
        }
        self.begin_series(cx);
        if has == (self.sharing.series, self.sharing.number) {
            self.tell_sibling(from, Body::Sync(SyncStep::Have { series: has.0 }), cx);
            return self.told_everything(from, has.0, cx);
        }
        let mut to = vec![from.clone()];
        let ahead = has > (self.sharing.series, self.sharing.number);
        if ahead && Sharing::may_be_known(has.0, cx.now) {
            // This device was put back to an older state: what it has told since is not so.
            self.sharing.lead(has.0, cx.now);
            to = self.followers();
        }
        self.sharing.owe(to);
        self.save_sharing(cx);
    }

    /// A device that follows has been told everything that there was.
    fn told_everything(&mut self, follower: &PeerKey, series: u64, cx: &mut Context<'_>) {
        self.sharing.has_heard(follower, series);
        self.save_sharing(cx);
    }

    /// The followers that are to be told everything, can be written to, and take what they are told.
    fn owed_everything(&self, now: Timestamp) -> Vec<(PeerKey, Timestamp)> {
        let followers = self.followers();
        let can = |to: &PeerKey| followers.contains(to) && self.outbox.has_room_for_peer(to);
        let owed = self.sharing.owed(now).filter(|(to, _)| can(to));
        owed.map(|(to, due)| (to.clone(), due)).collect()
    }

    /// Tells everything to those who have asked for it.
    pub(super) fn answer_followers(&mut self, cx: &mut Context<'_>) {
        let owed = self.owed_everything(cx.now).into_iter();
        let due: Vec<PeerKey> = owed
            .filter(|(_, due)| *due <= cx.now)
            .map(|(to, _)| to)
            .collect();
        if due.is_empty() {
            return;
        }
        self.tell_everything(&due, cx);
        for to in &due {
            self.sharing.told_all(to, cx.now);
        }
        self.save_sharing(cx);
    }

    /// When somebody who has asked is to be told everything.
    pub(super) fn followers_due(&self, now: Timestamp) -> Option<Timestamp> {
        let owed = self.owed_everything(now).into_iter();
        owed.map(|(_, due)| due).filter(|due| *due > now).min()
    }

    fn take_told(
        &mut self,
        user: Option<Box<SyncUser>>,
        contacts: Vec<SyncContact>,
        meetings: &[SyncMeeting],
        cx: &mut Context<'_>,
    ) {
        if let Some(user) = user {
            self.take_user(*user, cx);
        }
        for contact in contacts {
            self.take_contact(&contact, cx);
        }
        self.take_meetings(meetings, cx);
    }

    fn take_user(&mut self, user: SyncUser, cx: &mut Context<'_>) {
        if (&self.profile.name, &self.preferences) != (&user.name, &user.preferences) {
            (self.profile.name, self.preferences) = (user.name, user.preferences);
            cx.put(Store::Users, PROFILE_KEY, &self.profile);
            cx.put(Store::Agents, PREFERENCES_KEY, &self.preferences);
            for notice in [Notice::Preferences, Notice::Calendar, Notice::Status] {
                cx.notice(notice);
            }
        }
        let ways = user.mailboxes.iter().map(Way::from).collect();
        self.add_ways(&ContactId::own(), ways, cx);
    }

    /// More ways to somebody's devices; a newer one takes the place of an older.
    pub(super) fn add_ways(&mut self, owner: &ContactId, ways: Vec<Way>, cx: &mut Context<'_>) {
        let told = self.told.entry(owner.clone()).or_default();
        told.ways
            .retain(|way| ways.iter().all(|new| new.to != way.to));
        told.ways.extend(ways);
        self.save_told(owner, cx);
    }

    fn take_contact(&mut self, said: &SyncContact, cx: &mut Context<'_>) {
        let (Ok(devices), Some(relay)) = (
            PeerDevices::verify(&said.devices.signed(), &said.account),
            RelayUrl::read(&said.relay),
        ) else {
            return;
        };
        if said.account == self.identity.account() {
            return;
        }
        let past = self.contacts.past(&said.account).cloned();
        let known = past.clone().filter(|known| !known.removed);
        if known.is_none() && self.contacts.len() >= MAX_CONTACTS {
            return;
        }
        let id = past.as_ref().map(|past| past.id.clone());
        let id = id.unwrap_or_else(|| ContactId::random(cx.rng));
        if let Some(past) = &past
            && let Follow::Forked { version } = past.devices.follow(&devices, Source::Session)
        {
            let name = past.name();
            self.problem = Some(format!(
                "{name} has signed two different lists of devices with the number {version}."
            ));
        }
        self.take_devices(&id, &devices, cx);
        let past = self.contacts.get(&id).cloned();
        let own_account = self.identity.account();
        let mut contact = past.unwrap_or_else(|| Contact {
            id: id.clone(),
            account: said.account,
            name: String::new(),
            own_name: None,
            relay,
            state: ContactState::Waiting,
            verified: false,
            safety_number: safety_number(&own_account, &said.account),
            since: said.since,
            devices,
            invited_at: None,
            unreadable: 0,
            removed: false,
            returned: false,
            later_devices: BTreeMap::new(),
            doubts: Default::default(),
        });
        contact.name.clone_from(&said.name);
        contact.since = said.since;
        contact.removed = false;
        let told = self.told.entry(id.clone()).or_default();
        let noted = Some((said.own_name.clone(), said.verified));
        if told.noted != noted {
            (contact.own_name, contact.verified) = (said.own_name.clone(), said.verified);
            told.noted = noted;
        }
        let state = ContactState::from(said.state);
        let was_spoken_to = contact.is_spoken_to();
        // Whether they can be reached, and what this device has begun with them itself, is its own affair.
        let begun = contact.state == ContactState::Waiting && self.peers.of(&id).next().is_some();
        let keeps = state == ContactState::Active && (contact.is_spoken_to() || begun);
        if !keeps {
            contact.state = state;
        }
        if was_spoken_to && !contact.is_spoken_to() {
            self.cut_off(&id, cx);
        }
        self.save_contact(contact, cx);
        let told = self.told.entry(id.clone()).or_default();
        told.ways = said.mailboxes.iter().map(Way::from).collect();
        self.save_told(&id, cx);
        cx.notice(Notice::History);
    }

    /// Of the contacts of whom the agent has told, some are none any more.
    fn forget_unnamed(&mut self, is_gone: impl Fn(&AccountId) -> bool, cx: &mut Context<'_>) {
        let of_agent = |contact: &&Contact| {
            let told = self.told.get(&contact.id);
            is_gone(&contact.account) && told.is_some_and(|told| told.noted.is_some())
        };
        let gone: Vec<Contact> = self.contacts.iter().filter(of_agent).cloned().collect();
        for contact in gone {
            self.forget_told(&contact.id, cx);
            self.bury_contact(contact, cx);
        }
    }

    /// Whether the agent answers for what becomes of a contact.
    pub(super) fn is_agents(&self, contact: &ContactId) -> bool {
        let told = self
            .told
            .get(contact)
            .is_some_and(|told| told.noted.is_some());
        told && !self.is_agent()
    }

    /// The agent has said something to a contact: the user reads it here as well.
    fn take_copy(&mut self, to: &AccountId, message: AgentMessage, cx: &mut Context<'_>) {
        let Some(contact) = self.contacts.by_account(to).map(|known| known.id.clone()) else {
            return;
        };
        let named = message.conversation.as_deref();
        let conversation = named.and_then(ConversationId::parse);
        if let Some(id) = &conversation {
            self.said_elsewhere(id, &contact, &message, cx);
        }
        let conversation = conversation.unwrap_or_else(|| (&contact).into());
        let said = Said::Message(message);
        self.write_down(conversation, contact, Direction::Outgoing, said, cx);
    }

    /// Copies for the devices that follow of what is said to a contact, beside so many for the contact.
    /// Where there is no room for one, the contact is told all the same.
    pub(super) fn copies_for_followers(
        &mut self,
        message: &AgentMessage,
        contact: &ContactId,
        beside: usize,
        cx: &mut Context<'_>,
    ) -> Vec<(Letter, Encrypted)> {
        let followers = self.followers();
        if followers.is_empty() || !message.body.is_copied() {
            return Vec::new();
        }
        // They have to know of whom it is.
        self.share(cx);
        let Some(copy) = self.as_copy(message, contact) else {
            return Vec::new();
        };
        let mut copies = Vec::with_capacity(followers.len());
        for follower in followers {
            if self.check_outbox(beside + copies.len() + 1).is_ok()
                && let Ok(copy) = self.copy(&follower, &copy, false, cx)
            {
                copies.push(self.step(copy, cx));
            }
        }
        copies
    }

    /// A message as the devices that follow are shown it, under its own id.
    pub(super) fn as_copy(
        &self,
        message: &AgentMessage,
        contact: &ContactId,
    ) -> Option<AgentMessage> {
        let account = self.account_of(contact)?;
        let said = Box::new(message.clone());
        Some(AgentMessage {
            conversation: None,
            in_reply_to: None,
            body: Body::Sync(SyncStep::Said {
                account,
                message: said,
            }),
            ..*message
        })
    }
}
