//! Contacts, invitations, and one's own state.

use sotto_client_core::api::{ConnectionState, ContactState, ContactView, StatusView};

use super::{
    table::Table,
    text::{clean, count, short, short_id, short_len},
    times::Times,
};

/// The table of contacts, and what to do next.
pub fn contacts(contacts: &[ContactView], times: &Times) -> String {
    if contacts.is_empty() {
        return "No contacts yet. Make an invitation with `sotto invite`, or accept one with `sotto accept LINK`.\n".into();
    }
    let len = short_len(contacts.iter().map(|c| c.id.as_str()));
    let mut table = Table::new(["ID", "NAME", "STATE", "VERIFIED", "SINCE"]);
    for contact in contacts {
        table.row([
            &short(&contact.id, len),
            &contact.name,
            contact_state(contact.state),
            if contact.verified { "yes" } else { "no" },
            &times.day(contact.since),
        ]);
    }
    let mut text = table.render();
    let requested = contacts
        .iter()
        .filter(|c| c.state == ContactState::Requested);
    for contact in requested {
        text += &format!(
            "\n{} used your invitation. Let them in: sotto contacts approve {}\n",
            clean(&contact.name),
            short(&contact.id, len)
        );
    }
    text
}

/// What became of one contact.
pub fn contact(contact: &ContactView) -> String {
    let name = clean(&contact.name);
    let id = short_id(&contact.id);
    match contact.state {
        ContactState::Waiting => {
            format!("{name} was asked ({id}). They have to approve; then your agents can talk.\n")
        }
        ContactState::Requested => {
            format!("{name} used your invitation. Let them in: sotto contacts approve {id}\n")
        }
        ContactState::Active => {
            format!(
                "{name} is a contact ({id}). Compare the safety number: sotto contacts verify {id}\n"
            )
        }
        ContactState::Unreachable => {
            format!(
                "The relay does not know {name}'s mailbox ({id}): {name} has ended the acquaintance, or the relay has lost it.\n\
                 Ask again, or send a new invitation: sotto invite\n"
            )
        }
        ContactState::Declined => {
            format!("{name} declined, or the invitation had been used ({id}).\n")
        }
        ContactState::Blocked => format!("{name} is blocked ({id}).\n"),
    }
}

/// The safety number, for reading aloud.
pub fn safety_number(contact: &ContactView) -> String {
    let groups: Vec<&str> = contact.safety_number.split_whitespace().collect();
    let mut text = format!("Your safety number with {}:\n\n", clean(&contact.name));
    for line in groups.chunks(4) {
        text += &format!("    {}\n", clean(&line.join("  ")));
    }
    text += "\nCompare it with the one that they see, over another channel than Sotto.\n";
    text
}

/// How far an acquaintance has come, in words.
pub fn contact_state(state: ContactState) -> &'static str {
    match state {
        ContactState::Waiting => "waits for them",
        ContactState::Requested => "waits for you",
        ContactState::Active => "active",
        ContactState::Unreachable => "unreachable",
        ContactState::Declined => "declined",
        ContactState::Blocked => "blocked",
    }
}

/// Who I am, and how the connection is.
pub fn status(status: &StatusView, home: &str, running: bool, times: &Times) -> String {
    // Nobody tries again where no agent runs.
    let retry_at = status.retry_at.filter(|_| running);
    let connection = connection(
        &StatusView {
            retry_at,
            ..status.clone()
        },
        times,
    );
    let account = status.account.to_string();
    let agent = if running {
        "running (`sotto run`)"
    } else {
        "not running; start it with `sotto run` to answer while you are away"
    };
    let queued = count(status.queued as usize, "message", "messages");
    let waiting = match status.waiting_for_you {
        0 => "nothing".to_owned(),
        n => format!(
            "{}; see `sotto contacts` and `sotto proposals`",
            count(n as usize, "request", "requests")
        ),
    };
    let rows = [
        ("Name", status.name.as_str()),
        ("Account", account.as_str()),
        ("Relay", status.relay.as_str()),
        ("Connection", connection.as_str()),
        ("Agent", agent),
        ("Waits for relay", queued.as_str()),
        ("Waits for you", waiting.as_str()),
        ("Home", home),
        ("Version", status.version.as_str()),
    ];
    rows.map(|(key, value)| format!("{key:<16}{}\n", clean(value)))
        .concat()
}

/// The connection, in one line.
pub fn connection(status: &StatusView, times: &Times) -> String {
    let detail = status.connection_detail.as_deref().unwrap_or_default();
    let detail = detail.trim_end_matches('.');
    let state = match status.connection {
        ConnectionState::Offline => "offline",
        ConnectionState::Connecting => "connecting",
        ConnectionState::Online => "online",
        ConnectionState::Syncing => "online, handing over",
        ConnectionState::Refused => "refused by the relay",
    };
    let mut text = state.to_owned();
    if !detail.is_empty() {
        text += &format!(": {}", clean(detail));
    }
    if let (ConnectionState::Offline, Some(at)) = (status.connection, status.retry_at) {
        text += &format!("; next try at {}", times.at(at).strftime("%H:%M:%S"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn robin(state: ContactState) -> ContactView {
        ContactView {
            id: "c0ffee00aa".into(),
            their_name: "Robin".into(),
            unreadable: 0,
            name: "Robin\x1b[0m".into(),
            state,
            verified: false,
            safety_number: "12345 ".repeat(12).trim().into(),
            relay: "http://127.0.0.1:8787".into(),
            since: "2026-12-01T08:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_request_comes_with_the_command_that_answers_it() {
        let text = contacts(&[robin(ContactState::Requested)], &Times::new("UTC"));
        assert!(text.contains("sotto contacts approve c0ffee00\n"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn the_safety_number_is_in_three_lines_of_four_groups() {
        let text = safety_number(&robin(ContactState::Active));
        let line = "    12345  12345  12345  12345\n";
        assert_eq!(text.matches(line).count(), 3, "{text}");
    }
}
