//! The safety number as a code to scan: a link that names the two account keys as the one who shows
//! it knows them. `docs/protocol.md`, "Safety number", is the normative text.

use std::fmt;

use serde::{Deserialize, Serialize};
use sotto_protocol::id::AccountId;

use crate::{
    api::{ApiError, ApiErrorCode},
    link::{Fault, Kind, Meant},
    relay_url::RelayUrl,
};

const KIND: Kind = Kind {
    mark: Meant::SafetyNumber.mark(),
    version: 1,
    longest: 1024,
};
/// What is done about a code that cannot be read.
const AGAIN: &str =
    "Scan it again, whole, from the other person's screen; or compare the 60 digits.";

/// The link in a code to scan. It holds no secret, but says who knows whom, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SafetyLink(String);

impl SafetyLink {
    /// The link, to be drawn as a code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SafetyLink {
    fn from(link: String) -> Self {
        Self(link)
    }
}

impl fmt::Debug for SafetyLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SafetyLink(…)")
    }
}

/// What a code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SafetyCode {
    /// The relay of whoever shows it.
    pub(crate) relay: RelayUrl,
    /// The account of whoever shows it.
    pub(crate) shown_by: AccountId,
    /// The other account, as they know it.
    pub(crate) with: AccountId,
}

impl SafetyCode {
    pub(crate) fn to_link(&self) -> SafetyLink {
        let keys = [self.shown_by.as_bytes().as_slice(), self.with.as_bytes()];
        SafetyLink(KIND.write(&self.relay, &keys).to_string())
    }

    /// Reads a link, as people paste it.
    pub(crate) fn parse(link: &SafetyLink) -> Result<Self, ApiError> {
        let (relay, keys) = KIND.read(link.as_str()).map_err(refused)?;
        Self::split(relay, &keys).ok_or_else(|| refused(Fault::Damaged))
    }

    fn split(relay: RelayUrl, keys: &[u8]) -> Option<Self> {
        let (shown_by, with) = keys.split_first_chunk()?;
        Some(Self {
            relay,
            shown_by: AccountId::from_bytes(*shown_by),
            with: AccountId::from_bytes(with.try_into().ok()?),
        })
    }
}

fn refused(fault: Fault) -> ApiError {
    let (message, next_step) = match fault {
        Fault::TooLong => ("This is too long to be the code of a safety number.", AGAIN),
        Fault::OtherKind(None) => ("This is not the code of a safety number.", AGAIN),
        Fault::OtherKind(Some(meant)) => meant.what_to_do(),
        Fault::Relay | Fault::Damaged => (
            "The code of the safety number is incomplete or damaged.",
            AGAIN,
        ),
        Fault::OtherVersion => (
            "The code of the safety number was made by another version of Sotto.",
            "Update Sotto on both sides, or compare the 60 digits.",
        ),
    };
    ApiError::new(ApiErrorCode::SafetyCodeInvalid, message, next_step)
}

/// Reads a link and writes it again: there is one text for what it says.
///
/// # Errors
///
/// [`ApiErrorCode::SafetyCodeInvalid`] when it is none.
#[cfg(feature = "testing")]
pub fn rewritten(link: &SafetyLink) -> Result<SafetyLink, ApiError> {
    Ok(SafetyCode::parse(link)?.to_link())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> SafetyCode {
        SafetyCode {
            relay: "https://relay.example:8443".parse().unwrap(),
            shown_by: AccountId::from_bytes([1; 32]),
            with: AccountId::from_bytes([2; 32]),
        }
    }

    fn code_of(text: &str) -> ApiErrorCode {
        SafetyCode::parse(&text.to_owned().into()).unwrap_err().code
    }

    #[test]
    fn a_code_comes_back_as_it_went_even_broken_in_lines() {
        let link = code().to_link();
        assert!(
            link.as_str()
                .starts_with("https://relay.example:8443/#verify=")
        );
        assert_eq!(SafetyCode::parse(&link).unwrap(), code());
        let (head, tail) = link.as_str().split_at(60);
        let broken = SafetyLink(format!(" {head}\n  {tail} "));
        assert_eq!(SafetyCode::parse(&broken).unwrap(), code());
        assert_eq!(format!("{link:?}"), "SafetyLink(…)");
    }

    #[test]
    fn every_flipped_character_of_the_code_is_refused() {
        let link = code().to_link();
        let link = link.as_str();
        for cut in 0..link.len() {
            assert_eq!(code_of(&link[..cut]), ApiErrorCode::SafetyCodeInvalid);
        }
        let begin = link.find(KIND.mark).unwrap();
        for at in begin..link.len() {
            for other in ["A", "B", "_", "=", "é"] {
                if link[at..=at] != *other {
                    let mut typo = link.to_owned();
                    typo.replace_range(at..=at, other);
                    assert_eq!(code_of(&typo), ApiErrorCode::SafetyCodeInvalid, "{typo}");
                }
            }
        }
        // Fewer keys or more, with a checksum that fits; of another version; another spelling of the
        // address.
        let newer = Kind { version: 2, ..KIND };
        for (kind, keys) in [
            (&KIND, [1; 65].as_slice()),
            (&KIND, &[1; 63]),
            (&newer, &[1; 64]),
        ] {
            let text = kind.write(&code().relay, &[keys]);
            assert_eq!(code_of(&text), ApiErrorCode::SafetyCodeInvalid);
        }
        for text in [
            "",
            "hello",
            "#verify=",
            &link.replace("https", "HTTPS"),
            &link.replace("/#", "#"),
        ] {
            assert_eq!(code_of(text), ApiErrorCode::SafetyCodeInvalid, "{text}");
        }
    }
}
