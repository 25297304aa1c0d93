//! What the devices of one person tell each other: the one that answers for them says to the others
//! whom they know, and what it has said to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    id::{AccountId, DeviceId, MailboxId},
    limits::MAX_DEVICES,
};

use super::{AgentMessage, Devices, MAX_SYNC_MEETINGS, SyncMeeting, is_in_reach, is_text};
use crate::{
    api::{ContactState, Preferences},
    record,
};

/// Most contacts in one message. Their safety numbers are made when they are taken, at thousands of
/// hashes each.
pub const MAX_SYNC_CONTACTS: usize = 100;
/// Most bytes of contacts in one message, unless it is of one contact: with the rest it stays well
/// below the longest plaintext.
pub const MAX_SYNC_BYTES: usize = 200_000;
/// Most messages that together say everything: room for all contacts, with the longest names and lists.
pub const MAX_SYNC_PAGES: u32 = 256;

/// What one device tells another of the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum SyncStep {
    /// A part of all that the agent knows. Whom no part names is gone.
    All {
        /// Which agent's numbers these are: a later one has a greater series.
        series: u64,
        /// The number of the newest change that is in it.
        number: u64,
        /// Which part, from 0.
        page: u32,
        /// Of how many.
        pages: u32,
        /// The user, in the first part.
        user: Option<Box<SyncUser>>,
        /// Contacts as they are now.
        contacts: Vec<SyncContact>,
        /// Meetings that are ahead.
        meetings: Vec<SyncMeeting>,
    },
    /// What has changed.
    News {
        /// As in `All`.
        series: u64,
        /// The number of this change: one more than that of the last.
        number: u64,
        /// The user, if that changed.
        user: Option<Box<SyncUser>>,
        /// Contacts who are new or otherwise than before.
        contacts: Vec<SyncContact>,
        /// Those who are none any more.
        gone: Vec<AccountId>,
        /// Meetings that were agreed or called off.
        meetings: Vec<SyncMeeting>,
    },
    /// I have everything up to that; tell me what I lack. Zeros: I have nothing.
    Want {
        /// As in `All`.
        series: u64,
        /// As in `All`.
        number: u64,
    },
    /// I was told everything that there was; or, of the agent, you were.
    Have {
        /// As in `All`.
        series: u64,
    },
    /// These meetings I know of: from a device that follows to the agent.
    Meetings {
        /// Meetings that are ahead.
        meetings: Vec<SyncMeeting>,
    },
    /// The agent said this to a contact.
    Said {
        /// To whom.
        account: AccountId,
        /// What.
        message: Box<AgentMessage>,
    },
}

/// The user, as the agent knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncUser {
    /// What contacts call them.
    pub name: String,
    /// Their preferences.
    pub preferences: Preferences,
    /// Where the agent posts to the other devices of theirs.
    pub mailboxes: Vec<SyncMailbox>,
}

/// A contact, as the agent knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncContact {
    /// Who.
    pub account: AccountId,
    /// What they call themselves.
    pub name: String,
    /// What the user calls them instead.
    pub own_name: Option<String>,
    /// Whether the user compared the safety number.
    pub verified: bool,
    /// How far the acquaintance has come.
    pub state: SyncState,
    /// The URL of their relay.
    pub relay: String,
    /// Since when.
    pub since: Timestamp,
    /// Their newest list of devices.
    pub devices: Devices,
    /// Where the agent posts to each of them.
    pub mailboxes: Vec<SyncMailbox>,
}

/// Where a device takes what the agent says to it: who knows the mailbox may post there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncMailbox {
    /// Which device.
    pub device: DeviceId,
    /// Where.
    pub mailbox: MailboxId,
}

/// How far an acquaintance has come. Whether somebody can be reached, each device finds out itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "as in `ContactState`")]
pub enum SyncState {
    Waiting,
    Requested,
    Active,
    Declined,
    Blocked,
}

impl From<ContactState> for SyncState {
    fn from(state: ContactState) -> Self {
        match state {
            ContactState::Waiting => Self::Waiting,
            ContactState::Requested => Self::Requested,
            ContactState::Active | ContactState::Unreachable => Self::Active,
            ContactState::Declined => Self::Declined,
            ContactState::Blocked => Self::Blocked,
        }
    }
}

impl From<SyncState> for ContactState {
    fn from(state: SyncState) -> Self {
        match state {
            SyncState::Waiting => Self::Waiting,
            SyncState::Requested => Self::Requested,
            SyncState::Active => Self::Active,
            SyncState::Declined => Self::Declined,
            SyncState::Blocked => Self::Blocked,
        }
    }
}

