//! What two people can prove of what they agreed.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use sotto_client_core::{
    api::{Answer, ApiErrorCode, Query},
    identity::{AccountKey, Device},
    message::MessageDigest,
    receipt::{MAX_RECEIPT_BYTES, Receipt, ReceiptError},
};
use sotto_protocol::{frames::SignedDeviceList, id::AccountId};
use sotto_tests::{World, sign_list};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const BOTH: [usize; 2] = [ALICE, ROBIN];

fn receipt(world: &World, person: usize, proposal: &str) -> String {
    let query = Query::Receipt {
        proposal: proposal.to_owned(),
    };
    let Ok(Answer::Receipt(receipt)) = world.query(person, &query) else {
        panic!("expected a receipt")
    };
    assert_eq!(receipt.file_name, format!("sotto-receipt-{proposal}.json"));
    receipt.text
}

/// Alice asks, and Robin's agent agrees.
fn agreed(world: &mut World, text: &str) -> String {
    world.auto(ROBIN);
    world.schedule(ALICE, text).unwrap().id
}

fn refusal(file: &str) -> String {
    let read = Receipt::read(file.as_bytes()).and_then(|receipt| receipt.agreement());
    read.expect_err("a forged receipt passed").to_string()
}

#[test]
fn both_can_prove_a_confirmed_meeting_to_somebody_who_knows_neither() {
    let mut world = World::acquainted();
    let id = agreed(
        &mut world,
        "half an hour with Robin next week about weeding",
    );
    let meeting = &world.meetings(ALICE)[0];
    let accounts = BOTH.map(|person| world.stolen_keys(person).1.account());
    for person in BOTH {
        // Nothing but the file; and it is kept on the disk.
        world.restart(person);
        let file = receipt(&world, person, &id);
        let proven = Receipt::read(file.as_bytes()).unwrap().agreement().unwrap();
        assert_eq!(proven.title, meeting.title);
        assert_eq!(proven.uid, meeting.uid);
        assert_eq!(
            (proven.slot.start(), proven.slot.end()),
            (meeting.start, meeting.end)
        );
        assert_eq!(
            [proven.proposed_by.account, proven.confirmed_by.account],
            accounts
        );
        assert_eq!(proven.called_off, None);
    }
}

#[test]
fn a_receipt_says_that_the_meeting_was_called_off_and_by_whom() {
    let mut world = World::acquainted();
    let id = agreed(&mut world, "half an hour with Robin next week");
    world.cancel(ROBIN, &id).unwrap();
    for person in BOTH {
        let file = receipt(&world, person, &id);
        let proven = Receipt::read(file.as_bytes()).unwrap().agreement().unwrap();
        assert_eq!(proven.called_off.unwrap().by, proven.confirmed_by);
    }
}

#[test]
fn what_was_not_confirmed_cannot_be_proven() {
    let mut world = World::acquainted();
    let id = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap()
        .id;
    for person in BOTH {
        let proposal = id.clone();
        let error = world
            .query(person, &Query::Receipt { proposal })
            .unwrap_err();
        assert_eq!(error.code, ApiErrorCode::WrongState);
        assert!(error.message.contains("no confirmation"), "{error}");
    }
    let proposal = "no such".to_owned();
    let error = world
        .query(ALICE, &Query::Receipt { proposal })
        .unwrap_err();
    assert_eq!(error.code, ApiErrorCode::NotFound);
}

#[test]
fn of_several_rounds_the_one_that_was_confirmed_is_proven() {
    let mut world = World::acquainted();
    let id = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap()
        .id;
    world.suggest_another(ROBIN, &id);
    world.approve(ROBIN, &id).unwrap();
    let meeting = &world.meetings(ALICE)[0];
    for person in BOTH {
        let file = receipt(&world, person, &id);
        let proven = Receipt::read(file.as_bytes()).unwrap().agreement().unwrap();
        assert_eq!(proven.slot.start(), meeting.start);
    }
}

/// A change of a receipt's JSON.
type Forgery<'a> = Box<dyn Fn(&mut Value) + 'a>;

