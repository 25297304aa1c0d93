//! What a relay that lies, withholds and delays can do, and what it cannot.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_client_core::{
    api::{Command, ContactState, ProposalState},
    identity::{AccountKey, Device},
};
use sotto_protocol::{
    frames::{
        ClientFrame, FetchPrekeys, Hello, Prekeys, PublishDeviceList, ServerFrame,
        SignedDeviceList, Welcome, client_frame::Body as Ask, server_frame::Body,
    },
    id::{AccountId, MailboxId},
};
use sotto_tests::{World, sign_list};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const KIM: usize = 2;

/// The mailbox in which Robin hears from Alice.
fn mailbox_for_alice(world: &World) -> MailboxId {
    let robin = world.status(ROBIN).account;
    *world.relay.mailboxes_of(&robin).last().unwrap()
}

/// What the relay serves of these devices of an account, or of all, to Robin.
fn fetch(world: &mut World, account: &AccountId, devices: &[&Device]) -> Prekeys {
    let fetch = FetchPrekeys {
        account: account.to_vec(),
        devices: devices.iter().map(|device| device.id().to_vec()).collect(),
    };
    match world.ask_relay(ROBIN, Ask::FetchPrekeys(fetch)) {
        Body::Prekeys(prekeys) => prekeys,
        other => panic!("prekeys, not {other:?}"),
    }
}

#[test]
fn what_is_withheld_is_missing_and_counts_when_it_comes_after_all() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let mailbox = mailbox_for_alice(&world);
    world.relay.withhold(&mailbox);
    let first = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(world.proposals(ROBIN), []);
    // What is said later arrives, though it was written after what is missing.
    world.relay.let_through(&mailbox);
    let second = world
        .schedule(ALICE, "an hour with Robin next week")
        .unwrap();
    let state = |world: &World, id: &str| {
        let proposals = world.proposals(ALICE);
        let found = proposals.iter().find(|proposal| proposal.id == id);
        found.unwrap().state
    };
    assert_eq!(state(&world, &second.id), ProposalState::Confirmed);
    assert_eq!(state(&world, &first.id), ProposalState::Asking);
    assert_eq!(world.meetings(ROBIN).len(), 1);

    world.restart(ROBIN);
    world.deliver_later(&mailbox);
    assert_eq!(state(&world, &first.id), ProposalState::Confirmed);
    for person in [ALICE, ROBIN] {
        assert_eq!(world.meetings(person).len(), 2);
        assert_eq!(world.contacts(person)[0].unreadable, 0);
    }
}

#[test]
fn keys_that_are_handed_out_twice_open_for_the_first_alone() {
    let mut world = World::strangers();
    world.person("Kim", "Europe/Berlin");
    let alice = world.status(ALICE).account;
    world.relay.hand_out_twice(&alice);
    world.introduce(ALICE, ROBIN);
    let link = world.invitation(ALICE);
    world
        .command(KIM, Command::AcceptInvitation { link })
        .unwrap();
    assert_eq!(world.contacts(KIM)[0].state, ContactState::Waiting);
    assert_eq!(world.contacts(ALICE).len(), 1, "Kim is not heard");
    world.auto(ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
}

#[test]
fn without_one_time_keys_people_meet_all_the_same() {
    let mut world = World::strangers();
    let alice = world.status(ALICE).account;
    let full = fetch(&mut world, &alice, &[]).devices.remove(0);
    assert!(full.one_time_prekey.is_some() && !full.kem_prekey.unwrap().last_resort);
    world.relay.strip_one_time(&alice);
    let stripped = fetch(&mut world, &alice, &[]).devices.remove(0);
    assert!(stripped.one_time_prekey.is_none() && stripped.kem_prekey.unwrap().last_resort);
    world.introduce(ALICE, ROBIN);
    world.auto(ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
}

/// A device's own line to the relay, without an engine.
struct Line {
    link: u64,
    now_ms: u64,
}

impl Line {
    fn tell(&self, world: &mut World, request: u64, body: Ask) -> Vec<(u64, Body)> {
        let body = Some(body);
        let frame = sotto_protocol::encode(&ClientFrame { request, body });
        let said = world.relay.frame(self.link, frame, self.now_ms);
        said.into_iter().map(read).collect()
    }

    /// Lets a device in with this list; also what it is told.
    fn open(
        world: &mut World,
        link: u64,
        account: &AccountId,
        device: &Device,
        list: &SignedDeviceList,
    ) -> (Self, Welcome) {
        let now_ms = world.now.as_millisecond().try_into().unwrap();
        let mut said = world.relay.opened(link, now_ms).into_iter().map(read);
        let Some((_, Body::Challenge(challenge))) = said.next() else {
            panic!("a challenge")
        };
        let nonce = challenge.nonce.try_into().unwrap();
        let audience = "relay.test:8787";
        let hello = Hello {
            version: sotto_protocol::PROTOCOL_VERSION,
            account: account.to_vec(),
            device: device.id().to_vec(),
            audience: audience.to_owned(),
            signature: device.hello_signature(&nonce, account, audience).to_vec(),
            device_list: Some(list.clone()),
            pass: None,
        };
        let line = Self { link, now_ms };
        match line.tell(world, 1, Ask::Hello(hello)).pop() {
            Some((_, Body::Welcome(welcome))) => (line, welcome),
            other => panic!("a welcome, not {other:?}"),
        }
    }
}

fn read((link, frame): (u64, bytes::Bytes)) -> (u64, Body) {
    let frame: ServerFrame = sotto_protocol::decode(frame).unwrap();
    (link, frame.body.unwrap())
}

#[test]
fn an_older_list_can_be_shown_to_everybody_and_so_to_the_account_itself() {
    let mut world = World::strangers();
    let rng = &mut ChaCha20Rng::seed_from_u64(9);
    let account = AccountKey::generate(rng);
    let [phone, tablet] = [0, 1].map(|_| Device::generate(rng));
    let list = |version| sign_list(&account, version, &[&phone, &tablet]);
    let publish = |version| {
        Ask::PublishDeviceList(PublishDeviceList {
            device_list: Some(list(version)),
            over_version: 0,
        })
    };
    let kim = account.id();
    let (first, _) = Line::open(&mut world, 101, &kim, &phone, &list(2));
    let (second, told) = Line::open(&mut world, 102, &kim, &tablet, &list(2));
    assert_eq!(told.device_list, None);
    let fetched = |world: &mut World| fetch(world, &kim, &[&phone]).device_list;
    let news = |world: &mut World, version: u64| {
        let said = second.tell(world, version, publish(version));
        said.into_iter().find_map(|(link, body)| match body {
            Body::DeviceListChanged(changed) => {
                assert_eq!(link, first.link);
                changed.device_list
            }
            _ => None,
        })
    };
    assert_eq!(news(&mut world, 3), Some(list(3)));
    assert_eq!(fetched(&mut world), Some(list(3)));

    world.relay.serve_list(&kim, list(2));
    assert_eq!(news(&mut world, 4), Some(list(2)));
    assert_eq!(fetched(&mut world), Some(list(2)));
    let (_, told) = Line::open(&mut world, 103, &kim, &phone, &list(4));
    assert_eq!(told.device_list, Some(list(2)));
}
