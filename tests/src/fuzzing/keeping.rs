//! Files: what two people agreed on, a vault, and its records.

use std::{collections::BTreeMap, sync::OnceLock};

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sotto_client_core::{
    api::{Answer, Query},
    engine::{Input, Store},
    message::MessageDigest,
    node::Node,
    receipt::Receipt,
    vault::Vault,
};

use super::{rng, two};
use crate::World;

/// A receipt as it lies on the disk; and one of the messages in `data`, each signed by whom its first byte
/// names. Whatever proves an agreement has a confirmation of that very proposal.
pub(super) fn receipt(data: &[u8]) {
    proves(data);
    let statements: Option<Vec<Value>> = data.split(|byte| *byte == 0).map(signed).collect();
    if let Some(statements) = statements {
        let file = json!({ "sotto_receipt": 1, "statements": statements });
        proves(file.to_string().as_bytes());
    }
}

fn proves(file: &[u8]) {
    let Ok(receipt) = Receipt::read(file) else {
        return;
    };
    let again = Receipt::read(receipt.to_text().as_bytes()).expect("what was written");
    assert_eq!(again, receipt);
    let Ok(agreement) = receipt.agreement() else {
        return;
    };
    let file: Value = serde_json::from_slice(file).expect("JSON");
    let message = |at: usize| {
        file["statements"][at]["message"]
            .as_str()
            .expect("a message")
    };
    let confirmation: Value = serde_json::from_str(message(1)).expect("JSON");
    assert_eq!(
        confirmation["body"]["proposal"],
        json!(MessageDigest::of(message(0).as_bytes()))
    );
    assert_ne!(
        agreement.proposed_by.account,
        agreement.confirmed_by.account
    );
    let end = file["statements"].get(2).is_some();
    assert_eq!(agreement.called_off.is_some(), end);
}

/// One statement: `message` after a byte that says who signs it, and for whom.
fn signed(said: &[u8]) -> Option<Value> {
    let (who, message) = said.split_first()?;
    let message = std::str::from_utf8(message).ok()?;
    let people = two();
    let [from, to, listed] = [0, 1, 2].map(|bit| &people[usize::from(who >> bit & 1)].local);
    let content = [
        b"sotto/v2/message\0\x02".as_slice(),
        from.account().as_bytes(),
        from.device().id().as_bytes(),
        to.account().as_bytes(),
        to.device().id().as_bytes(),
        &[3; 32 + 32 + 8 + 4 + 4 + 4],
        &[4; 32],
        &Sha256::digest(message),
    ]
    .concat();
    let list = listed.signed_device_list();
    Some(json!({
        "message": message,
        "signed": {
            "content": BASE64URL_NOPAD.encode(&content),
            "signature": BASE64URL_NOPAD.encode(&from.device().sign(&content)),
        },
        "devices": {
            "account": listed.account(),
            "list": BASE64URL_NOPAD.encode(&list.list),
            "signature": BASE64URL_NOPAD.encode(&list.signature),
        },
    }))
}

/// A record in the place of a genuine one: it opens only as it was sealed.
pub(super) fn vault_record(data: &[u8]) {
    static SEALED: OnceLock<(Vault, Vec<u8>)> = OnceLock::new();
    let (vault, genuine) = SEALED.get_or_init(|| {
        let made = Vault::create("correct horse battery", &mut rng(9));
        let (vault, _) = made.expect("a vault");
        let sealed = vault.seal("contacts", "1", b"Robin", &mut rng(10));
        (vault, sealed.expect("a record"))
    });
    let kept = genuine.len().saturating_sub(data.len());
    for sealed in [data.to_vec(), [&genuine[..kept], data].concat()] {
        let opened = vault.open_record("contacts", "1", &sealed);
        assert_eq!(opened.is_ok(), sealed == *genuine);
    }
}

type Records = BTreeMap<(Store, String), Vec<u8>>;

