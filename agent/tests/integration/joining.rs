//! A device on its way into an account, and one that does not get there.

use serde_json::json;

use crate::{
    devices::{code, devices, join, killed_while_it_asked, link, other, pairs, printed, states},
    harness::{Home, PASSPHRASE, Running},
    relay::Relay,
    terminal::{rest, terminal},
};

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
