//! The passphrase: from the environment, else asked for in the terminal, never from a flag. And `sotto passphrase`, which changes it.

use serde_json::json;
use sotto_client_core::{
    api::{ApiError, ApiErrorCode, PassphraseStrength, StrengthLevel},
    vault::strength,
};
use zeroize::Zeroizing;

use super::{Context, Outcome};
use crate::{
    error::{value_invalid, vault_missing},
    vault::{self, Passphrase, PassphraseChange},
};

const VARIABLE: &str = "SOTTO_PASSPHRASE";
/// How a new one is asked for.
pub(super) const NEW: &str = "New passphrase: ";
const NEW_VARIABLE: &str = "SOTTO_NEW_PASSPHRASE";

/// `sotto passphrase`.
pub(super) async fn change(context: &Context) -> Result<Outcome, ApiError> {
    let home = &context.home;
    if !vault::exists(home)? {
        return Err(vault_missing(home.dir()));
    }
    let change = PassphraseChange::begin(home, existing()?).await?;
    let new = chosen(NEW_VARIABLE, NEW)?;
    let strength = strength::measure(&new);
    change.finish(new).await?;
    warn_of_weak(&strength, context);
    context.out.show(&json!({ "done": true }), || {
        "The vault opens with the new passphrase from now on. Copies of it that were made before open with the old one.\n".to_owned()
    })?;
    Ok(Outcome::Done)
}

/// The passphrase in the environment, if there is one.
pub(super) fn given() -> Option<Passphrase> {
    from(VARIABLE)
}

/// The passphrase of an existing vault.
pub(super) fn existing() -> Result<Passphrase, ApiError> {
    given().map_or_else(|| ask("Passphrase: ", VARIABLE), Ok)
}

/// A passphrase for a new vault, asked for twice in these words.
pub(super) fn new(prompt: &str) -> Result<Passphrase, ApiError> {
    chosen(VARIABLE, prompt)
}

/// Says so where a passphrase is allowed and weak.
pub(super) fn warn_of_weak(strength: &PassphraseStrength, context: &Context) {
    if strength.level == StrengthLevel::Weak {
        context.out.warn(&ApiError::new(
            ApiErrorCode::ValueInvalid,
            "The passphrase is weak.",
            strength.advice.as_str(),
        ));
    }
}

/// A passphrase that opens nothing yet.
fn chosen(variable: &str, prompt: &str) -> Result<Passphrase, ApiError> {
    if let Some(given) = from(variable) {
        return Ok(given);
    }
    let first = ask(prompt, variable)?;
    let second = ask("The same again: ", variable)?;
    if *first == *second {
        Ok(first)
    } else {
        Err(value_invalid(
            "The two passphrases differ.",
            "Run the command again and type the same one twice.",
        ))
    }
}

fn from(variable: &str) -> Option<Passphrase> {
    let value = std::env::var(variable).ok().map(Zeroizing::new)?;
    (!value.is_empty()).then_some(value)
}

fn ask(prompt: &str, variable: &str) -> Result<Passphrase, ApiError> {
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|_| {
            value_invalid(
                "There is no terminal in which to ask for the passphrase.",
                format!("Set {variable}, or run this in a terminal."),
            )
        })
}
