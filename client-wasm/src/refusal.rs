//! Why something was not done, as the page is told.

use serde::Serialize;
use sotto_client_core::api::{ApiError, ApiErrorCode};
use wasm_bindgen::JsValue;

/// A refusal: the core's, or one of the few that only a browser has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) next_step: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) suggestions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Code {
    Api(ApiErrorCode),
    Shell(ShellCode),
}

/// Codes that the core does not know; TypeScript adds `stopped` for when there is no shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShellCode {
    VaultLocked,
    Unsupported,
}

impl Refusal {
    pub(crate) fn new(
        code: Code,
        message: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            next_step: next_step.into(),
            suggestions: Vec::new(),
        }
    }

    fn api(code: ApiErrorCode, message: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self::new(Code::Api(code), message, next_step)
    }

    pub(crate) fn locked() -> Self {
        Self::new(
            Code::Shell(ShellCode::VaultLocked),
            "The vault is locked.",
            "Unlock it with the passphrase.",
        )
    }

    pub(crate) fn open() -> Self {
        Self::api(
            ApiErrorCode::WrongState,
            "The vault is open already.",
            "Lock it first.",
        )
    }

    pub(crate) fn missing() -> Self {
        Self::api(
            ApiErrorCode::VaultMissing,
            "There is no vault in this browser yet.",
            "Create one.",
        )
    }

    pub(crate) fn exists() -> Self {
        Self::api(
            ApiErrorCode::VaultExists,
            "There is a vault in this browser already.",
            "Unlock it with its passphrase.",
        )
    }

    pub(crate) fn busy() -> Self {
        Self::api(
            ApiErrorCode::VaultBusy,
            "Another tab holds the vault.",
            "Go on in that tab, or take the vault over to this one.",
        )
    }

    pub(crate) fn store(message: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self::api(ApiErrorCode::StoreFailed, message, next_step)
    }

    pub(crate) fn malformed(what: &str, error: &serde_json::Error) -> Self {
        Self::api(
            ApiErrorCode::ValueInvalid,
            format!("The {what} is malformed: {error}."),
            "Compare it with the types of @sotto/client.",
        )
    }

    pub(crate) fn damaged(records: usize) -> Self {
        Self::api(
            ApiErrorCode::VaultDamaged,
            format!("{records} of the vault's records are damaged and were set apart."),
            "Go on with the rest; if something important is missing, tell us.",
        )
    }

    pub(crate) fn too_busy() -> Self {
        Self::api(
            ApiErrorCode::LimitReached,
            "Too many requests are waiting.",
            "Wait until some are answered.",
        )
    }

    pub(crate) fn unsupported(what: &str) -> Self {
        Self::new(
            Code::Shell(ShellCode::Unsupported),
            format!("This browser has no {what}, or does not allow it here."),
            "Use a current browser, over HTTPS, and not a private window.",
        )
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let ApiError {
            code,
            message,
            next_step,
            suggestions,
        } = error;
        Self {
            suggestions,
            ..Self::api(code, message, next_step)
        }
    }
}

/// JSON, as every value that crosses to the worker script.
impl From<&Refusal> for JsValue {
    fn from(refusal: &Refusal) -> Self {
        JsValue::from_str(&to_json(refusal))
    }
}

impl From<Refusal> for JsValue {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}

/// The JSON of something that is sure to have one.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