#[test]
fn every_forged_receipt_is_refused() {
    let mut world = World::acquainted();
    let id = agreed(
        &mut world,
        "half an hour with Robin on Tuesday about weeding",
    );
    let genuine: Value = serde_json::from_str(&receipt(&world, ALICE, &id)).unwrap();
    world.cancel(ALICE, &id).unwrap();
    let cancelled: Value = serde_json::from_str(&receipt(&world, ALICE, &id)).unwrap();
    let other_id = agreed(
        &mut world,
        "half an hour with Robin on Wednesday about weeding",
    );
    let other: Value = serde_json::from_str(&receipt(&world, ALICE, &other_id)).unwrap();

    let replace = |at: usize, from: &'static str, to: &'static str| -> Forgery<'_> {
        Box::new(move |file: &mut Value| {
            let message = &mut file["statements"][at]["message"];
            let text = message.as_str().unwrap();
            assert!(text.contains(from), "{text}");
            *message = text.replace(from, to).into();
        })
    };
    let take = |at: usize, from: &'static str| -> Forgery<'_> {
        let other = other["statements"][at].clone();
        Box::new(move |file: &mut Value| match from {
            "" => file["statements"][at] = other.clone(),
            part => file["statements"][at][part] = other[part].clone(),
        })
    };
    let forgeries: Vec<(Forgery<'_>, &str)> = vec![
        (
            replace(0, "eeding", "ine"),
            "expected the PROPOSAL as its sender signed it",
        ),
        (
            replace(1, "CONFIRMATION", "PROPOSAL"),
            "expected the CONFIRMATION as its sender signed it",
        ),
        (
            take(0, "signed"),
            "expected the PROPOSAL as its sender signed it",
        ),
        (
            take(1, "signed"),
            "expected the CONFIRMATION as its sender signed it",
        ),
        (
            take(1, ""),
            "expected the CONFIRMATION about the same meeting",
        ),
        (
            take(0, ""),
            "expected the CONFIRMATION about the same meeting",
        ),
        (
            Box::new(|file| file["statements"].as_array_mut().unwrap().truncate(1)),
            "found PROPOSAL",
        ),
        (
            Box::new(|file| file["statements"].as_array_mut().unwrap().clear()),
            "found none",
        ),
        (
            Box::new(|file| file["statements"].as_array_mut().unwrap().reverse()),
            "found CONFIRMATION, PROPOSAL",
        ),
        (
            Box::new(|file| file["statements"][1] = file["statements"][0].clone()),
            "found PROPOSAL, PROPOSAL",
        ),
        (
            Box::new(|file| {
                let end = file["statements"][1].clone();
                file["statements"].as_array_mut().unwrap().push(end);
            }),
            "found PROPOSAL, CONFIRMATION, CONFIRMATION",
        ),
        (
            Box::new(|file| {
                let end = cancelled["statements"][2].clone();
                file["statements"] = other["statements"].clone();
                file["statements"].as_array_mut().unwrap().push(end);
            }),
            "expected the REJECTION about the same meeting",
        ),
        (
            Box::new(|file| {
                file["statements"][0]["devices"] = file["statements"][1]["devices"].clone()
            }),
            "expected the PROPOSAL between the same two people",
        ),
        (
            Box::new(|file| {
                file["statements"][0]["devices"]["account"] =
                    file["statements"][1]["devices"]["account"].clone()
            }),
            "signature over the device list",
        ),
        (
            Box::new(|file| {
                let signature = &mut file["statements"][1]["signed"]["signature"];
                let text = signature.as_str().unwrap();
                let first = if text.starts_with('A') { "B" } else { "A" };
                *signature = format!("{first}{}", &text[1..]).into();
            }),
            "expected the CONFIRMATION as its sender signed it",
        ),
        (
            Box::new(|file| file["sotto_receipt"] = 2.into()),
            "expected a receipt of version 1, found 2",
        ),
        (Box::new(|file| file["more"] = true.into()), "unknown field"),
        (
            Box::new(|file| file["statements"][0]["more"] = true.into()),
            "unknown field",
        ),
        (
            Box::new(|file| file["statements"][1]["signed"]["more"] = true.into()),
            "unknown field",
        ),
        (
            Box::new(|file| file["statements"][1]["devices"]["more"] = true.into()),
            "unknown field",
        ),
        (
            Box::new(|file| {
                let signed = &mut file["statements"][1]["signed"];
                *signed = json!([signed["content"], signed["signature"]]);
            }),
            "expected each member in the one form that it has",
        ),
    ];
    for (number, (forge, expected)) in forgeries.iter().enumerate() {
        let mut forged = genuine.clone();
        forge(&mut forged);
        let refused = refusal(&forged.to_string());
        assert!(refused.contains(expected), "{number}: {refused}");
    }

    let text = genuine.to_string();
    assert!(
        Receipt::read(text.as_bytes()).unwrap().agreement().is_ok(),
        "the genuine one"
    );
    assert!(refusal(&text[..text.len() - 1]).contains("expected a receipt"));
    let long = format!("{text}{}", " ".repeat(MAX_RECEIPT_BYTES));
    assert!(matches!(
        Receipt::read(long.as_bytes()),
        Err(ReceiptError::TooLarge { .. })
    ));
}

