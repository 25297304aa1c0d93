//! The safety number as a code to scan: a link that names the two account keys as the one who shows
//! it knows them. `docs/protocol.md`, "Safety number", is the normative text.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::AccountId;

use crate::{
    api::{ApiError, ApiErrorCode},
    linking::{CHECKSUM_LEN, checksum},
    relay_url::RelayUrl,
};

/// Longest link, in bytes.
pub const MAX_LINK_BYTES: usize = 1024;
/// What a fragment begins with that is such a code.
const MARK: &str = "/#verify=";
const CODE_VERSION: u8 = 1;
/// Version ‖ whose screen shows it ‖ with whom ‖ checksum.
const CODE_LEN: usize = 1 + 32 + 32 + CHECKSUM_LEN;

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
        let mut code = [
            [CODE_VERSION].as_slice(),
            self.shown_by.as_bytes(),
            self.with.as_bytes(),
        ]
        .concat();
        code.extend(checksum(&code));
        SafetyLink(format!(
            "{}{MARK}{}",
            self.relay,
            BASE64URL_NOPAD.encode(&code)
        ))
    }

    /// Reads a link, as people paste it: with white space around it and perhaps broken in lines.
    pub(crate) fn parse(link: &SafetyLink) -> Result<Self, ApiError> {
        let text = link.as_str();
        if text.len() > MAX_LINK_BYTES {
            return Err(invalid(
                "This is too long to be the code of a safety number.",
            ));
        }
        let text: String = text.split_whitespace().collect();
        let (address, fragment) = text
            .split_once(MARK)
            .ok_or_else(|| invalid("This is not the code of a safety number."))?;
        let damaged = || invalid("The code of the safety number is incomplete or damaged.");
        let relay: RelayUrl = address.parse().map_err(|_| damaged())?;
        // One text for each code: an address has others that mean the same.
        if relay.to_string() != address {
            return Err(damaged());
        }
        let bytes = BASE64URL_NOPAD.decode(fragment.as_bytes());
        let bytes = bytes.map_err(|_| damaged())?;
        let (said, found) = bytes
            .split_last_chunk::<CHECKSUM_LEN>()
            .ok_or_else(damaged)?;
        if *found != checksum(said) {
            return Err(damaged());
        }
        if said.first().is_some_and(|version| *version != CODE_VERSION) {
            return Err(ApiError::new(
                ApiErrorCode::SafetyCodeInvalid,
                "The code of the safety number was made by another version of Sotto.",
                "Update Sotto on both sides, or compare the 60 digits.",
            ));
        }
        let bytes: &[u8; CODE_LEN] = bytes.as_slice().try_into().map_err(|_| damaged())?;
        let (_, keys) = bytes.split_first_chunk::<1>().ok_or_else(damaged)?;
        let (shown_by, rest) = keys.split_first_chunk().ok_or_else(damaged)?;
        let (with, _) = rest.split_first_chunk().ok_or_else(damaged)?;
        Ok(Self {
            relay,
            shown_by: AccountId::from_bytes(*shown_by),
            with: AccountId::from_bytes(*with),
        })
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::SafetyCodeInvalid,
        message,
        "Scan it again, whole, from the other person's screen; or compare the 60 digits.",
    )
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

    fn refused(text: &str) -> ApiErrorCode {
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
            assert_eq!(refused(&link[..cut]), ApiErrorCode::SafetyCodeInvalid);
        }
        let begin = link.find(MARK).unwrap();
        for at in begin..link.len() {
            for other in ["A", "B", "_", "=", "é"] {
                if link[at..=at] != *other {
                    let mut typo = link.to_owned();
                    typo.replace_range(at..=at, other);
                    assert_eq!(refused(&typo), ApiErrorCode::SafetyCodeInvalid, "{typo}");
                }
            }
        }
        // Longer, with a checksum that fits; of another version; another spelling of the address.
        for bytes in [[[1; 66].as_slice()].concat(), [[2; 65].as_slice()].concat()] {
            let whole = [bytes.clone(), checksum(&bytes).to_vec()].concat();
            let text = format!(
                "https://relay.example{MARK}{}",
                BASE64URL_NOPAD.encode(&whole)
            );
            assert_eq!(refused(&text), ApiErrorCode::SafetyCodeInvalid);
        }
        for text in [
            "",
            "hello",
            "#verify=",
            &link.replace("https", "HTTPS"),
            &link.replace("/#", "#"),
        ] {
            assert_eq!(refused(text), ApiErrorCode::SafetyCodeInvalid, "{text}");
        }
    }

    #[test]
    fn a_link_beyond_the_limit_is_refused_before_it_is_read() {
        let link = code().to_link();
        let padding = |length: usize| " ".repeat(length - link.as_str().len());
        let longest = format!("{}{}", padding(MAX_LINK_BYTES), link.as_str());
        assert!(SafetyCode::parse(&longest.clone().into()).is_ok());
        assert_eq!(refused(&(longest + " ")), ApiErrorCode::SafetyCodeInvalid);
    }
}
