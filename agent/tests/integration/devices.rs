//! Several devices of one person, each with a home of its own, at a real relay.

use serde_json::{Value, json};

use crate::{
    harness::{Home, PASSPHRASE, Running},
    relay::Relay,
    terminal::{rest, terminal},
};

/// A link of this home, made by a script.
fn link(home: &Home, flags: &[&str]) -> String {
    let made = home.sotto(&[&["devices", "add", "--json"], flags].concat());
    made.json()["link"].as_str().unwrap().to_owned()
}

/// The verb by which a device called Phone joins.
fn join(link: &str) -> [&str; 6] {
    ["init", "--join", link, "--device-name", "Phone", "--json"]
}

/// The code that a joining device prints, once the other one has answered it.
fn code(of: &Home, joining: &mut Running) -> String {
    let asks = |device: &Value| device["state"]["asking"].is_object();
    while !devices(of).iter().any(asks) {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    printed(joining)
}

/// The code that it prints.
fn printed(joining: &mut Running) -> String {
    let said = joining.event();
    assert_eq!(said["joining"]["name"], "Phone", "{said}");
    said["joining"]["code"].as_str().unwrap().to_owned()
}

/// Another than that.
fn other(code: &str) -> String {
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
fn killed_while_it_asked(of: &Home) -> (Home, String, String) {
    let phone = Home::empty();
    let link = link(of, &[]);
    let mut joining = phone.start(&join(&link));
    let shown = code(of, &mut joining);
    joining.signal("-KILL");
    joining.end();
    (phone, link, shown)
}

fn devices(home: &Home) -> Vec<Value> {
    let listed = home.sotto(&["devices", "--json"]).json();
    listed.as_array().unwrap().clone()
}

/// Their names and states, in order.
fn states(home: &Home) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("asking").to_owned();
    let all = devices(home).into_iter();
    all.map(|device| (text(&device["name"]), text(&device["state"])))
        .collect()
}

fn pairs<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
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
    let made = agent(&ada, &["phone", "--yes", "--json"]).json();
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

#[test]
fn a_device_that_was_killed_while_it_asked_goes_on() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let (phone, link, shown) = killed_while_it_asked(&ada);
    // Looking tells the same code, and everything else is refused.
    for verb in ["devices", "status"] {
        let joining = phone.sotto(&[verb, "--json"]).json();
        assert_eq!(joining["joining"]["code"], shown.as_str());
    }
    assert_eq!(
        phone.sotto(&["agenda", "--json"]).error()["code"],
        "wrong_state"
    );
    let mut joining = phone.start(&join(&link));
    assert_eq!(printed(&mut joining), shown);
    joining.signal("-KILL");
    joining.end();

    let mut running = phone.run();
    let said = running.event();
    assert_eq!(
        (&said["event"], &said["joining"]["code"]),
        (&json!("joining"), &json!(shown))
    );
    // Where an agent runs, the verb waits for that.
    let mut waiting = phone.start(&join(&link));
    assert_eq!(printed(&mut waiting), shown);
    ada.done(&["devices", "add", "--code", &shown]);
    assert_eq!(waiting.event()["device"]["name"], "Phone");
    assert_eq!(waiting.end().code(), Some(0));
    let said = loop {
        let said = running.event();
        if said["event"] == "device" && said["device"]["this"] == true {
            break said;
        }
    };
    assert_eq!(
        said["text"],
        "This device, Phone, is one of your account's."
    );
    assert_eq!(phone.sotto(&["status", "--json"]).json()["name"], "Ada");
}

