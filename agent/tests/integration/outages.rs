//! What a user hears while the relay is away, and when it lets nobody in.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    harness::{Home, ended},
    relay::{Line, Quality, Relay},
};

const MEETING: &str = "half an hour with Bea next week";

#[test]
fn a_request_is_queued_while_the_relay_is_away_and_goes_out_when_it_is_back() {
    let mut relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    relay.pause();
    let asked = ada.sotto(&["schedule", MEETING]);
    assert_eq!(asked.code, 0, "{asked:?}");
    assert!(
        asked
            .stdout
            .starts_with("Queued, not asked yet: \"Meeting\" with Bea"),
        "{asked:?}"
    );
    assert!(!asked.stdout.contains("Asking"), "{asked:?}");
    assert!(
        asked
            .stderr
            .contains("Queued: it goes out when the relay answers. The relay"),
        "{asked:?}"
    );
    relay.resume();
    assert_eq!(ada.sotto(&["status", "--json"]).json()["queued"], 0);
    let proposals = bea.sotto(&["proposals", "--json"]).json();
    assert_eq!(proposals[0]["state"], "answered");
}

#[test]
fn a_request_that_the_relay_took_says_that_it_asks() {
    let relay = Relay::start();
    let (ada, _bea) = Home::two("Ada", "Bea", &relay.url());
    let asked = ada.sotto(&["schedule", MEETING]);
    assert!(
        asked.stdout.starts_with("Asking Bea's agent for times"),
        "{asked:?}"
    );
    let window = asked.stdout.lines().nth(1).unwrap();
    assert!(
        window.starts_with("  In your working hours of Mon ") && window.contains(" – Sun "),
        "{asked:?}"
    );
    assert!(asked.stderr.starts_with("No agent runs here"), "{asked:?}");
    assert_eq!(asked.stderr.lines().count(), 1);
}

