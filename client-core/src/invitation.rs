//! Invitations: the link that one person hands to another, and what its maker
//! keeps of it. The secrets are in the link's fragment, which browsers do not send.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, MailboxId};
use zeroize::Zeroize;

use crate::{
    api::{ApiError, ApiErrorCode, InvitationPreview, InvitationView},
    identity::account_fingerprint,
    link::{Fault, Kind, Meant},
    local_id::InvitationId,
    message::{is_in_reach, is_text},
    relay_url::RelayUrl,
    session::InvitationSecret,
};

/// Uses of an invitation unless told otherwise.
pub(crate) const DEFAULT_USES: u32 = 1;
/// Most uses of one invitation.
pub(crate) const MAX_USES: u32 = 100;
/// Hours for which an invitation is good unless told otherwise.
pub(crate) const DEFAULT_VALID_HOURS: u32 = 7 * 24;
/// Most hours for which an invitation is good.
pub(crate) const MAX_VALID_HOURS: u32 = 30 * 24;
/// Most invitations that are good at once.
pub(crate) const MAX_INVITATIONS: usize = 100;
const KIND: Kind = Kind {
    mark: Meant::Invitation.mark(),
    version: 1,
    longest: 4096,
};

/// What is done about a link that cannot be read.
const AGAIN: &str = "Copy the whole link again, or ask for a new one.";

/// An invitation as it is handed over: an address with secrets in its fragment,
/// which browsers do not send. Whoever has it can use it, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvitationLink(String);

impl InvitationLink {
    /// The link, to be shown to the person who hands it over.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for InvitationLink {
    fn from(link: String) -> Self {
        Self(link)
    }
}

impl Drop for InvitationLink {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvitationLink(…)")
    }
}

/// What a link says.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) name: String,
    pub(crate) relay: RelayUrl,
    pub(crate) account: AccountId,
    pub(crate) mailbox: MailboxId,
    pub(crate) secret: InvitationSecret,
    pub(crate) expires_at: Timestamp,
}

impl Invitation {
    pub(crate) fn to_link(&self) -> InvitationLink {
        // Compact, so that the code to scan stays coarse.
        let until = self.expires_at.as_second().to_be_bytes();
        let fields = [
            self.account.as_bytes().as_slice(),
            self.mailbox.as_bytes(),
            self.secret.as_bytes(),
            &until,
            self.name.as_bytes(),
        ];
        InvitationLink(std::mem::take(&mut *KIND.write(&self.relay, &fields)))
    }

    /// Reads a link, as people paste it.
    pub(crate) fn parse(link: &InvitationLink) -> Result<Self, ApiError> {
        let (relay, fields) = KIND.read(link.as_str()).map_err(refused)?;
        Self::split(relay, &fields).ok_or_else(|| refused(Fault::Damaged))
    }

    fn split(relay: RelayUrl, fields: &[u8]) -> Option<Self> {
        let (account, rest) = fields.split_first_chunk()?;
        let (mailbox, rest) = rest.split_first_chunk()?;
        let (secret, rest) = rest.split_first_chunk()?;
        let (until, name) = rest.split_first_chunk()?;
        let name = std::str::from_utf8(name).ok()?;
        let expires_at = Timestamp::from_second(i64::from_be_bytes(*until)).ok()?;
        let fits = is_text(name) && !name.trim().is_empty() && is_in_reach(expires_at);
        fits.then(|| Self {
            name: name.to_owned(),
            relay,
            account: AccountId::from_bytes(*account),
            mailbox: MailboxId::from_bytes(*mailbox),
            secret: InvitationSecret::from_bytes(*secret),
            expires_at,
        })
    }

    pub(crate) fn preview(&self) -> InvitationPreview {
        InvitationPreview {
            name: self.name.clone(),
            relay: self.relay.to_string(),
            expires_at: self.expires_at,
            account_fingerprint: account_fingerprint(&self.account),
            contact: None,
            same_name: None,
        }
    }

    /// That it is still good, and made at `relay`.
    pub(crate) fn check(&self, relay: &RelayUrl, now: Timestamp) -> Result<(), ApiError> {
        if self.expires_at <= now {
            return Err(expired(&self.name));
        }
        if self.relay != *relay {
            return Err(ApiError::new(
                ApiErrorCode::InvitationOtherRelay,
                format!(
                    "{} is at another relay ({}); yours is {relay}.",
                    self.name, self.relay
                ),
                format!(
                    "Open the link in a browser and make a vault at {} to meet there.",
                    self.relay
                ),
            ));
        }
        Ok(())
    }
}

fn refused(fault: Fault) -> ApiError {
    let (message, next_step) = match fault {
        Fault::TooLong => ("This is too long to be an invitation link.", AGAIN),
        Fault::OtherKind(None) => ("This is not an invitation link of Sotto.", AGAIN),
        Fault::OtherKind(Some(meant)) => meant.what_to_do(),
        Fault::Relay => (
            "The invitation link does not begin with a relay's address.",
            AGAIN,
        ),
        Fault::Damaged => ("The invitation link is incomplete or damaged.", AGAIN),
        Fault::OtherVersion => (
            "The invitation was made by another version of Sotto.",
            "Update Sotto, then open the link again.",
        ),
    };
    ApiError::new(ApiErrorCode::InvitationInvalid, message, next_step)
}

/// What a link says, for somebody who may not have a vault yet.
///
/// # Errors
///
/// [`ApiErrorCode::InvitationInvalid`] when it is no invitation.
pub fn inspect(link: &InvitationLink) -> Result<InvitationPreview, ApiError> {
    Ok(Invitation::parse(link)?.preview())
}

