//! Who one is, and how the connection is.

use sotto_client_core::api::{ConnectionState, ContactState, ContactView, DeviceView, StatusView};

use super::{
    devices, keys,
    text::{clean, count},
    times::Times,
};

/// Who I am, and how the connection is.
pub fn status(
    status: &StatusView,
    contacts: &[ContactView],
    own: &[DeviceView],
    home: &str,
    running: bool,
    times: &Times,
) -> String {
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
    let follows = devices::followed(own).is_some();
    let agent = match (running, follows) {
        (true, _) => "running (`sotto run`)",
        (false, _) if devices::is_removed(own) => "not running, and nothing left to do for it here",
        (false, false) => "not running; start it with `sotto run` to answer while you are away",
        (false, true) => "not running; start it with `sotto run` to hear at once what comes",
    };
    let supply = keys::supply(status.prekeys.as_ref(), times);
    let answers = devices::who_answers(own);
    let queued = count(status.queued as usize, "message", "messages");
    let asking = own.iter().find(|device| devices::is_asking(device));
    let waiting = match status.waiting_for_you {
        0 => "nothing".to_owned(),
        n => format!(
            "{}; see {}`sotto contacts` and `sotto proposals`",
            count(n as usize, "request", "requests"),
            if asking.is_some() {
                "`sotto devices`, "
            } else {
                ""
            }
        ),
    };
    let troubled = contacts
        .iter()
        .filter(|c| c.state == ContactState::Unreachable || c.unreadable > 0 || c.hold.is_some());
    let contacts = match troubled.count() {
        0 => contacts.len().to_string(),
        n => format!(
            "{}, {n} of them unreachable, unreadable or stopped; see `sotto contacts`",
            contacts.len()
        ),
    };
    let rows = [
        ("Name", status.name.as_str()),
        ("Account", account.as_str()),
        ("Devices", answers.as_deref().unwrap_or("this one alone")),
        ("Relay", status.relay.as_str()),
        ("Connection", connection.as_str()),
        ("Agent", agent),
        ("Contacts", contacts.as_str()),
        ("Keys at relay", supply.as_str()),
        ("Waits for relay", queued.as_str()),
        ("Waits for you", waiting.as_str()),
        ("Home", home),
        ("Version", status.version.as_str()),
    ];
    let rows = rows.map(|(key, value)| format!("{key:<16}{}\n", clean(value)));
    let moved = status.agent_change.as_ref().map(|moved| {
        let since = times.moment(moved.since);
        format!("\nSince {since}: {}\n", clean(&moved.message))
    });
    let asks = asking.map(|device| format!("\n{} See `sotto devices`\n", devices::asks(device)));
    rows.concat()
        + &asks.unwrap_or_default()
        + &moved.unwrap_or_default()
        + &to_delete(status.connection, home)
}

/// What is left to do on a device that was removed.
fn to_delete(connection: ConnectionState, home: &str) -> String {
    match connection {
        ConnectionState::Unlisted | ConnectionState::Removed => format!(
            "\nTo delete this device's data, stop `sotto` and remove the directory {}\n",
            clean(home)
        ),
        _ => String::new(),
    }
}

/// The connection, in one line.
pub fn connection(status: &StatusView, times: &Times) -> String {
    let detail = status.connection_detail.as_deref().unwrap_or_default();
    let detail = detail.trim_end_matches('.');
    let state = match status.connection {
        ConnectionState::Offline => "offline",
        ConnectionState::Connecting => "connecting",
        ConnectionState::Online => "online",
        ConnectionState::Syncing => "online, handing over or fetching",
        ConnectionState::Refused => "refused by the relay",
        ConnectionState::Unlisted => "shut out by the relay",
        ConnectionState::Removed => "removed from the account",
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
    use sotto_client_core::api::AgentChangeView;

    use super::*;

    #[test]
    fn for_a_week_it_says_that_another_device_answers() {
        let quiet = StatusView {
            name: "Ada".into(),
            account: sotto_protocol::id::AccountId::from_bytes([1; 32]),
            relay: "https://relay.example".into(),
            connection: ConnectionState::Online,
            connection_detail: None,
            retry_at: None,
            prekeys: None,
            queued: 0,
            waiting_for_you: 0,
            agent_change: None,
            version: "0.1.0".into(),
        };
        let text = |status: &StatusView| {
            super::status(status, &[], &[], "/home", false, &Times::new("UTC"))
        };
        assert!(text(&quiet).ends_with("Version         0.1.0\n"));
        let moved = StatusView {
            agent_change: Some(AgentChangeView {
                leads: false,
                since: "2026-12-01T08:00:00Z".parse().unwrap(),
                message: "Ph\x1bone answers for you now.".into(),
            }),
            ..quiet
        };
        let said = "\n\nSince Tue 1 Dec 2026 08:00: Ph\u{fffd}one answers for you now.\n";
        assert!(text(&moved).ends_with(said), "{}", text(&moved));
    }
}
