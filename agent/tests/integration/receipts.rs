//! Proofs of meetings, made by one agent and checked by somebody who has none.

use crate::{
    harness::{Home, agreed},
    relay::Relay,
};

#[test]
fn what_two_agreed_on_is_proven_to_a_third_who_has_no_vault() {
    let relay = Relay::start();
    let (ada, bea) = Home::two("Ada", "Bea", &relay.url());
    let id = agreed(&ada, &bea, "Bea");
    drop(relay);
    let stranger = Home::empty();
    let mut proven = Vec::new();
    for home in [&ada, &bea] {
        let file = home.dir().join("proof.json").display().to_string();
        let save = ["--offline", "receipt", &id, "--out", &file];
        let said = home.done(&save);
        assert!(
            said.contains(&format!("sotto receipt verify {file}")),
            "{said}"
        );
        // Never over another one.
        let again = home.sotto(&save);
        assert!(
            again.code == 1 && again.stderr.contains("already"),
            "{again:?}"
        );

        proven.push(
            stranger
                .sotto(&["receipt", "verify", &file, "--json"])
                .json(),
        );
        let text = stranger.done(&["receipt", "verify", &file]);
        let [proposed, confirmed] = ["proposed by", "confirmed by"].map(|what| text.find(what));
        assert!(text.starts_with("Proven: “"), "{text}");
        assert!(proposed.unwrap() < confirmed.unwrap(), "{text}");
        let fingerprint = proven[0]["confirmed_by"]["fingerprint"].as_str().unwrap();
        assert!(text.contains(fingerprint), "{text}");

        let forged = std::fs::read_to_string(&file)
            .unwrap()
            .replacen("slot", "sl0t", 1);
        let forged = stranger.with_input(&["receipt", "verify", "-"], &forged);
        assert!(
            forged.code == 1 && forged.stderr.contains("as its sender signed it"),
            "{forged:?}"
        );
    }
    assert_eq!(proven[0], proven[1]);
    let number = ada.sotto(&["--offline", "contacts", "--json"]).json()[0]["safety_number"].clone();
    for who in ["proposed_by", "confirmed_by"] {
        let half = proven[0][who]["fingerprint"].as_str().unwrap();
        assert!(number.as_str().unwrap().contains(half), "{number} {half}");
    }
    assert!(!stranger.dir().exists(), "no vault was made");
}

#[test]
fn what_is_no_receipt_is_refused_in_words() {
    let home = Home::empty();
    for (file, expected) in [
        ("", "proves nothing"),
        ("{}", "missing field `sotto_receipt`"),
        (r#"{"sotto_receipt":1,"statements":[]}"#, "found none"),
        (r#"{"sotto_receipt":9}"#, "found 9"),
    ] {
        let refused = home.with_input(&["receipt", "verify", "-"], file);
        assert!(
            refused.code == 1 && refused.stderr.contains(expected),
            "{refused:?}"
        );
    }
    let missing = home.sotto(&["receipt", "verify", "/nowhere.json"]);
    assert!(
        missing.stderr.contains("There is no file /nowhere.json."),
        "{missing:?}"
    );
    assert_eq!(home.sotto(&["receipt"]).code, 2);
}
