//! Receipts: what two people agreed on, signed by a device of each, for anybody to check.
//!
//! A [`Receipt`] is a file of two or three statements: a PROPOSAL, the CONFIRMATION that names it
//! by its digest, and the REJECTION that called it off, if one did. Each is a message to the byte as
//! it was encrypted, what its sender's device signed, and the list by which the sender's account
//! vouches for the device. It needs no vault, no relay and no network: [`Receipt::read`] and
//! [`Receipt::agreement`] are all. The normative text is `docs/protocol.md`, "Receipts".

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::AccountId;

use crate::{
    identity::{PeerDevices, account_fingerprint},
    json,
    message::{AgentMessage, Body, MessageDigest, MessageError, Reason},
    record,
    session::{SignedContent, Statement},
    span::Span,
};

/// The version of the file.
pub const RECEIPT_VERSION: u32 = 1;

/// Longest file: three messages of the longest texts, with lists of the most devices, are a third of it.
pub const MAX_RECEIPT_BYTES: usize = 64 * 1024;

/// A message as its sender's device signed it, and the list that the device stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    /// The message, to the byte: JSON, as agents send it.
    message: String,
    signed: SignedContent,
    /// The sender's devices, by the newest list that was known when the message came or went.
    devices: PeerDevices,
}

impl Evidence {
    /// Of a message that commits somebody; `None` for the others, which nobody needs to prove.
    pub(crate) fn of(
        message: &AgentMessage,
        plaintext: &[u8],
        signed: SignedContent,
        devices: &PeerDevices,
    ) -> Option<Self> {
        let commits = matches!(
            message.body,
            Body::Proposal(_) | Body::Confirmation(_) | Body::Rejection(_)
        );
        let message = String::from_utf8(plaintext.to_vec()).ok()?;
        let devices = devices.clone();
        commits.then_some(Self {
            message,
            signed,
            devices,
        })
    }

    /// What it says and who says it, if it is genuine.
    fn check(&self, what: &'static str) -> Result<Said, ReceiptError> {
        let statement = self
            .signed
            .verify(self.message.as_bytes())
            .map_err(|_| ReceiptError::BadSignature { what })?;
        if statement.sender_account != self.devices.account() {
            return Err(ReceiptError::OtherPeople { what });
        }
        if self.devices.device(&statement.sender_device).is_none() {
            return Err(ReceiptError::UnknownDevice { what });
        }
        let message = AgentMessage::from_bytes(self.message.as_bytes())
            .map_err(|source| ReceiptError::BadMessage { what, source })?;
        Ok(Said { message, statement })
    }

    fn body(&self) -> Option<Body> {
        let message = AgentMessage::from_bytes(self.message.as_bytes());
        message.ok().map(|message| message.body)
    }

    fn digest(&self) -> MessageDigest {
        MessageDigest::of(self.message.as_bytes())
    }
}

/// A statement that verified.
struct Said {
    message: AgentMessage,
    statement: Statement,
}

impl Said {
    /// That it goes from the one to the other, about the same meeting as `first`.
    fn answers(
        &self,
        first: &Said,
        from: &AccountId,
        to: &AccountId,
        what: &'static str,
    ) -> Result<(), ReceiptError> {
        let Statement {
            sender_account,
            recipient_account,
            ..
        } = &self.statement;
        if sender_account != from || recipient_account != to {
            return Err(ReceiptError::OtherPeople { what });
        }
        // Messages without a negotiation are about none, and not about the same.
        let about = self.message.conversation.as_ref();
        if about.is_none() || about != first.message.conversation.as_ref() {
            return Err(ReceiptError::OtherMeeting { what });
        }
        Ok(())
    }
}

