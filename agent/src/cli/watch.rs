//! What happens while the agent runs, one line for each event.

use std::{collections::HashMap, path::Path};

use jiff::Timestamp;
use serde::Serialize;
use sotto_client_core::api::{
    Answer, ApiError, ConnectionState, ContactState, ContactView, DeviceState, DeviceView,
    HoldKind, JoiningView, ProposalState, ProposalView, Query, StatusView,
};

use super::{join::not_added, output::Output};
use crate::{
    render::{
        devices::{self, Away},
        meetings, people, status,
        text::clean,
        times::Times,
    },
    shell::Handle,
};

/// One event, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Event<'a> {
    /// When it was seen.
    at: Timestamp,
    /// `started`, `connection`, `contact`, `proposal`, `device`, `joining` or `stopped`.
    event: &'a str,
    /// The line that a person would read.
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a StatusView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a ContactView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<&'a ProposalView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a DeviceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joining: Option<&'a JoiningView>,
}

/// Compares what is with what was, and prints the difference.
pub(super) struct Watch {
    handle: Handle,
    out: Output,
    times: Times,
    connection: Option<(ConnectionState, Option<String>)>,
    contacts: HashMap<String, (ContactState, Option<HoldKind>)>,
    proposals: HashMap<String, (ProposalState, Option<Timestamp>)>,
    /// Their states, and whether they answer for the user.
    devices: HashMap<String, (DeviceState, bool)>,
    joining: Option<JoiningView>,
    away: Option<Away>,
    /// What was settled before the first look is no event.
    begun: bool,
}

impl Watch {
    pub(super) fn new(handle: Handle, out: Output) -> Self {
        Self {
            handle,
            out,
            times: Times::of_system(),
            connection: None,
            contacts: HashMap::new(),
            proposals: HashMap::new(),
            devices: HashMap::new(),
            joining: None,
            away: None,
            begun: false,
        }
    }

    /// Whether this device was removed from the account: nothing more comes.
    pub(super) fn is_removed(&self) -> bool {
        matches!(self.connection, Some((ConnectionState::Removed, _)))
    }

    /// Says that the agent runs, and what waits already.
    pub(super) async fn begin(&mut self, home: &Path) -> Result<(), ApiError> {
        // Before it is a device of the account, there is no zone of the user's.
        if let Answer::Joining(None) = self.handle.query(Query::Joining).await? {
            self.zone().await?;
        }
        let home = home.display();
        let text = format!("Running in {home}; Ctrl-C ends it.");
        self.print("started", &text, |_| {})?;
        self.look().await?;
        self.begun = true;
        Ok(())
    }

    /// Says that the agent ended.
    pub(super) fn end(&self) -> Result<(), ApiError> {
        self.print("stopped", "Stopped.", |_| {})
    }

    /// Prints what changed since the last look.
    ///
    /// # Errors
    ///
    /// Those of the queries; why nothing comes of it, on a device that was to be added to an account.
    pub(super) async fn look(&mut self) -> Result<(), ApiError> {
        if let Answer::Joining(Some(joining)) = self.handle.query(Query::Joining).await? {
            return self.joins(joining);
        }
        self.zone().await?;
        if let Answer::Devices(devices) = self.handle.query(Query::Devices).await? {
            self.away = Away::of(&devices);
            for device in &devices {
                self.device(device)?;
            }
        }
        if let Answer::Status(status) = self.handle.query(Query::Status).await? {
            self.status(&status)?;
        }
        if let Answer::Contacts(contacts) = self.handle.query(Query::Contacts).await? {
            for contact in &contacts {
                self.contact(contact)?;
            }
        }
        if let Answer::Proposals(proposals) = self.handle.query(Query::Proposals).await? {
            for proposal in proposals.iter().rev() {
                self.proposal(proposal)?;
            }
        }
        Ok(())
    }

    async fn zone(&mut self) -> Result<(), ApiError> {
        if let Answer::Preferences(preferences) = self.handle.query(Query::Preferences).await?
            && preferences.time_zone != self.times.name()
        {
            self.times = Times::new(&preferences.time_zone);
        }
        Ok(())
    }

    fn status(&mut self, status: &StatusView) -> Result<(), ApiError> {
        // Handing over is a passing part of being online.
        let state = match status.connection {
            ConnectionState::Syncing => ConnectionState::Online,
            ConnectionState::Connecting => return Ok(()),
            state => state,
        };
        let now = (state, status.connection_detail.clone());
        if self.connection.as_ref() == Some(&now) {
            return Ok(());
        }
        self.connection = Some(now);
        let text = match state {
            ConnectionState::Online => {
                format!(
                    "Online as {} at {}.",
                    clean(&status.name),
                    clean(&status.relay)
                )
            }
            _ => format!("{}.", status::connection(status, &self.times)),
        };
        self.print("connection", &text, |event| event.status = Some(status))
    }

