//! Somebody who speaks the protocol by hand, and need not keep to it.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::json;
use sotto_client_core::{
    api::InvitationLink,
    engine::Store,
    identity::{AccountKey, Device, LocalIdentity, PeerDevices},
    prekeys::PeerPrekeys,
    session::{self, InvitationSecret, Session, Voucher},
};
use sotto_protocol::{
    frames::{
        DeviceList, DevicePrekeys, FetchPrekeys, Post, Prekeys, SignedDeviceList,
        client_frame::Body as Ask, server_frame::Body,
    },
    id::AccountId,
};

use crate::{World, world::RELAY};

/// Signs a list of these devices.
pub fn sign_list(account: &AccountKey, version: u64, devices: &[&Device]) -> SignedDeviceList {
    account.sign_device_list(&DeviceList {
        account_key: account.id().to_vec(),
        version,
        created_at_ms: 0,
        devices: devices.iter().map(|device| device.entry()).collect(),
    })
}

/// A device without an engine.
pub struct Outsider {
    identity: LocalIdentity,
    /// To which of somebody's devices it writes.
    place: usize,
    rng: ChaCha20Rng,
}

impl Outsider {
    /// One that shows this list to whomever it writes to.
    pub fn new(device: &Device, account: &AccountId, list: &SignedDeviceList) -> Self {
        let identity = LocalIdentity::new(account, device.clone(), list);
        Self {
            identity: identity.expect("a list that names the device"),
            place: 0,
            rng: ChaCha20Rng::from_seed(*device.id().as_bytes()),
        }
    }

    /// Writes to the device at that place of somebody's list from now on.
    pub fn writes_to(&mut self, place: usize) {
        self.place = place;
    }

    /// Uses an invitation, over the line of somebody whom the relay lets in.
    pub fn accept(
        &mut self,
        world: &mut World,
        over: usize,
        link: &InvitationLink,
        name: &str,
    ) -> Session {
        let (_, fragment) = link.as_str().split_once("#invite=").expect("a link");
        let fragment = BASE64URL_NOPAD.decode(fragment.as_bytes()).expect("base64");
        let inviter = AccountId::try_from(&fragment[1..33]).expect("an account");
        let secret = InvitationSecret::from_bytes(fragment[65..97].try_into().expect("32 bytes"));

        let request = json!({
            "step": "request", "name": name, "mailbox": "ee".repeat(32), "relay": RELAY,
        });
        let (mailbox, voucher) = (fragment[33..65].to_vec(), Voucher::Invitation(&secret));
        self.open(
            world,
            over,
            &inviter,
            mailbox,
            voucher,
            "HANDSHAKE",
            &request,
        )
    }

    /// Opens a session with somebody, and says something in it into a mailbox.
    #[expect(
        clippy::too_many_arguments,
        reason = "each of them is what somebody else might be"
    )]
    pub fn open(
        &mut self,
        world: &mut World,
        over: usize,
        to: &AccountId,
        mailbox: Vec<u8>,
        voucher: Voucher<'_>,
        kind: &str,
        body: &serde_json::Value,
    ) -> Session {
        let prekeys = Self::fetch(world, over, to);
        let list = prekeys.device_list.expect("a list");
        let devices = PeerDevices::verify(&list, to).expect("their list");
        let device = &devices.devices()[self.place];
        let of_device = |served: &&DevicePrekeys| served.device == device.id().to_vec();
        let served = prekeys.devices.iter().find(of_device).expect("prekeys");
        let first = PeerPrekeys::verify(served, device).expect("prekeys");
        let (identity, rng, now) = (&self.identity, &mut self.rng, world.now);
        let session = session::initiate(identity, &first, voucher, now, rng);
        let mut session = session.expect("keys");
        self.say(world, over, &mut session, mailbox, kind, body);
        session
    }

    /// Says something in a session, into a mailbox.
    pub fn say(
        &mut self,
        world: &mut World,
        over: usize,
        session: &mut Session,
        mailbox: Vec<u8>,
        kind: &str,
        body: &serde_json::Value,
    ) {
        let (identity, rng, now) = (&self.identity, &mut self.rng, world.now);
        let mut ids = [0; 16];
        rng.fill_bytes(&mut ids);
        let message = json!({
            "v": 2, "id": HEXLOWER.encode(&ids), "conversation": "0c".repeat(16), "sent_at": now,
            "type": kind, "body": body,
        });
        let payload = session.encrypt(identity.device(), message.to_string().as_bytes(), now, rng);
        let mut message_id = vec![0; 16];
        rng.fill_bytes(&mut message_id);
        let posted = world.ask_relay(
            over,
            Ask::Post(Post {
                mailbox,
                message_id,
                payload: payload.expect("a session").bytes.into(),
                ttl_seconds: 0,
            }),
        );
        assert!(matches!(posted, Body::Done(_)), "{posted:?}");
        world.settle();
    }

    /// The keys of somebody's devices, as the relay serves them on that line.
    pub fn fetch(world: &mut World, over: usize, account: &AccountId) -> Prekeys {
        let account = account.to_vec();
        match world.ask_relay(
            over,
            Ask::FetchPrekeys(FetchPrekeys {
                account,
                devices: Vec::new(),
            }),
        ) {
            Body::Prekeys(prekeys) => prekeys,
            other => panic!("prekeys, not {other:?}"),
        }
    }
}