/// The proof that two people agreed on a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    sotto_receipt: u32,
    statements: Vec<Evidence>,
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The meeting's title, as it was proposed.
    pub title: String,
    /// When.
    pub slot: Span,
    /// The event's UID in both calendars.
    pub uid: String,
    /// Who proposed it.
    pub proposed_by: Signer,
    /// When, by their clock.
    pub proposed_at: Timestamp,
    /// Who confirmed it.
    pub confirmed_by: Signer,
    /// When, by their clock.
    pub confirmed_at: Timestamp,
    /// That it was called off afterwards, where the receipt says so. One that does not proves
    /// nothing about that: whoever shows it may have left it out, and the other one has it.
    pub called_off: Option<CalledOff>,
}

/// Whose device signed. The name that a person goes by is not proven; their key is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Their account key.
    pub account: AccountId,
    /// Their half of every safety number that they compare, to know the key by.
    pub fingerprint: String,
}

impl Signer {
    fn new(account: AccountId) -> Self {
        let fingerprint = account_fingerprint(&account);
        Self {
            account,
            fingerprint,
        }
    }
}

/// That an agreed meeting does not take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledOff {
    /// Who said so.
    pub by: Signer,
    /// When, by their clock.
    pub at: Timestamp,
    /// What they added.
    pub note: Option<String>,
}

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The file is too long.
    #[error("expected a receipt of at most {limit} bytes, found {found}")]
    TooLarge {
        /// The longest that is read.
        limit: usize,
        /// The length that came.
        found: usize,
    },
    /// The file is no receipt, or damaged, or a device list in it is not signed by its account.
    #[error("expected a receipt: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The file is of another version.
    #[error("expected a receipt of version {RECEIPT_VERSION}, found {found}")]
    Version {
        /// The file's.
        found: u32,
    },
    /// The file does not hold the statements that make an agreement.
    #[error("expected a PROPOSAL, its CONFIRMATION, and at most one REJECTION, found {found}")]
    Statements {
        /// What it holds, by type.
        found: String,
    },
    /// A message was not signed by the device that is named.
    #[error("expected the {what} as its sender signed it, found another")]
    BadSignature {
        /// Which statement.
        what: &'static str,
    },
    /// The device that signed is not the account's.
    #[error("expected the {what} from a device of the sender's list, found another device")]
    UnknownDevice {
        /// Which statement.
        what: &'static str,
    },
    /// A statement is not between the two.
    #[error("expected the {what} between the same two people, found others")]
    OtherPeople {
        /// Which statement.
        what: &'static str,
    },
    /// A statement belongs to another negotiation.
    #[error("expected the {what} about the same meeting, found another one")]
    OtherMeeting {
        /// Which statement.
        what: &'static str,
    },
    /// The confirmation names another proposal, time or event.
    #[error("expected a CONFIRMATION of this very PROPOSAL, found that of another")]
    OtherProposal,
    /// A message is not one that agents send.
    #[error("expected the {what} as agents write it: {source}")]
    BadMessage {
        /// Which statement.
        what: &'static str,
        /// What is wrong with it.
        source: MessageError,
    },
}

