//! The refusals of the shell itself, in the core's terms, so that a user hears one voice.

use std::path::Path;

use sotto_client_core::api::{ApiError, ApiErrorCode};

/// The store or another local file failed.
pub(crate) fn store_failed(
    what: impl std::fmt::Display,
    error: &dyn std::error::Error,
) -> ApiError {
    ApiError::new(
        ApiErrorCode::StoreFailed,
        format!("{what}: {error}."),
        "Check that the disk has room and that the directory is yours to write, then try again.",
    )
}

/// Something in this process went wrong that no user can cause.
pub(crate) fn defect(what: impl std::fmt::Display) -> ApiError {
    ApiError::new(
        ApiErrorCode::StoreFailed,
        format!("Sotto stopped unexpectedly: {what}."),
        "Try again; nothing that was confirmed is lost. If it stays, run with SOTTO_LOG=debug and report it.",
    )
}

/// The account has removed this device: what to do, and what to delete.
pub(crate) fn device_removed(home: &Path) -> ApiError {
    ApiError::new(
        ApiErrorCode::DeviceRemoved,
        "This device was removed from your account.",
        format!(
            "Go on with another of your devices, and delete the data on this one. {}",
            where_data_are(home)
        ),
    )
}

/// What there is to delete.
pub(crate) fn where_data_are(home: &Path) -> String {
    format!(
        "This device's data are in {}: to delete them, stop `sotto` and remove that directory.",
        home.display()
    )
}

/// There is no vault in this home.
pub(crate) fn vault_missing(home: &Path) -> ApiError {
    ApiError::new(
        ApiErrorCode::VaultMissing,
        format!("There is no vault in {}.", home.display()),
        "Make one with `sotto init --relay URL --name NAME`, or name another home with --home.",
    )
}

/// There is a database, and no vault in it.
pub(crate) fn vault_unfinished(home: &Path) -> ApiError {
    let file = home.join("vault.db");
    ApiError::new(
        ApiErrorCode::VaultDamaged,
        format!(
            "{} holds no vault: it is empty, or was never finished.",
            file.display()
        ),
        "Restore the home directory from a backup; if it never held a vault, make one with `sotto init --relay URL --name NAME`.",
    )
}

/// There is one already.
pub(crate) fn vault_exists(home: &Path) -> ApiError {
    ApiError::new(
        ApiErrorCode::VaultExists,
        format!("There is a vault in {} already.", home.display()),
        "Use it as it is, or choose another directory with --home.",
    )
}

/// Somebody else has it open.
pub(crate) fn vault_busy(home: &Path) -> ApiError {
    ApiError::new(
        ApiErrorCode::VaultBusy,
        format!(
            "Another process holds the vault in {} and does not answer.",
            home.display()
        ),
        "Wait until the other `sotto` command has ended, or stop it, then try again.",
    )
}

/// Two commands changed the passphrase at once.
pub(crate) fn passphrase_changed() -> ApiError {
    ApiError::new(
        ApiErrorCode::WrongPassphrase,
        "Another command changed the passphrase meanwhile.",
        "Try again with the new one.",
    )
}

/// The new passphrase is the one so far.
pub(crate) fn passphrase_unchanged() -> ApiError {
    value_invalid(
        "This is the passphrase that the vault already has: nothing was changed.",
        "Run the command again and choose another one.",
    )
}

/// A value on the command line is wrong.
pub(crate) fn value_invalid(message: impl Into<String>, next_step: impl Into<String>) -> ApiError {
    ApiError::new(ApiErrorCode::ValueInvalid, message, next_step)
}
