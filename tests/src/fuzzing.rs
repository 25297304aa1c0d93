//! What is fuzzed: everything that takes bytes from outside. Each target says what has to hold
//! beside that nothing panics; `fuzz/` gives it bytes that libFuzzer makes up, `tests/tests/corpus.rs`
//! those that were worth keeping.

mod engine;
mod keeping;
mod linking;
mod receiving;
mod relay;

use std::sync::OnceLock;

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use jiff::{Timestamp, tz::TimeZone};
use prost::Message;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_client_core::{
    api::{Command, ContactState, InvitationLink, Query, SafetyLink, ScheduleRequest},
    calendar::ics,
    command::{Context, LONGEST_MINUTES, LONGEST_TITLE, Person, SHORTEST_MINUTES, interpret},
    identity::{AccountKey, Device, LocalIdentity, PeerDevices},
    invitation,
    linking::fuzzing as links,
    message::AgentMessage,
    prekeys::{PeerPrekeys, Prekeys},
    safety_code,
    session::{Session, Voucher, fuzzing, initiate},
    vault::fuzzing as vault,
};
use sotto_protocol::{
    decode, encode,
    frames::{DeviceList, DevicePrekeys, PrekeySupply, ServerFrame, SignedDeviceList},
    id::AccountId,
    signing,
};
use sotto_relay::directory::VerifiedList;

/// A function that must get along with any bytes.
pub type Target = fn(&[u8]);

/// All of them, by the names of their folders and programs.
pub const TARGETS: [(&str, Target); 28] = [
    ("client_frame", relay::client_frame),
    ("hello", relay::hello),
    ("publication", relay::publication),
    ("server_frame", server_frame),
    ("device_list", device_list),
    ("prekeys", prekeys),
    ("invitation_link", invitation_link),
    ("safety_code", safety_code),
    ("agent_message", agent_message),
    ("command", command),
    ("calendar", calendar),
    ("wire_message", fuzzing::message),
    ("header", fuzzing::header),
    ("body", fuzzing::body),
    ("identity_block", fuzzing::identity_block),
    ("stored_session", stored_session),
    ("handshake", receiving::handshake),
    ("session_receives", receiving::session_receives),
    ("engine_receives", engine::engine_receives),
    ("joining_receives", linking::joining_receives),
    ("device_link", links::link),
    ("link_request", links::request),
    ("link_answer", |data| _ = links::answer(data)),
    ("receipt", keeping::receipt),
    ("vault_header", vault::header),
    ("vault_record", keeping::vault_record),
    ("record", keeping::record),
    ("sentence", sentence),
];

/// Runs one of them.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = target.expect("a target of that name");
    target(data);
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn at(days: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + days * 86_400).expect("a time")
}

/// Somebody with one device, made once: keys take longer than what is looked at.
#[derive(Clone)]
struct Somebody {
    account: AccountKey,
    local: LocalIdentity,
    prekeys: Prekeys,
    served: DevicePrekeys,
}

impl Somebody {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let (account, device) = (AccountKey::generate(&mut rng), Device::generate(&mut rng));
        let list = crate::sign_list(&account, 1, &[&device]);
        let local = LocalIdentity::new(&account.id(), device, &list).expect("a list");
        let mut prekeys = Prekeys::new();
        let published =
            prekeys.replenish(local.device(), &PrekeySupply::default(), at(0), &mut rng);
        let published = published.expect("prekeys");
        let served = DevicePrekeys {
            device: local.device().id().to_vec(),
            signed_prekey: published.signed_prekey,
            one_time_prekey: published.one_time_prekeys.into_iter().next(),
            kem_prekey: published
                .kem_prekeys
                .into_iter()
                .find(|key| !key.last_resort),
        };
        Self {
            account,
            local,
            prekeys,
            served,
        }
    }

    fn peer_prekeys(&self) -> PeerPrekeys {
        let device = &self.local.devices().devices()[0];
        PeerPrekeys::verify(&self.served, device).expect("their prekeys")
    }
}

/// Alice and Bob, who do not know each other.
fn two() -> &'static [Somebody; 2] {
    static TWO: OnceLock<[Somebody; 2]> = OnceLock::new();
    TWO.get_or_init(|| [1, 2].map(Somebody::new))
}

