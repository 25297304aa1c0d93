//! Contacts: who is named, who was verified, who is let in.

use serde_json::Value;

use crate::{
    harness::{Ended, Home, agreed},
    relay::Relay,
};

fn verified(home: &Home) -> bool {
    let contacts = home.sotto(&["contacts", "--json"]).json();
    contacts[0]["verified"].as_bool().unwrap()
}

fn number(home: &Home) -> String {
    let contacts = home.sotto(&["contacts", "--json"]).json();
    contacts[0]["safety_number"].as_str().unwrap().to_owned()
}

#[test]
fn nobody_is_verified_without_somebody_who_says_so() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea Smith", &relay.url());
    let verify = |more: &[&str]| -> Ended {
        ada.sotto(&[&["contacts", "verify", "Bea", "--offline"], more].concat())
    };

    let bare = verify(&[]);
    assert_eq!(bare.code, 1, "{bare:?}");
    let first = number(&bea).split(' ').next().unwrap().to_owned();
    assert!(bare.stdout.contains(&first), "{bare:?}");
    assert!(bare.stderr.contains("--number"), "{bare:?}");
    let error = verify(&["--json"]).error();
    assert_eq!(error["code"], "value_invalid");
    assert!(error["message"].as_str().unwrap().contains("nobody said"));

    let differs = number(&bea).replace(&first, "00000");
    for wrong in [differs.as_str(), "12345", "", "sixty digits"] {
        let error = verify(&["--number", wrong, "--json"]).error();
        assert_eq!(error["code"], "value_invalid", "{wrong}");
    }
    assert!(!verified(&ada));

    // As Bea reads it, with or without spaces.
    let read = number(&bea);
    assert_eq!(
        verify(&["--number", &read, "--json"]).json()["verified"],
        true
    );
    assert!(verified(&ada));
    let undone = verify(&["--undo"]);
    assert_eq!(undone.stdout, "Bea Smith is not verified any more.\n");
    assert!(!verified(&ada));
    let read = read.replace(' ', "");
    assert_eq!(verify(&["--number", &read]).code, 0);
    assert!(verified(&ada));
    assert_eq!(verify(&["--undo", "--json"]).json()["verified"], false);
    let said = verify(&["--yes"]);
    assert!(
        said.stdout.ends_with("Bea Smith is verified.\n"),
        "{said:?}"
    );
    assert!(said.stdout.contains(&first), "{said:?}");
    assert!(verified(&ada));
}

#[test]
fn a_blocked_contact_is_out_on_both_sides() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea Smith", &relay.url());
    assert!(
        ada.done(&["contacts", "block", "bea"])
            .starts_with("Bea Smith is blocked")
    );
    let refused = ada.sotto(&["schedule", "half an hour with Bea next week", "--json"]);
    assert_eq!(refused.error()["message"], "You blocked Bea Smith.");
    // What Bea sends now finds no mailbox.
    let asked = bea.sotto(&["schedule", "half an hour with Ada next week", "--json"]);
    let error = asked.error();
    assert_eq!(error["code"], "relay_refused");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("does not know their mailbox"), "{message}");
    let contacts = bea.sotto(&["contacts", "--json"]).json();
    assert_eq!(contacts[0]["state"], "unreachable");
    assert!(bea.done(&["contacts"]).contains("Ada cannot be reached"));
    assert!(bea.done(&["status"]).contains("1, 1 of them unreachable"));
    assert_eq!(
        ada.sotto(&["proposals", "--json"]).json(),
        serde_json::json!([])
    );
    assert_eq!(
        ada.sotto(&["contacts", "--json"]).json()[0]["state"],
        "blocked"
    );
}

#[test]
fn whoever_blocks_or_removes_somebody_is_told_which_meetings_are_ahead() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    let meeting = agreed(&ada, &bea, "Bea");
    let warned = |args: &[&str]| {
        let parted = ada.sotto(&[&["contacts"], args, &["--json"]].concat());
        let _ = parted.json();
        let line = parted.stderr.lines().next().map(str::to_owned);
        let warning = line.map(|line| serde_json::from_str::<Value>(&line).unwrap());
        warning.map(|mut all| all["warning"].take())
    };
    let blocked = warned(&["block", "bea"]).unwrap();
    assert_eq!(blocked["code"], "wrong_state");
    let message = blocked["message"].as_str().unwrap();
    assert!(
        message.starts_with("You have agreed on \"Garden\", ")
            && message.contains(&meeting[..8])
            && message.ends_with("which stays in both calendars."),
        "{message}"
    );
    let next_step = blocked["next_step"].as_str().unwrap();
    assert!(
        next_step.contains("sotto proposals cancel ID"),
        "{next_step}"
    );
    let removed = warned(&["remove", "bea", "--yes"]).unwrap();
    let message = removed["message"].as_str().unwrap();
    assert!(
        message.ends_with("which stays in your calendar."),
        "{message}"
    );
}

