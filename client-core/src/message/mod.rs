//! What agents say to each other inside the encryption: JSON, so that a user
//! can read it. `docs/protocol.md`, "Agent messages", is the normative text.

mod acquaintance;
mod agreed;
mod devices;
mod digest;
mod scheduling;
mod sync;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::MessageId;

use crate::{json, local_id::ConversationId, span::Span};

pub(crate) use self::sync::in_parts;
pub use self::{
    acquaintance::{Greeting, Handshake, Heartbeat, MAX_UNREAD},
    agreed::{MAX_SYNC_MEETINGS, Side, SyncMeeting},
    devices::Devices,
    digest::MessageDigest,
    scheduling::{Confirmation, Proposal, Query, Reason, Rejection, Response},
    sync::{
        MAX_SYNC_BYTES, MAX_SYNC_CONTACTS, MAX_SYNC_PAGES, SyncContact, SyncMailbox, SyncState,
        SyncStep, SyncUser,
    },
};

/// The version in every message.
pub const MESSAGE_VERSION: u32 = 2;

/// Most spans in one message.
pub const MAX_SPANS: usize = 64;

/// Longest title, name or note, in characters.
pub const MAX_TEXT_CHARS: usize = 200;

/// One message, as it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentMessage {
    /// [`MESSAGE_VERSION`].
    pub v: u32,
    /// Names the message, however often and to how many devices it is posted.
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
    /// Two agents get to know each other, or make their keys anew.
    Handshake(Handshake),
    /// These are my devices.
    Devices(Devices),
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
    /// I am there: nothing but a turn of the ratchet.
    Heartbeat(Heartbeat),
    /// What one's own devices tell each other.
    Sync(SyncStep),
}

impl Body {
    /// The type, as it stands in the message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Handshake(_) => "HANDSHAKE",
            Self::Devices(_) => "DEVICES",
            Self::Query(_) => "QUERY",
            Self::Response(_) => "RESPONSE",
            Self::Proposal(_) => "PROPOSAL",
            Self::Confirmation(_) => "CONFIRMATION",
            Self::Rejection(_) => "REJECTION",
            Self::Heartbeat(_) => "HEARTBEAT",
            Self::Sync(_) => "SYNC",
        }
    }

    /// Whether only one's own devices may say it to each other.
    pub(crate) fn is_for_siblings(&self) -> bool {
        matches!(self, Self::Sync(_))
    }

    /// Whether the user's other devices show it as well, when their agent has said it to a contact.
    pub(crate) fn is_copied(&self) -> bool {
        match self {
            Self::Handshake(step) => !step.is_about_keys() && !step.introduces(),
            Self::Query(_)
            | Self::Response(_)
            | Self::Proposal(_)
            | Self::Confirmation(_)
            | Self::Rejection(_) => true,
            // Each device shows the list itself.
            Self::Devices(_) | Self::Heartbeat(_) | Self::Sync(_) => false,
        }
    }
}

/// Why bytes that were decrypted are no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Not JSON of a known type.
    #[error("expected an agent message: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another version.
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

/// What messages of every version have.
#[derive(Serialize, Deserialize)]
struct Versioned {
    v: u32,
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
        // First of all: what another version says need not be of a form that is known here.
        let Versioned { v: found } = json::peek(bytes)?;
        if found != MESSAGE_VERSION {
            return Err(MessageError::Version { found });
        }
        let message: Self = json::read(bytes)?;
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), MessageError> {
        // One that another message carries was not peeked at.
        if self.v != MESSAGE_VERSION {
            return Err(MessageError::Version { found: self.v });
        }
        let named = self
            .conversation
            .as_deref()
            .is_none_or(|id| ConversationId::parse(id).is_some());
        if !named {
            let expected = "a conversation's id of 32 hexadecimal digits, lower-case";
            return Err(MessageError::OutOfBounds { expected });
        }
        if !is_in_reach(self.sent_at) {
            let expected = "an instant of the years 1970 to 9998";
            return Err(MessageError::OutOfBounds { expected });
        }
        self.body.check()
    }
}

impl Body {
    fn check(&self) -> Result<(), MessageError> {
        let bounded = match self {
            Self::Handshake(body) => body.is_bounded(),
            Self::Devices(body) => body.is_bounded(),
            Self::Query(body) => body.is_bounded(),
            Self::Response(body) => body.is_bounded(),
            Self::Proposal(body) => body.is_bounded(),
            Self::Confirmation(body) => body.is_bounded(),
            Self::Rejection(body) => body.is_bounded(),
            Self::Heartbeat(_) => true,
            Self::Sync(body) => body.is_bounded(),
        };
        let expected = "texts of at most 200 characters, 1 to 64 spans of the years 1970 to 9998, a length within a day, 100 posts, a list of devices of at most 4,096 bytes, 100 contacts of 8 devices each, and a page among at most 256";
        if bounded {
            Ok(())
        } else {
            Err(MessageError::OutOfBounds { expected })
        }
    }
}

/// First instant of the years in which everybody's calendar is the same, and lengths of time are
/// not below zero.
const FIRST_INSTANT: Timestamp = Timestamp::UNIX_EPOCH;
/// First instant of the year 9999, which not every calendar has to its end.
const END_OF_INSTANTS: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// Whether others may name it.
pub(crate) fn is_in_reach(instant: Timestamp) -> bool {
    (FIRST_INSTANT..END_OF_INSTANTS).contains(&instant)
}

/// At most [`MAX_SPANS`], all of them in reach.
pub(crate) fn are_spans(spans: &[Span]) -> bool {
    spans.len() <= MAX_SPANS && spans.iter().all(is_span)
}