impl SyncStep {
    pub(super) fn is_bounded(&self) -> bool {
        match self {
            Self::All {
                page,
                pages,
                user,
                contacts,
                meetings,
                ..
            } => {
                page < pages
                    && *pages <= MAX_SYNC_PAGES
                    && user.as_deref().is_none_or(SyncUser::is_bounded)
                    && are_bounded(contacts)
                    && SyncMeeting::are_bounded(meetings)
            }
            Self::News {
                user,
                contacts,
                gone,
                meetings,
                ..
            } => {
                user.as_deref().is_none_or(SyncUser::is_bounded)
                    && are_bounded(contacts)
                    && gone.len() <= MAX_SYNC_CONTACTS
                    && SyncMeeting::are_bounded(meetings)
            }
            Self::Want { .. } | Self::Have { .. } => true,
            Self::Meetings { meetings } => SyncMeeting::are_bounded(meetings),
            Self::Said { message, .. } => message.body.is_copied() && message.check().is_ok(),
        }
    }
}

fn are_bounded(contacts: &[SyncContact]) -> bool {
    contacts.len() <= MAX_SYNC_CONTACTS && contacts.iter().all(SyncContact::is_bounded)
}

impl SyncUser {
    fn is_bounded(&self) -> bool {
        is_text(&self.name)
            && self.preferences.check().is_ok()
            && self.mailboxes.len() <= MAX_DEVICES
    }
}

impl SyncContact {
    fn is_bounded(&self) -> bool {
        is_text(&self.name)
            && self.own_name.as_deref().is_none_or(is_text)
            && is_text(&self.relay)
            && is_in_reach(self.since)
            && self.devices.is_bounded()
            && self.mailboxes.len() <= MAX_DEVICES
    }
}