impl Receipt {
    /// Of all that was signed in one negotiation, in order: the last proposal that was confirmed,
    /// its confirmation, and what ended it. `None` where nothing was confirmed.
    pub(crate) fn of(signed: &[Evidence]) -> Option<Self> {
        let (at, confirmation, named) =
            signed.iter().enumerate().rev().find_map(|(at, evidence)| {
                let Some(Body::Confirmation(confirmation)) = evidence.body() else {
                    return None;
                };
                Some((at, evidence, confirmation.proposal))
            })?;
        let proposal = signed.iter().find(|evidence| evidence.digest() == named)?;
        let after = signed.iter().skip(at + 1);
        let end = after.clone().find(|evidence| {
            let body = evidence.body();
            matches!(&body, Some(Body::Rejection(rejection)) if ends(rejection.reason))
        });
        let statements = [Some(proposal), Some(confirmation), end];
        Some(Self {
            sotto_receipt: RECEIPT_VERSION,
            statements: statements.into_iter().flatten().cloned().collect(),
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`], also when a device list in it does not verify.
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        #[derive(Serialize, Deserialize)]
        struct Versioned {
            sotto_receipt: u32,
        }
        let (limit, found) = (MAX_RECEIPT_BYTES, bytes.len());
        if found > limit {
            return Err(ReceiptError::TooLarge { limit, found });
        }
        let Versioned { sotto_receipt } = json::peek(bytes)?;
        if sotto_receipt != RECEIPT_VERSION {
            let found = sotto_receipt;
            return Err(ReceiptError::Version { found });
        }
        Ok(json::read(bytes)?)
    }

    /// The file.
    pub fn to_text(&self) -> String {
        // JSON that `serde_json` wrote is text.
        String::from_utf8(record::encode(self)).unwrap_or_default()
    }

    /// What it proves, once everything in it was checked: the signatures, that the devices which
    /// made them stand in the lists that the accounts signed, that it is between the same two, about
    /// one meeting, and that the confirmation names this proposal.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`] says what is wrong.
    pub fn agreement(&self) -> Result<Agreement, ReceiptError> {
        let (proposal, confirmation, end) = match self.statements.as_slice() {
            [proposal, confirmation] => (proposal, confirmation, None),
            [proposal, confirmation, end] => (proposal, confirmation, Some(end)),
            _ => return Err(self.other_statements()),
        };
        let digest = proposal.digest();
        let proposed = proposal.check("PROPOSAL")?;
        let confirmed = confirmation.check("CONFIRMATION")?;
        let (Body::Proposal(offer), Body::Confirmation(consent)) =
            (&proposed.message.body, &confirmed.message.body)
        else {
            return Err(self.other_statements());
        };
        let (proposed_by, confirmed_by) = (
            proposed.statement.sender_account,
            proposed.statement.recipient_account,
        );
        if proposed_by == confirmed_by {
            return Err(ReceiptError::OtherPeople { what: "PROPOSAL" });
        }
        confirmed.answers(&proposed, &confirmed_by, &proposed_by, "CONFIRMATION")?;
        if consent.proposal != digest || consent.uid != offer.uid || consent.slot != offer.slot {
            return Err(ReceiptError::OtherProposal);
        }
        let called_off = end.map(|end| self.called_off(end, &proposed)).transpose()?;
        Ok(Agreement {
            title: offer.title.clone(),
            slot: offer.slot,
            uid: offer.uid.clone(),
            proposed_by: Signer::new(proposed_by),
            proposed_at: proposed.message.sent_at,
            confirmed_by: Signer::new(confirmed_by),
            confirmed_at: confirmed.message.sent_at,
            called_off,
        })
    }

    fn called_off(&self, end: &Evidence, proposed: &Said) -> Result<CalledOff, ReceiptError> {
        let what = "REJECTION";
        let ended = end.check(what)?;
        let Body::Rejection(rejection) = &ended.message.body else {
            return Err(self.other_statements());
        };
        if !ends(rejection.reason) {
            return Err(self.other_statements());
        }
        let by = ended.statement.sender_account;
        let (one, other) = (
            &proposed.statement.sender_account,
            &proposed.statement.recipient_account,
        );
        let to = if by == *one { other } else { one };
        let from = if by == *one { one } else { other };
        ended.answers(proposed, from, to, what)?;
        Ok(CalledOff {
            by: Signer::new(by),
            at: ended.message.sent_at,
            note: rejection.note.clone(),
        })
    }

    fn other_statements(&self) -> ReceiptError {
        let kinds = self.statements.iter().map(|evidence| {
            let body = evidence.body();
            body.map_or("something unreadable", |body| body.kind())
        });
        let found = kinds.collect::<Vec<_>>().join(", ");
        let found = if found.is_empty() {
            "none".to_owned()
        } else {
            found
        };
        ReceiptError::Statements { found }
    }
}

/// Whether a rejection for that reason ends what was agreed, and not just answers a proposal.
fn ends(reason: Reason) -> bool {
    matches!(reason, Reason::Cancelled | Reason::Expired)
}
