//! `sotto contacts verify`, with a code to scan in place of digits to read.

use sotto_client_core::api::{ApiError, ApiErrorCode, Command, SafetyCheck};

use super::{
    Context,
    ask::{asks, confirmed},
    contacts::find,
    session::{Session, expect_reply},
};
use crate::{
    error::value_invalid,
    render::{keys, people, qr, text::clean},
};

/// Shows the safety number as digits and as a code for the contact to scan. Nothing is recorded by it.
pub(super) async fn show(
    mut session: Session,
    named: &str,
    context: &Context,
) -> Result<(), ApiError> {
    let contact = find(&session.contacts().await?, named)?;
    let code = session.safety_code(contact.id.clone()).await?;
    session.close().await?;
    context.out.show(&code, || {
        let link = code.link.as_str();
        let drawn = qr::render(link).unwrap_or_default();
        let name = clean(&contact.name);
        format!(
            "{}\nOr let {name} scan this from your screen:\n\n{drawn}\n{link}\n",
            people::safety_number(&contact)
        )
    })
}

/// Compares a code that was scanned, and records that where it agrees and the user has seen it with
/// their own eyes.
pub(super) async fn compare(
    mut session: Session,
    link: String,
    named: Option<&str>,
    yes: bool,
    context: &Context,
) -> Result<(), ApiError> {
    let check = session.safety_check(link.into()).await?;
    let found = keys::check(&check);
    let (SafetyCheck::Match, Some(contact)) = (check.result, check.contact) else {
        return Err(differs(check.result, found));
    };
    let name = clean(&contact.name);
    if let Some(named) = named
        && find(&session.contacts().await?, named)?.id != contact.id
    {
        return Err(value_invalid(
            format!("The code is {name}'s: nothing was recorded."),
            format!("Leave the name out, or scan the code of {}.", clean(named)),
        ));
    }
    let proves = format!(
        "It counts only if you scanned it from {name}'s own screen yourself: a link that was sent to you proves nothing."
    );
    if !yes {
        if !asks(context) {
            return Err(value_invalid(
                format!("{found} Nothing was recorded: nobody said that it was scanned."),
                format!("{proves} Then add --yes."),
            ));
        }
        if !confirmed(&format!("{found}\n{proves}\n\nDid you? [y/N] ")) {
            return Err(value_invalid(
                format!("{name} is not verified: nothing was recorded."),
                proves,
            ));
        }
    }
    let command = Command::VerifyContact {
        contact: contact.id,
        verified: true,
    };
    let after = expect_reply!(session.command(command).await?, Contact)?;
    session.close().await?;
    context
        .out
        .show(&after, || format!("{name} is verified.\n"))
}

/// Why a code is no reason to trust anybody.
fn differs(result: SafetyCheck, found: String) -> ApiError {
    let (code, next_step) = match result {
        SafetyCheck::DifferentKey | SafetyCheck::OtherKeyOfMine | SafetyCheck::NotForYou => (
            ApiErrorCode::IdentityMismatch,
            "If it was shown to you so, do not arrange anything with them; meet anew by an invitation over a channel that you trust.",
        ),
        SafetyCheck::Match | SafetyCheck::Own => (
            ApiErrorCode::ValueInvalid,
            "Let them open your safety number on their own screen (`sotto contacts verify NAME --qr`), and scan that.",
        ),
    };
    ApiError::new(code, found, next_step)
}