fn server_frame(data: &[u8]) {
    if let Ok(frame) = decode::<ServerFrame>(Bytes::copy_from_slice(data)) {
        let again = decode::<ServerFrame>(encode(&frame)).expect("what was encoded");
        assert_eq!(again, frame);
    }
}

/// A device list that its account signed: client and relay agree on which they take.
fn device_list(data: &[u8]) {
    let account = SigningKey::from_bytes(&[1; 32]);
    let id = AccountId::from_bytes(account.verifying_key().to_bytes());
    // The fuzzer need not find out whose list it makes.
    let list = match DeviceList::decode(data) {
        Ok(mut list) if list.account_key.is_empty() => {
            list.account_key = id.to_vec();
            list.encode_to_vec()
        }
        _ => data.to_vec(),
    };
    let signature = account.sign(&signing::device_list(&list)).to_bytes();
    let signed = SignedDeviceList {
        list: list.clone().into(),
        signature: signature.to_vec().into(),
    };
    let relays = VerifiedList::check(&id, signed.clone());
    let Ok(devices) = PeerDevices::verify(&signed, &id) else {
        return;
    };
    assert!(
        relays.is_ok(),
        "the relay refuses what a client takes: {list:?}"
    );
    assert_eq!(devices.signed(), signed);
    let parsed = DeviceList::decode(list.as_slice()).expect("a list");
    assert_eq!(parsed.encode_to_vec(), list);
    assert_eq!(parsed.devices.len(), devices.devices().len());
}

/// Prekeys that their device signed: a session can be opened with whatever is taken.
fn prekeys(data: &[u8]) {
    let [alice, bob] = two();
    let Ok(mut served) = DevicePrekeys::decode(data) else {
        return;
    };
    let device = bob.local.device();
    served.device = device.id().to_vec();
    if let Some(key) = &mut served.signed_prekey {
        let message = signing::signed_prekey(key.id, &key.public_key);
        key.signature = device.sign(&message).to_vec();
    }
    if let Some(key) = &mut served.kem_prekey {
        let message = signing::kem_prekey(key.id, key.last_resort, &key.public_key);
        key.signature = device.sign(&message).to_vec();
    }
    let peer = &bob.local.devices().devices()[0];
    if let Ok(prekeys) = PeerPrekeys::verify(&served, peer) {
        initiate(&alice.local, &prekeys, Voucher::Nothing, at(0), &mut rng(3))
            .expect("whatever verifies can be agreed with");
    }
}

/// There is one text for what a link says, but for the white space in it.
fn invitation_link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(again) = invitation::rewritten(&InvitationLink::from(text.to_owned())) {
        let said: String = text.split_whitespace().collect();
        assert_eq!(again.as_str(), said);
    }
}

/// As an invitation.
fn safety_code(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(again) = safety_code::rewritten(&SafetyLink::from(text.to_owned())) {
        let said: String = text.split_whitespace().collect();
        assert_eq!(again.as_str(), said);
    }
}

fn agent_message(data: &[u8]) {
    if let Ok(message) = AgentMessage::from_bytes(data) {
        let again = AgentMessage::from_bytes(&message.to_bytes()).expect("what was written");
        assert_eq!(again, message);
    }
}

/// What a page or a program asks of a client.
fn command(data: &[u8]) {
    let _ = serde_json::from_slice::<Command>(data);
    let _ = serde_json::from_slice::<Query>(data);
}

