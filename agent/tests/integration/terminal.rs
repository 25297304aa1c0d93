//! What is asked in a terminal: the verbs run on a pseudo-terminal here.

use rexpect::session::{PtySession, spawn_command};

use crate::{
    harness::{Home, NO_RELAY, PASSPHRASE, PATIENCE, agreed},
    relay::Relay,
};

/// The verb in a terminal of its own, whose shell says how it ended.
pub(crate) fn terminal(home: &Home, args: &[&str], passphrase: Option<&str>) -> PtySession {
    let mut command = home.command(args);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "\"$@\"; echo \"ended with $?\"", "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    command.env_remove("SOTTO_PASSPHRASE");
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    if let Some(passphrase) = passphrase {
        shell.env("SOTTO_PASSPHRASE", passphrase);
    }
    let millis = u64::try_from(PATIENCE.as_millis()).unwrap();
    spawn_command(shell, Some(millis)).unwrap()
}

/// What it prints until it ends, with which code.
pub(crate) fn rest(mut terminal: PtySession) -> String {
    terminal.exp_eof().unwrap()
}

#[test]
fn init_asks_twice_and_makes_nothing_when_they_differ() {
    let home = Home::empty();
    let init = ["init", "--relay", NO_RELAY, "--name", "Ada", "--offline"];
    let mut asked = terminal(&home, &init, None);
    asked.exp_string("New passphrase: ").unwrap();
    asked.send_line(PASSPHRASE).unwrap();
    asked.exp_string("The same again: ").unwrap();
    asked.send_line("correct horse battery stable").unwrap();
    let said = rest(asked);
    assert!(said.contains("The two passphrases differ."), "{said}");
    assert!(said.contains("ended with 1"), "{said}");
    assert!(!home.dir().join("vault.db").exists());

    let mut asked = terminal(&home, &init, None);
    asked.exp_string("New passphrase: ").unwrap();
    asked.send_line(PASSPHRASE).unwrap();
    asked.exp_string("The same again: ").unwrap();
    asked.send_line(PASSPHRASE).unwrap();
    let said = rest(asked);
    assert!(said.contains("Made a vault for Ada"), "{said}");
    assert!(said.contains("ended with 0"), "{said}");
    assert!(!said.contains(PASSPHRASE), "{said}");
    assert_eq!(home.sotto(&["status", "--offline"]).code, 0);
}

#[test]
fn the_passphrase_is_asked_for_without_an_echo_and_a_wrong_one_is_refused() {
    let home = Home::ada();
    let status = ["status", "--offline"];
    let mut asked = terminal(&home, &status, None);
    asked.exp_string("Passphrase: ").unwrap();
    asked.send_line("not the passphrase").unwrap();
    let said = rest(asked);
    assert!(
        said.contains("error: This is not the vault's passphrase."),
        "{said}"
    );
    assert!(said.contains("ended with 1"), "{said}");
    assert!(!said.contains("not the passphrase"), "{said}");

    let mut asked = terminal(&home, &status, None);
    asked.exp_string("Passphrase: ").unwrap();
    asked.send_line(PASSPHRASE).unwrap();
    let said = rest(asked);
    assert!(
        said.contains("Ada") && said.contains("ended with 0"),
        "{said}"
    );
    assert!(!said.contains(PASSPHRASE), "{said}");
}

#[test]
fn the_passphrase_is_changed_once_the_old_one_was_given_while_an_agent_runs() {
    const NEW: &str = "seven otters at low tide";
    let home = Home::ada();
    let running = home.run();
    let wrong = "This is not the vault's passphrase.";
    let mut asked = terminal(&home, &["passphrase"], None);
    asked.exp_string("Passphrase: ").unwrap();
    asked.send_line("not the passphrase").unwrap();
    // Nobody chooses a new one first.
    let said = rest(asked);
    assert!(
        said.contains(wrong) && said.contains("ended with 1"),
        "{said}"
    );
    for (new, repeated, end) in [
        (NEW, "seven others", "ended with 1"),
        (PASSPHRASE, PASSPHRASE, "already has"),
        (NEW, NEW, "ended with 0"),
    ] {
        let mut asked = terminal(&home, &["passphrase"], None);
        asked.exp_string("Passphrase: ").unwrap();
        asked.send_line(PASSPHRASE).unwrap();
        asked.exp_string("New passphrase: ").unwrap();
        asked.send_line(new).unwrap();
        asked.exp_string("The same again: ").unwrap();
        asked.send_line(repeated).unwrap();
        let said = rest(asked);
        assert!(said.contains(end), "{said}");
        assert!(!said.contains(new), "{said}");
    }
    // The agent that runs is reached as before, and what it stores is in the same vault.
    assert_eq!(home.sotto(&["status", "--offline"]).code, 0);
    let stolen = Home::empty();
    std::fs::create_dir(stolen.dir()).unwrap();
    let copied = stolen.dir().join("vault.db");
    std::fs::copy(home.dir().join("vault.db"), copied).unwrap();
    let set = ["preferences", "set", "--buffer", "45m"];
    assert_eq!(home.sotto(&set).code, 0);
    drop(running);

    for home in [&home, &stolen] {
        let old = home.sotto(&["status", "--offline", "--json"]).error();
        assert_eq!(old["code"], "wrong_passphrase");
    }
    let mut command = home.command(&["preferences", "--json"]);
    let output = command.env("SOTTO_PASSPHRASE", NEW).output().unwrap();
    let preferences: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(preferences["buffer_minutes"], 45);
}

#[test]
fn verifying_asks_whether_the_numbers_agree() {
    let relay = Relay::start();
    let (ada, _bea) = Home::two("Ada", "Bea", &relay.url());
    let verified = || ada.sotto(&["contacts", "--json"]).json()[0]["verified"] == true;
    for (answer, yes) in [("", false), ("n", false), ("y", true)] {
        let mut asked = terminal(&ada, &["contacts", "verify", "bea"], Some(PASSPHRASE));
        asked.exp_string("Your safety number with Bea:").unwrap();
        asked.exp_string("Do they agree? [y/N] ").unwrap();
        asked.send_line(answer).unwrap();
        let said = rest(asked);
        let end = if yes { "ended with 0" } else { "ended with 1" };
        assert!(said.contains(end), "{said}");
        assert_eq!(said.contains("Bea is verified."), yes, "{said}");
        assert_eq!(verified(), yes);
    }
}

#[test]
fn removing_asks_first_and_says_what_is_agreed_on() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    let meeting = agreed(&ada, &bea, "Bea");
    let call_off = format!("sotto proposals cancel {}", &meeting[..8]);
    for (answer, left) in [("n", 1), ("yes", 0)] {
        let mut asked = terminal(&ada, &["contacts", "remove", "bea"], Some(PASSPHRASE));
        asked.exp_string("You have agreed on:").unwrap();
        asked.exp_string("\"Garden\"").unwrap();
        asked.exp_string(&call_off).unwrap();
        asked.exp_string("it stays in both calendars").unwrap();
        asked.exp_string("Remove Bea? [y/N] ").unwrap();
        asked.send_line(answer).unwrap();
        let said = rest(asked);
        assert!(said.contains(&format!("ended with {left}")), "{said}");
        let contacts = ada.sotto(&["contacts", "--json"]).json();
        assert_eq!(contacts.as_array().unwrap().len(), left);
    }
}
