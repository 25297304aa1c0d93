//! What bad input gets: a clear message, the next step, exit code 1, and nothing lost.

use std::process::{Command, Stdio};

use crate::harness::{Home, NO_RELAY, PASSPHRASE, ended};

#[test]
fn a_vault_is_made_once() {
    let home = Home::ada();
    let before = std::fs::read(home.dir().join("vault.db")).unwrap();
    let again = home.sotto(&["init", "--relay", NO_RELAY, "--name", "Eve", "--json"]);
    assert_eq!(again.error()["code"], "vault_exists");
    let after = std::fs::read(home.dir().join("vault.db")).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_missing_vault_says_how_to_make_one_and_leaves_no_trace() {
    let home = Home::empty();
    for verb in ["status", "agenda", "contacts", "run", "invite"] {
        let error = home.sotto(&[verb, "--json"]).error();
        assert_eq!(error["code"], "vault_missing", "{verb}");
        let next_step = error["next_step"].as_str().unwrap();
        assert!(next_step.contains("sotto init"), "{next_step}");
    }
    assert!(!home.dir().exists());
}

#[test]
fn a_wrong_passphrase_is_not_a_damaged_vault() {
    let home = Home::ada();
    let mut command = home.command(&["status", "--json", "--offline"]);
    let output = command.env("SOTTO_PASSPHRASE", "wrong").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("\"wrong_passphrase\""), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(home.sotto(&["status", "--offline"]).code, 0);
}

#[test]
fn without_a_terminal_the_passphrase_has_to_be_in_the_environment() {
    let init = [
        "init",
        "--relay",
        NO_RELAY,
        "--name",
        "Ada",
        "--offline",
        "--json",
    ];
    for (home, verb) in [
        (Home::ada(), &["status", "--offline", "--json"][..]),
        (Home::ada(), &["passphrase", "--json"]),
        (Home::empty(), &init),
    ] {
        let stderr = without_terminal(&home, verb);
        assert!(stderr.contains("\"value_invalid\""), "{stderr}");
        assert!(stderr.contains("Set SOTTO_PASSPHRASE, or run"), "{stderr}");
    }
    let home = Home::ada();
    let mut command = in_no_terminal(&home, &["passphrase", "--json"]);
    let output = command
        .env("SOTTO_PASSPHRASE", PASSPHRASE)
        .output()
        .unwrap();
    let error = ended(output).error();
    assert_eq!(error["code"], "value_invalid");
    let next_step = error["next_step"].as_str().unwrap();
    assert!(
        next_step.starts_with("Set SOTTO_NEW_PASSPHRASE, or run"),
        "{next_step}"
    );
}

#[test]
fn what_cannot_be_used_is_refused_before_a_passphrase_is_asked_for() {
    let home = Home::empty();
    let init = |relay: &str, name: &str, zone: &str| {
        let zone = ["--time-zone", zone, "--json"];
        let arguments = [&["init", "--relay", relay, "--name", name], &zone[..]].concat();
        without_terminal(&home, &arguments)
    };
    for refused in [
        init("relay", "Ada", "UTC"),
        init(NO_RELAY, " ", "UTC"),
        init(NO_RELAY, "Ada", "Mars/Olympus"),
    ] {
        assert!(refused.contains("\"value_invalid\""), "{refused}");
    }
    assert!(!home.dir().exists());
    let accepted = without_terminal(&Home::ada(), &["accept", "hello", "--json"]);
    assert!(accepted.contains("\"invitation_invalid\""), "{accepted}");
}

/// What a verb says on stderr where nobody can be asked for a passphrase.
fn without_terminal(home: &Home, arguments: &[&str]) -> String {
    let output = in_no_terminal(home, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

fn in_no_terminal(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command
        .args(["--wait", env!("CARGO_BIN_EXE_sotto")])
        .args(arguments)
        .env("SOTTO_HOME", home.dir())
        .env_remove("SOTTO_PASSPHRASE")
        .stdin(Stdio::null());
    command
}

#[test]
fn a_file_that_is_no_vault_is_damaged_and_left_alone() {
    let home = Home::ada();
    let path = home.dir().join("vault.db");
    for side in ["vault.db-wal", "vault.db-shm"] {
        let _ = std::fs::remove_file(home.dir().join(side));
    }
    std::fs::write(&path, "milk, bread, eggs and whatever else is needed").unwrap();
    let error = home.sotto(&["status", "--json"]).error();
    assert_eq!(error["code"], "vault_damaged");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("milk"));
}

#[test]
fn an_empty_file_is_no_missing_vault() {
    let home = Home::empty();
    std::fs::create_dir(home.dir()).unwrap();
    std::fs::write(home.dir().join("vault.db"), "").unwrap();
    for verb in ["status", "run"] {
        let error = home.sotto(&[verb, "--json", "--offline"]).error();
        assert_eq!(error["code"], "vault_damaged", "{verb}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("vault.db holds no vault"), "{message}");
    }
    assert_eq!(
        home.sotto(&["init", "--relay", NO_RELAY, "--name", "Ada"])
            .code,
        0
    );
    assert_eq!(home.sotto(&["status", "--offline"]).code, 0);
}

#[test]
fn a_home_is_said_as_a_whole_path() {
    let home = Home::empty();
    std::fs::create_dir(home.dir()).unwrap();
    let init = ["init", "--relay", NO_RELAY, "--name", "Ada", "--json"];
    let mut command = home.command(&[&init[..], &["--home", "here"]].concat());
    let made = ended(command.current_dir(home.dir()).output().unwrap()).json();
    let place = home.dir().canonicalize().unwrap().join("here");
    assert_eq!(made["home"].as_str(), place.to_str());
}

#[test]
fn days_without_an_agenda_say_what_is_wrong_with_them() {
    let home = Home::ada();
    let agenda = |from: &str, to: &str| {
        let args = ["agenda", "--from", from, "--to", to, "--offline", "--json"];
        let error = home.sotto(&args).error();
        assert_eq!(error["code"], "window_impossible");
        error["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        agenda("2026-12-02", "2026-12-01"),
        "The last day, 2026-12-01, is before the first, 2026-12-02."
    );
    assert_eq!(
        agenda("2026-12-01", "2028-12-01"),
        "2026-12-01 to 2028-12-01 is longer than a year."
    );
    assert!(agenda("9999-12-31", "9999-12-31").contains("the last day that there is"));
}

#[test]
fn a_relay_that_is_no_url_leaves_no_vault() {
    let home = Home::empty();
    let refused = home.sotto(&["init", "--relay", "not a url", "--name", "Ada", "--json"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let made = home.sotto(&["init", "--relay", NO_RELAY, "--name", "Ada"]);
    assert_eq!(made.code, 0, "{made:?}");
}

#[test]
fn an_unreachable_relay_is_a_warning_where_it_is_not_needed() {
    let home = Home::empty();
    let made = home.sotto(&["init", "--relay", NO_RELAY, "--name", "Ada", "--json"]);
    assert_eq!(made.json()["registered"], false);
    assert!(made.stderr.contains("\"relay_unreachable\""), "{made:?}");

    let invited = home.sotto(&["invite"]);
    assert_eq!(invited.code, 0, "{invited:?}");
    assert!(invited.stderr.contains("does not work yet"), "{invited:?}");
    assert!(invited.stderr.contains("sotto run"), "{invited:?}");
}

#[test]
fn an_unreachable_relay_is_an_error_where_it_is_needed() {
    let inviter = Home::ada();
    let link = inviter.sotto(&["invite", "--json"]).json()["link"].take();
    let home = Home::ada();
    let error = home
        .sotto(&["accept", link.as_str().unwrap(), "--json"])
        .error();
    assert_eq!(error["code"], "relay_unreachable");
    assert_eq!(home.sotto(&["contacts", "--json"]).stdout.trim(), "[]");
}

#[test]
fn a_link_that_is_none_is_refused() {
    let home = Home::ada();
    let error = home
        .sotto(&["accept", "https://example.org/", "--json"])
        .error();
    assert_eq!(error["code"], "invitation_invalid");
}

#[test]
fn calendar_files_that_cannot_be_read_say_why() {
    let home = Home::ada();
    let import = |file: &str| home.sotto(&["calendar", "import", file, "--json"]).error();
    assert_eq!(import("/no/such/file.ics")["code"], "not_found");
    let directory = import("/");
    assert_eq!(directory["code"], "calendar_invalid");
    let prose = import(&home.file("prose.ics", "Dear diary"));
    assert_eq!(prose["code"], "calendar_invalid");
    let (message, next_step) = (&prose["message"], &prose["next_step"]);
    assert_eq!(
        next_step,
        "Export the calendar again as .ics and import that file; nothing was changed."
    );
    assert!(!message.as_str().unwrap().contains("Export"), "{message}");
    assert_eq!(
        home.sotto(&["calendar", "list", "--json"]).stdout.trim(),
        "[]"
    );
}

#[test]
fn a_calendar_in_other_letters_than_utf_8_is_read_and_says_so() {
    let home = Home::ada();
    let file =
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1@test\r\n\
        DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n\
        SUMMARY:Caf\xe9\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let file = home.file("latin.ics", file);
    let imported = home.sotto(&["calendar", "import", &file]);
    assert_eq!(imported.code, 0, "{imported:?}");
    assert!(imported.stderr.contains("Windows-1252"), "{imported:?}");
    let agenda = home.sotto(&["agenda", "--from", "2026-12-01", "--to", "2026-12-01"]);
    assert!(agenda.stdout.contains("Café"), "{agenda:?}");
}

#[test]
fn days_names_and_ids_that_do_not_exist_say_so() {
    let home = Home::ada();
    let cases: [(&[&str], &str); 5] = [
        (&["agenda", "--from", "2026-02-30"], "date_invalid"),
        (&["contacts", "approve", "nobody"], "not_found"),
        (&["contacts", "verify", "nobody"], "not_found"),
        (&["proposals", "approve", "ffff"], "not_found"),
        (&["calendar", "remove", "nothing"], "not_found"),
    ];
    for (verb, code) in cases {
        let args = [verb, &["--json", "--offline"]].concat();
        assert_eq!(home.sotto(&args).error()["code"], code, "{verb:?}");
    }
    let human = home.sotto(&["contacts", "approve", "nobody", "--offline"]);
    assert!(human.stderr.starts_with("error: "), "{human:?}");
    assert_eq!(human.stderr.lines().count(), 2, "{human:?}");
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let home = Home::empty();
    for args in [
        &["fly"][..],
        &["invite", "--valid", "soon"],
        &["schedule"],
        &[],
    ] {
        let ended = home.sotto(args);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert_eq!(ended.stdout, "");
    }
    let nothing = home.sotto(&[]).stderr;
    assert!(nothing.contains("A first meeting:"), "{nothing}");
    // SOTTO_HOME is set here, and no part of what is missing.
    let accept = home.sotto(&["accept"]).stderr;
    assert!(
        accept.contains("\nUsage: sotto accept <LINK>\n"),
        "{accept}"
    );
    let help = home.sotto(&["schedule", "--help"]);
    assert_eq!(help.code, 0);
    assert!(help.stdout.contains("Examples:"), "{}", help.stdout);
}
