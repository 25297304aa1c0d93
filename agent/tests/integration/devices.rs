//! Several devices of one person, each with a home of its own, at a real relay.

use serde_json::{Value, json};

use crate::{
    harness::{Home, Running},
    relay::Relay,
};

/// A link of this home, made by a script.
pub(crate) fn link(home: &Home, flags: &[&str]) -> String {
    let made = home.sotto(&[&["devices", "add", "--json"], flags].concat());
    made.json()["link"].as_str().unwrap().to_owned()
}

/// The verb by which a device called Phone joins.
pub(crate) fn join(link: &str) -> [&str; 6] {
    ["init", "--join", link, "--device-name", "Phone", "--json"]
}

/// The code that a joining device prints, once the other one has answered it.
pub(crate) fn code(of: &Home, joining: &mut Running) -> String {
    let asks = |device: &Value| device["state"]["asking"].is_object();
    while !devices(of).iter().any(asks) {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    printed(joining)
}

/// The code that it prints.
pub(crate) fn printed(joining: &mut Running) -> String {
    let said = joining.event();
    assert_eq!(said["joining"]["name"], "Phone", "{said}");
    said["joining"]["code"].as_str().unwrap().to_owned()
}

/// Another than that.
pub(crate) fn other(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    first.to_owned() + &code[1..]
}

/// A device called Phone, in a home of its own, that was added with these flags.
fn phone(of: &Home, flags: &[&str]) -> Home {
    let phone = Home::empty();
    let link = link(of, flags);
    let mut joining = phone.start(&join(&link));
    let code = code(of, &mut joining);
    let added = of.sotto(&["devices", "add", "--code", &code, "--json"]);
    assert_eq!(added.json()["state"], "listed");
    assert_eq!(joining.event()["device"]["state"], "listed");
    assert_eq!(joining.end().code(), Some(0));
    phone
}

/// A device called Phone that ended while it showed its code; the link that it used, and the code.
pub(crate) fn killed_while_it_asked(of: &Home) -> (Home, String, String) {
    let phone = Home::empty();
    let link = link(of, &[]);
    let mut joining = phone.start(&join(&link));
    let shown = code(of, &mut joining);
    joining.signal("-KILL");
    joining.end();
    (phone, link, shown)
}

pub(crate) fn devices(home: &Home) -> Vec<Value> {
    let listed = home.sotto(&["devices", "--json"]).json();
    listed.as_array().unwrap().clone()
}

/// Their names and states, in order.
pub(crate) fn states(home: &Home) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("asking").to_owned();
    let all = devices(home).into_iter();
    all.map(|device| (text(&device["name"]), text(&device["state"])))
        .collect()
}

pub(crate) fn pairs<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
    let owned = |(name, state): (&str, &str)| (name.to_owned(), state.to_owned());
    expected.map(owned).to_vec()
}

