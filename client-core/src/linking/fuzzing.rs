//! What a link and what is said over it may be, for fuzzing. Whatever they take, they take in its one
//! encoding.

use super::{DeviceLink, KIND, Link, LinkChallenge, LinkRefusal, LinkRequest, LinkWelcome};
use crate::record;

/// A link as somebody pastes it; and the same bytes as the fields of one, with the checksum that belongs
/// to them.
pub fn link(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        read(&DeviceLink::from(text.to_owned()));
    }
    if let Ok(relay) = "https://relay.example".parse() {
        read(&DeviceLink::from(KIND.write(&relay, &[bytes]).to_string()));
    }
}

fn read(link: &DeviceLink) {
    let Ok(parsed) = Link::parse(link) else {
        return;
    };
    let said = parsed.to_link();
    assert_eq!(Link::parse(&said).as_ref(), Ok(&parsed));
    let text: String = link.as_str().split_whitespace().collect();
    let fragment = |link: &str| {
        link.split_once(KIND.mark)
            .map(|(_, after)| after.to_owned())
    };
    assert_eq!(fragment(said.as_str()), fragment(&text));
    // What it derives and when it ends is there for any secret and any number.
    let _ = (parsed.secret.mailbox(), parsed.secret.guest_id());
    let _ = parsed.ends_at();
}

/// What a new device asks, decrypted.
pub fn request(bytes: &[u8]) {
    if let Some(request) = LinkRequest::from_bytes(bytes) {
        let again = LinkRequest::from_bytes(&record::encode(&request));
        assert_eq!(again, Some(request));
    }
}

/// What it is answered, decrypted: what the code follows from, that it is not added, or what it needs to be
/// one of the account. Whether it is any of them.
pub fn answer(bytes: &[u8]) -> bool {
    if let Some(challenge) = LinkChallenge::from_bytes(bytes) {
        let again = LinkChallenge::from_bytes(&challenge.to_bytes());
        assert_eq!(again, Some(challenge));
        return true;
    }
    if let Some(refusal) = LinkRefusal::from_bytes(bytes) {
        let again = LinkRefusal::from_bytes(&refusal.to_bytes());
        assert_eq!(again, Some(refusal));
        return true;
    }
    let Some(welcome) = LinkWelcome::from_bytes(bytes) else {
        return false;
    };
    let said = welcome.to_bytes();
    let again = LinkWelcome::from_bytes(&said).map(|again| again.to_bytes());
    assert_eq!(again, Some(said));
    let _ = welcome.signed_list();
    true
}
