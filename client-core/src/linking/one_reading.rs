//! That what is said over a link is read in one way only.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_protocol::frames::DeviceList;

use super::*;
use crate::identity::Device;

#[test]
fn what_is_written_otherwise_is_refused() {
    let request = LinkRequest::new("Tablet".to_owned(), MailboxId::from_bytes([3; 32]));
    let json = String::from_utf8(crate::record::encode(&request)).unwrap();
    let takes = |json: &str| LinkRequest::from_bytes(json.as_bytes()).is_some();
    assert!(takes(&json));
    let array = format!(r#"[1,"Tablet","{}"]"#, "03".repeat(32));
    let twice = json.replacen("{", r#"{"name":"Phone","#, 1);
    assert!(!takes(&array) && !takes(&twice));

    let takes = |json: &str| LinkChallenge::from_bytes(json.as_bytes()).is_some();
    let opening = "B".repeat(42) + "A";
    assert!(takes(&format!(r#"{{"v":1,"opening":"{opening}"}}"#)));
    for odd in [
        format!(r#"{{"v":2,"opening":"{opening}"}}"#),
        format!(r#"{{"v":1,"opening":"{opening}=" }}"#),
        format!(r#"{{"v":1,"opening":"B{opening}"}}"#),
        format!(r#"{{"v":1,"opening":"{}"}}"#, "B".repeat(43)),
        format!(r#"{{"v":1,"opening":"{opening}","opening":"{opening}"}}"#),
        format!(r#"{{"v":1,"opening":"{opening}","more":1}}"#),
        format!(r#"[1,"{opening}"]"#),
    ] {
        assert!(!takes(&odd), "{odd}");
    }

    let takes = |json: &str| LinkRefusal::from_bytes(json.as_bytes()).is_some();
    for reason in ["declined", "wrong_codes", "replaced"] {
        assert!(takes(&format!(r#"{{"v":1,"reason":"{reason}"}}"#)));
    }
    for odd in [
        r#"{"v":2,"reason":"declined"}"#,
        r#"{"v":1,"reason":"Declined"}"#,
        r#"{"v":1,"reason":"expired"}"#,
        r#"{"v":1,"reason":{"declined":null}}"#,
        r#"{"v":1,"reason":null}"#,
        r#"{"v":1,"reason":"declined","reason":"declined"}"#,
        r#"{"v":1,"reason":"declined","more":1}"#,
        r#"{"v":1}"#,
        r#"[1,"declined"]"#,
    ] {
        assert!(!takes(odd), "{odd}");
    }

    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let account = AccountKey::generate(&mut rng);
    let list = account.sign_device_list(&DeviceList {
        account_key: account.id().to_vec(),
        version: 1,
        created_at_ms: 0,
        devices: vec![Device::generate(&mut rng).entry()],
    });
    let welcome = LinkWelcome::new(
        &PeerDevices::verify(&list, &account.id()).unwrap(),
        "Alice".to_owned(),
        Preferences::new("Europe/Berlin"),
        Vec::new(),
        Some(account),
    );
    let json = String::from_utf8(welcome.to_bytes().to_vec()).unwrap();
    let takes = |json: &str| LinkWelcome::from_bytes(json.as_bytes()).is_some();
    assert!(takes(&json));
    // Newer devices may have more preferences.
    assert!(takes(&json.replacen(
        r#""review""#,
        r#""music":"jazz","review""#,
        1
    )));
    for (from, to) in [
        (r#""09:00:00""#, r#""09:00""#),
        (r#""name":"Alice""#, r#""name":"Ali\u0000ce""#),
        (r#""monday""#, r#""Monday""#),
        (r#""ask""#, r#"{"ask":null}"#),
        (r#""v""#, r#""more":1,"v""#),
    ] {
        let odd = json.replacen(from, to, 1);
        assert!(odd != json && !takes(&odd), "{odd}");
    }
}
