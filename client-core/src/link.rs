//! Links that open the app: an address of a relay, a mark that names the kind, and in base64url a version,
//! fields, and a checksum. All but the address is a fragment, which browsers do not send.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::relay_url::RelayUrl;

const CHECKSUM_LEN: usize = 4;

/// A kind of link.
pub(crate) struct Kind {
    /// What is between address and fields.
    pub(crate) mark: &'static str,
    pub(crate) version: u8,
    /// Most bytes of a link, white space included.
    pub(crate) longest: usize,
}

/// Why a text is no link of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    TooLong,
    /// It is none, or one that is meant for something else.
    OtherKind(Option<Meant>),
    Relay,
    Damaged,
    OtherVersion,
}

/// What a link is for, by its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    Invitation,
    Device,
    SafetyNumber,
}

impl Meant {
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Invitation => "/#invite=",
            Self::Device => "/#device=",
            Self::SafetyNumber => "/#verify=",
        }
    }

    fn of(link: &str) -> Option<Self> {
        let mut all = [Self::Invitation, Self::Device, Self::SafetyNumber].into_iter();
        all.find(|meant| link.contains(meant.mark()))
    }

    /// What the link is, for a person who used it for something else, and where to use it.
    pub(crate) const fn what_to_do(self) -> (&'static str, &'static str) {
        match self {
            Self::Invitation => (
                "This link is an invitation.",
                "Accept it: under People in the web app, or by `sotto accept LINK`.",
            ),
            Self::Device => (
                "This link adds a device to an account.",
                "Open it on the new device, in a browser or with `sotto init --join LINK`.",
            ),
            Self::SafetyNumber => (
                "This link is the code of a safety number.",
                "Compare it: open it in the browser in which your agent is, or use `sotto contacts verify NAME --code LINK`.",
            ),
        }
    }
}

impl Kind {
    pub(crate) fn write(&self, relay: &RelayUrl, fields: &[&[u8]]) -> Zeroizing<String> {
        let said = Zeroizing::new([&[[self.version].as_slice()], fields].concat().concat());
        let bytes = Zeroizing::new([said.as_slice(), &checksum(&said)].concat());
        let fragment = Zeroizing::new(BASE64URL_NOPAD.encode(&bytes));
        Zeroizing::new([relay.to_string().as_str(), self.mark, &fragment].concat())
    }

    /// The relay and the fields of a link, as people paste it: with white space around it and perhaps
    /// broken in lines. There is one text for each, but for the white space.
    pub(crate) fn read(&self, link: &str) -> Result<(RelayUrl, Zeroizing<Vec<u8>>), Fault> {
        if link.len() > self.longest {
            return Err(Fault::TooLong);
        }
        // With room for all of it, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(link.len()));
        text.extend(link.split_whitespace());
        let (relay, fragment) = text
            .split_once(self.mark)
            .ok_or_else(|| Fault::OtherKind(Meant::of(&text)))?;
        let relay = RelayUrl::read(relay).ok_or(Fault::Relay)?;
        let bytes = BASE64URL_NOPAD.decode(fragment.as_bytes());
        let bytes = Zeroizing::new(bytes.map_err(|_| Fault::Damaged)?);
        let (said, found) = bytes.split_last_chunk().ok_or(Fault::Damaged)?;
        if *found != checksum(said) {
            return Err(Fault::Damaged);
        }
        let (version, fields) = said.split_first().ok_or(Fault::Damaged)?;
        if *version != self.version {
            return Err(Fault::OtherVersion);
        }
        Ok((relay, Zeroizing::new(fields.to_vec())))
    }
}

/// Tells a mistyped or cut link from a good one; it is no protection against anybody.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LEN] {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(bytes).into();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: Kind = Kind {
        mark: "/#kind=",
        version: 3,
        longest: 200,
    };

    fn relay() -> RelayUrl {
        "https://relay.example:8443".parse().unwrap()
    }

    fn fault(link: &str) -> Fault {
        KIND.read(link).unwrap_err()
    }

    #[test]
    fn each_fault_has_its_name() {
        let link = KIND.write(&relay(), &[b"one", b"two"]);
        let (head, fragment) = link.split_at("https://relay.example:8443/#kind=".len());
        let (read, fields) = KIND.read(&link).unwrap();
        assert_eq!((read, fields.as_slice()), (relay(), b"onetwo".as_slice()));
        let padding = " ".repeat(KIND.longest - link.len());
        assert!(KIND.read(&format!("{padding}{}", *link)).is_ok());
        assert_eq!(fault(&format!("{padding}{} ", *link)), Fault::TooLong);
        for other in ["", "hello", "#kind=", &link.replace("/#", "#")] {
            assert_eq!(fault(other), Fault::OtherKind(None), "{other}");
        }
        for meant in [Meant::Invitation, Meant::Device, Meant::SafetyNumber] {
            let other = format!("https://relay.example:8443{}AAAA", meant.mark());
            assert_eq!(fault(&other), Fault::OtherKind(Some(meant)));
        }
        for other in [
            "HTTPS://relay.example:8443",
            "https://relay.example:8443/",
            "relay",
            "",
        ] {
            assert_eq!(fault(&format!("{other}/#kind={fragment}")), Fault::Relay);
        }
        for other in [
            head.to_owned(),
            format!("{}A", *link),
            format!("{}=", *link),
        ] {
            assert_eq!(fault(&other), Fault::Damaged);
        }
        let empty = BASE64URL_NOPAD.encode(&checksum(b""));
        assert_eq!(fault(&format!("{head}{empty}")), Fault::Damaged);
        let newer = Kind { version: 4, ..KIND };
        assert_eq!(
            fault(&newer.write(&relay(), &[b"one"])),
            Fault::OtherVersion
        );
    }

    proptest! {
        #[test]
        fn a_link_says_what_its_maker_said(
            fields in prop::collection::vec(any::<u8>(), 0..80), at in 0usize..40
        ) {
            let link = KIND.write(&relay(), &[&fields]);
            let (before, after) = link.split_at(at);
            for text in [link.to_string(), format!(" {before}\n  {after}\t")] {
                let (read, said) = KIND.read(&text).unwrap();
                prop_assert_eq!((read, said.as_slice()), (relay(), fields.as_slice()));
            }
        }

        #[test]
        fn a_damaged_link_is_refused(
            fields in prop::collection::vec(any::<u8>(), 0..80), at: prop::sample::Index, bit in 0u8..8
        ) {
            let link = KIND.write(&relay(), &[&fields]);
            let (head, fragment) = link.split_once(KIND.mark).unwrap();
            let mut bytes = BASE64URL_NOPAD.decode(fragment.as_bytes()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let of = |bytes: &[u8]| format!("{head}{}{}", KIND.mark, BASE64URL_NOPAD.encode(bytes));
            prop_assert!(KIND.read(&of(&bytes)).is_err());
            bytes.truncate(at);
            prop_assert!(KIND.read(&of(&bytes)).is_err());
        }

        #[test]
        fn any_text_is_refused_or_read(text: String) {
            let _ = KIND.read(&text);
        }
    }
}