#[test]
fn a_device_is_added_with_its_code_named_and_removed() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let none = ada.sotto(&["devices", "add", "--code", "123456", "--json"]);
    assert_eq!(none.error()["code"], "wrong_state");

    let phone = Home::empty();
    let link = link(&ada, &[]);
    let mut joining = phone.start(&join(&link));
    let code = code(&ada, &mut joining);
    let text = ada.done(&["devices"]);
    assert!(
        text.contains("\nPhone asks to be added.\n") && !text.contains(&code),
        "{text}"
    );

    // Another code adds nobody; the right one does.
    for left in [2, 1] {
        let wrong = ada.sotto(&["devices", "add", "--code", &other(&code), "--json"]);
        assert_eq!(wrong.error()["code"], "value_invalid");
        assert_eq!(devices(&ada)[1]["state"]["asking"]["tries_left"], left);
    }
    let added = ada.done(&["devices", "add", "--code", &code]);
    assert!(
        added.starts_with("Phone is one of your devices now ("),
        "{added}"
    );
    let joined = joining.event();
    assert_eq!(
        (&joined["name"], &joined["registered"]),
        (&json!("Ada"), &json!(true))
    );
    assert_eq!(joining.end().code(), Some(0));
    let again = phone.sotto(&join(&link)).error();
    assert_eq!(again["code"], "vault_exists");

    // Both see both; each calls them as it likes.
    ada.done(&["devices", "rename", "this", "Laptop"]);
    let expected = pairs([("Laptop", "listed"), ("Phone", "listed")]);
    assert_eq!(states(&ada), expected);
    let laptop = &devices(&phone)[0];
    assert_eq!(
        (&laptop["agent"], &laptop["this"]),
        (&json!(true), &json!(false))
    );
    let fingerprint = laptop["fingerprint"].as_str().unwrap();
    phone.done(&["devices", "rename", fingerprint, "Laptop"]);
    assert_eq!(states(&phone), expected);
    let status = phone.sotto(&["status", "--json"]).json();
    assert_eq!(
        (&status["name"], &status["follows"]),
        (&json!("Ada"), &json!("Laptop"))
    );
    let status = phone.done(&["status"]);
    let row = "Devices         2; this one, Phone, follows Laptop, which answers for you\n";
    assert!(status.contains(row), "{status}");
    assert_eq!(
        ada.sotto(&["status", "--json"]).json()["follows"],
        json!(null)
    );

    // What only the one that answers may do, and what only a keeper may.
    let refused = phone.sotto(&["invite", "--json"]).error();
    assert_eq!(refused["code"], "agent_away");
    assert_eq!(refused["message"], "Laptop answers for you.");
    let refused = phone.sotto(&["preferences", "set", "--approve-meetings", "auto", "--json"]);
    assert_eq!(refused.error()["code"], "agent_away");
    // Nor does it offer what it would refuse.
    for (verb, said) in [
        (
            &["contacts"][..],
            "Laptop answers for you: invite somebody there.",
        ),
        (&["invitations"], "Laptop answers for you: make one there."),
        (&["calendar"], "Laptop answers for you: import one there."),
        (
            &["agenda"],
            "Laptop answers for you: calendars are imported there.",
        ),
        (
            &["proposals"],
            "Laptop answers for you: ask for a meeting there.",
        ),
    ] {
        let text = phone.done(verb);
        assert!(text.contains(said), "{text}");
    }
    let schedule = ["schedule", "half an hour with Bea tomorrow", "--json"];
    assert_eq!(phone.sotto(&schedule).error()["code"], "agent_away");
    let refused = phone.sotto(&["devices", "add", "--json"]).error();
    assert_eq!(refused["code"], "not_keeper");
    let last = ada.sotto(&["devices", "remove", "laptop", "--yes", "--json"]);
    assert_eq!(last.error()["code"], "last_keeper");

    // Names tell them apart.
    let refused = ada.sotto(&["devices", "rename", "phone", "Laptop", "--json"]);
    assert_eq!(
        refused.error()["message"],
        "Another of your devices is called “Laptop”."
    );

    // Removed, it says so, and where the data are that are to be deleted.
    let unasked = ada.sotto(&["devices", "remove", "phone", "--json"]).error();
    assert_eq!(unasked["message"], "Phone was not removed.");
    ada.done(&["devices", "remove", "phone", "--yes"]);
    assert_eq!(
        states(&ada),
        pairs([("Laptop", "listed"), ("Phone", "removed")])
    );
    let status = phone.sotto(&["status", "--json"]).json();
    // The relay has shown it the list that the account signed.
    assert_eq!(status["connection"], "removed", "{status}");
    assert_eq!(status["follows"], json!(null));
    let home = phone.dir().display().to_string();
    let status = phone.done(&["status"]);
    for said in [
        &format!("remove the directory {home}\n"),
        "Devices         this one, Phone, was removed; go on with another of yours\n",
    ] {
        assert!(status.contains(said), "{status}");
    }
    assert!(!status.contains("sotto run`"), "{status}");
    // Nothing more comes to it.
    let ended = phone.sotto(&["run"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("was removed from your account"),
        "{ended:?}"
    );
    let refused = phone.sotto(&["contacts", "remove", "nobody", "--yes", "--json"]);
    assert_eq!(refused.error()["code"], "not_found");
    let link = Home::of("Bea", &relay.url())
        .sotto(&["invite", "--json"])
        .json();
    let refused = phone.sotto(&["accept", link["link"].as_str().unwrap(), "--json"]);
    let refused = refused.error();
    assert_eq!(refused["code"], "device_removed", "{refused}");
    assert!(
        refused["next_step"].as_str().unwrap().contains(&home),
        "{refused}"
    );
}

#[test]
fn a_keeper_removes_the_one_before_and_answers_from_then_on() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let phone = phone(&ada, &["--keeper"]);
    let id = devices(&ada)[0]["id"].as_str().unwrap().to_owned();
    // It removes itself, as the other one may remove devices, too.
    ada.done(&["devices", "remove", &id, "--yes"]);
    let status = ada.sotto(&["status", "--json"]).json();
    assert_eq!(status["connection"], "removed");
    let refused = ada.sotto(&["invite", "--json"]).error();
    assert_eq!(refused["code"], "device_removed");
    let home = ada.dir().display().to_string();
    assert!(
        refused["next_step"].as_str().unwrap().contains(&home),
        "{refused}"
    );
    let status = ada.done(&["status"]);
    assert!(!status.contains("answers for you"), "{status}");
    // What is here can still be looked at, while an agent runs as well.
    let running = ada.run();
    assert_eq!(
        ada.sotto(&["status", "--json"]).json()["connection"],
        "removed"
    );
    drop(running);

    assert_eq!(
        phone.sotto(&["status", "--json"]).json()["follows"],
        json!(null)
    );
    phone.done(&["invite"]);
}