#[test]
fn a_link_is_for_one_device_and_until_another_is_made() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let damaged = Home::empty();
    let refused = damaged.sotto(&join("https://relay.example/#device=AAAA"));
    assert_eq!(refused.error()["code"], "link_invalid");
    let offline = damaged.sotto(&[&join(&link(&ada, &[]))[..], &["--offline"]].concat());
    assert_eq!(offline.error()["code"], "relay_unreachable");
    assert!(!damaged.dir().join("vault.db").exists());

    // The one that was first is answered with no; a second one has no code at all.
    let (first, second) = (Home::empty(), Home::empty());
    let used = link(&ada, &[]);
    let mut joining = first.start(&join(&used));
    let shown = code(&ada, &mut joining);
    let refused = second.sotto(&join(&used)).error();
    assert_eq!(
        refused["message"],
        "This device was not added. Another device has used this link already."
    );
    let no = ada.sotto(&["devices", "add", "--no", "--json"]);
    assert_eq!(no.json(), json!({"done": true}));
    let late = ada.sotto(&["devices", "add", "--code", &shown, "--json"]);
    assert_eq!(late.error()["code"], "wrong_state");
    assert_eq!(devices(&ada).len(), 1);
    drop(joining);

    // A vault that asked in vain makes room for another link, and only such a one.
    let over = link(&ada, &[]);
    let good = link(&ada, &[]);
    let refused = second.sotto(&join(&over)).error();
    assert_eq!(refused["code"], "link_invalid");
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .starts_with("This device was not added. The "),
        "{refused}"
    );
    let mut joining = second.start(&join(&good));
    let shown = code(&ada, &mut joining);
    ada.done(&["devices", "add", "--code", &shown]);
    assert_eq!(joining.event()["device"]["name"], "Phone");
    let refused = ada.sotto(&join(&good)).error();
    assert_eq!(refused["code"], "vault_exists");
}

#[test]
fn a_device_that_is_not_added_says_why_and_ends() {
    let relay = Relay::start();
    let (ada, phone) = (Home::of("Ada", &relay.url()), Home::empty());
    let waits = |times: u32| {
        let status = ada.sotto(&["status", "--json"]).json();
        assert_eq!(status["waiting_for_you"], times, "{status}");
        ada.done(&["status"])
            .contains("\nPhone asks to be added. See `sotto devices`\n")
    };
    for (wrong, why) in [
        (0, "Your other device said no."),
        (3, "Three wrong codes were typed on your other device."),
    ] {
        let link = link(&ada, &[]);
        assert!(!waits(0));
        let mut joining = phone.start(&join(&link));
        let code = code(&ada, &mut joining);
        assert!(waits(1));
        let text = phone.done(&["devices"]);
        assert!(text.contains("Compare these digits with those"), "{text}");
        if wrong == 0 {
            ada.done(&["devices", "add", "--no"]);
        }
        for _ in 0..wrong {
            let wrong = ada.sotto(&["devices", "add", "--code", &other(&code), "--json"]);
            wrong.error();
        }
        assert_eq!(joining.end().code(), Some(1));
        assert!(!waits(0));
        // It stays so, whatever is tried on it.
        let message = format!("This device was not added. {why}");
        for verb in [&join(&link)[..], &["run", "--json"]] {
            let refused = phone.command(verb).output().unwrap();
            let refused = String::from_utf8(refused.stderr).unwrap();
            assert!(
                refused.contains("link_invalid") && refused.contains(&message),
                "{refused}"
            );
        }
        let text = phone.done(&["devices"]);
        assert!(
            text.contains(&message) && !text.contains("goes on with it"),
            "{text}"
        );
        let problem = phone.sotto(&["status", "--json"]).json()["joining"]["problem"].take();
        assert_eq!(problem["message"], why);
    }
    // The vault is of no account, and makes room for another link.
    let link = link(&ada, &[]);
    let mut joining = phone.start(&join(&link));
    let code = code(&ada, &mut joining);
    ada.done(&["devices", "add", "--code", &code]);
    assert_eq!(joining.event()["device"]["name"], "Phone");
    assert_eq!(joining.end().code(), Some(0));
}

