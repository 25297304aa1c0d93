//! Identities and keys, in words: digits, codes to scan, and what first contacts went without.

use sotto_client_core::api::{
    ContactView, InvitationPreview, MissingPrekey, PrekeySupplyState, PrekeysView, SafetyCheck,
    SafetyCheckView,
};

use super::{text::clean, times::Times};

/// Who invites, and the digits of their key, before anything is accepted.
pub fn preview(preview: &InvitationPreview) -> String {
    let name = clean(&preview.name);
    format!(
        "{name} invites you, by way of {}. The link names their key:\n\n    {}\n\n\
         {name} sees the same digits beside the invitation. If {name} reads them to you, no relay can slip in another key.\n",
        clean(&preview.relay),
        clean(&preview.account_fingerprint),
    )
}

/// The own digits, beside an invitation that is handed over.
pub fn own_digits(fingerprint: &str) -> String {
    format!(
        "Your key: {}\nWhoever opens the link sees these digits. Read them aloud, and no relay can slip in another key.\n",
        clean(fingerprint)
    )
}

/// What the first contact with somebody went without, and what becomes of it; `None` where all was well.
pub fn missing(contact: &ContactView) -> Option<String> {
    let name = clean(&contact.name);
    let (what, until) = match contact.missing_prekeys.as_slice() {
        [] => return None,
        [MissingPrekey::OneTime] => ("a one-time key", "you both have said something"),
        [MissingPrekey::MlKem] => (
            "a one-time post-quantum key",
            "a few messages went back and forth",
        ),
        _ => ("one-time keys", "a few messages went back and forth"),
    };
    Some(format!(
        "Your conversation with {name} began without {what}, of which none was left. Until {until}, what is said is \
         a little less protected, should a device be stolen."
    ))
}

/// What the relay holds of the keys for first contact, for one line.
pub fn supply(prekeys: Option<&PrekeysView>, times: &Times) -> String {
    let Some(view) = prekeys else {
        return "not known yet".to_owned();
    };
    let counts = format!(
        "{} one-time, {} post-quantum (as of {})",
        view.one_time,
        view.ml_kem,
        times.moment(view.at)
    );
    match view.supply {
        PrekeySupplyState::Enough => counts,
        PrekeySupplyState::Exhausted => format!("{counts}; {EXHAUSTED}"),
        PrekeySupplyState::Drained => format!("{counts}; {DRAINED}"),
    }
}

/// What is said of a supply of which one kind is gone.
const EXHAUSTED: &str = "used up, refilled as soon as possible. New contacts, and new devices of yours, meet this one \
with a little less protection until then";

/// What is said of a supply that does not last.
pub const DRAINED: &str = "they were used up again and again right after each refill: somebody takes them, \
or the relay does not keep them. This device can be met all the same, with a little less protection";

/// What a scanned code comes to, in a sentence or two.
pub fn check(check: &SafetyCheckView) -> String {
    let name = check.contact.as_ref().map(|contact| clean(&contact.name));
    let name = name.unwrap_or("somebody".into());
    match check.result {
        SafetyCheck::Match => {
            format!("The code shows {name}'s key and yours, both as this device knows them.")
        }
        SafetyCheck::DifferentKey => {
            "The code is for you, and shows a key that none of your contacts has. If you scanned it from the screen \
             of one of your contacts, somebody stands between you."
                .to_owned()
        }
        SafetyCheck::OtherKeyOfMine => format!(
            "The code shows {name}'s key, and another key than yours for the other side. If {name} opened it under \
             your name, somebody stands between you."
        ),
        SafetyCheck::Own => "This is your own code.".to_owned(),
        SafetyCheck::NotForYou => {
            "Neither key in the code is known here: it is between two other people. If one of your contacts opened it \
             under your name, somebody stands between you."
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use sotto_client_core::api::ContactRef;

    use super::*;

    #[test]
    fn a_strong_warning_where_the_key_is_nobodys() {
        let said = |result, contact: Option<&str>| {
            let contact = contact.map(|name| ContactRef {
                id: "c0ffee".into(),
                name: name.into(),
            });
            check(&SafetyCheckView {
                result,
                contact,
                verified: false,
            })
        };
        for (result, contact) in [
            (SafetyCheck::DifferentKey, None),
            (SafetyCheck::OtherKeyOfMine, Some("Robin\x1b[0m")),
            (SafetyCheck::NotForYou, None),
        ] {
            let text = said(result, contact);
            assert!(text.ends_with("somebody stands between you."), "{text}");
            assert!(!text.contains('\x1b'), "{text}");
        }
        assert!(!said(SafetyCheck::Match, Some("Robin")).contains("between"));
    }

    #[test]
    fn the_supply_says_what_is_left_and_whether_it_lasts() {
        let times = Times::new("UTC");
        assert_eq!(supply(None, &times), "not known yet");
        let view = |supply| PrekeysView {
            one_time: 50,
            ml_kem: 0,
            at: "2026-12-01T08:00:00Z".parse().unwrap(),
            supply,
        };
        let said = |state| supply(Some(&view(state)), &times);
        let enough = said(PrekeySupplyState::Enough);
        assert_eq!(
            enough,
            "50 one-time, 0 post-quantum (as of Tue 1 Dec 2026 08:00)"
        );
        assert!(said(PrekeySupplyState::Exhausted).contains("used up, refilled"));
        assert!(said(PrekeySupplyState::Drained).contains("again and again"));
    }
}
