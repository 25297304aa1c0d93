//! What a terminal shows of identities and keys.

use serde_json::Value;

use crate::{
    harness::{Ended, Home},
    relay::Relay,
};

fn invitation(home: &Home) -> (String, String) {
    let invitation = home.sotto(&["invite", "--json"]).json();
    let of = |key: &str| invitation[key].as_str().unwrap().to_owned();
    (of("link"), of("account_fingerprint"))
}

#[test]
fn inviter_and_guest_see_the_same_digits_before_anything_is_accepted() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let shown = ada.done(&["invite"]);
    let (link, digits) = invitation(&ada);
    assert!(shown.contains(&format!("Your key: {digits}\n")), "{shown}");

    // Without a vault, and nothing comes of it.
    let nobody = Home::empty();
    let look = nobody.done(&["accept", "--look", &link]);
    assert!(look.contains(&digits), "{look}");
    let look = nobody.sotto(&["accept", "--look", "--json", &link]).json();
    assert_eq!(look["account_fingerprint"], Value::from(digits.clone()));
    assert!(!nobody.dir().join("vault.db").exists());

    let bea = Home::of("Bea", &relay.url());
    let accepted = bea.sotto(&["accept", &link]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(accepted.stderr.contains(&digits), "{accepted:?}");
    assert!(accepted.stdout.starts_with("Ada was asked"));
    let number = ada.sotto(&["contacts", "--json"]).json()[0]["safety_number"].take();
    assert!(number.as_str().unwrap().contains(&digits), "{number}");
}

#[test]
fn keys_that_the_links_account_did_not_sign_are_refused_as_such() {
    let mut relay = Relay::start();
    let [ada, _mallory] = ["Ada", "Mallory"].map(|name| Home::of(name, &relay.url()));
    let bea = Home::of("Bea", &relay.url());
    let (link, _) = invitation(&ada);
    let account = ada.sotto(&["status", "--offline", "--json"]).json()["account"].take();
    relay.swap_lists(account.as_str().unwrap());
    let error = bea.sotto(&["accept", &link, "--json"]).error();
    assert_eq!(error["code"], "identity_mismatch");
    let said = bea.sotto(&["accept", &link]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert!(
        said.stderr
            .contains("error: The relay served keys that Ada did not sign"),
        "{said:?}"
    );
    assert!(said.stderr.contains("Do not go on; tell Ada"), "{said:?}");
    assert_eq!(
        bea.sotto(&["contacts", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn a_code_is_drawn_and_counts_when_somebody_says_that_they_scanned_it() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea Smith", &relay.url());
    let shown = bea.done(&["contacts", "verify", "ada", "--qr"]);
    let code = bea
        .sotto(&["contacts", "verify", "ada", "--qr", "--json"])
        .json();
    let link = code["link"].as_str().unwrap();
    assert!(shown.contains('█') && shown.contains(link), "{shown}");
    let verified = || ada.sotto(&["contacts", "--json"]).json()[0]["verified"].as_bool();
    let compare = |more: &[&str]| -> Ended {
        ada.sotto(&[&["contacts", "verify", "--code", link], more].concat())
    };

    let bare = compare(&[]);
    assert_eq!(bare.code, 1, "{bare:?}");
    assert!(bare.stderr.contains("Bea Smith's own screen"), "{bare:?}");
    assert!(bare.stderr.contains("proves nothing"), "{bare:?}");
    assert_eq!(verified(), Some(false));
    let said = compare(&["--yes"]);
    assert_eq!(said.stdout, "Bea Smith is verified.\n");
    assert_eq!(verified(), Some(true));

    // Named as well, it has to be theirs.
    assert_eq!(
        compare(&["bea", "--yes", "--json"]).json()["verified"],
        true
    );
    let wrong = ada.sotto(&["contacts", "verify", "--code", "nonsense", "--json"]);
    assert_eq!(wrong.error()["code"], "safety_code_invalid");
    let own = bea.sotto(&["contacts", "verify", "--code", link, "--json"]);
    assert_eq!(own.error()["code"], "value_invalid");
    let usage = ada.sotto(&["contacts", "verify"]);
    assert_eq!(usage.code, 2, "{usage:?}");
}

#[test]
fn a_code_with_a_key_that_nobody_has_is_an_alarm() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    let code = bea
        .sotto(&["contacts", "verify", "ada", "--qr", "--json"])
        .json();
    let link = code["link"].as_str().unwrap();
    ada.done(&["contacts", "remove", "bea", "--yes"]);
    for flags in [&["--yes", "--json"][..], &["--json"]] {
        let compared = ada.sotto(&[&["contacts", "verify", "--code", link], flags].concat());
        let error = compared.error();
        assert_eq!(error["code"], "identity_mismatch");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("somebody stands between you"), "{message}");
    }
}

#[test]
fn the_status_says_what_the_relay_holds_of_the_keys_for_first_contact() {
    let relay = Relay::start();
    let ada = Home::of("Ada", &relay.url());
    let status = ada.sotto(&["status", "--json"]).json();
    assert_eq!(status["prekeys"]["one_time"], 50, "{status}");
    assert_eq!(status["prekeys"]["ml_kem"], 20);
    assert_eq!(status["prekeys"]["supply"], "enough");
    let text = ada.done(&["status"]);
    assert!(
        text.contains("Keys at relay   50 one-time, 20 post-quantum (as of "),
        "{text}"
    );
}
