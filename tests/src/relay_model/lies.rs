//! What a relay can do to those who trust it: it has the true answers, and gives others.

use std::collections::{BTreeMap, HashMap, HashSet};

use sotto_protocol::{
    decode,
    error::ErrorCode,
    frames::{
        ClientFrame, DeviceList, DevicePrekeys, Done, KemPrekey, Prekeys, SignedDeviceList,
        Welcome, client_frame::Body as Ask, server_frame::Body,
    },
    id::{AccountId, MailboxId, MessageId},
};
use sotto_relay::{
    Refusal,
    directory::Wanted,
    store::{Backend, Parcel, Posted},
};

use super::{Outgoing, RelayModel};

/// The lies of a relay.
#[derive(Default)]
pub(super) struct Lies {
    /// Whose keys are served as those of somebody else.
    impersonated: HashMap<AccountId, AccountId>,
    /// Which list is shown for an account's newest.
    listed: HashMap<AccountId, SignedDeviceList>,
    /// Whose one-time keys nobody gets.
    stripped: HashSet<AccountId>,
    /// Whose keys are handed out again and again, and those that are, by device.
    repeated: HashMap<AccountId, HashMap<Vec<u8>, DevicePrekeys>>,
    /// Mailboxes that are said to be full.
    full: HashSet<MailboxId>,
    /// Whose new mailboxes are of those.
    withholding: HashSet<AccountId>,
    /// Mailboxes whose messages are kept back.
    withheld: HashSet<MailboxId>,
    /// What is kept back.
    kept: BTreeMap<MailboxId, Vec<Parcel>>,
}

impl RelayModel {
    /// Serves the keys of one account as those of another.
    pub fn impersonate(&mut self, victim: &AccountId, liar: &AccountId) {
        self.lies.impersonated.insert(*victim, *liar);
    }

    /// Shows this list as an account's newest, to others and to its own devices.
    pub fn serve_list(&mut self, account: &AccountId, list: SignedDeviceList) {
        self.lies.listed.insert(*account, list);
    }

    /// Takes an account's one-time keys for itself whenever somebody asks, so that they get none.
    pub fn strip_one_time(&mut self, account: &AccountId) {
        self.lies.stripped.insert(*account);
    }

    /// Hands the keys that the next one to ask gets of an account to everybody after them as well.
    pub fn hand_out_twice(&mut self, account: &AccountId) {
        self.lies.repeated.insert(*account, HashMap::new());
    }

    /// Hands each key of an account out once from now on.
    pub fn hand_out_once(&mut self, account: &AccountId) {
        self.lies.repeated.remove(account);
    }

    /// Serves these as the keys of an account's devices from now on.
    pub fn serve_prekeys(&mut self, account: &AccountId, served: &Prekeys) {
        let sets = served.devices.iter();
        let sets = sets.map(|set| (set.device.clone(), set.clone())).collect();
        self.lies.repeated.insert(*account, sets);
    }

    /// Takes no message for a mailbox any more, as if its owner took none.
    pub fn fill(&mut self, mailbox: &MailboxId) {
        self.lies.full.insert(*mailbox);
    }

    /// Says of each message to a mailbox that it has it, and delivers none.
    pub fn withhold(&mut self, mailbox: &MailboxId) {
        self.lies.withheld.insert(*mailbox);
    }

    /// As [`withhold`](Self::withhold), with each mailbox that an account makes from now on.
    pub fn withhold_new(&mut self, account: &AccountId) {
        self.lies.withholding.insert(*account);
    }

    /// A device has made a mailbox.
    pub(super) fn mailbox_made(&mut self, of: &AccountId, mailbox: &MailboxId) {
        if self.lies.withholding.contains(of) {
            self.lies.withheld.insert(*mailbox);
        }
    }

    /// Withholds no more of what comes for a mailbox; what is kept back stays so.
    pub fn let_through(&mut self, mailbox: &MailboxId) {
        self.lies.withheld.remove(mailbox);
    }

