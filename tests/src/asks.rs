//! What people in a [`World`] ask of their agents, and what they see.

use jiff::SignedDuration;
use sotto_client_core::api::{
    Answer, ApiError, Approval, Command, ConnectionState, ContactView, DeviceView, EventKind,
    EventView, InvitationLink, InvitationView, JoiningView, LinkView, MessageView, Preferences,
    ProposalView, Query, Reply, ScheduleRequest, StatusView,
};

use crate::World;

/// When the stories begin: a Saturday.
pub const NOW: &str = "2026-11-21T10:00:00Z";

macro_rules! asked {
    ($self:ident, $person:ident, $query:expr, $answer:ident) => {
        match $self.query($person, &$query) {
            Ok(Answer::$answer(answer)) => answer,
            other => panic!("{}, not {other:?}", stringify!($answer)),
        }
    };
}

impl World {
    /// Alice (0) and Robin (1) in Berlin, who do not know each other, at [`NOW`].
    pub fn strangers() -> Self {
        let mut world = Self::new(1, NOW);
        world.person("Alice", "Europe/Berlin");
        world.person("Robin", "Europe/Berlin");
        world
    }

    /// The same two, who are contacts.
    pub fn acquainted() -> Self {
        let mut world = Self::strangers();
        world.introduce(0, 1);
        world
    }

    /// Makes contacts of two people: `inviter` invites, `guest` accepts, `inviter` approves.
    pub fn introduce(&mut self, inviter: usize, guest: usize) {
        let link = self.invitation(inviter);
        let accepted = self.command(guest, Command::AcceptInvitation { link });
        assert!(matches!(accepted, Ok(Reply::Contact(_))), "{accepted:?}");
        let contact = self.status(guest).name;
        let approved = self.command(inviter, Command::ApproveContact { contact });
        assert!(approved.is_ok(), "{approved:?}");
    }

    /// A fresh invitation link.
    pub fn invitation(&mut self, person: usize) -> InvitationLink {
        match self.invite(person, 1) {
            Ok(Reply::Invitation(invitation)) => invitation.link,
            other => panic!("an invitation, not {other:?}"),
        }
    }

    /// An invitation for so many people.
    pub fn invite(&mut self, person: usize, uses: u32) -> Result<Reply, ApiError> {
        let command = Command::Invite {
            uses: Some(uses),
            valid_hours: None,
        };
        self.command(person, command)
    }

    /// Wants a meeting in plain words.
    pub fn schedule(&mut self, person: usize, text: &str) -> Result<ProposalView, ApiError> {
        let request = ScheduleRequest {
            text: Some(text.to_owned()),
            ..ScheduleRequest::default()
        };
        match self.command(person, Command::Schedule { request })? {
            Reply::Proposal(proposal) => Ok(proposal),
            other => panic!("a proposal, not {other:?}"),
        }
    }

    /// Agrees to a proposal.
    pub fn approve(&mut self, person: usize, proposal: &str) -> Result<Reply, ApiError> {
        let (proposal, start) = (proposal.to_owned(), None);
        self.command(person, Command::Approve { proposal, start })
    }

    /// Says no to a proposal, and offers other times.
    pub fn suggest_another(&mut self, person: usize, proposal: &str) {
        let reject = Command::Reject {
            proposal: proposal.to_owned(),
            reason: Some("Too early".to_owned()),
            suggest_another: true,
        };
        let rejected = self.command(person, reject);
        assert!(rejected.is_ok(), "{rejected:?}");
    }

    /// Calls a proposal or a meeting off.
    pub fn cancel(&mut self, person: usize, proposal: &str) -> Result<Reply, ApiError> {
        let (proposal, reason) = (proposal.to_owned(), None);
        self.command(person, Command::Cancel { proposal, reason })
    }

    /// Changes some preferences.
    pub fn prefer(&mut self, person: usize, change: impl FnOnce(&mut Preferences)) {
        let mut preferences = asked!(self, person, Query::Preferences, Preferences);
        change(&mut preferences);
        let set = self.command(person, Command::SetPreferences { preferences });
        assert!(set.is_ok(), "{set:?}");
    }

    /// Lets a person's agent confirm proposals that fit.
    pub fn auto(&mut self, person: usize) {
        self.prefer(person, |preferences| {
            preferences.approve_meetings = Approval::Auto;
        });
    }

    /// Imports a calendar of events, each from one instant to another, as in "20261124T080000Z".
    pub fn import(&mut self, person: usize, events: &[(&str, &str)]) {
        let reply = self.import_as(person, "Calendar", events);
        let Ok(Reply::Import(report)) = reply else {
            panic!("an import, not {reply:?}")
        };
        assert_eq!(report.skipped, []);
    }

