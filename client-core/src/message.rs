//! What agents say to each other inside the encryption: JSON, so that a user
//! can read it. `docs/protocol.md`, "Agent messages", is the normative text.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{MailboxId, MessageId};

use crate::span::Span;

/// The version in every message.
pub const MESSAGE_VERSION: u32 = 1;

/// Most spans in one message.
pub const MAX_SPANS: usize = 64;

/// Longest title, name or note, in characters.
pub const MAX_TEXT_CHARS: usize = 200;

/// One message, as it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentMessage {
    /// [`MESSAGE_VERSION`].
    pub v: u32,
    /// Names the message; also the id under which it is posted.
    pub id: MessageId,
    /// The negotiation that it belongs to; absent for a HANDSHAKE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// The message that this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
    /// The sender's clock.
    pub sent_at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// What a message says, by its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "UPPERCASE")]
pub enum Body {
    /// Two agents get to know each other.
    Handshake(Handshake),
    /// When could you?
    Query(Query),
    /// Then I could. Answers a QUERY.
    Response(Response),
    /// Let us take this time. Expects a CONFIRMATION or a REJECTION.
    Proposal(Proposal),
    /// Agreed. Answers a PROPOSAL.
    Confirmation(Confirmation),
    /// No, or no longer.
    Rejection(Rejection),
}

impl Body {
    /// The type, as it stands in the message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Handshake(_) => "HANDSHAKE",
            Self::Query(_) => "QUERY",
            Self::Response(_) => "RESPONSE",
            Self::Proposal(_) => "PROPOSAL",
            Self::Confirmation(_) => "CONFIRMATION",
            Self::Rejection(_) => "REJECTION",
        }
    }
}

/// Two agents get to know each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// What is meant.
    pub step: HandshakeStep,
    /// The sender's name for themselves.
    pub name: String,
    /// Where the sender takes answers, for this contact alone.
    pub mailbox: MailboxId,
    /// The URL of the relay that has the mailbox.
    pub relay: String,
}

/// The steps of getting to know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandshakeStep {
    /// I use your invitation.
    Request,
    /// My user approved you.
    Accept,
}

/// When could you?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The meeting's title.
    pub title: String,
    /// Its length.
    pub duration_minutes: u32,
    /// Where in time to look: days and hours, not the sender's calendar.
    pub windows: Vec<Span>,
    /// The sender's time zone.
    pub time_zone: String,
    /// No answer is wanted after it.
    pub expires_at: Timestamp,
}

/// Then I could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Free stretches, each at least as long as the meeting; none when there is no time.
    pub free: Vec<Span>,
    /// The sender's time zone.
    pub time_zone: String,
}

/// Let us take this time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The event's UID (RFC 5545), the same in both calendars.
    pub uid: String,
    /// The meeting's title.
    pub title: String,
    /// The time.
    pub slot: Span,
    /// Counts the proposals of this negotiation from 1.
    pub round: u32,
    /// The sender holds the time until then.
    pub expires_at: Timestamp,
}

/// Agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// As in the proposal.
    pub uid: String,
    /// As in the proposal.
    pub slot: Span,
}

/// No, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// What the user adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Times that would do instead, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counter: Vec<Span>,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user said no.
    Declined,
    /// The time is taken.
    Conflict,
    /// There is no time that suits both.
    NoCommonTime,
    /// It came too late, or nobody answered.
    Expired,
    /// It is called off.
    Cancelled,
}

/// Why bytes that were decrypted are no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Not JSON of a known type.
    #[error("expected an agent message: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A newer version.
    #[error("expected version {MESSAGE_VERSION} of agent messages, found {found}")]
    Version {
        /// Theirs.
        found: u32,
    },
    /// Something in it is out of its bounds.
    #[error("expected {expected}")]
    OutOfBounds {
        /// What would have been right.
        expected: &'static str,
    },
}

impl AgentMessage {
    /// The bytes that are encrypted.
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::record::encode(self)
    }

    /// Reads what was decrypted, and checks every bound, so that nothing has to be checked later.
    ///
    /// # Errors
    ///
    /// [`MessageError`] says what was expected.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let message: Self = serde_json::from_slice(bytes)?;
        if message.v != MESSAGE_VERSION {
            return Err(MessageError::Version { found: message.v });
        }
        message.body.check()?;
        Ok(message)
    }
}