/// Contacts and meetings in parts of which each fits into one message; one part at least. With whom a
/// meeting is stands in no later part.
pub(crate) fn in_parts(
    contacts: Vec<SyncContact>,
    meetings: Vec<SyncMeeting>,
) -> Vec<(Vec<SyncContact>, Vec<SyncMeeting>)> {
    let mut parts = vec![(Vec::new(), Vec::new())];
    let mut bytes = 0;
    for contact in contacts {
        let length = record::encode(&contact).len() + 1;
        let full = parts.last().is_some_and(|(page, _)| {
            page.len() >= MAX_SYNC_CONTACTS || (bytes + length > MAX_SYNC_BYTES && !page.is_empty())
        });
        if full {
            parts.push(Default::default());
            bytes = 0;
        }
        bytes += length;
        if let Some((page, _)) = parts.last_mut() {
            page.push(contact);
        }
    }
    for meeting in meetings {
        let full = |(_, page): &(_, Vec<_>)| page.len() >= MAX_SYNC_MEETINGS;
        if parts.last().is_some_and(full) {
            parts.push(Default::default());
        }
        if let Some((_, page)) = parts.last_mut() {
            page.push(meeting);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use sotto_protocol::limits::MAX_DEVICE_LIST_BYTES;

    use super::*;
    use crate::{
        api::Direction,
        message::{
            Body, Heartbeat, MESSAGE_VERSION, MessageDigest, MessageError, Reason, Rejection, Side,
        },
        session::MAX_PLAINTEXT_BYTES,
        span::Span,
    };

    fn contact(number: u16, name: &str, list: usize) -> SyncContact {
        let mut account = [0; 32];
        account[..2].copy_from_slice(&number.to_be_bytes());
        let mailbox = SyncMailbox {
            device: DeviceId::from_bytes([3; 32]),
            mailbox: MailboxId::from_bytes([4; 32]),
        };
        SyncContact {
            account: AccountId::from_bytes(account),
            name: name.to_owned(),
            own_name: Some(name.to_owned()),
            verified: true,
            state: SyncState::Active,
            relay: "https://relay.example".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            devices: Devices {
                list: vec![5; list],
                signature: [6; 64],
            },
            mailboxes: vec![mailbox; MAX_DEVICES],
        }
    }

    fn meeting(title: &str) -> SyncMeeting {
        let instant = |text: &str| text.parse().unwrap();
        let slot = Span::new(
            instant("2026-12-01T09:00:00.123456789Z"),
            instant("2026-12-01T09:30:00.123456789Z"),
        );
        SyncMeeting {
            account: AccountId::from_bytes([2; 32]),
            conversation: "ab".repeat(16),
            direction: Direction::Outgoing,
            title: title.to_owned(),
            slot: slot.unwrap(),
            proposal: Some(MessageDigest::of(b"a PROPOSAL")),
            since: instant("2026-11-21T10:00:00Z"),
            called_off_by: Some(Side::Contact),
        }
    }

    fn message(step: SyncStep) -> AgentMessage {
        AgentMessage {
            v: MESSAGE_VERSION,
            id: sotto_protocol::id::MessageId::from_bytes([1; 16]),
            conversation: None,
            in_reply_to: None,
            sent_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            body: Body::Sync(step),
        }
    }

    fn news(contacts: Vec<SyncContact>) -> SyncStep {
        SyncStep::News {
            series: 1_795_255_200_000,
            number: 7,
            user: None,
            contacts,
            gone: Vec::new(),
            meetings: Vec::new(),
        }
    }

    fn no_longer() -> AgentMessage {
        let rejection = Rejection {
            reason: Reason::Cancelled,
            note: None,
            counter: Vec::new(),
        };
        AgentMessage {
            body: Body::Rejection(rejection),
            ..message(SyncStep::Want {
                series: 0,
                number: 0,
            })
        }
    }

    #[test]
    fn what_is_told_reads_like_this() {
        let short = SyncContact {
            mailboxes: contact(0, "", 0).mailboxes[..1].to_vec(),
            own_name: None,
            ..contact(0x0102, "Bea", 3)
        };
        let json = |step| String::from_utf8(message(step).to_bytes()).unwrap();
        insta::assert_snapshot!(json(news(vec![short])), @r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"news","series":1795255200000,"number":7,"user":null,"contacts":[{"account":"0102000000000000000000000000000000000000000000000000000000000000","name":"Bea","own_name":null,"verified":true,"state":"active","relay":"https://relay.example","since":"1970-01-01T00:00:00Z","devices":{"list":"BQUF","signature":"BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBg"},"mailboxes":[{"device":"0303030303030303030303030303030303030303030303030303030303030303","mailbox":"0404040404040404040404040404040404040404040404040404040404040404"}]}],"gone":[],"meetings":[]}}"#);
        let step = SyncStep::Meetings {
            meetings: vec![meeting("Garden")],
        };
        insta::assert_snapshot!(json(step), @r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"meetings","meetings":[{"account":"0202020202020202020202020202020202020202020202020202020202020202","conversation":"abababababababababababababababab","direction":"outgoing","title":"Garden","slot":{"start":"2026-12-01T09:00:00.123456789Z","end":"2026-12-01T09:30:00.123456789Z"},"proposal":"1171056b1cf6016e23b5156d2a4b21da1f6c40275816237a92838bf4081c604e","since":"2026-11-21T10:00:00Z","called_off_by":"contact"}]}}"#);
        let step = SyncStep::Want {
            series: 1_795_255_200_000,
            number: 7,
        };
        insta::assert_snapshot!(json(step), @r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"want","series":1795255200000,"number":7}}"#);
        let step = SyncStep::All {
            series: 1_795_255_200_000,
            number: 7,
            page: 0,
            pages: 1,
            user: Some(Box::new(SyncUser {
                name: "Robin".to_owned(),
                preferences: Preferences::new("UTC"),
                mailboxes: Vec::new(),
            })),
            contacts: Vec::new(),
            meetings: Vec::new(),
        };
        insta::assert_snapshot!(json(step), @r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"all","series":1795255200000,"number":7,"page":0,"pages":1,"user":{"name":"Robin","preferences":{"time_zone":"UTC","working_hours":[{"weekday":"monday","from":"09:00:00","to":"17:00:00"},{"weekday":"tuesday","from":"09:00:00","to":"17:00:00"},{"weekday":"wednesday","from":"09:00:00","to":"17:00:00"},{"weekday":"thursday","from":"09:00:00","to":"17:00:00"},{"weekday":"friday","from":"09:00:00","to":"17:00:00"}],"buffer_minutes":0,"approve_meetings":"ask","approve_contacts":"ask","review":false},"mailboxes":[]},"contacts":[],"meetings":[]}}"#);
        let step = SyncStep::Said {
            account: AccountId::from_bytes([2; 32]),
            message: Box::new(no_longer()),
        };
        insta::assert_snapshot!(json(step), @r#"{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"SYNC","body":{"step":"said","account":"0202020202020202020202020202020202020202020202020202020202020202","message":{"v":2,"id":"01010101010101010101010101010101","sent_at":"2026-11-21T10:00:00Z","type":"REJECTION","body":{"reason":"cancelled"}}}}"#);
    }

    #[test]
    fn it_comes_back_as_it_went() {
        let said = SyncStep::Said {
            account: AccountId::from_bytes([2; 32]),
            message: Box::new(no_longer()),
        };
        let met = SyncStep::Meetings {
            meetings: vec![meeting("Garden"); MAX_SYNC_MEETINGS],
        };
        let have = SyncStep::Have { series: 7 };
        for step in [news(vec![contact(1, "Bea", 3)]), said, met, have] {
            let sent = message(step);
            assert_eq!(AgentMessage::from_bytes(&sent.to_bytes()).unwrap(), sent);
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let one = || contact(1, "Bea", 3);
        let devices = contact(1, "Bea", MAX_DEVICE_LIST_BYTES + 1);
        let mailboxes = SyncContact {
            mailboxes: vec![one().mailboxes[0]; MAX_DEVICES + 1],
            ..one()
        };
        let page = |page, pages| SyncStep::All {
            series: 1,
            number: 1,
            page,
            pages,
            user: None,
            contacts: Vec::new(),
            meetings: Vec::new(),
        };
        let said = |body| SyncStep::Said {
            account: AccountId::from_bytes([2; 32]),
            message: Box::new(AgentMessage {
                body,
                ..no_longer()
            }),
        };
        let gone = SyncStep::News {
            series: 1,
            number: 1,
            user: None,
            contacts: Vec::new(),
            gone: vec![AccountId::from_bytes([2; 32]); MAX_SYNC_CONTACTS + 1],
            meetings: Vec::new(),
        };
        let met = |odd: SyncMeeting| SyncStep::Meetings {
            meetings: vec![odd],
        };
        let nested = Body::Sync(said(no_longer().body));
        let since = |since: &str| SyncContact {
            since: since.parse().unwrap(),
            ..one()
        };
        let carried = |odd: AgentMessage| SyncStep::Said {
            account: AccountId::from_bytes([2; 32]),
            message: Box::new(odd),
        };
        let of_another_version = AgentMessage {
            v: MESSAGE_VERSION + 1,
            ..no_longer()
        };
        let too_late = AgentMessage {
            sent_at: "9999-01-01T00:00:00Z".parse().unwrap(),
            ..no_longer()
        };
        let misnamed = AgentMessage {
            conversation: Some("AB".repeat(16)),
            ..no_longer()
        };
        for step in [
            news(vec![one(); MAX_SYNC_CONTACTS + 1]),
            news(vec![contact(1, &"x".repeat(201), 3)]),
            news(vec![devices]),
            news(vec![mailboxes]),
            news(vec![since("1969-12-31T23:59:59.999999999Z")]),
            news(vec![since("9999-01-01T00:00:00Z")]),
            carried(of_another_version),
            carried(too_late),
            carried(misnamed),
            page(1, 1),
            page(0, MAX_SYNC_PAGES + 1),
            gone,
            SyncStep::Meetings {
                meetings: vec![meeting("Garden"); MAX_SYNC_MEETINGS + 1],
            },
            met(meeting(&"x".repeat(201))),
            met(SyncMeeting {
                conversation: "AB".repeat(16),
                ..meeting("Garden")
            }),
            met(SyncMeeting {
                since: "1969-12-31T23:59:59Z".parse().unwrap(),
                ..meeting("Garden")
            }),
            said(Body::Heartbeat(Heartbeat {})),
            said(nested),
        ] {
            let refused = AgentMessage::from_bytes(&message(step.clone()).to_bytes());
            let bounds = matches!(refused, Err(MessageError::OutOfBounds { .. }));
            assert!(bounds, "{step:?}");
        }
    }

    #[test]
    fn a_thousand_contacts_and_meetings_with_the_longest_of_everything_fit_in_parts() {
        let longest = "\"".repeat(200);
        let all: Vec<SyncContact> = (0..1_000)
            .map(|number| contact(number, &longest, MAX_DEVICE_LIST_BYTES))
            .collect();
        let met = vec![meeting(&"🥕".repeat(200)); 1_000];
        let parts = in_parts(all.clone(), met.clone());
        assert!(parts.len() <= MAX_SYNC_PAGES as usize, "{}", parts.len());
        for (contacts, _) in &parts {
            // As if each had the most of both.
            let step = message(SyncStep::News {
                series: 1_795_255_200_000,
                number: 7,
                user: None,
                contacts: contacts.clone(),
                gone: vec![AccountId::from_bytes([2; 32]); MAX_SYNC_CONTACTS],
                meetings: met[..MAX_SYNC_MEETINGS].to_vec(),
            });
            let bytes = step.to_bytes();
            assert!(bytes.len() + 5_000 < MAX_PLAINTEXT_BYTES, "{}", bytes.len());
            assert_eq!(AgentMessage::from_bytes(&bytes).unwrap(), step);
        }
        let (contacts, meetings): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        assert_eq!((contacts.concat(), meetings.concat()), (all, met));
    }

    #[test]
    fn a_meeting_comes_with_whom_it_is_with_or_later() {
        let short: Vec<SyncContact> = (0..250).map(|number| contact(number, "Bea", 9)).collect();
        let lengths = |contacts, meetings| -> Vec<(usize, usize)> {
            let parts = in_parts(contacts, vec![meeting("Garden"); meetings]);
            parts.iter().map(|(c, m)| (c.len(), m.len())).collect()
        };
        let expected = [(100, 0), (100, 0), (50, 20), (0, 20), (0, 5)];
        assert_eq!(lengths(short, 45), expected);
        assert_eq!(lengths(Vec::new(), 0), [(0, 0)]);
    }
}
