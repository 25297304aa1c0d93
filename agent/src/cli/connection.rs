//! The connection to the relay, as verbs speak of it.

use sotto_client_core::api::{ApiError, ApiErrorCode, ConnectionState, StatusView};

use super::Context;
use crate::{
    error::{device_removed, where_data_are},
    render::text::clean,
};

/// Says on stderr how the connection is while something waits for it, once for each change.
#[derive(Default)]
pub(super) struct ConnectionLine {
    cut_off: Option<Option<String>>,
}

/// Whether messages go out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Up,
    Down,
    /// A dial is under way.
    Unknown,
}

impl ConnectionLine {
    pub(super) fn look(&mut self, status: &StatusView, context: &Context) -> Link {
        match status.connection {
            ConnectionState::Connecting => Link::Unknown,
            ConnectionState::Online | ConnectionState::Syncing => {
                if self.cut_off.take().is_some() {
                    context.out.remark("The relay answers again.");
                }
                Link::Up
            }
            ConnectionState::Offline
            | ConnectionState::Refused
            | ConnectionState::Unlisted
            | ConnectionState::Removed => {
                let detail = status.connection_detail.clone();
                if self.cut_off.as_ref() != Some(&detail) {
                    self.cut_off = Some(detail);
                    let text = format!("Waiting for the relay. {}", cut_off(status));
                    context.out.remark(&clean(&text));
                }
                Link::Down
            }
        }
    }
}

/// Whether the relay lets this agent in now.
pub(super) fn online(connection: ConnectionState) -> bool {
    [ConnectionState::Online, ConnectionState::Syncing].contains(&connection)
}

/// Says so where the relay does not have what was done; it is safe here.
pub(super) fn warn_of_queued(status: &StatusView, context: &Context) {
    if let Some(warning) = queued(status) {
        context.out.warn(&warning);
    }
}

fn queued(status: &StatusView) -> Option<ApiError> {
    match status.connection {
        // All that was to be sent went out: only what comes from the relay is not all here.
        ConnectionState::Syncing if status.queued == 0 => None,
        ConnectionState::Online => Some(ApiError::new(
            ApiErrorCode::RelayRefused,
            format!("The relay did not take all of it. {}", cut_off(status)),
            "See `sotto status`; what is missing is tried again on the next connection.",
        )),
        _ => Some(ApiError::new(
            ApiErrorCode::RelayUnreachable,
            format!(
                "Queued: it goes out when the relay answers. {}",
                cut_off(status)
            ),
            "Keep `sotto run` running, or see `sotto status` later.",
        )),
    }
}

/// What was done is safe here, but nothing goes out any more: the relay lets this agent in no more,
/// or the account has removed this device.
pub(super) fn shut_out(status: &StatusView, context: &Context) -> Option<ApiError> {
    match status.connection {
        ConnectionState::Refused => Some(ApiError::new(
            ApiErrorCode::RelayRefused,
            format!("The relay refuses this agent. {}", cut_off(status)),
            format!(
                "What is to be sent stays queued until the relay lets you in; ask whoever runs {}.",
                status.relay
            ),
        )),
        ConnectionState::Unlisted => Some(ApiError::new(
            ApiErrorCode::RelayRefused,
            cut_off(status),
            where_data_are(context.home.dir()),
        )),
        ConnectionState::Removed => Some(device_removed(context.home.dir())),
        ConnectionState::Offline
        | ConnectionState::Connecting
        | ConnectionState::Online
        | ConnectionState::Syncing => None,
    }
}

/// Why the relay does not have it, in a sentence.
pub(super) fn cut_off(status: &StatusView) -> String {
    match status
        .connection_detail
        .as_deref()
        .map(|detail| detail.trim_end_matches('.'))
    {
        Some(detail) => format!("{detail}."),
        None if online(status.connection) => {
            format!(
                "The relay {} has not confirmed all of it yet.",
                status.relay
            )
        }
        None => format!("The relay {} has not answered yet.", status.relay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(connection: ConnectionState, queued: u32) -> StatusView {
        StatusView {
            name: "Ada".into(),
            account: sotto_protocol::id::AccountId::from_bytes([1; 32]),
            relay: "https://relay.example".into(),
            connection,
            connection_detail: None,
            retry_at: None,
            prekeys: None,
            queued,
            waiting_for_you: 0,
            agent_change: None,
            version: "0.1.0".into(),
        }
    }

    #[test]
    fn what_went_out_is_not_called_queued_while_what_came_is_still_fetched() {
        assert_eq!(queued(&status(ConnectionState::Syncing, 0)), None);
        let left = queued(&status(ConnectionState::Syncing, 1)).unwrap();
        assert_eq!(
            left.message,
            "Queued: it goes out when the relay answers. \
             The relay https://relay.example has not confirmed all of it yet."
        );
        let left = queued(&status(ConnectionState::Offline, 1)).unwrap();
        assert!(left.message.ends_with("has not answered yet."), "{left:?}");
    }
}