#[test]
fn a_relay_that_lets_nobody_in_any_more_is_an_error_with_its_reason() {
    let mut relay = Relay::start();
    let (ada, _bea) = Home::two("Ada", "Bea", &relay.url());
    relay.close_registration();
    for verb in [
        &["schedule", MEETING][..],
        &["schedule", MEETING, "--wait"],
        &["invite"],
    ] {
        let error = ada.sotto(&[verb, &["--json"]].concat()).error();
        assert_eq!(error["code"], "relay_refused", "{verb:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("refuses this agent. "), "{message}");
    }
    assert_eq!(ada.sotto(&["status", "--json"]).json()["queued"], 2);
}

#[test]
fn waiting_says_what_for_and_repeats_it_on_a_change() {
    let mut relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    bea.done(&["preferences", "set", "--approve-meetings", "auto"]);
    relay.pause();
    let mut child = ada
        .command(&["schedule", MEETING, "--wait", "--timeout", "1m"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let waits = line();
    assert!(
        waits.starts_with("Waiting for the relay. The relay http://127.0.0.1"),
        "{waits}"
    );
    assert!(waits.contains("cannot be reached"), "{waits}");
    assert!(line().starts_with("Queued, not asked yet: \"Meeting\" with Bea"));
    assert!(line().starts_with("  In your working hours of Mon "));
    relay.resume();
    assert_eq!(line(), "The relay answers again.");
    let _running = bea.run();
    assert!(line().starts_with("Asking Bea's agent for times"));
    let ended = ended(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.stdout.starts_with("Confirmed: \"Meeting\" with Bea"),
        "{ended:?}"
    );
}

#[test]
fn an_invitation_is_no_good_before_the_relay_knows_of_it() {
    let mut relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    relay.pause();
    let invited = ada.sotto(&["invite"]);
    assert_eq!(invited.code, 0, "{invited:?}");
    assert!(
        invited.stderr.contains("The link does not work yet"),
        "{invited:?}"
    );
    assert!(invited.stderr.contains("cannot be reached"), "{invited:?}");
    relay.resume();
    let invited = ada.sotto(&["invite"]);
    assert_eq!(invited.stderr, "", "{invited:?}");
}

#[test]
fn a_running_agent_hands_the_invitation_over_before_the_link_is_shown() {
    let mut relay = Relay::start();
    let (ada, bea) = (Home::of("Ada", &relay.url()), Home::of("Bea", &relay.url()));
    let _running = ada.run();
    relay.pause();
    ada.until(&["status", "--offline"], |status| {
        (status["connection"] == "offline").then_some(())
    });
    relay.resume();
    let invited = ada.sotto(&["invite"]);
    assert_eq!(invited.stderr, "");
    // Refused as used, were the mailbox not there yet.
    bea.done(&["accept", invited.stdout.lines().next().unwrap()]);
}

#[test]
fn a_verb_makes_a_running_agent_try_at_once() {
    let mut relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    relay.close_registration();
    // Refused for good, the agent asks again only every five minutes.
    let _running = ada.run();
    ada.until(&["status", "--offline"], |status| {
        (status["connection"] == "refused").then_some(())
    });
    relay.open_registration();
    let waits = ada.sotto(&["status", "--offline", "--json"]).json();
    assert_eq!(waits["connection"], "refused");
    let status = ada.sotto(&["status", "--json"]).json();
    assert_eq!(status["running"], true);
    assert!(
        ["online", "syncing"].contains(&status["connection"].as_str().unwrap()),
        "{status}"
    );
}

#[test]
fn a_look_waits_until_a_running_agent_has_fetched_what_came_meanwhile() {
    let relay = Relay::start();
    let line = Line::to(&relay);
    let (ada, bea) = Home::two("Ada", "Bea", &line.url());
    let running = ada.run();
    ada.until(&["status", "--offline"], |status| {
        (status["connection"] == "online").then_some(())
    });
    // Nobody hears at once that the line was cut, nor connects before it is as slow as it will be.
    running.signal("-STOP");
    line.becomes(Quality::Fast);
    bea.done(&["schedule", "half an hour with Ada next week"]);
    line.becomes(Quality::Slow);
    running.signal("-CONT");
    ada.until(&["status", "--offline"], |status| {
        (status["connection"] != "online").then_some(())
    });
    let proposals = ada.sotto(&["proposals", "--json"]).json();
    assert_eq!(proposals[0]["state"], "answered", "{proposals}");
}

#[test]
fn what_needs_the_relay_does_not_wait_for_one_that_may_not_be_dialled() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    let link = bea.sotto(&["invite", "--json"]).json()["link"].take();
    let accept = ["accept", link.as_str().unwrap()];
    for verb in [&accept[..], &["schedule", MEETING, "--wait"]] {
        let error = ada
            .sotto(&[verb, &["--offline", "--json"]].concat())
            .error();
        assert_eq!(error["code"], "relay_unreachable", "{verb:?}");
        assert_eq!(error["next_step"], "Leave out --offline.");
    }
    let proposals = ada.sotto(&["proposals", "--json"]).json();
    assert_eq!(proposals, serde_json::json!([]));
}

#[test]
fn accepting_says_early_what_keeps_it() {
    let mut relay = Relay::start();
    let (ada, bea) = (Home::of("Ada", &relay.url()), Home::of("Bea", &relay.url()));
    let link = ada.sotto(&["invite", "--json"]).json()["link"].take();
    relay.pause();
    let started = Instant::now();
    let mut child = bea
        .command(&["accept", link.as_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // First who invites, which needs no relay.
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("Ada invites you"), "{first}");
    let waits =
        |line: &String| line.starts_with("Waiting for the relay. The relay http://127.0.0.1");
    let mut all = lines.by_ref().map(Result::unwrap);
    assert!(all.any(|line| waits(&line)), "it says what keeps it");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    relay.resume();
    assert_eq!(lines.next().unwrap().unwrap(), "The relay answers again.");
    let ended = ended(child.wait_with_output().unwrap());
    assert!(ended.stdout.starts_with("Ada was asked"), "{ended:?}");
}
