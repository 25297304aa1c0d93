//! Negotiations, verb by verb.

use serde_json::Value;

use crate::{harness::Home, relay::Relay};

/// The one proposal, once it is in this state.
fn proposal(home: &Home, state: &str) -> Value {
    home.until(&["proposals"], |proposals| {
        let proposal = proposals.get(0)?;
        (proposal["state"] == state).then(|| proposal.clone())
    })
}

#[test]
fn a_time_that_does_not_suit_is_refused_with_another_one() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    ada.done(&["schedule", "half an hour with Bea next week"]);
    proposal(&bea, "answered");
    proposal(&ada, "proposed");
    let first = proposal(&bea, "approval");
    let id = first["id"].as_str().unwrap();
    let text = bea.done(&["proposals"]);
    assert!(
        text.contains(&format!("Refuse: sotto proposals reject {}", &id[..8])),
        "{text}"
    );

    let other = bea
        .sotto(&[
            "proposals",
            "reject",
            id,
            "--reason",
            "too early",
            "--suggest",
            "--json",
        ])
        .json();
    assert_eq!(other["state"], "answered");
    proposal(&ada, "proposed");
    let second = proposal(&bea, "approval");
    assert_ne!(first["slot"], second["slot"]);
    let said = ada.sotto(&["history", id, "--json"]).json();
    let rejection = said
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["kind"] == "REJECTION");
    let summary = rejection.unwrap()["summary"].as_str().unwrap();
    assert!(
        summary.contains("and offers ") && summary.contains("“too early”"),
        "{summary}"
    );

    bea.done(&["proposals", "approve", id]);
    assert_eq!(proposal(&ada, "confirmed")["slot"], second["slot"]);
}

#[test]
fn a_time_that_is_not_on_offer_is_answered_in_the_users_own_zone() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    // Without quotes, as everybody types it first.
    let words = "schedule half an hour with Bea next week --review";
    ada.done(&words.split(' ').collect::<Vec<_>>());
    proposal(&bea, "answered");
    let review = proposal(&ada, "review");
    let id = review["id"].as_str().unwrap();
    let wrong = ["proposals", "approve", id, "--start", "2026-01-01T10:00"];
    let refused = ada.sotto(&wrong);
    assert_eq!(refused.code, 1, "{refused:?}");
    let steps = refused.stderr.lines().last().unwrap();
    assert!(steps.trim().starts_with("Choose one of: 2"), "{steps}");
    assert!(steps.ends_with("(Europe/Berlin)."), "{steps}");
    // What it says is what the flag takes.
    let offered = steps.trim_start().trim_start_matches("Choose one of: ");
    let start = offered.split([',', ' ']).next().unwrap();
    let approved = ["proposals", "approve", id, "--start", start, "--json"];
    let approved = ada.sotto(&approved).json();
    assert_eq!(approved["state"], "proposed");
    assert_eq!(approved["slot"], review["options"][0]);
}