#[test]
fn whoever_sits_at_the_terminal_types_the_code() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let zone = "Europe/Berlin";
    for (yes, end) in [(false, "ended with 1"), (true, "ended with 0")] {
        let add = ["devices", "add", "--qr", "--keeper"];
        let mut asked = terminal(&ada, &add, Some(PASSPHRASE));
        let (_, link) = asked.exp_regex(r"http\S+#device=\S+").unwrap();
        // A block of the QR code; each byte is a letter to the terminal here.
        asked.exp_string("\u{e2}\u{96}\u{88}").unwrap();
        asked.exp_string(zone).unwrap();
        asked.exp_string("Waiting for the new device.").unwrap();
        let phone = Home::empty();
        let mut joining = phone.start(&join(link.trim()));
        let code = code(&ada, &mut joining);
        asked
            .exp_string("Phone asks to be added, and may add and remove devices then.")
            .unwrap();
        asked
            .exp_string("Compare these digits of your account with those that it shows:")
            .unwrap();
        let question = "The six digits that it shows (none to say no): ";
        asked.exp_string(question).unwrap();
        assert_eq!(devices(&ada).len(), 2, "other verbs get in meanwhile");
        asked.send_line(&other(&code)).unwrap();
        asked.exp_string("You can try twice more.").unwrap();
        asked.exp_string(question).unwrap();
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        asked.send_line(if yes { &spaced } else { "" }).unwrap();
        let said = rest(asked);
        assert!(said.contains(end), "{said}");
        if yes {
            assert_eq!(joining.event()["device"]["keeper"], true);
        } else {
            assert!(said.contains("nothing was signed"), "{said}");
            assert_eq!(devices(&ada).len(), 1);
            assert_eq!(joining.end().code(), Some(1));
        }
    }
    let joins = link(&ada, &[]);
    let mut asked = terminal(&Home::empty(), &join(&joins)[..5], None);
    asked
        .exp_string("New passphrase, for this device: ")
        .unwrap();
    let mut asked = terminal(&ada, &["devices", "agent", "phone"], Some(PASSPHRASE));
    asked
        .exp_string("What is under way on Desk is called off.")
        .unwrap();
    asked
        .exp_string("Let Phone answer for you? [y/N] ")
        .unwrap();
    asked.send_line("n").unwrap();
    let said = rest(asked);
    assert!(said.contains("Nothing was changed"), "{said}");
    let mut asked = terminal(&ada, &["devices", "remove", "phone"], Some(PASSPHRASE));
    asked.exp_string("Phone is shut out for good").unwrap();
    asked.exp_string("Remove Phone? [y/N] ").unwrap();
    asked.send_line("n").unwrap();
    let said = rest(asked);
    assert!(said.contains("Phone was not removed."), "{said}");
    assert_eq!(
        states(&ada),
        pairs([("Desk", "listed"), ("Phone", "listed")])
    );
}

/// Asserts that a line begins with the time of the day in that zone, now.
fn is_clock_of(zone: &str, line: &str) {
    let said: jiff::civil::Time = line.get(..8).unwrap().parse().unwrap();
    let zone = jiff::tz::TimeZone::get(zone).unwrap();
    let now = jiff::Timestamp::now().to_zoned(zone).time();
    let late = now.duration_since(said).as_secs().rem_euclid(24 * 3600);
    assert!(late < 60, "{line}, and it is {now}");
}

#[test]
fn an_agent_that_runs_shows_the_user_s_time_and_before_there_is_one_the_system_s() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let started = |home: &Home, zone: &str| {
        let mut command = home.command(&["run"]);
        command.env("TZ", zone);
        Running::of(command).line()
    };
    is_clock_of("Europe/Berlin", &started(&ada, "Asia/Tokyo"));
    let (phone, _, _) = killed_while_it_asked(&ada);
    is_clock_of("Asia/Tokyo", &started(&phone, "Asia/Tokyo"));
}

#[test]
fn a_device_is_called_as_its_host_unless_it_is_told() {
    let home = Home::empty();
    let init = [
        "init",
        "--relay",
        crate::harness::NO_RELAY,
        "--name",
        "Ada",
        "--json",
    ];
    let made = home.sotto(&init).json();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let expected = match host.trim() {
        "" | "localhost" => "Terminal",
        host => host,
    };
    assert_eq!(made["device"]["name"], expected);
    let called = Home::ada().done(&["devices"]);
    assert!(called.contains("Desk"), "{called}");
}