/// Another message in a statement's place, signed by whoever has the device's key.
fn sign_again(device: &Device, statement: &mut Value, change: impl Fn(&str) -> String) {
    let message = change(statement["message"].as_str().unwrap());
    let digest = serde_json::to_value(MessageDigest::of(message.as_bytes())).unwrap();
    let digest = HEXLOWER
        .decode(digest.as_str().unwrap().as_bytes())
        .unwrap();
    statement["message"] = message.into();
    sign_content(device, statement, |content| {
        let at = content.len() - digest.len();
        content[at..].copy_from_slice(&digest);
    });
}

/// What a statement's device is to have signed is changed, and signed by that one.
fn sign_content(device: &Device, statement: &mut Value, change: impl FnOnce(&mut [u8])) {
    let content = statement["signed"]["content"].as_str().unwrap();
    let mut content = BASE64URL_NOPAD.decode(content.as_bytes()).unwrap();
    change(&mut content);
    statement["signed"] = json!({
        "content": BASE64URL_NOPAD.encode(&content),
        "signature": BASE64URL_NOPAD.encode(&device.sign(&content)),
    });
}

/// The same message, from that account's device to the other account.
fn sign_between((account, device): (&AccountKey, &Device), to: &AccountId, statement: &mut Value) {
    let SignedDeviceList { list, signature } = sign_list(account, 7, &[device]);
    statement["devices"] = json!({
        "account": account.id(),
        "list": BASE64URL_NOPAD.encode(&list),
        "signature": BASE64URL_NOPAD.encode(&signature),
    });
    sign_content(device, statement, |content| {
        // After the context and the version: sender, its device, recipient, its device.
        content[18..50].copy_from_slice(account.id().as_bytes());
        content[50..82].copy_from_slice(device.id().as_bytes());
        content[82..114].copy_from_slice(to.as_bytes());
    });
}

/// All three are genuine messages, signed as they should be by devices that their accounts list.
#[test]
fn statements_prove_nothing_but_what_the_same_two_said_to_each_other() {
    let mut world = World::acquainted();
    let id = agreed(&mut world, "half an hour with Robin on Tuesday");
    let genuine: Value = serde_json::from_str(&receipt(&world, ALICE, &id)).unwrap();
    let [alice, robin] = BOTH.map(|person| world.stolen_keys(person));
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let third = (AccountKey::generate(&mut rng), Device::generate(&mut rng));
    let (alice, alices) = (&alice.0, alice.1.device());
    let (robin, robins) = (&robin.0, robin.1.device());
    let signed = |statements: [(usize, &AccountKey, &Device, &AccountKey); 2]| {
        let mut forged = genuine.clone();
        for (number, from, device, to) in statements {
            let statement = &mut forged["statements"][number];
            sign_between((from, device), &to.id(), statement);
        }
        forged.to_string()
    };
    let proposal = (0, alice, alices, robin);
    for (proposal, confirmation, what) in [
        (proposal, (1, &third.0, &third.1, alice), "CONFIRMATION"),
        (proposal, (1, robin, robins, &third.0), "CONFIRMATION"),
        (
            (0, alice, alices, alice),
            (1, alice, alices, alice),
            "PROPOSAL",
        ),
    ] {
        let refused = refusal(&signed([proposal, confirmation]));
        let expected = format!("expected the {what} between the same two people");
        assert!(refused.contains(&expected), "{refused}");
    }
    let confirmation = (1, robin, robins, alice);
    let agreement = Receipt::read(signed([proposal, confirmation]).as_bytes())
        .and_then(|receipt| receipt.agreement());
    assert!(agreement.is_ok(), "what the two signed");
}