/// What somebody says that they want, word by word.
fn sentence(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let contacts = [
        ("3fa94c01b2d4", "Robin Škvorecký"),
        ("77", "Ana de la Cruz"),
    ];
    let contacts = contacts.map(|(id, name)| Person {
        id,
        name,
        state: ContactState::Active,
        since: at(0),
    });
    let request = ScheduleRequest {
        text: Some(text.to_owned()),
        ..ScheduleRequest::default()
    };
    let context = Context {
        now: at(0),
        zone: &TimeZone::UTC,
        contacts: &contacts,
        default_review: false,
        day_ends: None,
    };
    match interpret(&request, &context) {
        Ok(understood) => {
            let minutes = SHORTEST_MINUTES..=LONGEST_MINUTES;
            assert!(minutes.contains(&understood.duration_minutes));
            assert!(understood.from <= understood.to);
            assert!(understood.title.chars().count() <= LONGEST_TITLE);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn calendar(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = ics::parse(text, &TimeZone::UTC);
    }
}

/// A session as it is stored: what loads is stored as it was, and can be used.
fn stored_session(data: &[u8]) {
    let Ok(mut session) = serde_json::from_slice::<Session>(data) else {
        return;
    };
    let stored = serde_json::to_vec(&session).expect("JSON");
    let again: Session = serde_json::from_slice(&stored).expect("what was stored");
    assert_eq!(serde_json::to_vec(&again).expect("JSON"), stored);
    for somebody in two() {
        let _ = session.encrypt(somebody.local.device(), b"text", at(1), &mut rng(4));
    }
    let _ = session.decrypt(&[2; 400], at(1));
}

/// What to begin with, for each target: genuine bytes, that the fuzzer bends.
pub fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    let mut add = |target, name: &str, bytes: Vec<u8>| seeds.push((target, name.to_owned(), bytes));
    let [alice, bob] = two();
    add(
        "device_list",
        "one",
        alice.local.signed_device_list().list.to_vec(),
    );
    let list = DeviceList {
        account_key: Vec::new(),
        version: 1,
        created_at_ms: 5,
        devices: vec![alice.local.device().entry(), bob.local.device().entry()],
    };
    add("device_list", "two", list.encode_to_vec());
    add("prekeys", "full", bob.served.encode_to_vec());
    let degraded = DevicePrekeys {
        one_time_prekey: None,
        ..bob.served.clone()
    };
    add("prekeys", "degraded", degraded.encode_to_vec());
    let link = crate::World::strangers().invitation(0);
    invitation::rewritten(&link).expect("an invitation");
    add("invitation_link", "one", link.as_str().as_bytes().to_vec());
    add("safety_code", "one", SAFETY_CODE.as_bytes().to_vec());
    let code = SafetyLink::from(SAFETY_CODE.to_owned());
    safety_code::rewritten(&code).expect("a code");
    for (name, text) in MESSAGES {
        AgentMessage::from_bytes(text.as_bytes()).expect("a message");
        add("agent_message", name, text.as_bytes().to_vec());
    }
    for (name, text) in COMMANDS {
        let command = serde_json::from_str::<Command>(text).is_ok();
        assert!(
            command || serde_json::from_str::<Query>(text).is_ok(),
            "{text}"
        );
        add("command", name, text.as_bytes().to_vec());
    }
    for (name, text) in SENTENCES {
        add("sentence", name, text.as_bytes().to_vec());
    }
    let devices = alice.local.signed_device_list();
    let base64 = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let devices = serde_json::json!({
        "v": 2, "id": "01".repeat(16), "sent_at": "2026-11-21T10:00:00Z", "type": "DEVICES",
        "body": { "list": base64(&devices.list), "signature": base64(&devices.signature) },
    });
    let devices = devices.to_string().into_bytes();
    AgentMessage::from_bytes(&devices).expect("a message");
    add("agent_message", "devices", devices);
    receiving::seeds(&mut add);
    engine::seeds(&mut add);
    linking::seeds(&mut add);
    keeping::seeds(&mut add);
    relay::seeds(&mut add);
    seeds
}

const SAFETY_CODE: &str = "https://relay.test:8443/#verify=AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoPI1-A7";

const SENTENCES: [(&str, &str); 4] = [
    ("week", "half an hour with Robin next week about the garden"),
    ("clock", "lunch with Ana on Tuesday between 12 and 2pm"),
    ("exact", "Call Robin tomorrow at 10 until 11:30, \"Budget\""),
    (
        "days",
        "1h30m with Robin in the next 10 days, in the mornings",
    ),
];

const MESSAGES: [(&str, &str); 17] = [
    (
        "query",
        r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"QUERY","body":{"title":"Coffee","duration_minutes":30,"windows":[{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"}],"time_zone":"Europe/Berlin","expires_at":"2026-11-24T08:00:00Z"}}"#,
    ),
    (
        "response",
        r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","in_reply_to":"02020202020202020202020202020202","sent_at":"2026-11-21T10:00:00Z","type":"RESPONSE","body":{"free":[{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"}],"time_zone":"Europe/Berlin"}}"#,
    ),
    (
        "proposal",
        r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"PROPOSAL","body":{"uid":"a@sotto","title":"Coffee","slot":{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"},"round":1,"expires_at":"2026-11-24T08:00:00Z"}}"#,
    ),
    (
        "confirmation",
        r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"CONFIRMATION","body":{"uid":"a@sotto","slot":{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"},"proposal":"0404040404040404040404040404040404040404040404040404040404040404"}}"#,
    ),
    (
        "rejection",
        r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"REJECTION","body":{"reason":"declined","note":"no","counter":[{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"}]}}"#,
    ),
    (
        "renew",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"HANDSHAKE","body":{"step":"renew","unread":["02020202020202020202020202020202"]}}"#,
    ),
    (
        "renewed",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"HANDSHAKE","body":{"step":"renewed"}}"#,
    ),
    (
        "handshake",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"HANDSHAKE","body":{"step":"request","name":"Robin","mailbox":"0303030303030303030303030303030303030303030303030303030303030303","relay":"https://relay.test"}}"#,
    ),
    (
        "device",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"HANDSHAKE","body":{"step":"device","name":"Robin","mailbox":"0303030303030303030303030303030303030303030303030303030303030303","relay":"https://relay.test"}}"#,
    ),
    (
        "device_accept",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"HANDSHAKE","body":{"step":"device_accept","mailbox":"0303030303030303030303030303030303030303030303030303030303030303","relay":"https://relay.test"}}"#,
    ),
    (
        "heartbeat",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"HEARTBEAT","body":{}}"#,
    ),
    (
        "sync_want",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"want","series":1795255200000,"number":7}}"#,
    ),
    (
        "sync_news",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"news","series":1795255200000,"number":8,"user":null,"contacts":[{"account":"0505050505050505050505050505050505050505050505050505050505050505","name":"Bea","own_name":null,"verified":true,"state":"active","relay":"https://relay.test","since":"2026-11-21T10:00:00Z","devices":{"list":"BQUF","signature":"BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBg"},"mailboxes":[]}],"gone":["0404040404040404040404040404040404040404040404040404040404040404"],"meetings":[{"account":"0505050505050505050505050505050505050505050505050505050505050505","conversation":"abababababababababababababababab","direction":"incoming","title":"Garden","slot":{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"},"proposal":"0404040404040404040404040404040404040404040404040404040404040404","since":"2026-11-21T10:00:00Z","called_off_by":null}]}}"#,
    ),
    (
        "sync_all",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"all","series":1795255200000,"number":7,"page":0,"pages":1,"user":{"name":"Robin","preferences":{"time_zone":"UTC","working_hours":[],"buffer_minutes":0,"approve_meetings":"ask","approve_contacts":"ask","review":false},"mailboxes":[]},"contacts":[{"account":"0505050505050505050505050505050505050505050505050505050505050505","name":"Bea","own_name":null,"verified":true,"state":"active","relay":"https://relay.test","since":"2026-11-21T10:00:00Z","devices":{"list":"BQUF","signature":"BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBg"},"mailboxes":[{"device":"0303030303030303030303030303030303030303030303030303030303030303","mailbox":"0404040404040404040404040404040404040404040404040404040404040404"}]}],"meetings":[]}}"#,
    ),
    (
        "sync_have",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"have","series":1795255200000}}"#,
    ),
    (
        "sync_meetings",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"meetings","meetings":[{"account":"0505050505050505050505050505050505050505050505050505050505050505","conversation":"abababababababababababababababab","direction":"incoming","title":"Garden","slot":{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T17:00:00Z"},"proposal":null,"since":"2026-11-21T10:00:00Z","called_off_by":"user"}]}}"#,
    ),
    (
        "sync_said",
        r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"said","account":"0505050505050505050505050505050505050505050505050505050505050505","message":{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"REJECTION","body":{"reason":"cancelled"}}}}"#,
    ),
];

const COMMANDS: [(&str, &str); 6] = [
    ("invite", r#"{"type":"invite","uses":1,"valid_hours":24}"#),
    (
        "schedule",
        r#"{"type":"schedule","request":{"text":"Coffee with Robin tomorrow at 10"}}"#,
    ),
    (
        "approve",
        r#"{"type":"approve","proposal":"ab","start":"2026-11-24T08:00:00Z"}"#,
    ),
    (
        "import",
        r#"{"type":"import_calendar","name":"a","ics":"BEGIN:VCALENDAR"}"#,
    ),
    (
        "history",
        r#"{"type":"history","conversation":"ab","limit":5}"#,
    ),
    (
        "agenda",
        r#"{"type":"agenda","from":"2026-11-24","to":null}"#,
    ),
];
