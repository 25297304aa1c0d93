//! What the relay refuses, in the one shape that WebSocket and HTTP share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use sotto_protocol::error::{ErrorCode, Severity};
use sotto_protocol::frames;

use crate::directory::{self, Invalid};
use crate::mailbox;
use crate::store::{OpenError, StoreError};

/// Why [`serve`](crate::serve) failed, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] OpenError),
    /// The port cannot be had.
    #[error("cannot listen on {listen}: {source}; {}", listen_advice(source))]
    Listen {
        /// Which.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The operating system refuses something else.
    #[error("the operating system refused: {0}")]
    System(#[from] std::io::Error),
}

fn listen_advice(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program uses the port: stop it, or set SOTTO_RELAY_LISTEN to another one"
        }
        std::io::ErrorKind::PermissionDenied => {
            "set SOTTO_RELAY_LISTEN to a port from 1024 on, or allow this user the lower ones"
        }
        _ => "set SOTTO_RELAY_LISTEN to an address of this machine",
    }
}

/// A refusal: a code, and what there is to say about this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub code: ErrorCode,
    /// For a person.
    pub message: String,
    /// For a program.
    pub details: Vec<(&'static str, String)>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with nothing but its code and a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            retry_after: None,
        }
    }

    /// With a detail.
    pub(crate) fn detail(mut self, name: &'static str, value: impl ToString) -> Self {
        self.details.push((name, value.to_string()));
        self
    }

    /// A field that is not what it must be.
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::RequestInvalid, message).detail("field", field)
    }

    /// Too much in too little time.
    pub(crate) fn rate_limited(what: &str, retry_after: Duration) -> Self {
        let message =
            format!("too many {what} in too little time; wait as long as retry_after says");
        let mut refusal = Self::new(ErrorCode::RateLimited, message);
        refusal.retry_after = Some(retry_after);
        refusal
    }

    /// The relay failed; the log says why.
    pub(crate) fn internal() -> Self {
        Self::new(ErrorCode::ServerInternal, "the relay failed; try again")
    }

    /// The relay stops or is full.
    pub(crate) fn unavailable(message: &str) -> Self {
        let mut refusal = Self::new(ErrorCode::ServerUnavailable, message);
        refusal.retry_after = Some(Duration::from_secs(1));
        refusal
    }

    /// Whether the connection ends with it wherever it occurs.
    pub fn is_fatal(&self) -> bool {
        self.code.severity() == Severity::Fatal
    }

    /// As a frame; `fatal` when the connection is closed as well.
    pub fn frame(&self, fatal: bool, now_ms: u64, request_id: &str) -> frames::Error {
        let severity = if fatal {
            Severity::Fatal
        } else {
            self.code.severity()
        };
        let details = self
            .details
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        frames::Error {
            code: self.code.as_str().to_owned(),
            message: self.message.clone(),
            severity: severity.as_str().to_owned(),
            component: self.code.component().to_owned(),
            request_id: request_id.to_owned(),
            timestamp: timestamp(now_ms),
            details: details.collect::<HashMap<_, _>>(),
            documentation_url: self.code.documentation_url(),
            retry_after_ms: self.retry_after_ms(),
        }
    }

    /// As the body of an HTTP answer.
    pub(crate) fn json(&self, now_ms: u64, request_id: &str) -> serde_json::Value {
        let details: serde_json::Map<_, _> = self
            .details
            .iter()
            .map(|(name, value)| ((*name).into(), value.clone().into()))
            .collect();
        let mut error = serde_json::json!({
            "code": self.code.as_str(),
            "message": self.message,
            "severity": self.code.severity().as_str(),
            "component": self.code.component(),
            "request_id": request_id,
            "timestamp": timestamp(now_ms),
            "details": details,
            "documentation_url": self.code.documentation_url(),
        });
        if let (Some(error), true) = (error.as_object_mut(), self.retry_after.is_some()) {
            error.insert("retry_after_ms".into(), self.retry_after_ms().into());
        }
        serde_json::json!({ "error": error })
    }

    fn retry_after_ms(&self) -> u64 {
        self.retry_after.map_or(0, |after| {
            u64::try_from(after.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

/// Names an occurrence, so that a client's report can be found in the log.
pub(crate) fn request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness the id is merely of no use.
    let _ = getrandom::fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}

fn timestamp(now_ms: u64) -> String {
    i64::try_from(now_ms)
        .ok()
        .and_then(|now| jiff::Timestamp::from_millisecond(now).ok())
        .map(|now| now.to_string())
        .unwrap_or_default()
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.field, invalid.to_string())
    }
}

impl From<mailbox::Refused> for Refusal {
    fn from(refused: mailbox::Refused) -> Self {
        use mailbox::Refused;
        let (code, field) = match refused {
            Refused::Unknown => (ErrorCode::MailboxUnknown, None),
            Refused::Spent { .. } => (ErrorCode::MailboxSpent, None),
            Refused::Expired => (ErrorCode::MailboxExpired, None),
            Refused::Full => (ErrorCode::MailboxFull, None),
            Refused::Taken => (ErrorCode::MailboxTaken, None),
            Refused::TooMany { .. } => (ErrorCode::MailboxTooMany, None),
            Refused::BornExpired { .. } => (ErrorCode::RequestInvalid, Some("expires_at_ms")),
            Refused::TooManyPosts { .. } => (ErrorCode::RequestInvalid, Some("max_posts")),
            Refused::TtlTooLong { .. } => (ErrorCode::RequestInvalid, Some("ttl_seconds")),
            Refused::OutlastsGuest { .. } => (ErrorCode::RequestInvalid, Some("expires_at_ms")),
        };
        let mut refusal = Self::new(code, refused.to_string());
        refusal
            .details
            .extend(field.map(|field| ("field", field.to_owned())));
        if refused == Refused::Full {
            refusal.retry_after = Some(Duration::from_secs(60));
        }
        refusal
    }
}

impl From<directory::Refused> for Refusal {
    fn from(refused: directory::Refused) -> Self {
        use directory::Refused;
        let message = refused.to_string();
        match refused {
            Refused::UnknownAccount => Self::new(ErrorCode::DirectoryUnknownAccount, message),
            Refused::UnknownDevice => Self::new(ErrorCode::AuthUnknownDevice, message),
            Refused::ForkedList { version: held } | Refused::StaleList { held, .. } => {
                Self::new(ErrorCode::DirectoryStaleList, message).detail("held_version", held)
            }
            Refused::NoGuest
            | Refused::PassOver
            | Refused::PassTooLong { .. }
            | Refused::TooManyGuests { .. } => Self::new(ErrorCode::AuthGuest, message),
            Refused::NoPrekeys => Self::new(ErrorCode::DirectoryNoPrekeys, message),
            Refused::TooManyPrekeys { .. } => Self::invalid("one_time_prekeys", message),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::internal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_websocket_have_one_shape() {
        let refusal = Refusal::rate_limited("posts", Duration::from_millis(20)).detail("a", 1);
        let frame = refusal.frame(false, 1_000, "id");
        let json = refusal.json(1_000, "id");
        let error = &json["error"];
        assert_eq!(error["code"], frame.code);
        assert_eq!(error["message"], frame.message);
        assert_eq!(error["severity"], frame.severity);
        assert_eq!(error["component"], frame.component);
        assert_eq!(error["request_id"], frame.request_id);
        assert_eq!(error["timestamp"], frame.timestamp);
        assert_eq!(frame.timestamp, "1970-01-01T00:00:01Z");
        assert_eq!(error["details"]["a"], frame.details["a"]);
        assert_eq!(error["documentation_url"], frame.documentation_url);
        assert_eq!(error["retry_after_ms"], 20);
        assert_eq!(refusal.frame(true, 0, "").severity, "FATAL");
    }

    #[test]
    fn advice_goes_with_the_reason() {
        let error = ServeError::Listen {
            listen: ([127, 0, 0, 1], 1).into(),
            source: std::io::ErrorKind::AddrInUse.into(),
        };
        assert!(
            error
                .to_string()
                .contains("stop it, or set SOTTO_RELAY_LISTEN"),
            "{error}"
        );
    }
}