#[test]
fn a_confirmation_proves_nothing_but_the_proposal_that_it_names() {
    let mut world = World::acquainted();
    let id = agreed(
        &mut world,
        "half an hour with Robin on Tuesday about weeding",
    );
    let genuine: Value = serde_json::from_str(&receipt(&world, ALICE, &id)).unwrap();
    let devices = BOTH.map(|person| world.stolen_keys(person).1.device().clone());
    for (whose, from, to) in [
        // Alice signs another proposal than the one that Robin confirmed.
        (ALICE, "eeding", "eeding, and you owe me a spade"),
        // Robin's confirmation says another event or time than the proposal that it names.
        (ROBIN, "@sotto", "@another"),
        (ROBIN, ":30:00Z", ":45:00Z"),
    ] {
        let mut forged = genuine.clone();
        sign_again(
            &devices[whose],
            &mut forged["statements"][whose],
            |message| {
                assert!(message.contains(from), "{message}");
                message.replace(from, to)
            },
        );
        assert!(
            refusal(&forged.to_string()).contains("of this very PROPOSAL"),
            "{to}"
        );
    }
}

#[test]
fn statements_of_no_negotiation_are_not_of_the_same() {
    let mut world = World::acquainted();
    let id = agreed(&mut world, "half an hour with Robin on Tuesday");
    let mut forged: Value = serde_json::from_str(&receipt(&world, ALICE, &id)).unwrap();
    let devices = BOTH.map(|person| world.stolen_keys(person).1.device().clone());
    let nameless = |message: &str| {
        let mut message: Value = serde_json::from_str(message).unwrap();
        message.as_object_mut().unwrap().remove("conversation");
        message.to_string()
    };
    let [proposal, confirmation] = BOTH;
    sign_again(
        &devices[ALICE],
        &mut forged["statements"][proposal],
        nameless,
    );
    let proposal = forged["statements"][proposal]["message"].as_str().unwrap();
    let digest = serde_json::to_value(MessageDigest::of(proposal.as_bytes())).unwrap();
    sign_again(
        &devices[ROBIN],
        &mut forged["statements"][confirmation],
        |message| {
            let mut message: Value = serde_json::from_str(&nameless(message)).unwrap();
            message["body"]["proposal"] = digest.clone();
            message.to_string()
        },
    );
    assert!(refusal(&forged.to_string()).contains("about the same meeting"));
}

#[test]
fn a_statement_of_a_device_that_its_account_does_not_list_proves_nothing() {
    let mut world = World::acquainted();
    let id = agreed(&mut world, "half an hour with Robin on Tuesday");
    let mut forged: Value = serde_json::from_str(&receipt(&world, ROBIN, &id)).unwrap();
    let (account, _) = world.stolen_keys(ALICE);
    let other = Device::generate(&mut ChaCha20Rng::seed_from_u64(9));
    let list = sign_list(&account, 2, &[&other]);
    forged["statements"][0]["devices"] = json!({
        "account": forged["statements"][0]["devices"]["account"],
        "list": BASE64URL_NOPAD.encode(&list.list),
        "signature": BASE64URL_NOPAD.encode(&list.signature),
    });
    assert!(refusal(&forged.to_string()).contains("another device"));
}