    fn contact(&mut self, contact: &ContactView) -> Result<(), ApiError> {
        let now = (contact.state, contact.hold.as_ref().map(|hold| hold.kind));
        let before = self.contacts.insert(contact.id.clone(), now);
        let open = [ContactState::Waiting, ContactState::Requested].contains(&contact.state)
            || contact.hold.is_some();
        let news = match before {
            Some(before) => before != now,
            None => self.begun || open,
        };
        if !news {
            return Ok(());
        }
        let text = one_line(&people::contact(contact, self.away.as_ref()));
        self.print("contact", &text, |event| {
            event.contact = Some(contact);
        })
    }

    fn proposal(&mut self, proposal: &ProposalView) -> Result<(), ApiError> {
        use ProposalState::{Cancelled, Confirmed, Expired, Rejected};
        let now = (proposal.state, proposal.slot.map(|slot| slot.start));
        let before = self.proposals.insert(proposal.id.clone(), now);
        let news = match before {
            Some(before) => before != now,
            None => {
                let settled = [Confirmed, Rejected, Expired, Cancelled];
                self.begun || !settled.contains(&proposal.state)
            }
        };
        if !news {
            return Ok(());
        }
        let text = one_line(&meetings::proposal(proposal, &self.times));
        self.print("proposal", &text, |event| {
            event.proposal = Some(proposal);
        })
    }

    fn joins(&mut self, joining: JoiningView) -> Result<(), ApiError> {
        if self.joining.as_ref() == Some(&joining) {
            return Ok(());
        }
        let text = match (&joining.problem, &joining.code, &joining.connection_detail) {
            (Some(problem), ..) => clean(&not_added(problem.clone()).message).into_owned(),
            (None, Some(code), _) => format!(
                "{} asks to be added to an account. Type {} into the other device.",
                clean(&joining.name),
                devices::spaced(code)
            ),
            (None, None, Some(detail)) => clean(detail).into_owned(),
            (None, None, None) => {
                format!("{} asks to be added to an account.", clean(&joining.name))
            }
        };
        self.print("joining", &text, |event| event.joining = Some(&joining))?;
        let problem = joining.problem.clone();
        self.joining = Some(joining);
        problem.map_or(Ok(()), |problem| Err(not_added(problem)))
    }

    fn device(&mut self, device: &DeviceView) -> Result<(), ApiError> {
        let now = (device.state.clone(), device.agent);
        let before = self.devices.insert(device.id.clone(), now.clone());
        let asks = matches!(device.state, DeviceState::Asking { .. });
        let news = match before {
            Some(ref before) => *before != now,
            None => self.begun || asks || (device.this && self.joining.is_some()),
        };
        if !news {
            return Ok(());
        }
        let name = clean(&device.name);
        let answered = before.map(|(_, agent)| agent);
        let text = match &device.state {
            DeviceState::Listed if device.agent && answered == Some(false) => {
                format!("{name} answers for you now.")
            }
            DeviceState::Listed if !device.agent && answered == Some(true) => {
                format!("{name} does not answer for you any more.")
            }
            DeviceState::Listed if device.this => {
                format!("This device, {name}, is one of your account's.")
            }
            DeviceState::Listed => format!("{name} is one of your devices."),
            DeviceState::Leaving => format!("{name} is being removed."),
            DeviceState::Leading => format!("{name} is to answer for you."),
            DeviceState::Removed => format!("{name} is none of your devices any more."),
            DeviceState::Asking { .. } => devices::asks(device),
            DeviceState::Joining => format!("{name} is being added."),
        };
        self.print("device", &text, |event| event.device = Some(device))
    }

    fn print<'a>(
        &self,
        event: &'a str,
        text: &'a str,
        add: impl FnOnce(&mut Event<'a>),
    ) -> Result<(), ApiError> {
        let at = Timestamp::now();
        let mut line = Event {
            at,
            event,
            text,
            status: None,
            contact: None,
            proposal: None,
            device: None,
            joining: None,
        };
        add(&mut line);
        let clock = self.times.at(at).strftime("%H:%M:%S");
        self.out.line(&line, &format!("{clock}  {text}"))
    }
}

fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("  ")
}
