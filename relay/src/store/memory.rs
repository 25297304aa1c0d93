//! A store in memory: for tests and the simulator, and the plainest reading of what a store does.
//! A group of changes is not undone by [`rollback`](Backend::rollback), as none of them can fail.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sotto_protocol::frames::{
    DevicePrekeys, KemPrekey, OneTimePrekey, PrekeySupply, SignedDeviceList, SignedPrekey,
};
use sotto_protocol::id::{AccountId, DeviceId, MailboxId, MessageId};

use super::{
    Admitted, Answer, Backend, HANDED_OUT_MEMORY_MS, ListChange, PURGE_BATCH, Page, Parcel, Posted,
    Purged, Reader, Served, StoreError, StoredMessage,
};
use crate::directory::{self, Entry, Held, Member, Publication, VerifiedList, Visitor, Wanted};
use crate::limits::Limits;
use crate::mailbox::{self, Claim, Letter, Mailbox, Posting, Terms};

/// A store in memory. Clones share it.
#[derive(Debug, Clone)]
pub struct Memory {
    limits: Arc<Limits>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default, Clone)]
struct State {
    accounts: HashMap<AccountId, Account>,
    devices: HashMap<Member, Device>,
    mailboxes: HashMap<MailboxId, Owned>,
}

#[derive(Debug, Clone)]
struct Account {
    version: u64,
    list: SignedDeviceList,
    devices: Vec<DeviceId>,
}

#[derive(Debug, Default, Clone)]
struct Device {
    /// When a guest ceases to be one.
    guest_until_ms: Option<u64>,
    last_sequence: u64,
    messages: BTreeMap<u64, Kept>,
    signed: Option<SignedPrekey>,
    last_resort: Option<KemPrekey>,
    one_time: VecDeque<OneTimePrekey>,
    kem_one_time: VecDeque<KemPrekey>,
    /// One-time keys that were handed out, by kind and id, and when.
    handed_out: HashMap<(bool, u32), u64>,
    highest_prekey_id: u32,
}

#[derive(Debug, Clone)]
struct Kept {
    mailbox: MailboxId,
    message_id: MessageId,
    payload: Bytes,
    expires_at_ms: u64,
}

#[derive(Debug, Clone)]
struct Owned {
    owner: Member,
    mailbox: Mailbox,
    held: HashSet<MessageId>,
    remembered: HashSet<MessageId>,
}