    /// Delivers what it has withheld, after what has come since.
    pub(crate) fn deliver_later(&mut self, mailbox: &MailboxId, now_ms: u64) -> Vec<Outgoing> {
        let mut out = Vec::new();
        for parcel in self.lies.kept.remove(mailbox).unwrap_or_default() {
            let posted = self.store.post(&parcel, now_ms).expect("a store");
            if let Ok(Posted::Stored(owner)) = posted
                && let Some(line) = self.line_of(&owner)
            {
                out.extend(self.deliver(line, now_ms));
            }
        }
        out
    }

    /// Prepares a lie, or tells one at once.
    pub(super) fn lie_about(&mut self, asked: &mut ClientFrame, now_ms: u64) -> Option<Body> {
        match asked.body.as_mut()? {
            Ask::FetchPrekeys(fetch) => {
                let account = AccountId::try_from(fetch.account.as_slice()).ok()?;
                if let Some(liar) = self.lies.impersonated.get(&account) {
                    fetch.account = liar.to_vec();
                }
                if self.lies.stripped.contains(&account) {
                    self.take_one_time_keys(&account, now_ms);
                }
                None
            }
            Ask::Post(post) => {
                let mailbox = MailboxId::try_from(post.mailbox.as_slice()).ok()?;
                if self.lies.full.contains(&mailbox) {
                    let refusal = Refusal::new(ErrorCode::MailboxFull, "full for the test");
                    return Some(Body::Error(refusal.frame(false, now_ms, "in a test")));
                }
                if !self.lies.withheld.contains(&mailbox) {
                    return None;
                }
                let parcel = Parcel {
                    mailbox,
                    message_id: MessageId::try_from(post.message_id.as_slice()).ok()?,
                    payload: post.payload.clone(),
                    ttl_seconds: post.ttl_seconds,
                };
                self.lies.kept.entry(mailbox).or_default().push(parcel);
                Some(Body::Done(Done::default()))
            }
            _ => None,
        }
    }

    fn take_one_time_keys(&mut self, account: &AccountId, now_ms: u64) {
        let has_one_time = |set: &DevicePrekeys| {
            let is_one_time = |key: &KemPrekey| !key.last_resort;
            set.one_time_prekey.is_some() || set.kem_prekey.as_ref().is_some_and(is_one_time)
        };
        while let Ok(served) = self
            .store
            .fetch(account, &Wanted::All, now_ms)
            .expect("a store")
            && served.devices.iter().any(has_one_time)
        {}
    }
}

impl Lies {
    /// What is said instead of the truth.
    pub(super) fn bend(&mut self, truth: Body) -> Body {
        match truth {
            Body::Prekeys(prekeys) => Body::Prekeys(self.bend_prekeys(prekeys)),
            Body::DeviceListChanged(mut changed) => {
                let list = changed.device_list.take().expect("a list");
                let shown = self.listed.get(&account_of(&list)).cloned();
                changed.device_list = Some(shown.unwrap_or(list));
                Body::DeviceListChanged(changed)
            }
            other => other,
        }
    }

    /// What a device of an account is told instead of the truth.
    pub(super) fn bend_welcome(&self, account: &AccountId, truth: Welcome) -> Welcome {
        let shown = self.listed.get(account).cloned();
        Welcome {
            device_list: shown.or(truth.device_list),
            ..truth
        }
    }

    fn bend_prekeys(&mut self, mut prekeys: Prekeys) -> Prekeys {
        let list = prekeys.device_list.take().expect("a list");
        let account = account_of(&list);
        if let Some(repeated) = self.repeated.get_mut(&account) {
            for set in &mut prekeys.devices {
                let first = repeated.entry(set.device.clone());
                *set = first.or_insert_with(|| set.clone()).clone();
            }
        }
        let shown = self.listed.get(&account).cloned();
        prekeys.device_list = Some(shown.unwrap_or(list));
        prekeys
    }
}

fn account_of(list: &SignedDeviceList) -> AccountId {
    let list: DeviceList = decode(list.list.clone()).expect("a list");
    AccountId::try_from(list.account_key.as_slice()).expect("an account")
}