#[test]
fn a_keeper_lets_another_device_answer_and_everybody_hears_of_it() {
    let relay = Relay::start();
    let (bea, ada) = Home::two("Bea", "Ada", &relay.url());
    let old = phone(&ada, &[]);
    let agent = |home: &Home, args: &[&str]| home.sotto(&[&["devices", "agent"], args].concat());

    // Who may not, and what cannot be, is refused without a question.
    let refused = agent(&old, &["phone", "--json"]).error();
    assert_eq!(refused["code"], "not_keeper");
    let refused = agent(&ada, &["this", "--json"]).error();
    assert_eq!(
        (&refused["code"], &refused["message"]),
        (
            &json!("wrong_state"),
            &json!("Desk answers for you already.")
        )
    );
    ada.done(&["devices", "remove", "phone", "--yes"]);
    let refused = agent(&ada, &["phone", "--yes", "--json"]).error();
    assert_eq!(
        (&refused["code"], &refused["message"]),
        (
            &json!("not_found"),
            &json!("Phone was removed, and is none of your devices any more.")
        )
    );
    let first = devices(&ada)[0]["id"].as_str().unwrap().to_owned();
    let refused = agent(&old, &[&first, "--yes", "--json"]).error();
    assert_eq!(refused["code"], "device_removed");

    let phone = phone(&ada, &["--keeper"]);
    let unsaid = agent(&ada, &["phone", "--json"]).error();
    assert_eq!(
        unsaid["message"],
        "Nothing was changed: Phone does not answer for you."
    );
    assert_eq!(devices(&ada)[0]["this"], true);

    // Bea asks, and Ada has not answered when her phone takes over.
    let wish = ["--with", "Ada", "--title", "Garden", "--duration", "30m"];
    bea.done(&[&["schedule"], &wish[..]].concat());
    let state = |answer: &Value, state: &str| (answer[0]["state"] == state).then_some(());
    loop {
        let asked = ada.sotto(&["proposals", "--json"]).json();
        if state(&asked, "approval").is_some() {
            break;
        }
        bea.done(&["proposals"]);
    }
    let mut running = phone.run();
    let made = loop {
        let made = agent(&ada, &["phone", "--yes", "--json"]);
        if made.code == 0 {
            break made.json();
        }
        let early = made.error();
        assert_eq!(early["message"], "Phone was not told yet whom you know.");
    };
    assert_eq!(
        (&made["agent"], &made["state"]),
        (&json!(true), &json!("listed"))
    );
    let said = loop {
        let said = running.event();
        if said["event"] == "device" && said["device"]["agent"] == true {
            break said;
        }
    };
    assert_eq!(said["text"], "Phone answers for you now.");
    bea.until(&["proposals"], |answer| state(answer, "cancelled"));

    // Each says for a week what has changed, and who answers.
    let change = ada.sotto(&["status", "--json"]).json()["agent_change"].take();
    assert_eq!(change["leads"], false);
    let status = ada.done(&["status"]);
    assert!(
        status.contains(": Phone answers for you now, and this device follows it."),
        "{status}"
    );
    let change = phone.sotto(&["status", "--json"]).json()["agent_change"].take();
    assert_eq!(change["leads"], true);
    assert_eq!(
        ada.sotto(&["invite", "--json"]).error()["message"],
        "Phone answers for you."
    );
    phone.done(&["invite"]);
    let first = devices(&phone)[0].clone();
    bea.until(&["contacts"], |contacts| {
        (contacts[0]["devices"][0]["fingerprint"] == first["fingerprint"]).then_some(())
    });
    let shown = bea.done(&["contacts", "show", "ada"]);
    let row = format!("{}  ", first["fingerprint"].as_str().unwrap());
    let row = shown.lines().find(|line| line.starts_with(&row)).unwrap();
    assert!(row.ends_with("  answers for them"), "{shown}");
    running.signal("-TERM");
    running.end();

    // Away from the relay, it is to be so once that is told.
    let laptop = devices(&phone)[1]["id"].as_str().unwrap().to_owned();
    let queued = agent(&phone, &[&laptop, "--yes", "--offline"]);
    assert!(
        queued
            .stdout
            .ends_with(" answers for you as soon as the relay is told.\n"),
        "{queued:?}"
    );
    assert!(queued.stderr.contains("Queued"), "{queued:?}");
    assert_eq!(devices(&phone)[0]["id"], laptop.as_str());
    let back = ada.done(&["devices"]);
    assert!(back.contains("this one, answers for you"), "{back}");
}

#[test]
fn a_device_that_has_not_come_is_said_to_until_it_does() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let (phone, _, shown) = killed_while_it_asked(&ada);
    ada.done(&["devices", "add", "--code", &shown]);
    assert_eq!(devices(&ada)[1]["came"], false);
    let text = ada.done(&["devices"]);
    assert!(
        text.contains("Phone has not come since it was added."),
        "{text}"
    );
    let refused = ada.sotto(&["devices", "agent", "phone", "--yes", "--json"]);
    assert_eq!(
        refused.error()["message"],
        "Phone has not come since you added it: nobody would answer for you."
    );
    let _running = phone.run();
    ada.until(&["devices"], |all| (all[1]["came"] == true).then_some(()));
    let text = ada.done(&["devices"]);
    assert!(!text.contains("come"), "{text}");
}