impl Memory {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Arc::new(limits),
            state: Arc::default(),
        }
    }

    /// Another store with the same content.
    #[must_use]
    pub fn copied(&self) -> Self {
        let state = self.state().clone();
        Self {
            limits: Arc::clone(&self.limits),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device {
    /// Whether it is a guest's whose time is over.
    fn is_over(&self, now_ms: u64) -> bool {
        self.guest_until_ms.is_some_and(|until| until <= now_ms)
    }

    fn supply(&self) -> PrekeySupply {
        PrekeySupply {
            signed_prekey_id: self.signed.as_ref().map_or(0, |key| key.id),
            one_time: self.one_time.len() as u32,
            kem_one_time: self.kem_one_time.len() as u32,
            highest_id: self.highest_prekey_id,
        }
    }

    fn hand_out(&mut self, device: &DeviceId, now_ms: u64) -> Option<DevicePrekeys> {
        let signed_prekey = self.signed.clone()?;
        let kem_prekey = match self.kem_one_time.pop_front() {
            Some(key) => {
                self.handed_out.insert((true, key.id), now_ms);
                key
            }
            None => self.last_resort.clone()?,
        };
        let one_time_prekey = self.one_time.pop_front();
        if let Some(key) = &one_time_prekey {
            self.handed_out.insert((false, key.id), now_ms);
        }
        Some(DevicePrekeys {
            device: device.to_vec(),
            signed_prekey: Some(signed_prekey),
            one_time_prekey,
            kem_prekey: Some(kem_prekey),
        })
    }
}

impl State {
    /// Deletes a message and puts it off its mailbox's account.
    fn delete(&mut self, owner: &Member, sequence: u64) -> bool {
        let Some(kept) = self
            .devices
            .get_mut(owner)
            .and_then(|device| device.messages.remove(&sequence))
        else {
            return false;
        };
        if let Some(owned) = self.mailboxes.get_mut(&kept.mailbox) {
            owned.held.remove(&kept.message_id);
            owned.mailbox.held -= 1;
            owned.mailbox.held_bytes -= kept.payload.len() as u64;
        }
        true
    }

    fn expired(&self, now_ms: u64, within: Option<&MailboxId>) -> Vec<(Member, u64)> {
        let messages = self.devices.iter().flat_map(|(member, device)| {
            device
                .messages
                .iter()
                .map(move |(sequence, kept)| (*member, *sequence, kept))
        });
        messages
            .filter(|(_, _, kept)| kept.expires_at_ms <= now_ms)
            .filter(|(_, _, kept)| within.is_none_or(|mailbox| *mailbox == kept.mailbox))
            .map(|(member, sequence, _)| (member, sequence))
            .take(PURGE_BATCH)
            .collect()
    }

    fn held(&self, member: &Member) -> Option<Held> {
        let account = self.accounts.get(&member.account)?;
        Some(Held {
            version: account.version,
            list: account.list.list.clone(),
            names_device: account.devices.contains(&member.device),
        })
    }

    /// Stores a list, and deletes the devices that it no longer names with all they owned.
    fn replace_list(&mut self, account: AccountId, list: &VerifiedList) -> Vec<Member> {
        let stored = Account {
            version: list.version(),
            list: list.signed().clone(),
            devices: list.devices().to_vec(),
        };
        let before = self.accounts.insert(account, stored);
        let before = before.into_iter().flat_map(|before| before.devices);
        let removed: Vec<Member> = before
            .filter(|device| !list.devices().contains(device))
            .map(|device| Member { account, device })
            .collect();
        for member in &removed {
            self.remove(member);
        }
        for member in list.members() {
            self.devices.entry(member).or_default().guest_until_ms = None;
        }
        removed
    }

    /// Deletes a device, or a guest, with all it owned.
    fn remove(&mut self, member: &Member) {
        self.devices.remove(member);
        self.mailboxes.retain(|_, owned| owned.owner != *member);
    }

    fn remove_guests(&mut self, now_ms: u64) -> usize {
        let guests = self.devices.iter();
        let over: Vec<Member> = guests
            .filter(|(_, device)| device.is_over(now_ms))
            .map(|(member, _)| *member)
            .take(PURGE_BATCH)
            .collect();
        for guest in &over {
            self.remove(guest);
        }
        over.len()
    }

    /// How many guests an account has beside this one.
    fn other_guests(&self, member: &Member, now_ms: u64) -> u64 {
        let others = self.devices.iter().filter(|(other, device)| {
            other.account == member.account
                && other.device != member.device
                && device.guest_until_ms.is_some()
                && !device.is_over(now_ms)
        });
        others.count() as u64
    }

    fn close(&mut self, mailbox: &MailboxId) {
        if let Some(owned) = self.mailboxes.remove(mailbox)
            && let Some(device) = self.devices.get_mut(&owned.owner)
        {
            device.messages.retain(|_, kept| kept.mailbox != *mailbox);
        }
    }
}

impl Backend for Memory {
    fn begin(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn rollback(&mut self) {}

    fn enter(&mut self, visitor: &Visitor, now_ms: u64) -> Answer<Admitted, directory::Refused> {
        let mut state = self.state();
        let member = visitor.member;
        let held = state.held(&member);
        let guests = state.other_guests(&member, now_ms);
        let entry = match directory::enter(held.as_ref(), guests, visitor, now_ms, &self.limits) {
            Ok(entry) => entry,
            Err(refused) => return Ok(Err(refused)),
        };
        let change = entry.list_to_store(visitor).map(|list| ListChange {
            list: list.clone(),
            removed: state.replace_list(member.account, list),
        });
        let guest_until_ms = entry.guest_until_ms();
        if guest_until_ms.is_some() {
            // What it had as an earlier guest is over, even if no purge has come by.
            if state
                .devices
                .get(&member)
                .is_some_and(|guest| guest.is_over(now_ms))
            {
                state.remove(&member);
            }
            state.devices.entry(member).or_default().guest_until_ms = guest_until_ms;
        }
        let known = state.accounts.get(&member.account);
        let newer = known.and_then(|known| directory::newer(&known.list, visitor.list()));
        let supply = state
            .devices
            .get(&visitor.member)
            .map(Device::supply)
            .unwrap_or_default();
        let backlog = state.devices.get(&visitor.member).and_then(|device| {
            let waiting = device.messages.iter();
            let mut kept = waiting.filter(|(_, kept)| kept.expires_at_ms > now_ms);
            kept.next_back().map(|(sequence, _)| *sequence)
        });
        let backlog = backlog.unwrap_or(0);
        let live = state
            .mailboxes
            .values()
            .filter(|owned| owned.owner == visitor.member && owned.mailbox.is_live(now_ms));
        Ok(Ok(Admitted {
            registered: entry == Entry::Register,
            supply,
            mailboxes: u32::try_from(live.count()).unwrap_or(u32::MAX),
            backlog,
            newer,
            change,
            guest_until_ms,
        }))
    }

    fn relist(
        &mut self,
        member: &Member,
        list: &VerifiedList,
        over: u64,
    ) -> Answer<Option<ListChange>, directory::Refused> {
        let mut state = self.state();
        match directory::replace(state.held(member).as_ref(), list, over) {
            Ok(true) => Ok(Ok(Some(ListChange {
                list: list.clone(),
                removed: state.replace_list(member.account, list),
            }))),
            Ok(false) => Ok(Ok(None)),
            Err(refused) => Ok(Err(refused)),
        }
    }

    fn publish(
        &mut self,
        member: &Member,
        publication: &Publication,
    ) -> Answer<PrekeySupply, directory::Refused> {
        let mut state = self.state();
        let device = state.devices.get_mut(member);
        let Some(device) = device.filter(|device| device.guest_until_ms.is_none()) else {
            return Ok(Err(directory::Refused::UnknownDevice));
        };
        let mut known: HashSet<(bool, u32)> = device.handed_out.keys().copied().collect();
        if !publication.drops_one_time {
            known.extend(device.one_time.iter().map(|key| (false, key.id)));
            known.extend(device.kem_one_time.iter().map(|key| (true, key.id)));
        }
        let one_time: Vec<_> = publication
            .one_time
            .iter()
            .filter(|key| known.insert((false, key.id)))
            .collect();
        let kem: Vec<_> = publication
            .kem_one_time
            .iter()
            .filter(|key| known.insert((true, key.id)))
            .collect();
        let limit = self.limits.one_time_prekeys;
        let held = |count: usize| match publication.drops_one_time {
            true => 0,
            false => count as u64,
        };
        let (x25519, ml_kem) = (device.one_time.len(), device.kem_one_time.len());
        let bounds = directory::supply(held(x25519), one_time.len() as u64, limit)
            .and(directory::supply(held(ml_kem), kem.len() as u64, limit));
        if let Err(refused) = bounds {
            return Ok(Err(refused));
        }
        if publication.drops_one_time {
            device.one_time.clear();
            device.kem_one_time.clear();
        }
        device.highest_prekey_id = device.highest_prekey_id.max(publication.highest_id());
        device.one_time.extend(one_time.into_iter().cloned());
        device.kem_one_time.extend(kem.into_iter().cloned());
        if let Some(key) = &publication.signed {
            device.signed = Some(key.clone());
        }
        if let Some(key) = &publication.last_resort {
            device.last_resort = Some(key.clone());
        }
        Ok(Ok(device.supply()))
    }

    fn fetch(
        &mut self,
        account: &AccountId,
        wanted: &Wanted,
        now_ms: u64,
    ) -> Answer<Served, directory::Refused> {
        let mut state = self.state();
        let Some(known) = state.accounts.get(account) else {
            return Ok(Err(directory::Refused::UnknownAccount));
        };
        let (list, ids) = (known.list.clone(), known.devices.clone());
        let mut devices = Vec::new();
        for id in ids.into_iter().filter(|id| wanted.includes(id)) {
            let member = Member {
                account: *account,
                device: id,
            };
            let device = state.devices.get_mut(&member);
            devices.extend(device.and_then(|device| device.hand_out(&id, now_ms)));
        }
        if devices.is_empty() && !wanted.may_be_empty() {
            return Ok(Err(directory::Refused::NoPrekeys));
        }
        Ok(Ok(Served { list, devices }))
    }

    fn create_mailbox(
        &mut self,
        owner: &Member,
        mailbox: &MailboxId,
        terms: Terms,
        now_ms: u64,
    ) -> Answer<bool, mailbox::Refused> {
        let mut state = self.state();
        // A device that was removed while its request was under way owns nothing any more.
        let Some(device) = state.devices.get(owner) else {
            return Ok(Err(mailbox::Refused::Unknown));
        };
        let claim = match state.mailboxes.get(mailbox) {
            None => Claim::Free,
            Some(owned) if owned.owner == *owner => Claim::Own,
            Some(_) => Claim::Foreign,
        };
        let owned = state
            .mailboxes
            .values()
            .filter(|owned| owned.owner == *owner)
            .count();
        let maker = mailbox::Owner {
            owned: owned as u64,
            guest_until_ms: device.guest_until_ms,
        };
        let made = mailbox::create(claim, maker, terms, now_ms, &self.limits);
        if made == Ok(true) {
            let owned = Owned {
                owner: *owner,
                mailbox: Mailbox::new(terms),
                held: HashSet::new(),
                remembered: HashSet::new(),
            };
            state.mailboxes.insert(*mailbox, owned);
        }
        Ok(made)
    }

    fn close_mailbox(
        &mut self,
        owner: &Member,
        mailbox: &MailboxId,
    ) -> Answer<bool, mailbox::Refused> {
        let mut state = self.state();
        match state.mailboxes.get(mailbox) {
            None => Ok(Ok(false)),
            Some(owned) if owned.owner != *owner => Ok(Err(mailbox::Refused::Taken)),
            Some(_) => {
                state.close(mailbox);
                Ok(Ok(true))
            }
        }
    }

    fn post(&mut self, parcel: &Parcel, now_ms: u64) -> Answer<Posted, mailbox::Refused> {
        let mut state = self.state();
        let decide = |state: &State| {
            let owned = state
                .mailboxes
                .get(&parcel.mailbox)
                .ok_or(mailbox::Refused::Unknown)?;
            let id = &parcel.message_id;
            let letter = Letter {
                seen: owned.held.contains(id) || owned.remembered.contains(id),
                bytes: parcel.payload.len() as u64,
                ttl_seconds: parcel.ttl_seconds,
            };
            owned.mailbox.post(letter, now_ms, &self.limits)
        };
        let mut decision = decide(&state);
        if decision == Err(mailbox::Refused::Full) {
            for (member, sequence) in state.expired(now_ms, Some(&parcel.mailbox)) {
                state.delete(&member, sequence);
            }
            decision = decide(&state);
        }
        let expires_at_ms = match decision {
            Ok(Posting::Store { expires_at_ms }) => expires_at_ms,
            Ok(Posting::Repeated) => return Ok(Ok(Posted::Repeated)),
            Err(refused) => return Ok(Err(refused)),
        };
        let damaged = StoreError::Damaged { what: "mailbox" };
        let State {
            mailboxes, devices, ..
        } = &mut *state;
        let Some(owned) = mailboxes.get_mut(&parcel.mailbox) else {
            return Err(damaged);
        };
        let Some(device) = devices.get_mut(&owned.owner) else {
            return Err(damaged);
        };
        owned.mailbox.posts += 1;
        owned.mailbox.held += 1;
        owned.mailbox.held_bytes += parcel.payload.len() as u64;
        owned.held.insert(parcel.message_id);
        if owned.mailbox.remembers_ids() {
            owned.remembered.insert(parcel.message_id);
        }
        device.last_sequence += 1;
        let kept = Kept {
            mailbox: parcel.mailbox,
            message_id: parcel.message_id,
            payload: parcel.payload.clone(),
            expires_at_ms,
        };
        device.messages.insert(device.last_sequence, kept);
        Ok(Ok(Posted::Stored(owned.owner)))
    }

    fn acknowledge(&mut self, owner: &Member, sequences: &[u64]) -> Result<usize, StoreError> {
        let mut state = self.state();
        Ok(sequences
            .iter()
            .filter(|sequence| state.delete(owner, **sequence))
            .count())
    }

    fn purge(&mut self, now_ms: u64) -> Result<Purged, StoreError> {
        let mut state = self.state();
        let guests = state.remove_guests(now_ms);
        let expired = state.expired(now_ms, None);
        for (member, sequence) in &expired {
            state.delete(member, *sequence);
        }
        let over: Vec<MailboxId> = state
            .mailboxes
            .iter()
            .filter(|(_, owned)| owned.mailbox.is_over(now_ms, &self.limits))
            .map(|(id, _)| *id)
            .take(PURGE_BATCH)
            .collect();
        for mailbox in &over {
            state.close(mailbox);
        }
        let mut prekeys = 0;
        for device in state.devices.values_mut() {
            let before = device.handed_out.len();
            device
                .handed_out
                .retain(|_, at| at.saturating_add(HANDED_OUT_MEMORY_MS) > now_ms);
            prekeys += before - device.handed_out.len();
        }
        Ok(Purged {
            messages: expired.len(),
            mailboxes: over.len(),
            prekeys,
            guests,
        })
    }

    fn probe(&mut self, _: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Reader for Memory {
    fn pending(
        &mut self,
        owner: &Member,
        after: u64,
        page: Page,
        now_ms: u64,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let state = self.state();
        let Some(device) = state.devices.get(owner) else {
            return Ok(Vec::new());
        };
        let mut bytes = 0;
        let messages = device
            .messages
            .range(after.saturating_add(1)..)
            .filter(|(_, kept)| kept.expires_at_ms > now_ms)
            .take(page.messages)
            .take_while(|(_, kept)| {
                let first = bytes == 0;
                bytes += kept.payload.len().max(1);
                first || bytes <= page.bytes
            })
            .map(|(sequence, kept)| StoredMessage {
                sequence: *sequence,
                mailbox: kept.mailbox,
                message_id: kept.message_id,
                payload: kept.payload.clone(),
            });
        Ok(messages.collect())
    }
}