fn is_span(span: &Span) -> bool {
    is_in_reach(span.start()) && is_in_reach(span.end())
}

/// At most [`MAX_TEXT_CHARS`], on one line.
pub(crate) fn is_text(text: &str) -> bool {
    text.chars().count() <= MAX_TEXT_CHARS && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use sotto_protocol::id::MailboxId;

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
        insta::assert_snapshot!(json, @r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"PROPOSAL","body":{"uid":"u@sotto","title":"Garden","slot":{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z"},"round":1,"expires_at":"2026-11-24T10:00:00Z"}}"#);
    }

    #[test]
    fn every_type_comes_back_as_it_went() {
        let bodies = [
            Body::Handshake(Handshake::Accept(Greeting {
                name: "Robin".into(),
                mailbox: MailboxId::from_bytes([2; 32]),
                relay: "https://relay.example".into(),
            })),
            Body::Handshake(Handshake::Renew {
                unread: vec![MessageId::from_bytes([3; 16])],
            }),
            Body::Devices(Devices {
                list: vec![4; 4_096],
                signature: [5; 64],
            }),
            Body::Handshake(Handshake::Renewed {}),
            Body::Handshake(Handshake::Device(Greeting {
                name: "Robin".into(),
                mailbox: MailboxId::from_bytes([2; 32]),
                relay: "https://relay.example".into(),
            })),
            Body::Handshake(Handshake::DeviceAccept {
                mailbox: MailboxId::from_bytes([2; 32]),
                relay: "https://relay.example".into(),
            }),
            Body::Heartbeat(Heartbeat {}),
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
                proposal: MessageDigest::of(b"a proposal"),
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
    fn a_message_has_one_reading() {
        let query = message(Body::Query(Query {
            title: "T".into(),
            duration_minutes: 30,
            windows: vec![slot()],
            time_zone: "UTC".into(),
            expires_at: slot().end(),
        }));
        let json = String::from_utf8(query.to_bytes()).unwrap();
        let takes = |json: &str| AgentMessage::from_bytes(json.as_bytes()).is_ok();
        assert!(takes(&json));
        // Beside the body others may say more than is known here.
        assert!(takes(&json.replacen("{", "{\"later\":[1],", 1)));
        for (from, to) in [
            (r#""v":2"#, r#""v":2,"v":2"#),
            (r#""id":""#, r#""Id":""#),
            (r#""sent_at""#, r#""in_reply_to":null,"sent_at""#),
            (
                r#""sent_at":"2026-11-21T10:00:00Z""#,
                r#""sent_at":"2026-11-21T11:00:00+01:00""#,
            ),
            (r#""sent_at":"2026"#, r#""sent_at":"1969"#),
            (r#""sent_at":"2026-11-21"#, r#""sent_at":"9999-01-01"#),
            (r#""expires_at":"2026"#, r#""expires_at":"1969"#),
            (r#""start":"2026"#, r#""start":"1969"#),
            (r#""end":"2026"#, r#""end":"9999"#),
            ("abab", "ABAB"),
            ("abab", "aba"),
            (r#""type":"QUERY""#, r#""type":2"#),
            (r#""type":"QUERY""#, r#""type":"query""#),
            (r#""title":"T""#, r#""title":"T","more":1"#),
            (
                r#""windows":[{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z"}]"#,
                r#""windows":[["2026-12-01T09:00:00Z","2026-12-01T09:30:00Z"]]"#,
            ),
        ] {
            let odd = json.replacen(from, to, 1);
            assert!(odd != json && !takes(&odd), "{odd}");
        }
    }

    #[test]
    fn the_years_of_instants_end_where_they_should() {
        let reach = |text: &str| is_in_reach(text.parse().unwrap());
        assert!(reach("1970-01-01T00:00:00Z") && reach("9998-12-31T23:59:59.999999999Z"));
        assert!(!reach("1969-12-31T23:59:59.999999999Z") && !reach("9999-01-01T00:00:00Z"));
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

        let longer = Devices {
            list: vec![4; 4_097],
            signature: [5; 64],
        };
        let bytes = message(Body::Devices(longer)).to_bytes();
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

        let unread = vec![MessageId::from_bytes([3; 16]); MAX_UNREAD + 1];
        let bytes = message(Body::Handshake(Handshake::Renew { unread })).to_bytes();
        assert!(matches!(
            AgentMessage::from_bytes(&bytes),
            Err(MessageError::OutOfBounds { .. })
        ));

        for step in ["renew", "renewed", "request", "device", "device_accept"] {
            let odd = format!(
                r#"{{"v":2,"id":"{}","sent_at":"2026-11-21T10:00:00Z","type":"HANDSHAKE","body":{{"step":"{step}","unread":[],"odd":1}}}}"#,
                "01".repeat(16)
            );
            assert!(
                matches!(
                    AgentMessage::from_bytes(odd.as_bytes()),
                    Err(MessageError::Malformed(_))
                ),
                "{step}"
            );
        }

        for version in [1, 3] {
            let other = format!(r#"{{"v":{version},"type":"OF ANOTHER VERSION","more":null}}"#);
            let error = AgentMessage::from_bytes(other.as_bytes());
            assert!(matches!(error, Err(MessageError::Version { found }) if found == version));
        }

        let backwards = r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"CONFIRMATION","body":{"uid":"u","slot":{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:00:00Z"},"proposal":"0404040404040404040404040404040404040404040404040404040404040404"}}"#;
        assert!(matches!(
            AgentMessage::from_bytes(backwards.as_bytes()),
            Err(MessageError::Malformed(_))
        ));
    }
}
