//! A contact to whom nothing is sent until the user has decided: here, as somebody else came under
//! their name.

use serde_json::Value;

use crate::{
    harness::{Home, PASSPHRASE},
    relay::Relay,
    terminal::{rest, terminal},
};

const WISH: &str = "half an hour with Bea next week";

/// Ada and Bea, who are contacts, and another Bea who has used an invitation of Ada's.
fn two_beas(relay: &Relay) -> (Home, Home) {
    let (ada, _bea) = Home::two("Ada", "Bea", &relay.url());
    ada.done(&["contacts", "verify", "Bea", "--yes"]);
    let other = Home::of("bea", &relay.url());
    let link = ada.sotto(&["invite", "--json"]).json()["link"].take();
    other.done(&["accept", link.as_str().unwrap()]);
    (ada, other)
}

fn contacts(home: &Home) -> Vec<Value> {
    let contacts = home.sotto(&["contacts", "--json"]).json();
    contacts.as_array().unwrap().clone()
}

#[test]
fn somebody_of_the_same_name_stops_sending_until_it_is_decided() {
    let relay = Relay::start();
    let (ada, _other) = two_beas(&relay);
    let known = contacts(&ada);
    let (old, new) = (&known[0], &known[1]);
    assert_eq!(old["hold"]["kind"], "account_changed", "{known:?}");
    assert_eq!(old["hold"]["other"]["id"], new["id"]);
    assert_eq!(new["same_name"]["id"], old["id"]);

    let shown = ada.done(&["contacts"]);
    assert!(shown.contains("stopped"), "{shown}");
    let id = &old["id"].as_str().unwrap()[..8];
    let next = format!("sotto contacts decide {id}\n");
    assert!(shown.contains(&next), "{shown}");
    assert!(!shown.contains("contacts approve"), "{shown}");
    let status = ada.done(&["status"]);
    assert!(
        status.contains("1 of them unreachable, unreadable or stopped"),
        "{status}"
    );

    let old_id = old["id"].as_str().unwrap();
    let wish = WISH.replace("Bea", old_id);
    let refused = ada.sotto(&["schedule", &wish, "--json"]).error();
    assert_eq!(refused["code"], "contact_held", "{refused}");
    let approve = ["contacts", "approve", new["id"].as_str().unwrap(), "--json"];
    assert_eq!(ada.sotto(&approve).error()["code"], "contact_held");

    // Without a terminal nobody can be asked.
    let unasked = ada.sotto(&["contacts", "decide", "Bea", "--json"]).error();
    assert_eq!(unasked["code"], "value_invalid");
    let wrong = ada.sotto(&["contacts", "decide", "Bea", "--keep", "--take"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");

    let kept = ada.sotto(&["contacts", "decide", "Bea", "--keep", "--json"]);
    assert_eq!(kept.json()["hold"], Value::Null);
    assert_eq!(contacts(&ada).len(), 2);
    let again = ada.sotto(&["contacts", "decide", old_id, "--keep", "--json"]);
    assert_eq!(again.error()["code"], "wrong_state");
    assert_eq!(ada.sotto(&["schedule", &wish, "--json"]).code, 0);
    let history = ada.done(&["history"]);
    assert!(history.contains("about Bea"), "{history}");
    assert!(
        history.contains("there are two people who are called Bea"),
        "{history}"
    );
}

#[test]
fn in_a_terminal_it_says_what_to_do_first_and_asks() {
    let relay = Relay::start();
    let (ada, _other) = two_beas(&relay);
    for (said, code) in [("", 1), ("take", 0)] {
        let mut asked = terminal(&ada, &["contacts", "decide", "Bea"], Some(PASSPHRASE));
        asked.exp_string("Sending to Bea is stopped.").unwrap();
        asked.exp_string("ask Bea in person or by phone").unwrap();
        asked.exp_string("keep  They are two people").unwrap();
        asked.exp_string("take  The new one is Bea").unwrap();
        asked.exp_string("Enter to decide later: ").unwrap();
        asked.send_line(said).unwrap();
        let end = rest(asked);
        assert!(end.contains(&format!("ended with {code}")), "{end}");
    }
    let known = contacts(&ada);
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!(known[0]["state"], "active");
    assert_eq!(known[0]["verified"], false);
    assert_eq!(known[0]["was_verified"], true);
    let shown = ada.done(&["contacts"]);
    assert!(shown.contains("NOT ANY MORE"), "{shown}");
    assert!(
        shown.contains("was verified, and is not any more"),
        "{shown}"
    );
}

#[test]
fn accepting_an_invitation_of_a_known_name_is_asked_about_first() {
    let relay = Relay::start();
    let (ada, _bea) = Home::two("Ada", "Bea", &relay.url());
    let other = Home::of("Bea", &relay.url());
    let link = other.sotto(&["invite", "--json"]).json()["link"].take();
    let link = link.as_str().unwrap();
    let refused = ada.sotto(&["accept", link, "--json"]).error();
    assert_eq!(refused["code"], "contact_held", "{refused}");
    let mut asked = terminal(&ada, &["accept", link], Some(PASSPHRASE));
    asked.exp_string("You know a Bea already").unwrap();
    asked.exp_string("Accept it? [y/N] ").unwrap();
    asked.send_line("n").unwrap();
    assert!(rest(asked).contains("ended with 1"));
    assert_eq!(contacts(&ada).len(), 1);
    ada.done(&["accept", link, "--yes"]);
    let known = contacts(&ada);
    assert!(
        known
            .iter()
            .any(|known| known["hold"]["kind"] == "account_changed"),
        "{known:?}"
    );
}
