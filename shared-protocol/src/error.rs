//! The relay's error codes: the same for WebSocket and HTTP, each with a
//! section in `docs/errors.md`.

use core::fmt;
use core::str::FromStr;

/// How grave an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The request was refused; repeated later it may pass.
    Warning,
    /// The request was refused; repeated as it is it will be refused again.
    Error,
    /// The connection is closed as well.
    Fatal,
}

impl Severity {
    /// As it stands in an error: `WARNING`, `ERROR` or `FATAL`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $severity:ident, $status:literal;)*) => {
        /// Every reason for which a relay refuses something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// All codes, in the order of `docs/errors.md`.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it stands in an error, `COMPONENT.REASON`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How grave it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }

        impl FromStr for ErrorCode {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(UnknownCode),
                }
            }
        }
    };
}

codes! {
    /// The frame is no frame of this protocol.
    FrameMalformed = "FRAME.MALFORMED", Fatal, 400;
    /// The frame or its payload is larger than the relay takes.
    FrameTooLarge = "FRAME.TOO_LARGE", Fatal, 413;
    /// A frame came before the hello, or a second hello came.
    FrameUnexpected = "FRAME.UNEXPECTED", Fatal, 409;
    /// A field of the request is wrong; `details.field` names it.
    RequestInvalid = "REQUEST.INVALID", Error, 400;
    /// The client speaks a version that this relay does not.
    VersionUnsupported = "VERSION.UNSUPPORTED", Fatal, 400;
    /// The proof of the device key is wrong, or was made for another relay.
    AuthInvalidProof = "AUTH.INVALID_PROOF", Fatal, 401;
    /// The device is not in the account's device list.
    AuthUnknownDevice = "AUTH.UNKNOWN_DEVICE", Fatal, 401;
    /// The relay does not let the guest in, or the guest asks for what only a device may.
    AuthGuest = "AUTH.GUEST", Error, 403;
    /// No hello came in time.
    AuthTimeout = "AUTH.TIMEOUT", Fatal, 401;
    /// The relay takes no new accounts.
    RegistrationClosed = "REGISTRATION.CLOSED", Fatal, 403;
    /// The device list is not newer than the one that the relay has, and not the same.
    DirectoryStaleList = "DIRECTORY.STALE_LIST", Error, 409;
    /// The relay knows no such account.
    DirectoryUnknownAccount = "DIRECTORY.UNKNOWN_ACCOUNT", Error, 404;
    /// The account has published no prekeys yet.
    DirectoryNoPrekeys = "DIRECTORY.NO_PREKEYS", Warning, 404;
    /// There is no such mailbox, or it was closed.
    MailboxUnknown = "MAILBOX.UNKNOWN", Error, 404;
    /// The mailbox took as many messages as it may, for ever: a one-time mailbox was used.
    MailboxSpent = "MAILBOX.SPENT", Error, 410;
    /// The mailbox's time is over.
    MailboxExpired = "MAILBOX.EXPIRED", Error, 410;
    /// The mailbox is full; its owner has to fetch first.
    MailboxFull = "MAILBOX.FULL", Warning, 507;
    /// The id belongs to a mailbox of somebody else.
    MailboxTaken = "MAILBOX.TAKEN", Error, 409;
    /// The device owns as many mailboxes as it may.
    MailboxTooMany = "MAILBOX.TOO_MANY", Error, 403;
    /// Too much in too little time; `retry_after_ms` says when to try again.
    RateLimited = "RATE.LIMITED", Warning, 429;
    /// The connection was idle for too long.
    ConnectionIdle = "CONNECTION.IDLE", Fatal, 408;
    /// The device opened a newer connection; this one is closed.
    ConnectionReplaced = "CONNECTION.REPLACED", Fatal, 409;
    /// The relay is stopping, or holds as many connections as it may.
    ServerUnavailable = "SERVER.UNAVAILABLE", Fatal, 503;
    /// The relay failed; its log says why under the request id.
    ServerInternal = "SERVER.INTERNAL", Warning, 500;
    /// There is no such page or method.
    HttpNotFound = "HTTP.NOT_FOUND", Error, 404;
}

impl ErrorCode {
    /// The part before the dot.
    pub fn component(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }

    /// Where it is explained: a path on the relay itself, which serves `docs/errors.md`.
    pub fn documentation_url(self) -> String {
        let anchor = self.as_str().to_ascii_lowercase().replace('.', "");
        format!("/docs/errors.md#{anchor}")
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code that this version does not know: treat it by its severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an error code of a newer version")]
pub struct UnknownCode;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_section_in_the_documentation() {
        let page = include_str!("../../docs/errors.md");
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert!(
                page.contains(&format!("\n## {code}\n")),
                "docs/errors.md lacks {code}"
            );
        }
        assert_eq!(page.matches("\n## ").count(), ErrorCode::ALL.len());
    }

    #[test]
    fn the_link_points_to_the_heading() {
        let url = ErrorCode::MailboxTooMany.documentation_url();
        assert!(url.ends_with("docs/errors.md#mailboxtoo_many"), "{url}");
        assert_eq!(ErrorCode::MailboxTooMany.component(), "MAILBOX");
    }
}
