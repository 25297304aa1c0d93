//! Files that prove an agreement, and files that prove nothing.

use super::*;
use crate::{
    message::{
        AgentMessage, Body, Confirmation, MESSAGE_VERSION, MessageDigest, Proposal, Reason,
        Rejection,
    },
    receipt::{Evidence, Receipt},
    span::Span,
};

/// A change of a file.
type Forgery = fn(&mut Value);

const FORGERIES: &[(&str, Forgery)] = &[
    ("another version", |file| file["sotto_receipt"] = 2.into()),
    ("an unknown member", |file| file["more"] = 1.into()),
    ("an unknown member in a statement", |file| {
        file["statements"][0]["more"] = 1.into()
    }),
    ("an unknown member in what was signed", |file| {
        file["statements"][0]["signed"]["more"] = 1.into();
    }),
    ("an unknown member in a list", |file| {
        file["statements"][0]["devices"]["more"] = 1.into()
    }),
    ("null for a third statement", |file| {
        file["statements"].as_array_mut().unwrap().push(Value::Null);
    }),
    ("an array for an object", |file| {
        let signed = &mut file["statements"][0]["signed"];
        *signed = [signed["content"].clone(), signed["signature"].clone()]
            .to_vec()
            .into();
    }),
    ("the proposal alone", |file| {
        file["statements"].as_array_mut().unwrap().truncate(1)
    }),
    ("the other way round", |file| {
        file["statements"].as_array_mut().unwrap().reverse()
    }),
    ("the confirmation twice", |file| {
        let confirmation = file["statements"][1].clone();
        file["statements"]
            .as_array_mut()
            .unwrap()
            .push(confirmation);
    }),
    ("another title", |file| {
        let message = file["statements"][0]["message"].as_str().unwrap();
        file["statements"][0]["message"] = message.replace("Garden", "Spade").into();
    }),
    ("the same message, written otherwise", |file| {
        let message = file["statements"][0]["message"].as_str().unwrap();
        file["statements"][0]["message"] = message.replace("Garden", r"G\u0061rden").into();
    }),
    ("the list of the other one", |file| {
        file["statements"][0]["devices"] = file["statements"][1]["devices"].clone();
    }),
    ("a list for another account", |file| {
        file["statements"][0]["devices"]["account"] = "01".repeat(32).into();
    }),
    ("padding after base64url", |file| {
        let signature = file["statements"][0]["signed"]["signature"]
            .as_str()
            .unwrap();
        file["statements"][0]["signed"]["signature"] = format!("{signature}==").into();
    }),
    ("an account in capitals", |file| {
        let account = file["statements"][0]["devices"]["account"]
            .as_str()
            .unwrap();
        file["statements"][0]["devices"]["account"] = account.to_uppercase().into();
    }),
];

pub(super) fn receipt_files() -> File {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut session = alice.opens_towards(&mut bob);
    let slot = Span::new(at(1), at(2)).unwrap();
    let uid = "abababababababababababababababab@sotto".to_owned();

    let proposal = message(Body::Proposal(Proposal {
        uid: uid.clone(),
        title: "Garden".to_owned(),
        slot,
        round: 1,
        expires_at: at(1),
    }));
    let (proposed, bytes) = says(&alice, &mut session, &proposal);
    let mut answering = bob.accepts(&bytes).unwrap().session;
    let confirmation = Body::Confirmation(Confirmation {
        uid: uid.clone(),
        slot,
        proposal: MessageDigest::of(&proposal.to_bytes()),
    });
    let (confirmed, _) = says(&bob, &mut answering, &message(confirmation));
    let rejected = |reason| {
        let (note, counter) = (Some("It rains".to_owned()), Vec::new());
        message(Body::Rejection(Rejection {
            reason,
            note,
            counter,
        }))
    };
    let (cancelled, _) = says(&bob, &mut answering, &rejected(Reason::Cancelled));
    let (declined, _) = says(&bob, &mut answering, &rejected(Reason::Declined));
    let of_another = Body::Confirmation(Confirmation {
        uid,
        slot,
        proposal: MessageDigest::of(b"another proposal"),
    });
    let (of_another, _) = says(&bob, &mut answering, &message(of_another));

    let agreed = file(&[&proposed, &confirmed]);
    let mut cases = vec![
        case("an agreement", &agreed),
        case(
            "one that was called off",
            &file(&[&proposed, &confirmed, &cancelled]),
        ),
        case("one of another order of members", &reordered(&agreed)),
        case(
            "a rejection that ends nothing",
            &file(&[&proposed, &confirmed, &declined]),
        ),
        case(
            "a confirmation of another proposal",
            &file(&[&proposed, &of_another]),
        ),
    ];
    for (name, forge) in FORGERIES {
        let mut forged: Value = serde_json::from_str(&agreed).unwrap();
        forge(&mut forged);
        cases.push(case(name, &forged.to_string()));
    }
    let twice = agreed.replacen('{', "{\"sotto_receipt\":1,", 1);
    cases.push(case("a member twice", &twice));
    let proving = cases.iter().filter(|case| case.result.0.len() > 1);
    assert_eq!(proving.count(), 3);
    File {
        protocol: PROTOCOL,
        name: "receipt-file",
        about: "Files that prove an agreement, and files that prove nothing.",
        cases,
    }
}

fn message(body: Body) -> AgentMessage {
    AgentMessage {
        v: MESSAGE_VERSION,
        id: sotto_protocol::id::MessageId::from_bytes([1; 16]),
        conversation: Some("ab".repeat(16)),
        in_reply_to: None,
        sent_at: at(0),
        body,
    }
}

/// What it proves, and the bytes by which it is said.
fn says(from: &Person, session: &mut Session, message: &AgentMessage) -> (Value, Vec<u8>) {
    let plaintext = message.to_bytes();
    let device = from.local.device();
    let said = session
        .encrypt(device, &plaintext, at(0), &mut from.rng())
        .unwrap();
    let devices = from.local.devices();
    let evidence = Evidence::of(message, &plaintext, said.signed, devices).unwrap();
    (serde_json::to_value(evidence).unwrap(), said.bytes)
}

fn file(statements: &[&Value]) -> String {
    serde_json::json!({ "sotto_receipt": 1, "statements": statements }).to_string()
}

/// The same, its members from the last to the first.
fn reordered(file: &str) -> String {
    let file: Value = serde_json::from_str(file).unwrap();
    format!(
        r#"{{"statements":{},"sotto_receipt":1}}"#,
        file["statements"]
    )
}

fn case(name: &str, file: &str) -> Case {
    let agreement = Receipt::read(file.as_bytes()).and_then(|receipt| receipt.agreement());
    let mut result = Fields::new().with("taken", agreement.is_ok());
    if let Ok(agreement) = agreement {
        result = result
            .with("title", agreement.title)
            .bytes("proposed by", agreement.proposed_by.account.as_bytes())
            .bytes("confirmed by", agreement.confirmed_by.account.as_bytes());
        if let Some(end) = agreement.called_off {
            result = result.bytes("called off by", end.by.account.as_bytes());
        }
    }
    Case {
        name: name.to_owned(),
        given: Fields::new().with("file", file),
        result,
        ..Case::default()
    }
}
