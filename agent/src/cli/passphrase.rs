//! The passphrase: from `SOTTO_PASSPHRASE`, else asked for in the terminal, never from a flag.

use sotto_client_core::api::{ApiError, ApiErrorCode};
use zeroize::Zeroizing;

use crate::{error::value_invalid, vault::Passphrase};

const VARIABLE: &str = "SOTTO_PASSPHRASE";

/// The passphrase in the environment, if there is one.
pub(super) fn given() -> Option<Passphrase> {
    let value = std::env::var(VARIABLE).ok().map(Zeroizing::new)?;
    (!value.is_empty()).then_some(value)
}

/// The passphrase of an existing vault.
pub(super) fn existing() -> Result<Passphrase, ApiError> {
    given().map_or_else(|| ask("Passphrase: "), Ok)
}

/// A passphrase for a new vault, asked for twice.
pub(super) fn new() -> Result<Passphrase, ApiError> {
    if let Some(given) = given() {
        return Ok(given);
    }
    let first = ask("New passphrase: ")?;
    let second = ask("The same again: ")?;
    if *first == *second {
        Ok(first)
    } else {
        Err(value_invalid(
            "The two passphrases differ.",
            "Run the command again and type the same one twice.",
        ))
    }
}

fn ask(prompt: &str) -> Result<Passphrase, ApiError> {
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|_| {
            ApiError::new(
                ApiErrorCode::WrongPassphrase,
                "There is no terminal in which to ask for the passphrase.",
                format!("Set {VARIABLE}, or run this in a terminal."),
            )
        })
}
