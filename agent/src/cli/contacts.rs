//! `sotto invite`, `sotto accept`, `sotto contacts`.

use std::io::{BufRead, IsTerminal, Write};

use serde_json::json;
use sotto_client_core::api::{ApiError, ApiErrorCode, Command, ContactView, Reply};

use super::{
    Context, Outcome,
    args::{Accept, Contacts, ContactsVerb, Invite},
    session::{Need, Session, expect_reply},
};
use crate::render::{people, qr, text::count};

pub(super) async fn invite(args: Invite, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Send).await?;
    let command = Command::Invite {
        uses: args.uses,
        valid_hours: args.valid.map(|valid| valid.whole(3600)),
    };
    let invitation = expect_reply!(session.command(command).await?, Invitation)?;
    let times = session.times().await?;
    session.settle_or_warn(context).await?;
    context.out.show(&invitation, || {
        let uses = count(invitation.uses_left as usize, "person", "people");
        let mut text = format!("{}\n\n", invitation.link.as_str());
        if args.qr {
            let code = qr::render(invitation.link.as_str());
            text += &code.unwrap_or_else(|| "(The link is too long for a QR code.)\n".into());
            text.push('\n');
        }
        text += &format!(
            "Good for {uses} until {} ({}). Whoever has the link may use it.\n",
            times.moment(invitation.expires_at),
            times.name()
        );
        text
    })?;
    Ok(Outcome::Done)
}

pub(super) async fn accept(args: Accept, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let command = Command::AcceptInvitation {
        link: args.link.into(),
    };
    let contact = expect_reply!(session.command(command).await?, Contact)?;
    session.settle_or_warn(context).await?;
    context.out.show(&contact, || people::contact(&contact))?;
    Ok(Outcome::Done)
}

pub(super) async fn contacts(args: Contacts, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    match args.verb.unwrap_or(ContactsVerb::List) {
        ContactsVerb::List => {
            let contacts = session.contacts().await?;
            let times = session.times().await?;
            session.close().await?;
            context
                .out
                .show(&contacts, || people::contacts(&contacts, &times))?;
        }
        ContactsVerb::Approve { contact } => {
            change(session, Command::ApproveContact { contact }, context).await?;
        }
        ContactsVerb::Block { contact } => {
            change(session, Command::BlockContact { contact }, context).await?;
        }
        ContactsVerb::Verify { contact, undo } => {
            verify(session, contact, !undo, context).await?;
        }
    }
    Ok(Outcome::Done)
}

async fn change(mut session: Session, command: Command, context: &Context) -> Result<(), ApiError> {
    let reply = session.command(command).await?;
    session.settle_or_warn(context).await?;
    match reply {
        Reply::Contact(contact) => context.out.show(&contact, || people::contact(&contact)),
        _ => context
            .out
            .show(&json!({"done": true}), || "Done.\n".into()),
    }
}

async fn verify(
    mut session: Session,
    contact: String,
    verified: bool,
    context: &Context,
) -> Result<(), ApiError> {
    let before = find(&session.contacts().await?, &contact)?;
    if verified {
        if !context.out.is_json() {
            context.out.show(&(), || people::safety_number(&before))?;
        }
        let asks = !context.out.is_json() && std::io::stdin().is_terminal();
        if asks && !confirmed("Do they agree? [y/N] ") {
            context
                .out
                .remark("Not verified. If the numbers differ, somebody may be listening: block the contact and meet anew.");
            return session.close().await;
        }
    }
    // The contact may have been named by a beginning that another one has by now.
    let command = Command::VerifyContact {
        contact: before.id.clone(),
        verified,
    };
    session.command(command).await?;
    let after = find(&session.contacts().await?, &before.id)?;
    session.close().await?;
    let state = if after.verified {
        "verified"
    } else {
        "not verified any more"
    };
    context.out.show(&after, || {
        format!("{} is {state}.\n", crate::render::text::clean(&after.name))
    })
}

/// The contact of this name, id, or beginning of an id, as the core resolves it.
fn find(contacts: &[ContactView], named: &str) -> Result<ContactView, ApiError> {
    let lower = named.to_lowercase();
    let exact = |c: &&ContactView| c.id == named || c.name.to_lowercase() == lower;
    let mut found: Vec<_> = contacts.iter().filter(exact).collect();
    if found.is_empty() && !named.is_empty() {
        found = contacts
            .iter()
            .filter(|c| c.id.starts_with(&lower))
            .collect();
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(ApiError::new(
            ApiErrorCode::NotFound,
            format!("There is no contact {named:?}."),
            "See `sotto contacts` for names and ids.",
        )),
        _ => Err(ApiError::new(
            ApiErrorCode::Ambiguous,
            format!("More than one contact is called {named:?}."),
            "Use the id from `sotto contacts`.",
        )),
    }
}

fn confirmed(question: &str) -> bool {
    let mut out = std::io::stdout();
    let _ = write!(out, "\n{question}").and_then(|()| out.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
