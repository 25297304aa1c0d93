//! Who may ask by a link.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_protocol::frames::{Device as Entry, DeviceList, DevicePrekeys, PrekeySupply};

use super::*;
use crate::{
    identity::{AccountKey, Device, LocalIdentity},
    linking::LinkRequest,
    prekeys::PeerPrekeys,
    record,
};

fn now() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

/// An engine that shows a link, beside another device of the account.
fn keeper(other: &Device, rng: &mut ChaCha20Rng) -> (Engine, LinkId) {
    let created = Engine::create("Robin", "https://relay.example", "UTC", "", now(), rng);
    let mut engine = created.unwrap().0;
    let device = engine.identity.device().clone();
    let account = engine.account_key.clone().unwrap();
    engine.identity = listed(&account, 2, &device, &[other.entry()]);
    let opening = LinkOpening::generate(rng);
    let this = engine.identity.device().id();
    let relay = engine.profile.relay.clone();
    let link = Link::make(relay, &account, &this, 1_800_000_600_000, &opening);
    let id = LinkId::random(rng);
    engine.link = Some(OwnLink {
        id: id.clone(),
        link: link.to_link(),
        opening,
        ends_at: later(now(), SignedDuration::from_mins(LINK_MINUTES)),
        keeper: false,
        asking: None,
    });
    (engine, id)
}

fn listed(account: &AccountKey, version: u64, device: &Device, others: &[Entry]) -> LocalIdentity {
    let list = account.sign_device_list(&DeviceList {
        account_key: account.id().to_vec(),
        version,
        created_at_ms: 0,
        devices: [&[device.entry()], others].concat(),
    });
    LocalIdentity::new(&account.id(), device.clone(), &list).unwrap()
}

/// A device in a list with these others, of an account of its own.
fn identity(device: &Device, others: &[Entry], rng: &mut ChaCha20Rng) -> LocalIdentity {
    listed(&AccountKey::generate(rng), 1, device, others)
}

/// What that device sends by the link, at that time by its clock.
fn request(
    engine: &mut Engine,
    from: &LocalIdentity,
    at: Timestamp,
    said: &[u8],
    rng: &mut ChaCha20Rng,
) -> Bytes {
    let (device, none) = (engine.identity.device(), PrekeySupply::default());
    let published = engine.prekeys.replenish(device, &none, now(), rng).unwrap();
    let served = DevicePrekeys {
        device: device.id().to_vec(),
        signed_prekey: published.signed_prekey.clone(),
        one_time_prekey: published.one_time_prekeys.first().cloned(),
        kem_prekey: published.kem_prekeys.last().cloned(),
    };
    let devices = engine.identity.devices().devices();
    let prekeys = PeerPrekeys::verify(&served, &devices[0]).unwrap();
    let secret = engine.link.as_ref().unwrap().opening.secret().invitation();
    let voucher = Voucher::Invitation(&secret);
    let mut session = session::initiate(from, &prekeys, voucher, at, rng).unwrap();
    let sealed = session.encrypt(from.device(), said, at, rng).unwrap();
    sealed.bytes.into()
}

/// Whether a device is asked about that sent this, and whether it was answered.
fn asks(engine: &mut Engine, id: &LinkId, payload: &Bytes, at: Timestamp) -> (bool, bool) {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    engine.device_asks(id, payload, &mut Context::new(at, &mut rng));
    (engine.asking_view().is_some(), engine.outbox.waiting() > 0)
}

fn asked() -> Vec<u8> {
    let mailbox = MailboxId::from_bytes([3; 32]);
    record::encode(&LinkRequest::new("Phone".to_owned(), mailbox))
}

/// That device, with the agreement keys of another.
fn with_agreement_of(device: &Device, other: &Device) -> Device {
    let [mut device, other] = [device, other].map(|device| serde_json::to_value(device).unwrap());
    device["agreement"] = other["agreement"].clone();
    serde_json::from_value(device).unwrap()
}

#[test]
fn only_a_new_device_alone_is_asked_about_and_answered() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let rng = &mut rng;
    let [new, further, tablet] = [(); 3].map(|()| Device::generate(rng));
    let further = [further.entry()];
    let same_agreement = with_agreement_of(&new, &tablet);
    let same_id = with_agreement_of(&tablet, &new);
    let tomorrow = later(now(), SignedDuration::from_hours(25));
    for (name, device, others, at, said, taken) in [
        ("new", &new, &[][..], now(), asked(), true),
        ("with another", &new, &further, now(), asked(), false),
        ("of tomorrow", &new, &[], tomorrow, asked(), false),
        ("without a request", &new, &[], now(), b"{}".to_vec(), false),
        ("known", &tablet, &[], now(), asked(), false),
        ("id of a known one", &same_id, &[], now(), asked(), false),
        (
            "keys of a known one",
            &same_agreement,
            &[],
            now(),
            asked(),
            false,
        ),
    ] {
        let (mut engine, id) = keeper(&tablet, rng);
        let from = identity(device, others, rng);
        let payload = request(&mut engine, &from, at, &said, rng);
        assert_eq!(
            asks(&mut engine, &id, &payload, now()),
            (taken, taken),
            "{name}"
        );
        assert_eq!(engine.link.is_some(), taken, "{name}: the link is spent");
    }
}

#[test]
fn a_link_that_is_over_answers_nobody() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let rng = &mut rng;
    let [device, tablet] = [(); 2].map(|()| Device::generate(rng));
    let (mut engine, id) = keeper(&tablet, rng);
    let from = identity(&device, &[], rng);
    let payload = request(&mut engine, &from, now(), &asked(), rng);
    let end = later(now(), SignedDuration::from_mins(LINK_MINUTES));
    assert_eq!(asks(&mut engine, &id, &payload, end), (false, false));
    assert_eq!(engine.problem, None);
}
