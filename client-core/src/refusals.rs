//! What a refusal of the relay means to a client: every code of the relay, once.

use sotto_protocol::error::ErrorCode;

/// What is to be done after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Nothing is wrong with the request: it is made again, after a pause.
    Passing,
    /// The request is refused for good; a connection that ended with it is made again as any other.
    Request,
    /// It is this client that is refused, whatever it asks: it comes again only now and then.
    Client,
}

/// Exhaustive, so that a new code is not forgotten here.
const fn meaning(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::MailboxFull
        | ErrorCode::RateLimited
        | ErrorCode::ServerInternal
        | ErrorCode::ServerUnavailable => Meaning::Passing,
        ErrorCode::FrameMalformed
        | ErrorCode::FrameTooLarge
        | ErrorCode::FrameUnexpected
        | ErrorCode::RequestInvalid
        | ErrorCode::AuthTimeout
        | ErrorCode::DirectoryUnknownAccount
        | ErrorCode::DirectoryNoPrekeys
        | ErrorCode::MailboxUnknown
        | ErrorCode::MailboxSpent
        | ErrorCode::MailboxExpired
        | ErrorCode::MailboxTaken
        | ErrorCode::MailboxTooMany
        | ErrorCode::ConnectionIdle
        | ErrorCode::HttpNotFound => Meaning::Request,
        ErrorCode::VersionUnsupported
        | ErrorCode::AuthInvalidProof
        | ErrorCode::AuthUnknownDevice
        | ErrorCode::AuthGuest
        | ErrorCode::RegistrationClosed
        | ErrorCode::DirectoryStaleList
        | ErrorCode::ConnectionReplaced => Meaning::Client,
    }
}

/// Whether the same request may be granted later.
pub(crate) fn may_pass(code: Option<ErrorCode>) -> bool {
    code.is_some_and(|code| meaning(code) == Meaning::Passing)
}

/// Whether a connection that ended with this refusal would end with it again.
pub(crate) fn shuts_out(code: Option<ErrorCode>) -> bool {
    code.is_some_and(|code| meaning(code) == Meaning::Client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_relay_means_something_to_the_client() {
        let named = |what: fn(Option<ErrorCode>) -> bool| -> Vec<&str> {
            let all = ErrorCode::ALL.iter().filter(|code| what(Some(**code)));
            all.map(|code| code.as_str()).collect()
        };
        assert_eq!(
            named(may_pass),
            [
                "MAILBOX.FULL",
                "RATE.LIMITED",
                "SERVER.UNAVAILABLE",
                "SERVER.INTERNAL",
            ]
        );
        assert_eq!(
            named(shuts_out),
            [
                "VERSION.UNSUPPORTED",
                "AUTH.INVALID_PROOF",
                "AUTH.UNKNOWN_DEVICE",
                "AUTH.GUEST",
                "REGISTRATION.CLOSED",
                "DIRECTORY.STALE_LIST",
                "CONNECTION.REPLACED",
            ]
        );
        // One of a newer relay is refused for good, and shuts nobody out.
        assert!(!may_pass(None) && !shuts_out(None));
        // The page names the same.
        let page = include_str!("../../docs/protocol.md");
        for code in ErrorCode::ALL {
            let means = meaning(*code) != Meaning::Request;
            assert!(!means || page.contains(&format!("`{code}`")), "{code}");
        }
    }
}