    /// As [`import`](Self::import), under a name.
    pub fn import_as(
        &mut self,
        person: usize,
        name: &str,
        events: &[(&str, &str)],
    ) -> Result<Reply, ApiError> {
        let mut ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n".to_owned();
        for (number, (start, end)) in events.iter().enumerate() {
            ics += &format!(
                "BEGIN:VEVENT\r\nUID:{number}@test\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:Busy {number}\r\nEND:VEVENT\r\n"
            );
        }
        ics += "END:VCALENDAR\r\n";
        let command = Command::ImportCalendar {
            name: Some(name.to_owned()),
            file_name: None,
            ics,
        };
        self.command(person, command)
    }

    /// Who a person is, and how the connection is.
    pub fn status(&self, person: usize) -> StatusView {
        asked!(self, person, Query::Status, Status)
    }

    /// Whether a person's relay has been told everything, and has said what it had.
    pub fn settled(&self, person: usize) -> bool {
        self.status(person).connection == ConnectionState::Online
    }

    /// The devices of a person.
    pub fn devices(&self, person: usize) -> Vec<DeviceView> {
        asked!(self, person, Query::Devices, Devices)
    }

    /// Removes the device of a person at that place of their list.
    pub fn remove_device(&mut self, person: usize, place: usize) -> Result<Reply, ApiError> {
        let device = self.devices(person)[place].id.clone();
        self.command(person, Command::RemoveDevice { device })
    }

    /// A fresh link that adds a device.
    pub fn device_link(&mut self, person: usize, keeper: bool) -> LinkView {
        match self.command(person, Command::LinkDevice { keeper }) {
            Ok(Reply::Link(link)) => link,
            other => panic!("a link, not {other:?}"),
        }
    }

    /// Adds a device to a person's, who agrees to it on one that may. Returns its number.
    pub fn add_device(&mut self, person: usize, keeper: bool, name: &str) -> usize {
        let link = self.device_link(person, keeper);
        let device = self.join(&link.link, name).expect("a link");
        assert_eq!(self.agree(person, &link, device), Ok(Reply::Done));
        self.advance(SignedDuration::from_secs(2));
        device
    }

    /// Types the code that a new device shows into the one that made the link.
    pub fn agree(
        &mut self,
        person: usize,
        link: &LinkView,
        device: usize,
    ) -> Result<Reply, ApiError> {
        let command = self.agreement(link, device);
        self.command(person, command)
    }

    /// The command by which that is done.
    pub fn agreement(&self, link: &LinkView, device: usize) -> Command {
        let code = self.joining(device).and_then(|joining| joining.code);
        Command::DecideLink {
            link: link.id.clone(),
            code: Some(code.expect("a code")),
        }
    }

    /// How far a device has come that asks to be added.
    pub fn joining(&self, person: usize) -> Option<JoiningView> {
        asked!(self, person, Query::Joining, Joining)
    }

    /// The open invitations of a person.
    pub fn invitations(&self, person: usize) -> Vec<InvitationView> {
        asked!(self, person, Query::Invitations, Invitations)
    }

    /// Everyone whom a person knows.
    pub fn contacts(&self, person: usize) -> Vec<ContactView> {
        asked!(self, person, Query::Contacts, Contacts)
    }

    /// All proposals of a person, newest first.
    pub fn proposals(&self, person: usize) -> Vec<ProposalView> {
        asked!(self, person, Query::Proposals, Proposals)
    }

    /// A person's only proposal.
    pub fn only_proposal(&self, person: usize) -> ProposalView {
        let mut proposals = self.proposals(person);
        assert_eq!(proposals.len(), 1, "{proposals:?}");
        proposals.remove(0)
    }

    /// The newest 1,000 things that a person's agent said and heard.
    pub fn history(&self, person: usize) -> Vec<MessageView> {
        let query = Query::History {
            conversation: None,
            limit: Some(1_000),
        };
        asked!(self, person, query, History)
    }

    /// The events of 30 days from today.
    pub fn agenda(&self, person: usize) -> Vec<EventView> {
        let from = self.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (from, to) = (
            Some(from),
            Some(from.saturating_add(jiff::Span::new().days(30))),
        );
        asked!(self, person, Query::Agenda { from, to }, Agenda)
    }

    /// The arranged meetings of 30 days from today.
    pub fn meetings(&self, person: usize) -> Vec<EventView> {
        let mut events = self.agenda(person);
        events.retain(|event| event.kind == EventKind::Meeting);
        events
    }
}