/// All that Robin's device keeps, in the midst of everything.
fn records() -> &'static Records {
    static RECORDS: OnceLock<Records> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let mut world = World::acquainted();
        world.auto(0);
        let agreed = world.schedule(0, "half an hour with Robin next week");
        world
            .approve(1, &agreed.expect("a proposal").id)
            .expect("a meeting");
        world.invitation(1);
        let link = world.device_link(1, true);
        world.join(&link.link, "Phone").expect("a new device");
        world.set_online(1, false);
        let _ = world.schedule(1, "an hour with Alice tomorrow");
        world.copy_of(1)
    })
}

/// A record that somebody else wrote, or a later version, in the place of one of a device: the device
/// starts without it, or says which one it is.
pub(super) fn record(data: &[u8]) {
    let Some((which, value)) = data.split_first() else {
        return;
    };
    let records = records();
    let place = usize::from(*which) % records.len();
    let others = records
        .iter()
        .enumerate()
        .map(|(at, ((store, key), kept))| {
            let value = if at == place { value } else { kept };
            (*store, key.clone(), value.to_vec().into())
        });
    let others = others.filter(|(store, ..)| store.in_memory());
    let Ok(mut loaded) = Node::load(others) else {
        return;
    };
    let now: Timestamp = crate::NOW.parse().expect("an instant");
    let _ = loaded.node.handle(Input::Started, now, &mut rng(11));
    let status = loaded.node.query(&Query::Status, std::iter::empty(), now);
    assert!(matches!(status, Ok(Answer::Status(_))), "{status:?}");
}

pub(super) fn seeds(add: &mut impl FnMut(&'static str, &str, Vec<u8>)) {
    let mut world = World::acquainted();
    world.auto(1);
    let agreed = world.schedule(0, "half an hour with Robin next week");
    let proposal = agreed.expect("a proposal").id;
    let receipt = |world: &World| {
        let proposal = proposal.clone();
        match world.query(1, &Query::Receipt { proposal }) {
            Ok(Answer::Receipt(receipt)) => receipt.text,
            other => panic!("a receipt, not {other:?}"),
        }
    };
    let said = |file: &str| {
        let file: Value = serde_json::from_str(file).expect("JSON");
        let statements = file["statements"].as_array().expect("statements").clone();
        let statements = statements.iter().enumerate().map(|(at, statement)| {
            let message = statement["message"].as_str().expect("a message");
            // From Alice to Robin, back, and once more back.
            let who = [0b010, 0b101, 0b101][at];
            [&[who], message.as_bytes()].concat()
        });
        statements.collect::<Vec<_>>().join(&0)
    };
    let file = receipt(&world);
    add("receipt", "agreed", file.clone().into_bytes());
    add("receipt", "messages", said(&file));
    world.cancel(1, &proposal).expect("called off");
    let file = receipt(&world);
    add("receipt", "called_off", file.clone().into_bytes());
    add("receipt", "messages_called_off", said(&file));
    let statements = said(&file);
    let statements: Vec<Value> = statements.split(|b| *b == 0).filter_map(signed).collect();
    let file = json!({ "sotto_receipt": 1, "statements": statements }).to_string();
    let read = Receipt::read(file.as_bytes()).and_then(|receipt| receipt.agreement());
    read.expect("what the two signed proves it");
    let (_, header) = Vault::create("correct horse battery", &mut rng(9)).expect("a vault");
    let header = header.into_bytes();
    let envelope: Value = serde_json::from_slice(&header).expect("JSON");
    let inner = envelope["vault"].as_str().expect("a string");
    add("vault_header", "content", inner.as_bytes().to_vec());
    add("vault_header", "whole", header);
    add("vault_record", "short", vec![1; 29]);
    add("vault_record", "tag", vec![0; 16]);
    // One of each store and kind, at its own place.
    for (at, ((store, key), value)) in records().iter().enumerate() {
        let Ok(at) = u8::try_from(at) else { break };
        let kind = key.rsplit('/').next().unwrap_or_default();
        let kind = if kind.len() > 12 { "id" } else { kind };
        add(
            "record",
            &format!("{}_{kind}", store.name()),
            [&[at], value.as_slice()].concat(),
        );
    }
}