impl Body {
    fn check(&self) -> Result<(), MessageError> {
        let text =
            |text: &str| text.chars().count() <= MAX_TEXT_CHARS && !text.contains(char::is_control);
        let bounded = match self {
            Self::Handshake(h) => text(&h.name) && !h.name.trim().is_empty() && text(&h.relay),
            Self::Query(q) => {
                text(&q.title)
                    && text(&q.time_zone)
                    && (1..=24 * 60).contains(&q.duration_minutes)
                    && (1..=MAX_SPANS).contains(&q.windows.len())
            }
            Self::Response(r) => text(&r.time_zone) && r.free.len() <= MAX_SPANS,
            Self::Proposal(p) => text(&p.title) && text(&p.uid) && !p.uid.is_empty(),
            Self::Confirmation(c) => text(&c.uid),
            Self::Rejection(r) => {
                r.note.as_deref().is_none_or(text) && r.counter.len() <= MAX_SPANS
            }
        };
        let expected = "texts of at most 200 characters, 1 to 64 spans, and a length within a day";
        if bounded {
            Ok(())
        } else {
            Err(MessageError::OutOfBounds { expected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: Body) -> AgentMessage {
        AgentMessage {
            v: MESSAGE_VERSION,
            id: MessageId::from_bytes([1; 16]),
            conversation: Some("ab".repeat(16)),
            in_reply_to: None,
            sent_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            body,
        }
    }

    fn slot() -> Span {
        let at = |t: &str| t.parse().unwrap();
        Span::new(at("2026-12-01T09:00:00Z"), at("2026-12-01T09:30:00Z")).unwrap()
    }

    #[test]
    fn a_proposal_reads_like_this() {
        let proposal = Proposal {
            uid: "u@sotto".into(),
            title: "Garden".into(),
            slot: slot(),
            round: 1,
            expires_at: "2026-11-24T10:00:00Z".parse().unwrap(),
        };
        let json = String::from_utf8(message(Body::Proposal(proposal)).to_bytes()).unwrap();
        insta::assert_snapshot!(json, @r#"{"v":1,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"PROPOSAL","body":{"uid":"u@sotto","title":"Garden","slot":{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z"},"round":1,"expires_at":"2026-11-24T10:00:00Z"}}"#);
    }

    #[test]
    fn every_type_comes_back_as_it_went() {
        let bodies = [
            Body::Handshake(Handshake {
                step: HandshakeStep::Accept,
                name: "Robin".into(),
                mailbox: MailboxId::from_bytes([2; 32]),
                relay: "https://relay.example".into(),
            }),
            Body::Query(Query {
                title: "T".into(),
                duration_minutes: 30,
                windows: vec![slot()],
                time_zone: "Europe/Berlin".into(),
                expires_at: slot().end(),
            }),
            Body::Response(Response {
                free: vec![slot()],
                time_zone: "UTC".into(),
            }),
            Body::Confirmation(Confirmation {
                uid: "u".into(),
                slot: slot(),
            }),
            Body::Rejection(Rejection {
                reason: Reason::Conflict,
                note: None,
                counter: vec![slot()],
            }),
        ];
        for body in bodies {
            let sent = message(body);
            assert!(
                String::from_utf8(sent.to_bytes())
                    .unwrap()
                    .contains(sent.body.kind())
            );
            assert_eq!(AgentMessage::from_bytes(&sent.to_bytes()).unwrap(), sent);
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let long = Rejection {
            reason: Reason::Declined,
            note: Some("x".repeat(201)),
            counter: vec![],
        };
        let bytes = message(Body::Rejection(long)).to_bytes();
        assert!(matches!(
            AgentMessage::from_bytes(&bytes),
            Err(MessageError::OutOfBounds { .. })
        ));

        let many = Response {
            free: vec![slot(); MAX_SPANS + 1],
            time_zone: "UTC".into(),
        };
        let bytes = message(Body::Response(many)).to_bytes();
        assert!(matches!(
            AgentMessage::from_bytes(&bytes),
            Err(MessageError::OutOfBounds { .. })
        ));

        let mut newer = message(Body::Response(Response {
            free: vec![],
            time_zone: "UTC".into(),
        }));
        newer.v = 2;
        let error = AgentMessage::from_bytes(&newer.to_bytes());
        assert!(matches!(error, Err(MessageError::Version { found: 2 })));

        let backwards = r#"{"v":1,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"CONFIRMATION","body":{"uid":"u","slot":{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:00:00Z"}}}"#;
        assert!(matches!(
            AgentMessage::from_bytes(backwards.as_bytes()),
            Err(MessageError::Malformed(_))
        ));
    }
}