impl World {
    /// The secret keys of a person, as whoever had their device open could copy them.
    pub fn stolen_keys(&self, person: usize) -> (AccountKey, LocalIdentity) {
        let record: serde_json::Value =
            serde_json::from_slice(self.record(person, "identity")).expect("a record");
        let part = |name: &str| record[name].clone();
        (
            serde_json::from_value(part("account")).expect("the account's key"),
            serde_json::from_value(part("local")).expect("the device's keys"),
        )
    }

    /// The ids of all signed prekeys of a person whose secrets could be copied.
    pub fn stolen_signed_prekeys(&self, person: usize) -> Vec<u64> {
        let record = self.record_of(Store::Prekeys, person, "own");
        let record: serde_json::Value = serde_json::from_slice(record).expect("a record");
        let rotations = record["rotations"].as_array().expect("a list").iter();
        let ids = rotations.map(|rotation| rotation["signed_id"].as_u64());
        ids.map(|id| id.expect("an id")).collect()
    }

    /// The secret keys of a person's device that may have no account key.
    pub fn stolen_device(&self, person: usize) -> LocalIdentity {
        let record: serde_json::Value =
            serde_json::from_slice(self.record(person, "identity")).expect("a record");
        serde_json::from_value(record["local"].clone()).expect("the device's keys")
    }

    /// Takes the account key from a person's device, which may not change the list from then on.
    pub fn forget_account_key(&mut self, person: usize) {
        let (_, local) = self.stolen_keys(person);
        let record = json!({"account": null, "local": local});
        self.set_record(person, "identity", record.to_string().into_bytes());
        self.restart(person);
    }

    /// A second device of a person, with an engine of its own that knows nobody yet.
    pub fn second_device(&mut self, of: usize) -> usize {
        self.second_device_beside(of, &[])
    }

    /// As [`second_device`](Self::second_device), with these in the list as well.
    pub fn second_device_beside(&mut self, of: usize, others: &[&Device]) -> usize {
        let second = self.person(&self.status(of).name, "UTC");
        let (_, local) = self.stolen_keys(second);
        let devices = [&[local.device()], others].concat();
        let list = self.sign_devices(of, &devices);
        let (account, _) = self.stolen_keys(of);
        let local = LocalIdentity::new(&account.id(), local.device().clone(), &list);
        self.set_identity(second, &account, &local.expect("a list that names it"));
        second
    }

    fn set_identity(&mut self, person: usize, account: &AccountKey, local: &LocalIdentity) {
        let record = json!({"account": account, "local": local});
        self.set_record(person, "identity", record.to_string().into_bytes());
        self.restart(person);
    }

    /// Signs a new list with a person's own device and these, and starts them again with it.
    pub fn sign_devices(&mut self, person: usize, others: &[&Device]) -> SignedDeviceList {
        let (account, local) = self.stolen_keys(person);
        let version = local.devices().version() + 1;
        let devices: Vec<&Device> = [local.device()]
            .into_iter()
            .chain(others.iter().copied())
            .collect();
        let list = sign_list(&account, version, &devices);
        let local = LocalIdentity::new(&account.id(), local.device().clone(), &list);
        self.set_identity(person, &account, &local.expect("the own list"));
        list
    }
}