#[test]
fn without_a_meeting_ahead_nobody_is_warned() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    let meeting = agreed(&ada, &bea, "Bea");
    ada.done(&["proposals", "cancel", &meeting]);
    let blocked = ada.sotto(&["contacts", "block", "bea"]);
    assert_eq!((blocked.code, blocked.stderr.as_str()), (0, ""));
}

#[test]
fn a_contact_has_the_name_that_the_user_gives_them() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea Smith", &relay.url());
    let renamed = ["contacts", "rename", "bea", "The gardener", "--json"];
    let renamed = ada.sotto(&renamed).json();
    assert_eq!(renamed["name"], "The gardener");
    assert_eq!(renamed["their_name"], "Bea Smith");
    let asked = ada.done(&["schedule", "--with", "The gardener", "--duration", "30m"]);
    assert!(asked.starts_with("Asking The gardener's agent"), "{asked}");
    let back = ada.sotto(&["contacts", "rename", "the gard", "", "--offline"]);
    assert!(
        back.stdout.starts_with("Bea Smith is a contact"),
        "{back:?}"
    );
    // Nothing is to be sent.
    assert_eq!(back.stderr, "");
    // Bea hears nothing of it.
    assert!(!bea.done(&["history"]).contains("gardener"));
}

#[test]
fn a_removed_contact_is_forgotten_once_somebody_said_yes() {
    let relay = Relay::start();
    let (ada, _bea) = Home::two("Ada", "Bea Smith", &relay.url());
    let remove = ["contacts", "remove", "bea"];
    for more in [&[][..], &["--json"]] {
        let refused = ada.sotto(&[&remove[..], more].concat());
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(
            refused.stderr.contains("Bea Smith was not removed."),
            "{refused:?}"
        );
    }
    let removed = ada.done(&["contacts", "remove", "bea", "--yes"]);
    assert!(removed.starts_with("Bea Smith is removed."), "{removed}");
    assert_eq!(
        ada.sotto(&["contacts", "--json"]).json(),
        serde_json::json!([])
    );
    let again = ada.sotto(&["contacts", "remove", "bea", "--yes", "--json"]);
    assert_eq!(again.error()["code"], "not_found");
    assert!(ada.done(&["history"]).contains("HANDSHAKE"));
}

#[test]
fn a_message_that_cannot_be_read_is_shown_as_one() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    // An old copy of a vault in use repeats keys that Bea has used up.
    let copy = ada.copy();
    let wish = ["schedule", "half an hour with Bea next week"];
    ada.done(&wish);
    bea.done(&["contacts"]);
    copy.done(&wish);
    let contacts = bea.sotto(&["contacts", "--json"]).json();
    assert_eq!(contacts[0]["unreadable"], 1);
    let text = bea.done(&["contacts"]);
    assert!(
        text.contains("1 message from Ada could not be read; see sotto history"),
        "{text}"
    );
    let id = contacts[0]["id"].as_str().unwrap();
    let history = bea.sotto(&["history", id, "--json"]).json();
    let mut said = history.as_array().unwrap().iter();
    let came = said.rfind(|message| message["kind"] == "UNREADABLE");
    assert!(came.unwrap()["body"].is_null());
    // Bea's agent makes new keys, and asks for it again.
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!(last["body"]["body"]["step"], "renew");
    let text = bea.done(&["history", id]);
    assert!(
        text.contains("A message from Ada’s agent could not be read"),
        "{text}"
    );
}

#[test]
fn open_invitations_are_listed_and_revoked() {
    let relay = Relay::start();
    let (ada, bea) = (Home::of("Ada", &relay.url()), Home::of("Bea", &relay.url()));
    let none = ada.done(&["invitations"]);
    assert!(none.contains("No open invitations"), "{none}");
    let made = ada.sotto(&["invite", "--uses", "3", "--json"]).json();
    let (id, link) = (made["id"].as_str().unwrap(), made["link"].as_str().unwrap());
    let kept = ada.sotto(&["invite", "--json"]).json();

    let mut open = ada.sotto(&["invitations", "--json"]).json();
    open.as_array_mut()
        .unwrap()
        .sort_by_key(|each| each["uses_left"].as_u64());
    assert_eq!(open, serde_json::json!([kept, made]));
    let table = ada.done(&["invitations", "list"]);
    assert!(table.contains(&id[..8]), "{table}");
    assert!(table.contains("3 people"), "{table}");
    assert!(!table.contains(link), "{table}");

    let revoked = ada.done(&["invitations", "revoke", &id[..8]]);
    assert!(revoked.starts_with("Revoked"), "{revoked}");
    let open = ada.sotto(&["invitations", "--json"]).json();
    assert_eq!(open, serde_json::json!([kept]));
    let again = ada.sotto(&["invitations", "revoke", id, "--json"]);
    assert_eq!(again.error()["code"], "not_found");
    let link_of_kept = kept["id"].as_str().unwrap();
    let done = ada.sotto(&["invitations", "revoke", link_of_kept, "--json"]);
    assert_eq!(done.json(), serde_json::json!({"done": true}));

    let refused = bea.sotto(&["accept", link, "--json"]).error();
    assert_eq!(refused["code"], "invitation_used");
}