/// Reads a link and writes it again: there is one text for what it says.
///
/// # Errors
///
/// [`ApiErrorCode::InvitationInvalid`] when it is no invitation.
#[cfg(feature = "testing")]
pub fn rewritten(link: &InvitationLink) -> Result<InvitationLink, ApiError> {
    Ok(Invitation::parse(link)?.to_link())
}

pub(crate) fn expired(name: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::InvitationExpired,
        format!("The invitation of {name} has expired."),
        format!("Ask {name} for a new one."),
    )
}

pub(crate) fn used(name: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::InvitationUsed,
        format!("The invitation of {name} has been used already, or was taken back."),
        format!("Ask {name} for a new one."),
    )
}

/// An invitation of mine, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OwnInvitation {
    pub(crate) id: InvitationId,
    pub(crate) link: InvitationLink,
    pub(crate) mailbox: MailboxId,
    pub(crate) secret: InvitationSecret,
    pub(crate) expires_at: Timestamp,
    pub(crate) uses_left: u32,
}

impl OwnInvitation {
    /// As its maker sees it, whose account has those digits.
    pub(crate) fn view(&self, account_fingerprint: &str) -> InvitationView {
        InvitationView {
            id: self.id.to_string(),
            link: self.link.clone(),
            expires_at: self.expires_at,
            uses_left: self.uses_left,
            account_fingerprint: account_fingerprint.to_owned(),
        }
    }
}

pub(crate) type OwnInvitations = BTreeMap<InvitationId, OwnInvitation>;

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            name: "Robin Ōmori".into(),
            relay: "https://relay.example:8443".parse().unwrap(),
            account: AccountId::from_bytes([1; 32]),
            mailbox: MailboxId::from_bytes([2; 32]),
            secret: InvitationSecret::from_bytes([3; 32]),
            expires_at: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    #[test]
    fn a_link_comes_back_as_it_went_even_broken_in_lines() {
        let link = invitation().to_link();
        assert!(
            link.as_str()
                .starts_with("https://relay.example:8443/#invite=")
        );
        assert_eq!(Invitation::parse(&link).unwrap().to_link(), link);
        let (head, tail) = link.as_str().split_at(80);
        let broken = InvitationLink(format!(" {head}\n  {tail} "));
        assert_eq!(Invitation::parse(&broken).unwrap().to_link(), link);
    }

    #[test]
    fn debug_output_does_not_show_a_link() {
        let own = OwnInvitation {
            id: InvitationId::random(
                &mut <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1),
            ),
            link: invitation().to_link(),
            mailbox: MailboxId::from_bytes([2; 32]),
            secret: InvitationSecret::from_bytes([3; 32]),
            expires_at: Timestamp::UNIX_EPOCH,
            uses_left: 1,
        };
        let link = own.link.clone();
        let command = crate::api::Command::AcceptInvitation { link: link.clone() };
        let query = crate::api::Query::InspectInvitation { link: link.clone() };
        let shown = format!("{own:?} {:?} {command:?} {query:?}", own.view("12345"));
        assert!(
            shown.contains("InvitationLink(…)") && !shown.contains("#invite="),
            "{shown}"
        );
    }

    #[test]
    fn every_damage_is_refused() {
        let parse = |text: &str| Invitation::parse(&text.to_owned().into());
        let link = invitation().to_link();
        let link = link.as_str();
        for cut in 0..link.len() {
            assert!(parse(&link[..cut]).is_err(), "cut at {cut}");
        }
        // A mistyped letter anywhere in the fragment.
        let begin = link.find(KIND.mark).unwrap() + KIND.mark.len();
        for at in begin..link.len() {
            let mut typo = link.to_owned();
            typo.replace_range(at..=at, if &link[at..=at] == "A" { "B" } else { "A" });
            assert!(parse(&typo).is_err(), "mistyped at {at}");
        }
        for text in [
            "",
            "hello",
            "https://relay.example/",
            "#invite=e30",
            &"x".repeat(5000),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code, ApiErrorCode::InvitationInvalid, "{text}");
        }
    }

    #[test]
    fn the_relay_is_written_in_one_way_and_the_end_is_in_reach() {
        let parse = |text: String| Invitation::parse(&text.into()).is_ok();
        let link = invitation().to_link();
        let link = link.as_str();
        assert!(parse(link.to_owned()));
        for other in [
            "https://Relay.example",
            "https://relay.example:08443/",
            "//relay.example",
        ] {
            assert!(
                !parse(link.replacen("https://relay.example", other, 1)),
                "{other}"
            );
        }
        assert!(!parse(link.replacen("/#", "#", 1)) && !parse(link.replacen("/#", "//#", 1)));
        for (end, takes) in [
            (-1, false),
            (0, true),
            (253_370_764_799, true),
            (253_370_764_800, false),
        ] {
            let expires_at = Timestamp::from_second(end).unwrap();
            let ending = Invitation {
                expires_at,
                ..invitation()
            };
            assert_eq!(parse(ending.to_link().as_str().to_owned()), takes, "{end}");
        }
    }

    #[test]
    fn the_time_and_the_relay_are_checked() {
        let invitation = invitation();
        let before = Timestamp::from_second(1_799_999_999).unwrap();
        assert!(invitation.check(&invitation.relay, before).is_ok());
        let late = invitation
            .check(&invitation.relay, invitation.expires_at)
            .unwrap_err();
        assert_eq!(late.code, ApiErrorCode::InvitationExpired);
        let other = "https://other.example".parse().unwrap();
        let error = invitation.check(&other, before).unwrap_err();
        assert_eq!(error.code, ApiErrorCode::InvitationOtherRelay);
        assert!(error.message.contains("https://other.example"));
    }
}
